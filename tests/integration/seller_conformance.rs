//! The seller's calls: both dialects show one seller's world alike, and a replacement changes
//! only what was to be changed.

use std::{sync::Arc, time::Duration};

use fabric_client::{
    Dialect, Error, Http, IncomingFilter, InstrumentedHttp, OAuthCredentials, OAuthGrant,
    RateLimiter, TokenSource, Transport,
};
use fabric_domain::{
    ASide, ConnectionName, Email, LinkProtocol, Listed, Mbps, MetroCode, Offering, Order, Outlet,
    OwnProfile, PortId, ProfileId, ProfileState, Publication, Question, SellerRequest, TagType,
    Vlan, ZSide,
};
use fabric_simulator::{self, Config, World};
use fabric_testkit::{
    operator::{InProcess, ORIGIN},
    provider_client::{Calls, connect},
};

const STAGE: Duration = Duration::from_secs(60);

/// A seller and a buyer, each with both dialects, in one world.
struct Market {
    world: World,
    seller: [Arc<dyn Calls>; 2],
    buyer: Arc<dyn Calls>,
}

fn client(world: &World, id: &str, secret: &str, dialect: Dialect) -> Arc<dyn Calls> {
    let http: Arc<dyn Http> = Arc::new(InProcess(world.router()));
    let credentials = OAuthCredentials {
        client_id: id.into(),
        client_secret: secret.into(),
        grant: OAuthGrant::ClientCredentials,
    };
    let origin: url::Url = ORIGIN.parse().unwrap();
    let exchange = InstrumentedHttp::new(http, Arc::new(()));
    let tokens = TokenSource::new(exchange.clone(), origin.clone(), credentials, None);
    connect(
        dialect,
        Transport::new(exchange, origin, Arc::new(tokens), Arc::new(RateLimiter::new(1000))),
    )
}

impl Market {
    fn new() -> Self {
        let epoch = "2021-07-15T19:30:29.526Z".parse().unwrap();
        let world = World::new(Config { epoch: Some(epoch), ..Config::default() });
        let seller = fabric_simulator::UserCredentials {
            client_id: "SELLER".into(),
            client_secret: "S".into(),
            user_name: "seller@example.com".into(),
            user_password: "s".into(),
        };
        world.admit_seller(seller, "John-Doe-Corp");
        let faces = [Dialect::V3, Dialect::V4].map(|d| client(&world, "SELLER", "S", d));
        let buyer = client(&world, "ABCDE12345", "FGHIJ67890", Dialect::V4);
        Self { world, seller: faces, buyer }
    }

    fn faces(&self) -> impl Iterator<Item = (&'static str, &dyn Calls)> {
        ["v3", "v4"].into_iter().zip(self.seller.iter().map(|face| &**face))
    }
}

fn port(id: &str) -> Outlet {
    Outlet {
        port: PortId::parse(id).unwrap(),
        metro: MetroCode::parse("SV").ok(),
        seller_region: None,
        seller_region_description: None,
    }
}

/// The private sample of "How to create a service profile?", with what v4 asks for beside.
fn private() -> Offering {
    let people = vec!["John.Doe@example.com".to_owned()];
    Offering {
        name: "JohnDoe_Private_ServiceProfile".into(),
        description: Some("JohnDoe Testing".into()),
        private: true,
        speed_bands: vec![50, 200, 500, 1000],
        connection_name_label: Some("Connection".into()),
        tag_type: Some(TagType::CTagged),
        enable_auto_generate_service_key: Some(false),
        cloud_reach: true,
        ports: vec![
            port("8cb83fdb-6651-6514-bbe0-38389cc0acfa"),
            port("8cb83fdb-661d-61d4-bbe0-38389cc0acfa"),
        ],
        on_bandwidth_threshold: people.clone(),
        on_profile_approval_reject: people.clone(),
        on_vc_approval_rejection: people,
        ..Offering::default()
    }
}

/// One that uses every field that both dialects have.
fn full() -> Offering {
    Offering {
        name: "JohnDoe_ServiceProfile".into(),
        private: true,
        private_user_emails: vec!["Jane.Doe@ap.example.com".into()],
        speed_bands: vec![],
        speed_from_api: true,
        allow_over_subscription: true,
        over_subscription_limit: Some(10),
        alert_percentage: Some(85.0),
        ctag_label: Some("100".into()),
        auth_key_label: Some("Authentication Secret Key".into()),
        tag_type: Some(TagType::Both),
        enable_auto_generate_service_key: Some(true),
        api_available: true,
        integration_id: Some("Direct-01".into()),
        equinix_managed_port_and_vlan: true,
        required_redundancy: true,
        ports: private()
            .ports
            .into_iter()
            .map(|outlet| Outlet {
                seller_region: Some("us-west-1".into()),
                seller_region_description: Some("US West N.California".into()),
                ..outlet
            })
            .collect(),
        additional_buyer_info: vec![Question {
            name: "Department".into(),
            description: Some("Who pays".into()),
            mandatory: true,
            datatype: "STRING".into(),
            options: vec![],
            capture_in_email: true,
        }],
        ..private()
    }
}

/// The profile as both dialects show it, alone and by its name.
async fn look(market: &Market, id: &ProfileId, name: &str) -> OwnProfile {
    let mut seen: Vec<OwnProfile> = vec![];
    for (face, seller) in market.faces() {
        let alone = seller.own_profile(id).await.unwrap().profile;
        let named = seller.own_profiles_named(name).await.unwrap();
        assert_eq!(named, Listed::whole(vec![alone.clone()]), "{face}: alone and by name");
        seen.push(alone);
    }
    let [v3, v4] = [0, 1].map(|face| spelled_out(seen[face].clone()));
    assert_eq!(v3.offering.fields(), v4.offering.fields(), "v3 and v4");
    let words = |profile: &OwnProfile| (profile.state.clone(), profile.created);
    assert_eq!(words(&v3), words(&v4));
    v4
}

/// Without the words that v4 has where nothing was said: a limit of 1, and a label for a key that
/// is optional, which v3 cannot distinguish from a required one.
fn spelled_out(mut profile: OwnProfile) -> OwnProfile {
    let offering = &mut profile.offering;
    offering.over_subscription_limit = offering.over_subscription_limit.filter(|limit| *limit != 1);
    offering.auth_key_label = offering.auth_key_label.take().filter(|label| label != "Service Key");
    profile
}

#[tokio::test(start_paused = true)]
async fn what_either_dialect_makes_both_show_alike() {
    for offering in [private(), full()] {
        for maker in 0..2 {
            let market = Market::new();
            let id = market.seller[maker].create_profile(&offering).await.unwrap();
            let seen = look(&market, &id, &offering.name).await;
            assert_eq!(seen.offering.fields(), offering.fields(), "made on {maker}");
            assert_eq!(seen.state, ProfileState::Approved);
            let renamed = Offering { name: "Renamed".into(), ..offering.clone() };
            let face = &market.seller[maker];
            let shown = face.own_profile(&id).await.unwrap();
            face.replace_profile(&shown, &renamed).await.unwrap();
            let seen = look(&market, &id, "Renamed").await;
            assert_eq!(seen.offering.fields(), renamed.fields());
            face.delete_profile(&id).await.unwrap();
            assert_eq!(look(&market, &id, "Renamed").await.state, ProfileState::Deleted);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replacement_keeps_what_it_has_no_words_for() {
    let market = Market::new();
    let [v3, v4] = &market.seller;
    let id = v4.create_profile(&private()).await.unwrap();
    let bodies = || {
        let requests = market.world.requests().into_iter();
        requests.filter(|r| r.method == "PUT").map(|r| r.body).collect::<Vec<_>>()
    };
    let wanted = Offering { private_user_emails: vec!["a@example.com".into()], ..private() };
    let shown = v4.own_profile(&id).await.unwrap();
    v4.replace_profile(&shown, &wanted).await.unwrap();
    let sent = bodies().pop().unwrap();
    // Fields of the specification that the operator does not manage.
    let config = &sent["accessPointTypeConfigs"][0];
    assert_eq!(config["allowBandwidthAutoApproval"], false);
    assert_eq!(config["selectiveRedundancy"], false);
    assert_eq!(config["linkProtocolConfig"]["reuseVlanSTag"], false);
    assert_eq!(config["authenticationKey"]["label"], "Service Key");
    for own in ["uuid", "state", "href", "account", "changeLog", "metros", "selfProfile"] {
        assert!(sent.get(own).is_none(), "{own} is the provider's to say");
    }
    assert!(config.get("uuid").is_none());
    let shown = v3.own_profile(&id).await.unwrap();
    v3.replace_profile(&shown, &Offering { speed_bands: vec![50], ..wanted }).await.unwrap();
    let sent = bodies().pop().unwrap();
    assert_eq!(sent["uuid"], id.as_str());
    assert_eq!(sent["speedBands"], serde_json::json!([{"speed": 50, "unit": "MB"}]));
    assert_eq!(sent["privateUserEmails"], serde_json::json!(["a@example.com"]));
    assert!(sent.get("state").is_none() && sent.get("createdDate").is_none());
}

#[tokio::test(start_paused = true)]
async fn of_two_replacements_from_one_look_the_second_is_refused_as_stale() {
    let market = Market::new();
    let v4 = &market.seller[1];
    let id = v4.create_profile(&private()).await.unwrap();
    let shown = v4.own_profile(&id).await.unwrap();
    let first = Offering { speed_bands: vec![50], ..private() };
    v4.replace_profile(&shown, &first).await.unwrap();
    let second = Offering { speed_bands: vec![200], ..private() };
    let error = v4.replace_profile(&shown, &second).await.unwrap_err();
    assert!(matches!(error, Error::Stale(_)), "{error}");
    let again = v4.own_profile(&id).await.unwrap();
    assert_eq!(again.profile.offering.speed_bands, [50]);
    v4.replace_profile(&again, &second).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn equinix_decides_about_what_is_public() {
    for maker in 0..2 {
        let market = Market::new();
        let face = &market.seller[maker];
        let public = Offering { private: false, ..private() };
        let id = face.create_profile(&public).await.unwrap();
        let state = async || look(&market, &id, &public.name).await.state;
        assert_eq!(state().await, ProfileState::PendingApproval);
        market.world.reject_profile(&id).unwrap();
        assert_eq!(state().await, ProfileState::Rejected);
        let shown = face.own_profile(&id).await.unwrap();
        face.replace_profile(&shown, &public).await.unwrap();
        assert_eq!(state().await, ProfileState::PendingApproval);
        market.world.accept_profile(&id).unwrap();
        assert_eq!(state().await, ProfileState::Approved);
    }
    // Only v4 shows that a private one is to be public.
    let market = Market::new();
    let v4 = &market.seller[1];
    let id = v4.create_profile(&private()).await.unwrap();
    let publication = async || v4.own_profile(&id).await.unwrap().profile.publication;
    assert_eq!(publication().await, None);
    let public = Offering { private: false, ..private() };
    let publish = async || {
        let shown = v4.own_profile(&id).await.unwrap();
        v4.replace_profile(&shown, &public).await.unwrap();
    };
    publish().await;
    assert_eq!(publication().await, Some(Publication::Awaited));
    market.world.reject_profile(&id).unwrap();
    assert_eq!(publication().await, Some(Publication::Refused));
    publish().await;
    market.world.accept_profile(&id).unwrap();
    assert_eq!(publication().await, Some(Publication::Granted));
    assert!(!v4.own_profile(&id).await.unwrap().profile.offering.private);
}

#[tokio::test(start_paused = true)]
async fn integrations_are_checked_where_they_can_be() {
    let market = Market::new();
    let [v3, v4] = &market.seller;
    // "validateIntegrationId/Demo-01" of the sample.
    v3.check_integration("Demo-01").await.unwrap();
    let error = v3.check_integration("Nobodys-01").await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    // v4 has no such call.
    v4.check_integration("Nobodys-01").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_profile_of_another_seller_is_not_visible() {
    let market = Market::new();
    // AWS's.
    let id = ProfileId::parse("3214888b-39b0-49ea-a232-005088dc9c84").unwrap();
    for (name, face) in market.faces() {
        let error = face.own_profile(&id).await.unwrap_err();
        assert!(matches!(error, Error::NotVisible(_)), "{name}: {error}");
        let named = face.own_profiles_named("AWS Direct Connect").await.unwrap();
        assert_eq!(named, Listed::whole(vec![]), "{name}");
    }
}

fn order(profile: &ProfileId) -> Order {
    Order {
        name: ConnectionName::parse("Conn-1").unwrap(),
        bandwidth: Mbps::new(50).unwrap(),
        purchase_order_number: None,
        reference: None,
        term: None,
        answers: vec![],
        notifications: vec![Email::parse("JohnDoe@equinix.com").unwrap()],
        a_side: ASide {
            port: PortId::parse("7f891d3b-973e-73e0-bae0-30ac1885197a").unwrap(),
            link: LinkProtocol::Dot1q(Vlan::new(774).unwrap()),
        },
        z_side: ZSide::Profile {
            profile: profile.clone(),
            metro: MetroCode::parse("SV").unwrap(),
            seller_region: None,
            key: None,
            peering: None,
            z_c_tag: None,
        },
        secondary: None,
        join: None,
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_is_seen_alike_and_keeps_the_profile() {
    let market = Market::new();
    let offering = Offering {
        private_user_emails: vec!["john.doe@example.com".into()],
        ports: vec![port("8cb83fdb-6671-6714-bbe0-38389cc0acfa")],
        ..private()
    };
    let id = market.seller[0].create_profile(&offering).await.unwrap();
    let line = market.buyer.order(&order(&id)).await.unwrap().primary;
    let waiting = async |at: &str| {
        let mut seen = vec![];
        for (face, seller) in market.faces() {
            let all = seller.at_seller(IncomingFilter::Waiting).await.unwrap();
            let ours = all.items.into_iter().find(|line| line.profile.as_ref() == Some(&id));
            let through = seller.at_seller(IncomingFilter::Through(&id)).await.unwrap();
            if let Some(ours) = &ours {
                assert!(through.items.contains(ours), "{face}, {at}");
            }
            seen.push((ours, through.items.len()));
        }
        let shown = |(line, through): &(Option<fabric_domain::Incoming>, usize)| {
            let line = line.as_ref();
            let line = line.map(|l| (l.id.clone(), l.name.clone(), l.bandwidth, l.metro, l.asks));
            (line, *through)
        };
        assert_eq!(shown(&seen[0]), shown(&seen[1]), "{at}: v3 and v4");
        seen.pop().unwrap()
    };
    let (asked, through) = waiting("ordered").await;
    let asked = asked.unwrap();
    assert_eq!(
        (asked.id.clone(), asked.asks, through),
        (line.clone(), Some(SellerRequest::Creation), 1)
    );
    assert_eq!((asked.bandwidth, asked.metro), (Some(50), MetroCode::parse("SV").ok()));
    assert!(asked.buyer.is_some() && asked.since.is_some());
    for (face, seller) in market.faces() {
        let error = seller.delete_profile(&id).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{face}: {error}");
    }
    market.world.accept(&line).unwrap();
    market.world.advance(3 * STAGE);
    assert_eq!(waiting("in service").await, (None, 1));
    let change = fabric_domain::Change::Bandwidth(Mbps::new(200).unwrap());
    market.buyer.change(&line, &change).await.unwrap();
    market.world.advance(STAGE);
    let (asked, _) = waiting("a change is asked for").await;
    let asked = asked.unwrap();
    assert_eq!(
        (asked.asks, asked.wanted_bandwidth),
        (Some(SellerRequest::Change), Some(200)),
        "on v4"
    );
    market.world.accept(&line).unwrap();
    market.world.advance(3 * STAGE);
    market.buyer.cancel(&line).await.unwrap();
    let (asked, _) = waiting("its deletion is asked for").await;
    assert_eq!(asked.unwrap().asks, Some(SellerRequest::Deletion));
    market.world.accept(&line).unwrap();
    market.world.advance(3 * STAGE);
    assert_eq!(waiting("gone").await, (None, 0));
    market.seller[1].delete_profile(&id).await.unwrap();
}
