//! What the fleet last saw, and which followers a difference concerns.
//!
//! Pure: callers hand in every instant. It must not send requests or wake anything itself.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::Hash,
    time::Duration,
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
    /// Whether its followers know that it is out of sight.
    reported: bool,
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
    /// When a followed connection was last seen of which nothing is kept.
    seen_before: HashMap<ConnectionId, Instant>,
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
            seen_before: HashMap::new(),
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
    /// Takes in a listing; returns the keys to wake. What was not seen for `limit` is news, even if it
    /// is as it was.
    ///
    /// Only a complete listing proves absence: read to its end, every entry readable, and no fewer
    /// than the provider counts.
    pub(super) fn take(&mut self, listing: Listing, limit: Duration) -> HashSet<K> {
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
                let cached = CachedConnection { connection, asked_at: began, reported: false };
                self.connections.insert(id, cached);
                continue;
            }
            woken.extend(self.see(began, connection, limit));
        }
        self.listed = true;
        if unreadable == 0 && listed.len() >= total {
            self.complete = [Some(began), self.complete[0]];
            self.dated = [dated, self.dated[0]];
            for id in self.missing(began, &listed) {
                self.drop_connection(&id);
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
    pub(super) fn learn(
        &mut self,
        asked_at: Instant,
        connection: Connection,
        limit: Duration,
    ) -> HashSet<K> {
        if self.connections.get(&connection.id).is_some_and(|cached| cached.asked_at > asked_at) {
            return HashSet::new();
        }
        self.invalidated.remove(&connection.id);
        self.see(asked_at, connection, limit)
    }

    fn see(&mut self, asked_at: Instant, connection: Connection, limit: Duration) -> HashSet<K> {
        let id = connection.id.clone();
        self.seen_before.remove(&id);
        let same = self.connections.get(&id).is_some_and(|cached| {
            let was_in_sight = !cached.reported && cached.asked_at + limit > asked_at;
            was_in_sight && cached.connection == connection
        });
        self.connections
            .insert(id.clone(), CachedConnection { connection, asked_at, reported: false });
        if same { HashSet::new() } else { self.followers.of(&id) }
    }

    pub(super) fn invalidate(&mut self, id: &ConnectionId) {
        self.drop_connection(id);
        self.invalidated.insert(id.clone());
    }

    /// Keeps of a connection only when it was seen.
    fn drop_connection(&mut self, id: &ConnectionId) {
        if let Some(dropped) = self.connections.remove(id)
            && self.followers.by_connection.contains_key(id)
        {
            self.seen_before.insert(id.clone(), dropped.asked_at);
        }
    }

    /// Discards a connection that was read before `instant`.
    pub(super) fn invalidate_before(&mut self, id: &ConnectionId, instant: Instant) {
        if self.connections.get(id).is_some_and(|cached| cached.asked_at < instant) {
            self.invalidate(id);
        }
    }

    /// When the first of the connections will be out of sight whose followers do not know it yet.
    pub(super) fn next_out_of_sight(&self, limit: Duration) -> Option<Instant> {
        let in_sight = self.connections.values().filter(|cached| !cached.reported);
        in_sight.map(|cached| cached.asked_at + limit).min()
    }

    /// The keys to wake because a connection that they follow is out of sight; each only once.
    pub(super) fn take_out_of_sight(&mut self, now: Instant, limit: Duration) -> HashSet<K> {
        let mut woken = HashSet::new();
        for (id, cached) in &mut self.connections {
            if !cached.reported && cached.asked_at + limit <= now {
                cached.reported = true;
                woken.extend(self.followers.of(id));
            }
        }
        woken
    }

    /// When a connection was last seen.
    pub(super) fn last_seen(&self, id: &ConnectionId) -> Option<Instant> {
        let kept = self.connections.get(id).map(|cached| cached.asked_at);
        kept.or_else(|| self.seen_before.get(id).copied())
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
        self.forget_unfollowed();
    }

    pub(super) fn wake_after_next_list(&mut self, key: &K) {
        self.awaiting_list.insert(key.clone());
    }

    pub(super) fn unfollow(&mut self, key: &K) {
        self.followers.remove(key);
        self.awaiting_list.remove(key);
        self.forget_unfollowed();
    }

    fn forget_unfollowed(&mut self) {
        let followed = &self.followers.by_connection;
        self.seen_before.retain(|id, _| followed.contains_key(id));
    }
}

#[cfg(test)]
mod tests;
