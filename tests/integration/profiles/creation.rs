//! Creating a profile: the documents' samples are sent once, whichever response is lost.

use std::collections::BTreeSet;

use kube::api::DeleteParams;
use serde_json::{Value, json};

use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::apiserver::Loss;

use super::{HOUR, MINUTE, SELLERS, Store, private_profile, profile, with};

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Null and absent are the same on v3: one sample has `"sellerRegion": null`, the others nothing.
fn without_nulls(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            map.retain(|_, v| !v.is_null());
            map.values_mut().for_each(|v| *v = without_nulls(v.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|v| *v = without_nulls(v.take())),
        _ => {}
    }
    value
}

/// The resource whose creation is a sample of v3, by the words of its parameter table.
fn spec_of(sample: &Value) -> Value {
    let bands = sample["speedBands"].as_array().cloned().unwrap_or_default();
    let mbps: Vec<Value> = bands.iter().map(|band| band["speed"].clone()).collect();
    let ports = sample["ports"].as_array().unwrap().iter();
    let ports: Vec<Value> =
        ports.map(|p| json!({"uuid": p["id"], "metroCode": p["metroCode"]})).collect();
    let number = |text: &str| {
        sample[text].as_str().and_then(|text| text.trim_end_matches('x').parse::<u32>().ok())
    };
    let mut spec = json!({
        "account": "seller-ecx",
        "ports": ports,
        "speedBandsMbps": mbps,
        "overSubscriptionLimit": number("overSubscription"),
        "alertPercentage": number("alertPercentage"),
    });
    for name in [
        "name",
        "private",
        "privateUserEmails",
        "onProfileApprovalRejectNotification",
        "onBandwidthThresholdNotification",
        "onVcApprovalRejectionNotification",
        "authKeyLabel",
        "connectionNameLabel",
        "ctagLabel",
        "equinixManagedPortAndVlan",
        "allowOverSubscription",
        "apiAvailable",
        "integrationId",
        "features",
        "requiredRedundancy",
        "tagType",
        "vlanSameAsPrimary",
        "enableAutoGenerateServiceKey",
        "additionalBuyerInfo",
        "allowCustomSpeed",
        "speedFromAPI",
    ] {
        spec[name] = sample[name].clone();
    }
    without_nulls(spec)
}

#[tokio::test(start_paused = true)]
async fn a_private_profile_is_created_as_the_sample_shows() {
    let sample = fixture(include_str!("../../fixtures/v3/100-profile-create-private.json"));
    let store = Store::selling(spec_of(&sample)).await;
    assert_eq!(store.bodies("POST"), [sample]);
    assert_eq!(store.counts(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_public_profile_is_created_as_the_sample_shows_and_waits_for_equinix() {
    let sample = fixture(include_str!("../../fixtures/v3/101-profile-create-public.json"));
    let store = Store::open();
    store.apply(spec_of(&sample));
    store.until_reason("ProfileAwaitingApproval").await;
    assert_eq!(store.bodies("POST"), [sample]);
    let checks = store.0.world.requests().into_iter();
    let checks = checks.filter(|r| r.path.ends_with("/validateIntegrationId/Direct-01")).count();
    assert_eq!(checks, 1, "the integration is checked before");
    store.0.world.accept_profile(&store.id()).unwrap();
    store.until_ready().await;
    assert_eq!(store.counts(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_buyer_is_authorized_as_the_sample_shows() {
    let sample = fixture(include_str!("../../fixtures/v3/120-profile-authorize-buyer.json"));
    let store = Store::open();
    store.apply(with(spec_of(&sample), json!({"privateUserEmails": []})));
    store.until_reason("ProfileAwaitingApproval").await;
    store.0.world.accept_profile(&store.id()).unwrap();
    store.until_ready().await;
    store.edit(json!({"privateUserEmails": sample["privateUserEmails"]})).await;
    store.until_in_sync("True", "AsSpecified").await;
    let expected = with(sample, json!({"uuid": store.id().as_str()}));
    let sent = store.bodies("PUT");
    assert_eq!(sent.len(), 1);
    assert_eq!(without_nulls(sent[0].clone()), without_nulls(expected));
}

/// The same private profile in the words of the published v4 specification.
#[tokio::test(start_paused = true)]
async fn the_same_profile_can_be_created_on_v4() {
    let people = json!(["John.Doe@example.com"]);
    let port = |id: &str| json!({"type": "XF_PORT", "uuid": id, "location": {"metroCode": "SV"}});
    let expected = json!({
        "type": "L2_PROFILE",
        "name": "JohnDoe_Private_ServiceProfile",
        "description": "JohnDoe Testing",
        "visibility": "PRIVATE",
        "allowedEmails": [],
        "notifications": [
            {"type": "BANDWIDTH_ALERT", "emails": people},
            {"type": "CONNECTION_APPROVAL", "emails": people},
            {"type": "PROFILE_LIFECYCLE", "emails": people},
        ],
        "customFields": [],
        "ports": [
            port("8cb83fdb-6651-6514-bbe0-38389cc0acfa"),
            port("8cb83fdb-661d-61d4-bbe0-38389cc0acfa"),
        ],
        "accessPointTypeConfigs": [{
            "type": "COLO",
            "supportedBandwidths": [50, 200, 500, 1000],
            "allowRemoteConnections": true,
            "allowCustomBandwidth": false,
            "connectionRedundancyRequired": false,
            "connectionLabel": "Connection",
            "linkProtocolConfig": {},
            "apiConfig": {
                "apiAvailable": false,
                "equinixManagedPort": false,
                "equinixManagedVlan": false,
                "allowOverSubscription": false,
                "bandwidthFromApi": false,
            },
            "authenticationKey": {"required": false},
        }],
    });
    let store = Store::selling(private_profile("seller")).await;
    assert_eq!(store.bodies("POST"), [expected]);
    let status = store.status();
    assert_eq!((&status["state"], &status["etag"]), (&json!("ACTIVE"), &json!("1")));
    assert_eq!(status["waitingFor"], "Nobody");
}

#[tokio::test(start_paused = true)]
async fn one_resource_is_one_profile_and_its_deletion_one_deletion() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        assert_eq!(store.condition("InSync").unwrap().0, "True", "{account}");
        store.delete().await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 1), "{account}");
    }
}

/// The response that is lost: the n-th of the provider, or the n-th of the API server to any client.
#[derive(Debug, Clone, Copy)]
enum Lost {
    Provider(u32),
    Apiserver(usize, Loss),
}

/// One life with one lost reply; answers with how many requests there were to lose.
async fn live(account: &str, lost: Option<Lost>) -> (usize, usize) {
    let mut store = Store::closed();
    store.apply(private_profile(account));
    match lost {
        Some(Lost::Provider(n)) => store.0.world.lose_reply_of(n),
        Some(Lost::Apiserver(n, how)) => store.0.apiserver.lose_reply(n, how),
        None => {}
    }
    store.0.start_operator();
    store.until_ready().await;
    assert_eq!(store.status()["uuid"].as_str().unwrap().len(), 36);
    let posts = store.counts().0;
    assert_eq!(posts, 1, "creations with {lost:?} on {account}");
    // The reply that is lost may be this one; the deletion is made all the same.
    let _ = store.api().delete("it", &DeleteParams::default()).await;
    store.until_gone().await;
    let left = store.0.world.requests().len();
    (left, store.0.apiserver.requests().iter().filter(|r| r.verb != "watch").count())
}

#[tokio::test(start_paused = true)]
async fn every_lost_reply_ends_with_one_profile() {
    for account in SELLERS {
        let (calls, requests) = live(account, None).await;
        for n in 1..=u32::try_from(calls).unwrap() {
            live(account, Some(Lost::Provider(n))).await;
        }
        for n in 0..requests {
            live(account, Some(Lost::Apiserver(n, Loss::Reset))).await;
            live(account, Some(Lost::Apiserver(n, Loss::Internal))).await;
        }
    }
}

/// Where a creation goes to.
fn path_of(account: &str) -> &'static str {
    match account {
        "seller" => "/fabric/v4/serviceProfiles",
        _ => "/ecx/v3/l2/serviceprofiles",
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_creation_is_reported_and_found_by_its_name() {
    for account in SELLERS {
        let store = Store::open();
        store.0.world.inject(InjectedFault::once(Effect::LoseReply).on("POST", path_of(account)));
        store.apply(private_profile(account));
        store.until_ready().await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}");
        assert!(store.events().contains("CreationUnknown"), "{account}: {:?}", store.events());
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_that_dies_between_sending_and_writing_finds_what_it_created() {
    for account in SELLERS {
        let mut store = Store::open();
        // The answer never gets into status.
        let world = store.0.world.clone();
        store.0.apiserver.stall(
            move |r| {
                let posted = world
                    .requests()
                    .iter()
                    .any(|r| r.method == "POST" && r.path.ends_with("rofiles"));
                r.is_for("serviceprofiles", "status") && posted
            },
            HOUR,
        );
        store.apply(private_profile(account));
        store.until("it is created", HOUR, |store| store.counts().0 == 1).await;
        store.0.kill_operator().await;
        store.0.apiserver.heal();
        assert!(store.status()["uuid"].is_null() && store.status()["creation"].is_object());
        store.0.start_operator();
        store.until_ready().await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_never_arrived_is_sent_again_after_proof() {
    for account in SELLERS {
        let store = Store::open();
        let failed = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
        store.0.world.inject(InjectedFault::once(failed).on("POST", path_of(account)));
        store.apply(private_profile(account));
        store.until_reason("CreationUnknown").await;
        tokio::time::sleep(14 * MINUTE).await;
        assert_eq!(store.counts().0, 1, "nothing is sent again before the settle time");
        store.until_ready().await;
        assert_eq!(store.counts().0, 2, "{account}");
        assert_eq!(store.status()["creation"]["attempt"], 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_deleted_while_its_creation_is_unknown_leaves_nothing() {
    for account in SELLERS {
        let store = Store::open();
        let world = &store.0.world;
        world.inject(InjectedFault::once(Effect::LoseReply).on("POST", path_of(account)));
        // Nor can it be looked for, but for the look before the creation.
        let failed = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
        let (method, path) = match account {
            "seller" => ("POST", "/fabric/v4/serviceProfiles/search"),
            _ => ("GET", "/ecx/v3/l2/serviceprofiles"),
        };
        world.inject(InjectedFault::always(failed).on(method, path).from_number(2));
        store.apply(private_profile(account));
        store.until_reason("ProviderUnavailable").await;
        store.says("Ready", &["looking for service profile JohnDoe_Private_ServiceProfile"]);
        store.delete().await;
        tokio::time::sleep(HOUR).await;
        assert!(store.get().is_some(), "{account}: it stays while something may be left");
        store.0.world.clear_faults();
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 1), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_resources_with_one_name_one_has_a_profile() {
    for account in SELLERS {
        let mut store = Store::closed();
        store.apply(private_profile(account));
        store.0.apiserver.put(profile("other", private_profile(account)));
        store.0.start_operator();
        let reason = |store: &Store, name: &str| {
            let object = store.0.apiserver.get("serviceprofiles", "network", name)?;
            Some(fabric_testkit::cluster::condition(&object, "Ready")?.1)
        };
        store
            .until("one has it and the other is refused", HOUR, |store| {
                let reasons: BTreeSet<Option<String>> =
                    ["it", "other"].map(|name| reason(store, name)).into();
                reasons == ["ProfileActive", "ProfileExists"].map(|r| Some(r.to_owned())).into()
            })
            .await;
        tokio::time::sleep(3 * HOUR).await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_of_that_name_is_left_alone_until_it_is_adopted() {
    for account in SELLERS {
        let store =
            Store::selling(with(private_profile(account), json!({"deletionPolicy": "Orphan"})))
                .await;
        let id = store.id();
        store.delete().await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}: it stays");
        store.apply(private_profile(account));
        store.until_reason("ProfileExists").await;
        store.says("Ready", &["spec.adopt", "spec.name"]);
        tokio::time::sleep(3 * HOUR).await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}");
        store.edit(json!({"adopt": {"uuid": id.as_str()}})).await;
        store.until_ready().await;
        assert_eq!(store.id(), id);
        assert_eq!(store.counts(), (1, 0, 0), "{account}: it is as the spec says");
        // What the resource adopted stays, unless the spec says otherwise.
        store.delete().await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}: it stays");
        let events = format!("{:?}", store.0.apiserver.all("events"));
        assert!(events.contains("the service profile was adopted"), "{events}");
        let deleted = json!({"adopt": {"uuid": id.as_str()}, "deletionPolicy": "Delete"});
        store.apply(with(private_profile(account), deleted));
        store.until_ready().await;
        store.delete().await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 1), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_was_restored_without_status_creates_nothing() {
    let store = Store::selling(private_profile("seller")).await;
    // A backup has no status.
    let mut object = store.get().unwrap();
    object.as_object_mut().unwrap().remove("status");
    store.0.apiserver.put(object);
    store.until_reason("ProfileExists").await;
    assert_eq!(store.counts(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_fresh_service_profile_that_is_not_found_is_being_created() {
    for (account, path) in
        [("seller", "/fabric/v4/serviceProfiles/*"), ("seller-ecx", "/ecx/v3/l2/serviceprofiles/*")]
    {
        let store = Store::open();
        let hidden = Effect::Answer { status: 404, retry_after: None, body: Value::Null };
        store.0.world.inject(InjectedFault::always(hidden).on("GET", path));
        store.apply(private_profile(account));
        store
            .until("the creation is accepted", HOUR, |store| {
                store.get().is_some_and(|profile| profile["status"]["uuid"].is_string())
            })
            .await;
        tokio::time::sleep(8 * MINUTE).await;
        store.says("Reconciling", &["does not show it yet"]);
        assert!(store.condition("Stalled").is_none(), "{account}");
        store.until_reason("ProfileNotVisible").await;
    }
}
