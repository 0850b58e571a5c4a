//! The seller's calls of v3, answered as the documents' samples answer them: each goes where its
//! sample goes, and the answer is understood.
//!
//! "How to create a service profile?", "How to authorize a buyer to access a private service
//! profile?" and "Layer 2 Seller APIs".

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use fabric_client::{
    Dialect, Http, IncomingFilter, InstrumentedHttp, OAuthCredentials, OAuthGrant, RateLimiter,
    SendError, TokenSource, Transport,
};
use fabric_domain::{
    ConnectionId, EquinixStatus, ProfileId, ProfileState, ProviderStatus, TagType,
};
use fabric_testkit::{
    operator::ORIGIN,
    provider_client::{Calls, connect},
};

/// Writes down what is asked for, and gives everybody the same answer.
#[derive(Debug)]
struct Desk {
    answer: Value,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Http for Desk {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let path = request.uri().path();
        if path == "/oauth2/v1/token" {
            return Ok(Response::new(Bytes::from(r#"{"access_token":"t"}"#)));
        }
        self.asked.lock().unwrap().push(format!("{} {path}", request.method()));
        Ok(Response::new(Bytes::from(self.answer.to_string())))
    }
}

/// The API that gives this answer, and what was asked for.
fn answering(answer: Value) -> (Arc<dyn Calls>, Arc<Desk>) {
    let desk = Arc::new(Desk { answer, asked: Mutex::default() });
    let origin: url::Url = ORIGIN.parse().unwrap();
    let credentials = OAuthCredentials {
        client_id: "ABCDE12345".into(),
        client_secret: "FGHIJ67890".into(),
        grant: OAuthGrant::ClientCredentials,
    };
    let exchange = InstrumentedHttp::new(desk.clone(), Arc::new(()));
    let tokens = Arc::new(TokenSource::new(exchange.clone(), origin.clone(), credentials, None));
    let transport = Transport::new(exchange, origin, tokens, Arc::new(RateLimiter::new(1000)));
    (connect(Dialect::V3, transport), desk)
}

impl Desk {
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

macro_rules! sample {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../fixtures/selling/", $name))).unwrap()
    };
}

fn profile(id: &str) -> ProfileId {
    ProfileId::parse(id).unwrap()
}

const SHOWN: &str = "9da3f720-6982-4c40-aa80-af3aad5852a1";
const CREATED: &str = "36bfb968-1e4b-4973-baa0-35d2904944de";

#[tokio::test(start_paused = true)]
async fn a_profile_is_read_as_the_sample_shows_it() {
    let (provider, desk) = answering(sample!("155-seller-profile-answer.json"));
    let shown = provider.own_profile(&profile(SHOWN)).await.unwrap().profile;
    assert_eq!(desk.asked(), [format!("GET /ecx/v3/l2/serviceprofiles/{SHOWN}")]);
    assert_eq!((shown.id, shown.state), (profile(SHOWN), ProfileState::Approved));
    assert_eq!(shown.created, Some("2019-08-15T10:19:46.092Z".parse().unwrap()));
    let offering = shown.offering;
    assert_eq!(offering.name, "JohnDoe_TEST_Profile");
    assert_eq!(offering.description.as_deref(), Some("Testing editing."));
    assert_eq!(offering.speed_bands, [50, 200, 500, 1000]);
    assert_eq!(offering.tag_type, Some(TagType::CTagged));
    assert_eq!(offering.connection_name_label.as_deref(), Some("Connection"));
    let yes = [offering.private, offering.cloud_reach];
    let no = [
        offering.required_redundancy,
        offering.equinix_managed_port_and_vlan,
        offering.api_available,
        offering.allow_over_subscription,
        offering.vlan_same_as_primary,
        offering.allow_custom_speed,
        offering.speed_from_api,
        offering.test_profile,
    ];
    assert!(yes.iter().all(|it| *it) && !no.iter().any(|it| *it), "{yes:?} {no:?}");
    assert_eq!(offering.enable_auto_generate_service_key, Some(false));
    let [outlet] = offering.ports.as_slice() else { panic!("{:?}", offering.ports) };
    assert_eq!(outlet.port.as_str(), "8e638dbf-1713-7130-64e0-30ac094f85f6");
    assert_eq!(outlet.metro.map(|metro| metro.to_string()).as_deref(), Some("SV"));
    assert_eq!((&outlet.seller_region, &outlet.seller_region_description), (&None, &None));
    for notified in [
        offering.on_bandwidth_threshold,
        offering.on_profile_approval_reject,
        offering.on_vc_approval_rejection,
    ] {
        assert_eq!(notified, ["JohnDoe@equinix.com"]);
    }
}

#[tokio::test(start_paused = true)]
async fn profiles_are_found_by_name_in_the_listing_of_the_sample() {
    let listing = sample!("153-seller-profiles-answer.json");
    let (provider, desk) = answering(listing.clone());
    let found = provider.own_profiles_named("JohnDoe_TEST_Profile").await.unwrap();
    let ids: Vec<ProfileId> = found.items.into_iter().map(|profile| profile.id).collect();
    assert_eq!(ids, [profile(SHOWN)]);
    // The sample shows one of the profiles that it counts.
    assert_eq!(found.gap.as_deref(), Some("the provider counts 147 entries and shows 1"));
    assert_eq!(desk.asked(), ["GET /ecx/v3/l2/serviceprofiles"]);
    let others = provider.own_profiles_named("JohnDoe_TEST").await.unwrap();
    assert_eq!(others.items, [], "a part of a name is another name");
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_created_and_replaced_as_the_samples_answer() {
    let (shop, _) = answering(sample!("155-seller-profile-answer.json"));
    let shown = shop.own_profile(&profile(SHOWN)).await.unwrap();
    let (provider, desk) = answering(sample!("102-profile-create-answer.json"));
    let id = provider.create_profile(&shown.profile.offering).await.unwrap();
    assert_eq!(id, profile(CREATED));
    assert_eq!(desk.asked(), ["POST /ecx/v3/l2/serviceprofiles"]);

    let (provider, desk) = answering(sample!("121-profile-authorize-buyer-answer.json"));
    let mut wanted = shown.profile.offering.clone();
    wanted.private_user_emails = vec!["John.Doe@example.com".into()];
    provider.replace_profile(&shown, &wanted).await.unwrap();
    assert_eq!(desk.asked(), ["PUT /ecx/v3/l2/serviceprofiles"]);
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_deleted_as_the_sample_answers() {
    // The message names another profile than the request; the client ignores it.
    let (provider, desk) = answering(sample!("149-profile-delete-answer.json"));
    let id = "97d1850f-4df0-468c-9281-fa7b0dfa2096";
    provider.delete_profile(&profile(id)).await.unwrap();
    assert_eq!(desk.asked(), [format!("DELETE /ecx/v3/l2/serviceprofiles/{id}")]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_is_read_as_the_sample_shows_it() {
    let mut listing = sample!("151-seller-connections-answer.json");
    // It is the first of many pages; one is enough here.
    listing["isLastPage"] = json!(true);
    let (provider, desk) = answering(listing.clone());
    let id = ConnectionId::parse("006d08e2-788e-4c83-82d3-07b1787644a5").unwrap();
    let line = provider.incoming_line(&id).await.unwrap();
    assert_eq!(desk.asked(), ["GET /ecx/v3/l2/seller/connections"]);
    assert_eq!(line.name, "SAL-AZURE-TR-SEC-20");
    assert_eq!(line.equinix_status, EquinixStatus::read("DEPROVISIONED"));
    assert_eq!(line.provider_status, ProviderStatus::read("DEPROVISIONED"));
    assert_eq!(line.bandwidth, Some(50));
    let azure = profile("a1390b22-bbe0-4e93-ad37-85beef9d254d");
    let through = provider.at_seller(IncomingFilter::Through(&azure)).await.unwrap();
    assert_eq!(through.items, [], "it is gone");

    // The same line while its seller is asked.
    listing["content"][0]["status"] = json!("PENDING_APPROVAL");
    listing["content"][0]["providerStatus"] = json!("NOT_AVAILABLE");
    let (provider, _) = answering(listing);
    let waiting = provider.at_seller(IncomingFilter::Waiting).await.unwrap();
    let [incoming] = waiting.items.as_slice() else { panic!("{waiting:?}") };
    assert_eq!(incoming.id, id);
    assert_eq!(incoming.buyer.as_deref(), Some("JOHN-DOE-ORG"));
    assert_eq!(incoming.bandwidth, Some(50));
    assert_eq!(incoming.metro.map(|metro| metro.to_string()).as_deref(), Some("TR"));
    assert_eq!(incoming.profile.as_ref(), Some(&azure));
    assert_eq!(incoming.since, Some("2018-08-30T04:20:36.033Z".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn an_integration_is_known_as_the_sample_answers() {
    let valid = sample!("157-validate-integration-id-answer.json");
    let (provider, desk) = answering(valid.clone());
    provider.check_integration("Demo-01").await.unwrap();
    let path = "GET /ecx/v3/l2/serviceprofiles/validateIntegrationId/Demo-01";
    assert_eq!(desk.asked(), [path]);
    let (provider, _) = answering(json!({"state": "INVALID", "message": "no such integration"}));
    let refused = provider.check_integration("Demo-01").await.unwrap_err();
    assert!(refused.to_string().contains("no such integration"), "{refused}");
}
