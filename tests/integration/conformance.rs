//! Both dialects show the same world alike: a scenario in the domain's terms does not depend on the
//! API that ordered it, nor on the one that reads it.
//!
//! Each test drives one simulated world through the clients of both dialects. Where the dialects do
//! differ is in `differences`; nothing else may.

mod differences;
mod orders;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use fabric_client::{
    Cursor, Dialect, Error, Http, InstrumentedHttp, OAuthCredentials, OAuthGrant, RateLimiter,
    TokenSource, Transport,
};
use fabric_domain::{
    Connection, ConnectionId, EquinixStatus, Flow, Join, Leg, Listed, Order, Phase, Redundancy,
    Standing, ZSide, ZSideSeen,
};
use fabric_simulator::{Config, DateFault, Effect, InjectedFault, World};
use fabric_testkit::{
    operator::{InProcess, ORIGIN},
    provider_client::{Calls, connect},
};

use orders::{Scenario, scenarios};

/// One world and the way to it in either dialect.
struct TestCluster {
    world: World,
    v3: Arc<dyn Calls>,
    v4: Arc<dyn Calls>,
}

impl TestCluster {
    fn new() -> Self {
        let epoch = "2021-07-15T19:30:29.526Z".parse().unwrap();
        let world = World::new(Config { epoch: Some(epoch), ..Config::default() });
        let http: Arc<dyn Http> = Arc::new(InProcess(world.router()));
        let credentials = OAuthCredentials {
            client_id: "ABCDE12345".into(),
            client_secret: "FGHIJ67890".into(),
            grant: OAuthGrant::ClientCredentials,
        };
        let origin: url::Url = ORIGIN.parse().unwrap();
        let exchange = InstrumentedHttp::new(http, Arc::new(()));
        let tokens = TokenSource::new(exchange.clone(), origin.clone(), credentials, None);
        let pace = Arc::new(RateLimiter::new(1000));
        let transport = Transport::new(exchange, origin, Arc::new(tokens), pace);
        let [v3, v4] = [Dialect::V3, Dialect::V4].map(|d| connect(d, transport.clone()));
        Self { world, v3, v4 }
    }

    fn face(&self, dialect: Dialect) -> &dyn Calls {
        match dialect {
            Dialect::V3 => &*self.v3,
            Dialect::V4 => &*self.v4,
        }
    }

    /// Orders a line or a pair as its dialect does, and answers with the ids.
    async fn order(&self, by: Dialect, order: &Order) -> Result<Vec<ConnectionId>, Error> {
        let face = self.face(by);
        if face.can().pairs_in_one_order {
            let placed = face.order(order).await?;
            assert_eq!(placed.secondary.is_some(), order.secondary.is_some());
            return Ok([Some(placed.primary), placed.secondary].into_iter().flatten().collect());
        }
        let first = Order { secondary: None, ..order.clone() };
        let mut ids = vec![face.order(&first).await?.primary];
        if let Some(half) = &order.secondary {
            let group = face.connection(&ids[0]).await?.redundancy.unwrap().group;
            let second = Order {
                name: half.name.clone(),
                a_side: half.a_side.clone(),
                z_side: half.z_side.clone(),
                join: Some(Join { group, leg: Leg::Secondary }),
                ..first
            };
            ids.push(face.order(&second).await?.primary);
        }
        Ok(ids)
    }

    /// A line as both dialects show it, alone and in their listings.
    async fn look(&self, id: &ConnectionId, at: &str) -> Connection {
        let mut seen = vec![];
        for face in [&self.v3, &self.v4] {
            let alone = face.connection(id).await.unwrap();
            let page = face.connections(Cursor::default()).await.unwrap();
            assert_eq!((page.unreadable, page.next), (0, None), "{at}");
            assert_eq!(page.total, self.world.lines().len(), "{at}");
            let listed = page.connections.iter().find(|line| line.id == *id);
            assert_eq!(listed, Some(&alone), "{at}: listed and alone");
            seen.push(alone);
        }
        let (v4, v3) = (seen.pop().unwrap(), seen.pop().unwrap());
        same(v3, v4, at)
    }
}

/// Asserts that two views are of one line, but for what v3 does not say; answers with that of v4.
fn same(v3: Connection, v4: Connection, at: &str) -> Connection {
    // v3 names AWS's id among what the buyer needs to accept, and only while that is due.
    let provider_connection_id =
        v3.provider_connection_id.clone().or(v4.provider_connection_id.clone());
    // v3 has no fields for what went wrong and for whether the data plane works.
    assert_eq!((v3.faults.as_slice(), v3.operational.as_ref()), (&[][..], None), "{at}");
    let (faults, operational) = (v4.faults.clone(), v4.operational.clone());
    // v3 has no service tokens and no invitations.
    assert_eq!((v3.z_side.token.as_ref(), v3.z_side.invitee.as_ref()), (None, None), "{at}");
    let (token, invitee) = (v4.z_side.token.clone(), v4.z_side.invitee.clone());
    // Of the Z side of a token, v4 shows the token alone.
    let metro = v3.z_side.metro.filter(|_| token.is_none());
    let z_side = ZSideSeen { metro, token, invitee, ..v3.z_side.clone() };
    // Users of v4 report that Oracle's lines look up for a while after their cancellation was
    // taken; the document of v3 has no such row.
    let lags = at.starts_with("Oracle")
        && v3.equinix_status == EquinixStatus::Deprovisioning
        && v4.equinix_status == EquinixStatus::Provisioned;
    let of = if lags { &v4 } else { &v3 };
    let (equinix_status, provider_status) = (of.equinix_status.clone(), of.provider_status.clone());
    let v3 = Connection {
        provider_connection_id,
        faults,
        operational,
        equinix_status,
        provider_status,
        z_side,
        ..v3
    };
    assert_eq!(v3, v4, "{at}: v3 and v4");
    v4
}

/// What happens to a line after it was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// A stage passes.
    Wait,
    /// All parties that are asked accept.
    Accept,
    /// All parties that are asked reject.
    Reject,
    /// Provisioning breaks down.
    Fail,
    /// The buyer cancels.
    Cancel,
}

type Story = &'static [Act];

/// Accepted, in service, cancelled with the seller's consent.
const SERVED: Story =
    &[Act::Wait, Act::Accept, Act::Wait, Act::Wait, Act::Cancel, Act::Accept, Act::Wait, Act::Wait];
/// Rejected, and cleared away.
const REJECTED: Story = &[Act::Wait, Act::Reject, Act::Wait, Act::Cancel, Act::Wait, Act::Wait];
/// Cancelled before it was accepted.
const WITHDRAWN: Story = &[Act::Wait, Act::Cancel, Act::Accept, Act::Wait, Act::Wait];
/// Broken, and cleared away.
const BROKEN: Story = &[Act::Fail, Act::Wait, Act::Cancel, Act::Wait, Act::Wait];

/// Plays a story with a line that `by` orders and cancels, and answers with all that is seen.
async fn play(scenario: &Scenario, story: Story, by: Dialect) -> Vec<Vec<Connection>> {
    let cluster = TestCluster::new();
    let at = format!("{} ordered by {by:?}, {story:?}", scenario.name);
    let ids = cluster.order(by, &scenario.order).await.unwrap_or_else(|e| panic!("{at}: {e}"));
    let mut seen = vec![views(&cluster, &ids, &at).await];
    for (number, act) in story.iter().enumerate() {
        let at = format!("{at} after act {number}");
        for id in &ids {
            match act {
                Act::Wait => {}
                Act::Accept => drop(cluster.world.accept(id)),
                Act::Reject => cluster.world.reject(id).expect(&at),
                Act::Fail => cluster.world.fail(id).expect(&at),
                Act::Cancel => cluster.face(by).cancel(id).await.expect(&at),
            }
        }
        if matches!(act, Act::Wait) {
            cluster.world.advance(Duration::from_mins(1));
        }
        seen.push(views(&cluster, &ids, &at).await);
    }
    let last = seen.last().unwrap();
    assert!(last.iter().all(|l| l.equinix_status.as_str() == "DEPROVISIONED"), "{at}: {last:?}");
    seen
}

async fn views(cluster: &TestCluster, ids: &[ConnectionId], at: &str) -> Vec<Connection> {
    let mut lines = vec![];
    for id in ids {
        lines.push(cluster.look(id, at).await);
    }
    let groups = lines.iter().map(|line| line.redundancy.as_ref().unwrap().group.clone());
    let groups: Vec<String> = groups.collect();
    assert!(groups.iter().all(|group| *group == groups[0]), "{at}: one group, {groups:?}");
    lines
}

/// Without the numbers that the provider makes up.
fn unnumbered(line: Connection) -> Connection {
    let redundancy = line.redundancy.map(|r| Redundancy { group: String::new(), ..r });
    let provider_connection_id = line.provider_connection_id.map(|_| String::new());
    Connection {
        id: ConnectionId::parse("it").unwrap(),
        redundancy,
        provider_connection_id,
        ..line
    }
}

/// Whether a line shows the Z side that was ordered.
fn leads_to(line: &Connection, ordered: &ZSide) -> bool {
    let shown = &line.z_side;
    match ordered {
        ZSide::Profile { profile, metro, seller_region, peering, z_c_tag, .. } => {
            shown.profile.as_ref() == Some(profile)
                && shown.metro == Some(*metro)
                && shown.seller_region == *seller_region
                && shown.peering == *peering
                && z_c_tag.is_none_or(|tag| shown.c_tag == Some(tag.get()))
        }
        ZSide::Port { port, link, metro, .. } => {
            shown.port.as_ref() == Some(port)
                && shown.s_tag == Some(link.tags().s_tag)
                && shown.c_tag == link.tags().c_tag
                && shown.metro == *metro
        }
        ZSide::Token(token) => shown.token.as_ref() == Some(token),
        ZSide::Invitation { email, metro, .. } => {
            shown.invitee.as_deref() == Some(email.as_str()) && shown.metro == Some(*metro)
        }
    }
}

fn in_service(line: &Connection) -> bool {
    Standing::of(&line.equinix_status, &line.provider_status, Flow::Seller).phase == Phase::Ready
}

#[tokio::test(start_paused = true)]
async fn a_scenario_looks_the_same_on_both_dialects_whichever_ordered_it() {
    for scenario in scenarios() {
        for story in scenario.stories {
            let [mut by_v3, mut by_v4] = [
                play(&scenario, story, Dialect::V3).await,
                play(&scenario, story, Dialect::V4).await,
            ];
            for seen in [&mut by_v3, &mut by_v4] {
                for lines in seen {
                    *lines = lines.drain(..).map(unnumbered).collect();
                }
            }
            if let ZSide::Port { profile, .. } = &scenario.order.z_side {
                // v3 orders through the profile that holds the own port, v4 to the port itself.
                for line in by_v3.iter_mut().flatten() {
                    assert_eq!(line.z_side.profile.take(), *profile, "{}", scenario.name);
                }
            }
            assert_eq!(by_v3, by_v4, "{}: {story:?}", scenario.name);
            for lines in &by_v4 {
                assert!(
                    leads_to(&lines[0], &scenario.order.z_side),
                    "{}: {lines:?}",
                    scenario.name
                );
                assert!(lines[0].metro.is_some(), "{}", scenario.name);
            }
            let served = by_v4.iter().any(|lines| lines.iter().all(in_service));
            assert_eq!(served, *story == SERVED, "{}: {story:?}", scenario.name);
        }
    }
}

/// The entries of a list that was read whole.
fn whole<T>(list: Listed<T>) -> Vec<T> {
    assert_eq!(list.gap, None);
    list.items
}

#[tokio::test(start_paused = true)]
async fn both_dialects_know_the_providers_time() {
    let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    for dialect in [Dialect::V3, Dialect::V4] {
        let cluster = TestCluster::new();
        let face = cluster.face(dialect);
        assert_eq!(face.provider_time(), None, "no answer yet");
        // The world begins at 19:30:29.526, and a `Date` has whole seconds.
        let page = face.connections(Cursor::default()).await.unwrap();
        assert_eq!(page.date, time("2021-07-15T19:30:29Z"));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(face.provider_time(), time("2021-07-15T19:31:29Z"), "the time since counts");
        let ahead = DateFault::Ahead(Duration::from_secs(3600));
        cluster.world.inject(InjectedFault::once(Effect::Date(ahead)));
        let page = face.connections(Cursor::default()).await.unwrap();
        assert_eq!(page.date, time("2021-07-15T20:31:29Z"));
        cluster.world.inject(InjectedFault::once(Effect::Date(DateFault::Empty)));
        let page = face.connections(Cursor::default()).await.unwrap();
        assert_eq!(page.date, None);
        assert_eq!(face.provider_time(), time("2021-07-15T20:31:29Z"), "the last that was shown");
        // A refusal has a date, too.
        let id = ConnectionId::parse("5f00c000-0000-4000-8000-00000000ffff").unwrap();
        face.connection(&id).await.unwrap_err();
        assert_eq!(face.provider_time(), time("2021-07-15T19:31:29Z"));
    }
}

#[tokio::test(start_paused = true)]
async fn ports_metros_and_profiles_are_the_same() {
    let cluster = TestCluster::new();
    // v4 lists no port whose id is no UUID; two samples of v3 and an example of v4 name such.
    let odd = [
        "7g831d3b-9740-7420-bae0-30ac1885127a",
        "7f21d3b-93d3-6d30-cae0-33ac2895297a",
        "b067f685-49b0-1a09-6fe0-360a5d00afdg",
    ];
    let (mut v3, mut v4) =
        (whole(cluster.v3.ports().await.unwrap()), whole(cluster.v4.ports().await.unwrap()));
    let all = v3.len();
    v3.retain(|port| !odd.contains(&port.id.as_str()));
    assert_eq!(all - v3.len(), odd.len());
    v3.sort_by(|a, b| a.id.cmp(&b.id));
    v4.sort_by(|a, b| a.id.cmp(&b.id));
    // The speed of a port is read on v4 alone.
    assert!(v3.iter().all(|port| port.mbps.is_none()), "{v3:?}");
    for port in &mut v4 {
        assert!(port.mbps.take().is_some(), "{port:?}");
    }
    assert_eq!(v3, v4);

    let (mut v3, mut v4) =
        (whole(cluster.v3.metros().await.unwrap()), whole(cluster.v4.metros().await.unwrap()));
    assert!(v3.len() > 20, "more than a page of v4");
    for metros in [&mut v3, &mut v4] {
        metros.sort_by_key(|metro| metro.code);
        for metro in metros.iter_mut() {
            metro.reaches.sort();
        }
    }
    assert_eq!(v3, v4);

    for id in orders::profiles() {
        let (v3, v4) =
            (cluster.v3.profile(&id).await.unwrap(), cluster.v4.profile(&id).await.unwrap());
        assert_eq!(v3, v4);
        let named = cluster.v3.profiles_named(&v3.name).await.unwrap();
        assert_eq!(named, Listed::whole(vec![v3]), "{id}");
        assert_eq!(cluster.v4.profiles_named(&v4.name).await.unwrap(), named, "{id}");
    }
    // A name that two sellers have.
    let [v3, v4] = [
        cluster.v3.profiles_named("Example Storage"),
        cluster.v4.profiles_named("Example Storage"),
    ];
    let (v3, v4) = (whole(v3.await.unwrap()), whole(v4.await.unwrap()));
    assert_eq!((v3.len(), v3), (2, v4));
}

#[tokio::test(start_paused = true)]
async fn refusals_mean_the_same() {
    for by in [Dialect::V3, Dialect::V4] {
        let cluster = TestCluster::new();
        let face = cluster.face(by);
        let unknown = ConnectionId::parse("3a58dd05-f46d-4b1d-a154-2e85c396ea62").unwrap();
        let error = face.connection(&unknown).await.unwrap_err();
        assert!(
            matches!(error, Error::NotVisible(_)),
            "{by:?}, reading what is not there: {error}"
        );
        let error = face.cancel(&unknown).await.unwrap_err();
        assert!(matches!(error, Error::NotVisible(_)), "{by:?}, cancelling it: {error}");

        for (what, order) in orders::mistakes() {
            let error = cluster.order(by, &order).await.unwrap_err();
            assert!(matches!(error, Error::Refused(_)), "{by:?}, {what}: {error}");
            let code = error.faults().iter().find_map(|fault| fault.code.as_deref());
            assert!(code.is_some(), "{by:?}, {what}: {error}");
        }
        assert_eq!(cluster.world.ledger().orders.len(), 0, "{by:?}");

        let order = orders::aws_dot1q();
        let id = cluster.order(by, &order).await.unwrap().remove(0);
        let error = cluster.order(by, &order).await.unwrap_err();
        assert!(matches!(error, Error::VlanInUse(_)), "{by:?}, the tag twice: {error}");
        cluster.world.advance(Duration::from_mins(1));
        face.cancel(&id).await.unwrap();
        cluster.world.advance(Duration::from_mins(1));
        let error = face.cancel(&id).await.unwrap_err();
        assert!(matches!(error, Error::Gone(_)), "{by:?}, cancelling what is gone: {error}");
        let error = cluster.order(by, &order).await.unwrap_err();
        assert!(matches!(error, Error::VlanInUse(_)), "{by:?}, a tag not yet free: {error}");
        cluster.world.advance(Duration::from_mins(1));
        cluster.order(by, &order).await.unwrap();
    }
}
