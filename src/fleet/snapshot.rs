//! What was seen of a fleet, and whom a difference concerns. Pure: no clock, no calls.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use tokio::time::Instant;

use fabric_domain::{Connection, ConnectionId};

use crate::fleet::Lookup;

#[derive(Debug)]
struct CachedConnection {
    connection: Connection,
    /// When the question was asked that this answers.
    asked_at: Instant,
}

/// The fleet as last seen.
#[derive(Debug)]
pub(super) struct Snapshot<K> {
    lines: HashMap<ConnectionId, CachedConnection>,
    /// Lines that were changed by us since they were last seen.
    invalidated: HashSet<ConnectionId>,
    followers: HashMap<ConnectionId, HashSet<K>>,
    awaiting_round: HashSet<K>,
    listed: bool,
    /// When the last two whole listings began, newest first.
    whole: [Option<Instant>; 2],
}

impl<K> Default for Snapshot<K> {
    fn default() -> Self {
        Self {
            lines: HashMap::new(),
            invalidated: HashSet::new(),
            followers: HashMap::new(),
            awaiting_round: HashSet::new(),
            listed: false,
            whole: [None, None],
        }
    }
}

impl<K: Clone + Eq + Hash> Snapshot<K> {
    /// Takes in a listing that began at `began`; answers whom to wake.
    ///
    /// Only a whole listing proves absence: every entry readable, and as many as the provider
    /// says there are.
    pub(super) fn take(
        &mut self,
        began: Instant,
        lines: Vec<Connection>,
        unreadable: usize,
        total: usize,
    ) -> HashSet<K> {
        let mut woken: HashSet<K> = self.awaiting_round.drain().collect();
        let mut listed = HashSet::with_capacity(lines.len());
        for connection in lines {
            let id = connection.id.clone();
            listed.insert(id.clone());
            if self.lines.get(&id).is_some_and(|line| line.asked_at > began) {
                continue;
            }
            if self.invalidated.contains(&id) {
                // It may be shown as it was, so whoever knows its id asks for it alone. Whoever looks
                // for a lost order does not know its id, and has to find it here.
                self.lines.insert(id, CachedConnection { connection, asked_at: began });
                continue;
            }
            woken.extend(self.see(began, connection));
        }
        let whole = unreadable == 0 && listed.len() >= total;
        let gone: Vec<ConnectionId> = self
            .lines
            .iter()
            .filter(|(id, line)| whole && line.asked_at <= began && !listed.contains(*id))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.lines.remove(&id);
            woken.extend(self.followers_of(&id));
        }
        self.listed = true;
        if whole {
            self.whole = [Some(began), self.whole[0]];
        }
        woken
    }

    pub(super) fn learn(&mut self, asked_at: Instant, connection: Connection) -> HashSet<K> {
        if self.lines.get(&connection.id).is_some_and(|line| line.asked_at > asked_at) {
            return HashSet::new();
        }
        self.invalidated.remove(&connection.id);
        self.see(asked_at, connection)
    }

    fn see(&mut self, asked_at: Instant, connection: Connection) -> HashSet<K> {
        let id = connection.id.clone();
        let same = self.lines.get(&id).is_some_and(|line| line.connection == connection);
        self.lines.insert(id.clone(), CachedConnection { connection, asked_at });
        if same { HashSet::new() } else { self.followers_of(&id) }
    }

    fn followers_of(&self, id: &ConnectionId) -> HashSet<K> {
        self.followers.get(id).cloned().unwrap_or_default()
    }

    pub(super) fn invalidate(&mut self, id: &ConnectionId) {
        self.lines.remove(id);
        self.invalidated.insert(id.clone());
    }

    /// Forgets a line as it was seen before `instant`.
    pub(super) fn invalidate_before(&mut self, id: &ConnectionId, instant: Instant) {
        if self.lines.get(id).is_some_and(|line| line.asked_at < instant) {
            self.invalidate(id);
        }
    }

    pub(super) fn get(&self, id: &ConnectionId) -> Lookup {
        match self.lines.get(id) {
            _ if self.invalidated.contains(id) => Lookup::MustRead,
            Some(line) => Lookup::Known(Box::new(line.connection.clone())),
            None if self.listed => Lookup::MustRead,
            None => Lookup::NotListed,
        }
    }

    pub(super) fn find(&self, fits: impl Fn(&Connection) -> bool) -> Option<Vec<Connection>> {
        self.whole[0]?;
        Some(
            self.lines.values().map(|line| &line.connection).filter(|c| fits(c)).cloned().collect(),
        )
    }

    pub(super) fn whole_listings_since(&self, instant: Instant) -> usize {
        self.whole.iter().flatten().filter(|began| **began >= instant).count()
    }

    pub(super) fn follow(&mut self, key: &K, lines: &[ConnectionId]) {
        self.drop_key(key);
        for id in lines {
            self.followers.entry(id.clone()).or_default().insert(key.clone());
        }
    }

    pub(super) fn await_round(&mut self, key: &K) {
        self.awaiting_round.insert(key.clone());
    }

    pub(super) fn unfollow(&mut self, key: &K) {
        self.drop_key(key);
        self.awaiting_round.remove(key);
    }

    fn drop_key(&mut self, key: &K) {
        self.followers.retain(|_, keys| {
            keys.remove(key);
            !keys.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use fabric_domain::{EquinixStatus, ProviderStatus};

    fn line(id: &str, status: &str) -> Connection {
        Connection {
            id: ConnectionId::parse(id).unwrap(),
            name: id.into(),
            equinix_status: EquinixStatus::read(status),
            provider_status: ProviderStatus::read(""),
            bandwidth: None,
            port: None,
            tags: None,
            redundancy: None,
            provider_connection_id: None,
            notifications: vec![],
            term: None,
            change: None,
            created: None,
            faults: vec![],
        }
    }

    fn id(id: &str) -> ConnectionId {
        ConnectionId::parse(id).unwrap()
    }

    #[test]
    fn only_what_changed_is_woken() {
        let mut it = Snapshot::<&str>::default();
        let t0 = Instant::now();
        it.follow(&"a", &[id("1")]);
        it.follow(&"b", &[id("2")]);
        assert_eq!(it.get(&id("1")), Lookup::NotListed);
        let both = vec![line("1", "PROVISIONING"), line("2", "PROVISIONING")];
        assert_eq!(it.take(t0, both.clone(), 0, 2), ["a", "b"].into());
        assert_eq!(it.take(t0, both, 0, 2), [].into());
        let changed = vec![line("1", "PROVISIONED"), line("2", "PROVISIONING")];
        assert_eq!(it.take(t0, changed, 0, 2), ["a"].into());
        assert_eq!(it.take(t0, vec![line("2", "PROVISIONING")], 0, 1), ["a"].into());
        assert_eq!(it.get(&id("1")), Lookup::MustRead);
    }

    #[test]
    fn a_listing_older_than_an_answer_does_not_undo_it() {
        let mut it = Snapshot::<&str>::default();
        let began = Instant::now();
        let later = began + Duration::from_secs(1);
        it.invalidate(&id("1"));
        assert_eq!(it.get(&id("1")), Lookup::MustRead);
        it.take(began, vec![line("1", "PROVISIONED")], 0, 1);
        assert_eq!(it.get(&id("1")), Lookup::MustRead);
        it.learn(later, line("1", "DEPROVISIONING"));
        it.take(began, vec![line("1", "PROVISIONED")], 0, 1);
        assert!(
            matches!(it.get(&id("1")), Lookup::Known(c) if c.equinix_status == EquinixStatus::Deprovisioning)
        );
    }

    #[test]
    fn a_line_that_was_just_changed_is_found_by_who_does_not_know_its_id() {
        let mut it = Snapshot::<&str>::default();
        it.invalidate(&id("1"));
        it.take(Instant::now(), vec![line("1", "PROVISIONING")], 0, 1);
        assert_eq!(it.find(|line| line.name == "1").map(|found| found.len()), Some(1));
        assert_eq!(it.get(&id("1")), Lookup::MustRead, "its state may be that of before");
    }

    #[test]
    fn only_a_whole_listing_proves_absence() {
        let mut it = Snapshot::<&str>::default();
        let began = Instant::now();
        it.take(began, vec![line("1", "PROVISIONED")], 0, 2);
        assert_eq!((it.find(|_| true), it.whole_listings_since(began)), (None, 0));
        it.take(began, vec![line("1", "PROVISIONED")], 1, 1);
        assert_eq!(it.whole_listings_since(began), 0);
        it.take(began, vec![line("1", "PROVISIONED")], 0, 1);
        assert_eq!(it.find(|_| true).map(|found| found.len()), Some(1));
        let later = began + Duration::from_secs(1);
        it.take(later, vec![], 0, 0);
        assert_eq!((it.whole_listings_since(began), it.whole_listings_since(later)), (2, 1));
    }
}
