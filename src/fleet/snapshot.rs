//! What the fleet last saw, and which followers a difference concerns.
//!
//! Pure: callers hand in every instant. It must not send requests or wake anything itself.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::Hash,
};

use jiff::Timestamp;
use tokio::time::Instant;

use fabric_client::Page;
use fabric_domain::{Connection, ConnectionId};

use crate::fleet::Lookup;

#[derive(Debug)]
struct CachedConnection {
    connection: Connection,
    /// When the request was sent that this answers.
    asked_at: Instant,
}

/// One pass over all pages.
#[derive(Debug)]
pub(super) struct Listing {
    /// When the first page was requested.
    pub(super) began: Instant,
    /// The provider's time when it answered with the first page.
    pub(super) dated: Option<Timestamp>,
    pub(super) connections: Vec<Connection>,
    /// How many entries could not be read.
    pub(super) unreadable: usize,
    /// The most connections that a page counted; 0 if none did.
    pub(super) total: usize,
}

impl Listing {
    /// A listing whose first page is requested at `began`.
    pub(super) fn begun(began: Instant) -> Self {
        Self { began, dated: None, connections: vec![], unreadable: 0, total: 0 }
    }

    /// Adds the next page. The first one dates the listing: a later page's date is later than that of
    /// what the pages before it show.
    pub(super) fn add(&mut self, page: Page, is_first: bool) {
        if is_first {
            self.dated = page.date;
        }
        self.connections.extend(page.connections);
        self.unreadable += page.unreadable;
        self.total = self.total.max(page.total);
    }
}

/// The fleet as last seen.
#[derive(Debug)]
pub(super) struct Snapshot<K> {
    connections: HashMap<ConnectionId, CachedConnection>,
    /// Connections that this operator has changed since it last read them.
    invalidated: HashSet<ConnectionId>,
    followers: Followers<K>,
    awaiting_list: HashSet<K>,
    listed: bool,
    /// When the last two complete listings began, newest first.
    complete: [Option<Instant>; 2],
    /// The provider's time when it answered the first page of each.
    dated: [Option<Timestamp>; 2],
}

/// Which key follows which connections, indexed both ways: a change looks up the keys of one
/// connection, and a key that goes looks up its connections.
#[derive(Debug)]
struct Followers<K> {
    by_connection: HashMap<ConnectionId, HashSet<K>>,
    by_key: HashMap<K, Vec<ConnectionId>>,
}

impl<K: Clone + Eq + Hash> Followers<K> {
    /// Has `key` follow `connections`, and nothing else.
    fn set(&mut self, key: &K, connections: &[ConnectionId]) {
        self.remove(key);
        for id in connections {
            self.by_connection.entry(id.clone()).or_default().insert(key.clone());
        }
        if !connections.is_empty() {
            self.by_key.insert(key.clone(), connections.to_vec());
        }
    }

    fn remove(&mut self, key: &K) {
        for id in self.by_key.remove(key).unwrap_or_default() {
            if let Entry::Occupied(mut keys) = self.by_connection.entry(id) {
                keys.get_mut().remove(key);
                if keys.get().is_empty() {
                    keys.remove();
                }
            }
        }
    }

    fn of(&self, id: &ConnectionId) -> HashSet<K> {
        self.by_connection.get(id).cloned().unwrap_or_default()
    }
}

impl<K> Default for Snapshot<K> {
    fn default() -> Self {
        Self {
            connections: HashMap::new(),
            invalidated: HashSet::new(),
            followers: Followers { by_connection: HashMap::new(), by_key: HashMap::new() },
            awaiting_list: HashSet::new(),
            listed: false,
            complete: [None, None],
            dated: [None, None],
        }
    }
}

impl<K: Clone + Eq + Hash> Snapshot<K> {
    /// Takes in a listing; returns the keys to wake.
    ///
    /// Only a complete listing proves absence: read to its end, every entry readable, and no fewer
    /// than the provider counts.
    pub(super) fn take(&mut self, listing: Listing) -> HashSet<K> {
        let Listing { began, dated, connections, unreadable, total } = listing;
        let mut woken: HashSet<K> = self.awaiting_list.drain().collect();
        let mut listed = HashSet::with_capacity(connections.len());
        for connection in connections {
            let id = connection.id.clone();
            listed.insert(id.clone());
            if self.connections.get(&id).is_some_and(|cached| cached.asked_at > began) {
                continue;
            }
            if self.invalidated.contains(&id) {
                // The listing may show it as it was before the change, so a follower reads it by
                // id. The search for a lost order has no id, and has to find it here.
                self.connections.insert(id, CachedConnection { connection, asked_at: began });
                continue;
            }
            woken.extend(self.see(began, connection));
        }
        self.listed = true;
        if unreadable == 0 && listed.len() >= total {
            self.complete = [Some(began), self.complete[0]];
            self.dated = [dated, self.dated[0]];
            for id in self.missing(began, &listed) {
                self.connections.remove(&id);
                woken.extend(self.followers.of(&id));
            }
        }
        woken
    }

    /// The cached connections that a complete listing that began at `began` lacks.
    fn missing(&self, began: Instant, listed: &HashSet<ConnectionId>) -> Vec<ConnectionId> {
        self.connections
            .iter()
            .filter(|(id, cached)| cached.asked_at <= began && !listed.contains(*id))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Takes in a connection that was read by id; returns the keys to wake.
    pub(super) fn learn(&mut self, asked_at: Instant, connection: Connection) -> HashSet<K> {
        if self.connections.get(&connection.id).is_some_and(|cached| cached.asked_at > asked_at) {
            return HashSet::new();
        }
        self.invalidated.remove(&connection.id);
        self.see(asked_at, connection)
    }

    fn see(&mut self, asked_at: Instant, connection: Connection) -> HashSet<K> {
        let id = connection.id.clone();
        let same = self.connections.get(&id).is_some_and(|cached| cached.connection == connection);
        self.connections.insert(id.clone(), CachedConnection { connection, asked_at });
        if same { HashSet::new() } else { self.followers.of(&id) }
    }

    pub(super) fn invalidate(&mut self, id: &ConnectionId) {
        self.connections.remove(id);
        self.invalidated.insert(id.clone());
    }

    /// Discards a connection that was read before `instant`.
    pub(super) fn invalidate_before(&mut self, id: &ConnectionId, instant: Instant) {
        if self.connections.get(id).is_some_and(|cached| cached.asked_at < instant) {
            self.invalidate(id);
        }
    }

    pub(super) fn get(&self, id: &ConnectionId) -> Lookup {
        match self.connections.get(id) {
            _ if self.invalidated.contains(id) => Lookup::MustRead,
            Some(cached) => Lookup::Known(Box::new(cached.connection.clone())),
            None if self.listed => Lookup::MustRead,
            None => Lookup::NotListed,
        }
    }

    pub(super) fn find(&self, fits: impl Fn(&Connection) -> bool) -> Option<Vec<Connection>> {
        self.complete[0]?;
        Some(
            self.connections
                .values()
                .map(|cached| &cached.connection)
                .filter(|c| fits(c))
                .cloned()
                .collect(),
        )
    }

    pub(super) fn last_listing_date(&self) -> Option<Timestamp> {
        self.dated[0]
    }

    /// Whether the last complete listing shows a connection that fits. One that only a later partial
    /// listing or an answer to its id shows says nothing about how far complete listings lag.
    pub(super) fn last_listing_shows(&self, fits: impl Fn(&Connection) -> bool) -> bool {
        let Some(began) = self.complete[0] else { return false };
        self.connections.values().any(|cached| cached.asked_at == began && fits(&cached.connection))
    }

    pub(super) fn whole_listings_since(&self, instant: Instant) -> usize {
        self.complete.iter().flatten().filter(|began| **began >= instant).count()
    }

    pub(super) fn whole_listings_dated_since(&self, time: Timestamp) -> usize {
        self.dated.iter().flatten().filter(|dated| **dated >= time).count()
    }

    pub(super) fn follow(&mut self, key: &K, connections: &[ConnectionId]) {
        self.followers.set(key, connections);
    }

    pub(super) fn wake_after_next_list(&mut self, key: &K) {
        self.awaiting_list.insert(key.clone());
    }

    pub(super) fn unfollow(&mut self, key: &K) {
        self.followers.remove(key);
        self.awaiting_list.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use fabric_domain::{EquinixStatus, ProviderStatus, ZSideSeen};

    fn connection(id: &str, status: &str) -> Connection {
        Connection {
            id: ConnectionId::parse(id).unwrap(),
            name: id.into(),
            equinix_status: EquinixStatus::read(status),
            provider_status: ProviderStatus::read(""),
            reference: None,
            bandwidth: None,
            port: None,
            tags: None,
            metro: None,
            z_side: ZSideSeen::default(),
            redundancy: None,
            provider_connection_id: None,
            notifications: vec![],
            term: None,
            change: None,
            created: None,
            operational: None,
            faults: vec![],
        }
    }

    fn id(id: &str) -> ConnectionId {
        ConnectionId::parse(id).unwrap()
    }

    fn listing(
        began: Instant,
        connections: Vec<Connection>,
        unreadable: usize,
        total: usize,
    ) -> Listing {
        Listing { began, dated: None, connections, unreadable, total }
    }

    #[test]
    fn only_what_changed_is_woken() {
        let mut it = Snapshot::<&str>::default();
        let t0 = Instant::now();
        it.follow(&"a", &[id("1")]);
        it.follow(&"b", &[id("2")]);
        assert_eq!(it.get(&id("1")), Lookup::NotListed);
        let both = vec![connection("1", "PROVISIONING"), connection("2", "PROVISIONING")];
        assert_eq!(it.take(listing(t0, both.clone(), 0, 2)), ["a", "b"].into());
        assert_eq!(it.take(listing(t0, both, 0, 2)), [].into());
        let changed = vec![connection("1", "PROVISIONED"), connection("2", "PROVISIONING")];
        assert_eq!(it.take(listing(t0, changed, 0, 2)), ["a"].into());
        assert_eq!(it.take(listing(t0, vec![connection("2", "PROVISIONING")], 0, 1)), ["a"].into());
        assert_eq!(it.get(&id("1")), Lookup::MustRead);
    }

    #[test]
    fn a_key_follows_only_what_it_named_last() {
        let mut it = Snapshot::<&str>::default();
        it.follow(&"a", &[id("1"), id("2")]);
        it.follow(&"b", &[id("2")]);
        it.follow(&"a", &[id("3")]);
        let three = |status| {
            vec![connection("1", status), connection("2", status), connection("3", status)]
        };
        let now = Instant::now();
        assert_eq!(it.take(listing(now, vec![connection("1", "PROVISIONED")], 0, 1)), [].into());
        assert_eq!(it.take(listing(now, three("PROVISIONING"), 0, 3)), ["a", "b"].into());
        it.unfollow(&"b");
        assert_eq!(it.take(listing(now, three("PROVISIONED"), 0, 3)), ["a"].into());
        it.follow(&"a", &[]);
        assert!(it.followers.by_connection.is_empty() && it.followers.by_key.is_empty());
        assert_eq!(it.take(listing(now, three("DEPROVISIONING"), 0, 3)), [].into());
    }

    #[test]
    fn a_listing_older_than_an_answer_does_not_undo_it() {
        let mut it = Snapshot::<&str>::default();
        let began = Instant::now();
        let later = began + Duration::from_secs(1);
        it.invalidate(&id("1"));
        assert_eq!(it.get(&id("1")), Lookup::MustRead);
        it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1));
        assert_eq!(it.get(&id("1")), Lookup::MustRead);
        it.learn(later, connection("1", "DEPROVISIONING"));
        it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1));
        assert!(
            matches!(it.get(&id("1")), Lookup::Known(c) if c.equinix_status == EquinixStatus::Deprovisioning)
        );
    }

    #[test]
    fn a_connection_that_was_just_changed_is_found_without_its_id() {
        let mut it = Snapshot::<&str>::default();
        it.invalidate(&id("1"));
        it.take(listing(Instant::now(), vec![connection("1", "PROVISIONING")], 0, 1));
        assert_eq!(it.find(|connection| connection.name == "1").map(|found| found.len()), Some(1));
        assert_eq!(it.get(&id("1")), Lookup::MustRead, "its state may be that of before");
    }

    #[test]
    fn only_a_complete_listing_proves_absence() {
        let mut it = Snapshot::<&str>::default();
        let began = Instant::now();
        it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 2));
        assert_eq!((it.find(|_| true), it.whole_listings_since(began)), (None, 0));
        it.take(listing(began, vec![connection("1", "PROVISIONED")], 1, 1));
        assert_eq!(it.whole_listings_since(began), 0);
        it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1));
        assert_eq!(it.find(|_| true).map(|found| found.len()), Some(1));
        let later = began + Duration::from_secs(1);
        it.take(listing(later, vec![], 0, 0));
        assert_eq!((it.whole_listings_since(began), it.whole_listings_since(later)), (2, 1));
    }

    #[test]
    fn the_last_complete_listing_shows_only_what_it_listed_itself() {
        let mut it = Snapshot::<&str>::default();
        let began = Instant::now();
        let later = began + Duration::from_secs(1);
        let shows =
            |it: &Snapshot<&str>, id: &str| it.last_listing_shows(|shown| shown.id.as_str() == id);
        it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1));
        it.take(listing(later, vec![connection("2", "PROVISIONED")], 0, 3));
        it.learn(later, connection("3", "PROVISIONED"));
        assert_eq!(["1", "2", "3"].map(|id| shows(&it, id)), [true, false, false]);
        assert_eq!(it.find(|_| true).map(|found| found.len()), Some(3));
    }

    fn page(connections: Vec<Connection>, total: usize, date: Option<Timestamp>) -> Page {
        Page { connections, unreadable: 0, total, next: None, date }
    }

    #[test]
    fn a_complete_listing_has_the_date_of_its_first_page() {
        let mut it = Snapshot::<&str>::default();
        let now = Instant::now();
        let at = |second: i64| Some(Timestamp::from_second(second).unwrap());
        let since = |it: &Snapshot<&str>, second: i64| {
            it.whole_listings_dated_since(Timestamp::from_second(second).unwrap())
        };
        let of = |page| {
            let mut listing = Listing::begun(now);
            listing.add(page, true);
            listing
        };
        let mut first = of(page(vec![connection("1", "PROVISIONED")], 2, at(100)));
        first.add(page(vec![connection("2", "PROVISIONED")], 2, at(200)), false);
        it.take(first);
        assert_eq!((since(&it, 100), since(&it, 101)), (1, 0));
        it.take(of(page(vec![], 0, at(300))));
        assert_eq!((since(&it, 100), since(&it, 101), since(&it, 300)), (2, 1, 1));
        // Neither an incomplete listing nor one without a date says when it was made.
        it.take(of(page(vec![], 1, at(400))));
        assert_eq!((since(&it, 300), since(&it, 400)), (1, 0));
        let mut silent = of(page(vec![connection("1", "PROVISIONED")], 2, None));
        silent.add(page(vec![connection("2", "PROVISIONED")], 2, at(500)), false);
        it.take(silent);
        assert_eq!((since(&it, 300), since(&it, 500), it.whole_listings_since(now)), (1, 0, 2));
    }
}
