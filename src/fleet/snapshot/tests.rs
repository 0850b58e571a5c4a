//! What a snapshot makes of listings and of answers to single reads.

use super::*;
use fabric_domain::{EquinixStatus, ProviderStatus, ZSideSeen};

/// How long a connection counts as seen.
const LIMIT: Duration = Duration::from_secs(180);

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
    assert_eq!(it.take(listing(t0, both.clone(), 0, 2), LIMIT), ["a", "b"].into());
    assert_eq!(it.take(listing(t0, both, 0, 2), LIMIT), [].into());
    let changed = vec![connection("1", "PROVISIONED"), connection("2", "PROVISIONING")];
    assert_eq!(it.take(listing(t0, changed, 0, 2), LIMIT), ["a"].into());
    assert_eq!(
        it.take(listing(t0, vec![connection("2", "PROVISIONING")], 0, 1), LIMIT),
        ["a"].into()
    );
    assert_eq!(it.get(&id("1")), Lookup::MustRead);
}

#[test]
fn what_goes_out_of_sight_and_comes_back_is_news_once() {
    let mut it = Snapshot::<&str>::default();
    let t0 = Instant::now();
    let at = |seconds| t0 + Duration::from_secs(seconds);
    let listed = |began| listing(began, vec![connection("1", "PROVISIONED")], 0, 1);
    it.follow(&"a", &[id("1")]);
    it.take(listed(t0), LIMIT);
    assert_eq!(it.next_out_of_sight(LIMIT), Some(at(180)));
    assert_eq!(it.take_out_of_sight(at(179), LIMIT), [].into());
    assert_eq!(it.take_out_of_sight(at(180), LIMIT), ["a"].into());
    assert_eq!(
        (it.take_out_of_sight(at(900), LIMIT), it.next_out_of_sight(LIMIT)),
        ([].into(), None)
    );
    assert_eq!(it.last_seen(&id("1")), Some(t0));
    assert_eq!(it.take(listed(at(900)), LIMIT), ["a"].into(), "as it was, and seen again");
    assert_eq!(it.take(listed(at(1079)), LIMIT), [].into());
    assert_eq!(it.take(listed(at(1259)), LIMIT), ["a"].into(), "not noticed, and long unseen");
}

#[test]
fn a_key_follows_only_what_it_named_last() {
    let mut it = Snapshot::<&str>::default();
    it.follow(&"a", &[id("1"), id("2")]);
    it.follow(&"b", &[id("2")]);
    it.follow(&"a", &[id("3")]);
    let three =
        |status| vec![connection("1", status), connection("2", status), connection("3", status)];
    let now = Instant::now();
    assert_eq!(it.take(listing(now, vec![connection("1", "PROVISIONED")], 0, 1), LIMIT), [].into());
    assert_eq!(it.take(listing(now, three("PROVISIONING"), 0, 3), LIMIT), ["a", "b"].into());
    it.unfollow(&"b");
    assert_eq!(it.take(listing(now, three("PROVISIONED"), 0, 3), LIMIT), ["a"].into());
    it.follow(&"a", &[]);
    assert!(it.followers.by_connection.is_empty() && it.followers.by_key.is_empty());
    assert_eq!(it.take(listing(now, three("DEPROVISIONING"), 0, 3), LIMIT), [].into());
}

#[test]
fn a_listing_older_than_an_answer_does_not_undo_it() {
    let mut it = Snapshot::<&str>::default();
    let began = Instant::now();
    let later = began + Duration::from_secs(1);
    it.invalidate(&id("1"));
    assert_eq!(it.get(&id("1")), Lookup::MustRead);
    it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1), LIMIT);
    assert_eq!(it.get(&id("1")), Lookup::MustRead);
    it.learn(later, connection("1", "DEPROVISIONING"), LIMIT);
    it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1), LIMIT);
    assert!(
        matches!(it.get(&id("1")), Lookup::Known(c) if c.equinix_status == EquinixStatus::Deprovisioning)
    );
}

#[test]
fn a_connection_that_was_just_changed_is_found_without_its_id() {
    let mut it = Snapshot::<&str>::default();
    it.invalidate(&id("1"));
    it.take(listing(Instant::now(), vec![connection("1", "PROVISIONING")], 0, 1), LIMIT);
    assert_eq!(it.find(|connection| connection.name == "1").map(|found| found.len()), Some(1));
    assert_eq!(it.get(&id("1")), Lookup::MustRead, "its state may be that of before");
}

#[test]
fn only_a_complete_listing_proves_absence() {
    let mut it = Snapshot::<&str>::default();
    let began = Instant::now();
    it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 2), LIMIT);
    assert_eq!((it.find(|_| true), it.whole_listings_since(began)), (None, 0));
    it.take(listing(began, vec![connection("1", "PROVISIONED")], 1, 1), LIMIT);
    assert_eq!(it.whole_listings_since(began), 0);
    it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1), LIMIT);
    assert_eq!(it.find(|_| true).map(|found| found.len()), Some(1));
    let later = began + Duration::from_secs(1);
    it.take(listing(later, vec![], 0, 0), LIMIT);
    assert_eq!((it.whole_listings_since(began), it.whole_listings_since(later)), (2, 1));
}

#[test]
fn the_last_complete_listing_shows_only_what_it_listed_itself() {
    let mut it = Snapshot::<&str>::default();
    let began = Instant::now();
    let later = began + Duration::from_secs(1);
    let shows =
        |it: &Snapshot<&str>, id: &str| it.last_listing_shows(|shown| shown.id.as_str() == id);
    it.take(listing(began, vec![connection("1", "PROVISIONED")], 0, 1), LIMIT);
    it.take(listing(later, vec![connection("2", "PROVISIONED")], 0, 3), LIMIT);
    it.learn(later, connection("3", "PROVISIONED"), LIMIT);
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
    it.take(first, LIMIT);
    assert_eq!((since(&it, 100), since(&it, 101)), (1, 0));
    it.take(of(page(vec![], 0, at(300))), LIMIT);
    assert_eq!((since(&it, 100), since(&it, 101), since(&it, 300)), (2, 1, 1));
    // Neither an incomplete listing nor one without a date says when it was made.
    it.take(of(page(vec![], 1, at(400))), LIMIT);
    assert_eq!((since(&it, 300), since(&it, 400)), (1, 0));
    let mut silent = of(page(vec![connection("1", "PROVISIONED")], 2, None));
    silent.add(page(vec![connection("2", "PROVISIONED")], 2, at(500)), false);
    it.take(silent, LIMIT);
    assert_eq!((since(&it, 300), since(&it, 500), it.whole_listings_since(now)), (1, 0, 2));
}

#[test]
fn when_a_followed_connection_was_seen_is_known_while_a_listing_lacks_it() {
    let mut it = Snapshot::<&str>::default();
    let t0 = Instant::now();
    let at = |seconds| t0 + Duration::from_secs(seconds);
    it.follow(&"a", &[id("1")]);
    let both = vec![connection("1", "PROVISIONED"), connection("2", "PROVISIONED")];
    it.take(listing(at(0), both, 0, 2), LIMIT);
    it.take(listing(at(60), vec![], 0, 0), LIMIT);
    assert_eq!(it.get(&id("1")), Lookup::MustRead);
    assert_eq!((it.last_seen(&id("1")), it.last_seen(&id("2"))), (Some(at(0)), None));
    it.learn(at(120), connection("1", "PROVISIONED"), LIMIT);
    it.invalidate(&id("1"));
    assert_eq!(it.last_seen(&id("1")), Some(at(120)));
    it.unfollow(&"a");
    assert_eq!(it.last_seen(&id("1")), None, "no follower asks any more");
}
