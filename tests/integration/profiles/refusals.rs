//! Invalid profiles: reported with a remedy, before anything is sent where that can be known, and
//! nothing is changed.

use serde_json::{Value, json};

use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{manifests, operator::ORIGIN};

use super::{HOUR, SELLERS, Store, private_profile, profile, with};

/// A spec that is refused without a write; corrected, it is created.
async fn refused(account: &str, fields: Value, reason: &str, words: &[&str]) {
    let store = Store::open();
    store.apply(with(private_profile(account), fields.clone()));
    store.until_reason(reason).await;
    store.says("Ready", words);
    assert_eq!(store.condition("Stalled").unwrap().1, reason, "{fields}");
    assert_eq!(store.status()["waitingFor"], "You");
    tokio::time::sleep(3 * HOUR).await;
    assert_eq!(store.counts(), (0, 0, 0), "{fields}");
    store.apply(private_profile(account));
    store.until_ready().await;
    store.delete().await;
    store.until_gone().await;
}

#[tokio::test(start_paused = true)]
async fn what_can_be_checked_before_is_reported_before() {
    let stranger = "7f891d3b-973e-73e0-bae0-30ac1885197a";
    let own = "8cb83fdb-6651-6514-bbe0-38389cc0acfa";
    for account in SELLERS {
        let port = json!({"ports": [{"uuid": stranger}]});
        refused(account, port, "PortNotFound", &[stranger, "spec.ports[0]"]).await;
        let metro = json!({"ports": [{"uuid": own, "metroCode": "DC"}]});
        refused(account, metro, "InvalidSpec", &["is in SV", "spec.ports[0].metroCode says DC"])
            .await;
        // Admission refuses these; what got in by another way is not sent either.
        let name = json!({"name": "John Doe"});
        refused(account, name, "InvalidSpec", &["spec.name", "50"]).await;
        let emails = json!({"privateUserEmails": ["nobody"]});
        refused(account, emails, "InvalidSpec", &["spec.privateUserEmails", "user@example.com"])
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_dialect_cannot_express_is_refused_by_name() {
    let v4 = "Fabric v4";
    let same = json!({"vlanSameAsPrimary": true});
    refused("seller", same, "NotSupported", &["spec.vlanSameAsPrimary", v4]).await;
    let test = json!({"features": {"testProfile": true}});
    refused("seller", test, "NotSupported", &["spec.features.testProfile", v4]).await;
    let list = json!({"additionalBuyerInfo": [
        {"name": "Tier", "datatype": "LIST", "options": ["Gold", "Silver"]},
    ]});
    let words = ["LIST of spec.additionalBuyerInfo", "ECX v3"];
    refused("seller-ecx", list.clone(), "NotSupported", &words).await;
    let words = ["spec.description", v4];
    refused("seller", json!({"description": null}), "InvalidSpec", &words).await;
    // What the other dialect expresses goes out there.
    let store = Store::selling(with(private_profile("seller"), list)).await;
    let asked = &store.bodies("POST")[0]["customFields"][0];
    assert_eq!(
        (&asked["dataType"], &asked["options"]),
        (&json!("LIST"), &json!(["Gold", "Silver"]))
    );
    let fields = json!({
        "vlanSameAsPrimary": true, "features": {"testProfile": true, "cloudReach": true},
        "description": null,
    });
    let store = Store::selling(with(private_profile("seller-ecx"), fields)).await;
    let sent = &store.bodies("POST")[0];
    assert_eq!(
        (&sent["vlanSameAsPrimary"], &sent["features"]["testProfile"]),
        (&json!(true), &json!(true))
    );
    assert!(sent.get("description").is_none());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_integration_is_reported_before() {
    let fields = json!({
        "apiAvailable": true, "integrationId": "Nobodys-01", "speedFromAPI": true,
        "speedBandsMbps": [],
    });
    let words = ["Nobodys-01", "API integration ID is invalid", "ask Equinix"];
    refused("seller-ecx", fields, "IntegrationRejected", &words).await;
}

/// What only the provider knows: its code and words are kept.
#[tokio::test(start_paused = true)]
async fn what_the_provider_refuses_is_reported_in_its_words() {
    for (account, code) in [("seller", "EQ-3001017"), ("seller-ecx", "IC-LAYER2-402")] {
        let store = Store::open();
        // The bandwidth shall come from an API that there is not.
        let fields = json!({"speedFromAPI": true, "speedBandsMbps": []});
        store.apply(with(private_profile(account), fields));
        store.until_reason("CreationRefused").await;
        store.says("Ready", &["nothing was created"]);
        let faults = store.status()["providerFaults"].clone();
        assert!(
            faults[0]["code"].is_string() && faults[0]["property"].is_string(),
            "{code}: {faults}"
        );
        assert!(store.status()["creation"].is_null(), "{account}");
        let tries = store.counts().0;
        tokio::time::sleep(HOUR).await;
        assert!(store.counts().0 <= tries + 3, "{account}: about every half hour");
        store.edit(json!({"speedFromAPI": false, "speedBandsMbps": [50]})).await;
        store.until_ready().await;
        assert_eq!(store.status()["providerFaults"], Value::Null, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_the_provider_refuses_leaves_the_profile_in_use() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        store.edit(json!({"speedFromAPI": true, "speedBandsMbps": []})).await;
        store.until_in_sync("False", "ChangeRefused").await;
        assert_eq!(store.condition("Ready").unwrap().0, "True", "{account}");
        assert_eq!(store.condition("Stalled").unwrap().1, "ChangeRefused");
        store.says(
            "InSync",
            &["speedFromAPI is false and the spec says true", "not asked for again"],
        );
        tokio::time::sleep(3 * HOUR).await;
        assert_eq!(store.counts(), (1, 1, 0), "{account}: asked for once");
        store.edit(json!({"speedFromAPI": false, "speedBandsMbps": [50]})).await;
        store.until_in_sync("True", "AsSpecified").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_lost_is_reported_beside_a_profile_in_use() {
    let store = Store::selling(private_profile("seller")).await;
    let stranger = "7f891d3b-973e-73e0-bae0-30ac1885197a";
    store.edit(json!({"ports": [{"uuid": stranger}]})).await;
    store.until_in_sync("False", "PortNotFound").await;
    assert_eq!(store.condition("Ready").unwrap().0, "True");
    assert_eq!(store.condition("Stalled").unwrap().1, "PortNotFound");
    assert_eq!(store.counts(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn accounts_and_namespaces_are_minded() {
    let store = Store::open();
    store.apply(private_profile("nobody"));
    store.until_reason("AccountNotFound").await;
    store.delete().await;
    store.until_gone().await;
    let mut closed = manifests::seller_account("closed", "FabricV4", ORIGIN);
    closed["spec"]["grants"] = json!([{"namespaces": {"names": ["other"]}, "mayAdopt": true}]);
    store.0.apiserver.put(closed);
    store.apply(private_profile("closed"));
    store.until_reason("NamespaceNotAllowed").await;
    store.says("Ready", &["network", "spec.grants"]);
    tokio::time::sleep(3 * HOUR).await;
    assert_eq!(store.counts(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_is_not_the_accounts_is_not_taken_over() {
    for account in SELLERS {
        let store = Store::open();
        // AWS's, and one that does not exist.
        for (id, reason) in [
            ("3214888b-39b0-49ea-a232-005088dc9c84", "ProfileNotVisible"),
            ("5f00b001-0000-4000-8000-0000000000ff", "ProfileNotVisible"),
        ] {
            store.apply(with(private_profile(account), json!({"adopt": {"uuid": id}})));
            store.until_reason(reason).await;
            assert!(store.status()["uuid"].is_null(), "{account}");
            store.delete().await;
            store.until_gone().await;
        }
        assert_eq!(store.counts(), (0, 0, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_that_ask_for_one_profile_at_most_one_gets_it() {
    for account in SELLERS {
        let store = Store::selling(private_profile(account)).await;
        let adopt = json!({"name": "Other", "adopt": {"uuid": store.id().as_str()}});
        let other = profile("other", with(private_profile(account), adopt));
        store.0.apiserver.put(other);
        let condition = |store: &Store| {
            let object = store.0.apiserver.get("serviceprofiles", "network", "other")?;
            fabric_testkit::cluster::condition(&object, "Ready")
        };
        store
            .until("the other is refused", HOUR, |s| {
                condition(s)
                    .is_some_and(|c| c.1 == "AdoptionRefused" && c.2.contains("another resource's"))
            })
            .await;
        assert_eq!(store.counts(), (1, 0, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_was_put_into_status_is_not_acted_on() {
    for account in SELLERS {
        let store = Store::open();
        let spec = with(private_profile(account), json!({"deletionPolicy": "Delete"}));
        let mut object = profile("it", spec);
        // The sample profile of the seller, made in 2019.
        object["status"] = json!({
            "uuid": "9da3f720-6982-4c40-aa80-af3aad5852a1",
            "creation": {"name": "x", "by": "y", "at": "2026-01-01T00:00:00Z", "attempt": 1},
        });
        store.0.apiserver.put(object);
        store.until_reason("ProfileExists").await;
        store.says("Ready", &["left alone", "restore the status"]);
        store.delete().await;
        tokio::time::sleep(3 * HOUR).await;
        assert_eq!(store.counts(), (0, 0, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_is_not_visible_is_never_taken_for_deleted() {
    for (account, path) in
        [("seller", "/fabric/v4/serviceProfiles/*"), ("seller-ecx", "/ecx/v3/l2/serviceprofiles/*")]
    {
        let store = Store::selling(private_profile(account)).await;
        let hidden = Effect::Answer { status: 404, retry_after: None, body: Value::Null };
        store.0.world.inject(InjectedFault::always(hidden).on("GET", path));
        store.until_reason("ProfileNotVisible").await;
        store.delete().await;
        store
            .until("the way out is reported", HOUR, |store| {
                store.condition("Ready").is_some_and(|c| c.2.contains("Orphan"))
            })
            .await;
        tokio::time::sleep(3 * HOUR).await;
        assert!(store.get().is_some(), "{account}");
        store.0.world.clear_faults();
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 1), "{account}");
    }
}
