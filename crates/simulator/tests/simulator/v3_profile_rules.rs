//! Service profiles on v3: the samples that create and change them, whom they allow, and the limits
//! of the parameter tables.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Config, UserCredentials};

use crate::{
    client::{TestClient, with},
    v3_profiles::{PROFILES, created, market, private_profile, public_profile, read},
};

const STAGE: Duration = Duration::from_mins(1);

/// "How to authorize a buyer to access a private service profile?"
fn authorization(uuid: &str) -> Value {
    with(
        private_profile(),
        &[
            ("uuid", json!(uuid)),
            ("name", json!("JohnDoe_ServiceProfile")),
            ("privateUserEmails", json!(["Jane.Doe@ap.example.com"])),
            ("integrationId", json!("Direct-01")),
            ("private", json!(false)),
            ("features", json!({"cloudReach": false, "testProfile": false})),
            ("tagType", json!("CTAGED")),
            ("enableAutoGenerateServiceKey", json!(false)),
            (
                "ports",
                json!([{
                    "id": "8cb83fdb-6671-6714-bbe0-38389cc0acfa",
                    "metroCode": "SV",
                    "sellerRegion": null,
                }]),
            ),
        ],
    )
}

#[tokio::test(start_paused = true)]
async fn profiles_are_created_as_the_samples_show() {
    for (body, state) in [(private_profile(), "APPROVED"), (public_profile(), "PENDING_APPROVAL")] {
        let (_, seller) = market(Config::default()).await;
        let id = created(&seller, &body).await;
        let profile = read(&seller, &id).await;
        assert_eq!(profile["uuid"], id);
        assert_eq!(profile["state"], state);
        assert_eq!(profile["organizationName"], "John-Doe-Corp");
        for (name, sent) in body.as_object().unwrap() {
            let shown = &profile[name];
            match (name.as_str(), sent) {
                // "The default value is CTAGED."
                ("tagType", Value::Null) => assert_eq!(shown, "CTAGED"),
                ("enableAutoGenerateServiceKey", Value::Null) => assert_eq!(shown, false),
                ("alertPercentage", _) => assert_eq!(shown.as_f64(), Some(85.0)),
                ("ports", Value::Array(ports)) => {
                    for (port, shown) in ports.iter().zip(shown.as_array().unwrap()) {
                        assert_eq!(port["id"], shown["id"]);
                        assert_eq!(port["metroCode"], shown["metroCode"]);
                        assert_eq!(shown["sellerRegion"], Value::Null);
                    }
                }
                (_, Value::String(text)) if text.is_empty() => assert!(shown.is_null(), "{name}"),
                (_, Value::Array(items)) if items.is_empty() => assert!(shown.is_null(), "{name}"),
                _ => assert_eq!(shown, sent, "{name}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn equinix_decides_about_public_profiles() {
    let (buyer, seller) = market(Config::default()).await;
    let services = async |id: &str| {
        let path = format!("/ecx/v3/l2/serviceprofiles/services/{id}");
        buyer.get(&path).await.0
    };
    let control = async |id: &str, deed: &str| {
        buyer.call("POST", &format!("/control/profiles/{id}/{deed}"), &Value::Null).await.0
    };
    let id = created(&seller, &public_profile()).await;
    assert_eq!(services(&id).await, 404, "not before");
    assert_eq!(control(&id, "accept").await, 200);
    assert_eq!(services(&id).await, 200);
    assert_eq!(read(&seller, &id).await["state"], "APPROVED");
    assert_eq!(control(&id, "reject").await, 409, "it has been decided");
    let other = created(&seller, &public_profile()).await;
    assert_eq!(control(&other, "reject").await, 200);
    assert_eq!(read(&seller, &other).await["state"], "REJECTED");
    assert_eq!(services(&other).await, 404);
    assert_eq!(control("5f00b001-0000-4000-8000-0000000000ff", "accept").await, 404);
    // A rejected profile that is changed waits again; accept-all also accepts for Equinix.
    let body = with(public_profile(), &[("uuid", json!(other))]);
    assert_eq!(seller.call("PUT", PROFILES, &body).await.0, 200);
    assert_eq!(read(&seller, &other).await["state"], "PENDING_APPROVAL");
    assert_eq!(buyer.world.accept_all(), 1);
    assert_eq!(services(&other).await, 200);

    let (buyer, seller) =
        market(Config { accept_after: Some(2 * STAGE), ..Config::default() }).await;
    let id = created(&seller, &public_profile()).await;
    let path = format!("/ecx/v3/l2/serviceprofiles/services/{id}");
    tokio::time::advance(STAGE).await;
    assert_eq!(buyer.get(&path).await.0, 404);
    tokio::time::advance(STAGE).await;
    assert_eq!(buyer.get(&path).await.0, 200, "Equinix may say yes by itself");
}

#[tokio::test(start_paused = true)]
async fn a_private_profile_can_allow_a_buyer() {
    let (first, seller) = market(Config::default()).await;
    let jane = UserCredentials {
        client_id: "JANE".to_owned(),
        client_secret: "SECRET".to_owned(),
        user_name: "jane.doe@ap.example.com".to_owned(),
        user_password: "jd".to_owned(),
    };
    first.world.admit(jane.clone());
    let jane = TestClient::with(first.world.clone(), &jane).await;
    let id = created(&seller, &private_profile()).await;
    let path = format!("/ecx/v3/l2/serviceprofiles/services/{id}");
    assert_eq!((jane.get(&path).await.0, first.get(&path).await.0), (404, 404));
    let (status, answer) = seller.call("PUT", PROFILES, &authorization(&id)).await;
    assert_eq!((status, answer), (200, json!({"uuid": id})));
    let profile = read(&seller, &id).await;
    assert_eq!(profile["privateUserEmails"], json!(["Jane.Doe@ap.example.com"]));
    assert_eq!(profile["features"]["cloudReach"], false);
    assert_eq!(profile["name"], "JohnDoe_ServiceProfile");
    // The sample allows a buyer and has "private": false. Equinix has to approve that; until then
    // the profile stays private.
    assert_eq!((&profile["private"], &profile["state"]), (&json!(true), &json!("APPROVED")));
    assert_eq!((jane.get(&path).await.0, first.get(&path).await.0), (200, 404));
    assert_eq!(first.world.accept_all(), 1);
    assert_eq!(read(&seller, &id).await["private"], false);
    assert_eq!(first.get(&path).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn profiles_of_other_sellers_cannot_be_changed() {
    let (buyer, seller) = market(Config::default()).await;
    let id = created(&seller, &private_profile()).await;
    let unknown = json!([{
        "errorCode": "IC-PROFILE-404",
        "errorMessage": "Service profile not found in database",
        "moreInfo": "",
        "property": "uuid",
    }]);
    let path = format!("{PROFILES}/{id}");
    assert_eq!(buyer.get(&path).await, (404, unknown.clone()));
    assert_eq!(buyer.delete(&path).await, (404, unknown.clone()));
    assert_eq!(buyer.call("PUT", PROFILES, &authorization(&id)).await, (404, unknown));
    for (uuid, more) in [
        (json!("nonsense"), "ValidUUID: Invalid UUID"),
        (json!(""), "NotEmpty: must be given"),
        (Value::Null, "NotEmpty: must be given"),
    ] {
        let body = with(private_profile(), &[("uuid", uuid)]);
        let (status, errors) = seller.call("PUT", PROFILES, &body).await;
        assert_eq!((status, &errors[0]["moreInfo"]), (400, &json!(more)));
        assert_eq!(errors[0]["property"], "uuid");
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_the_parameter_table() {
    let (_, seller) = market(Config::default()).await;
    let question = |name: usize| {
        json!({
            "name": format!("Field {name}"), "description": "x", "mandatory": false,
            "datatype": "STRING", "captureInEmail": true,
        })
    };
    let questions = |many: usize| (0..many).map(question).collect::<Value>();
    let port = |id: &str, metro: &str| json!([{"id": id, "metroCode": metro}]);
    let own = "8cb83fdb-6651-6514-bbe0-38389cc0acfa";
    let invalid = "IC-LAYER2-402";
    for (name, value, code, property) in [
        ("name", json!("a".repeat(51)), invalid, "name"),
        ("name", json!("John Doe"), invalid, "name"),
        ("name", json!(""), invalid, "name"),
        ("privateUserEmails", json!(["nobody"]), invalid, "privateUserEmails"),
        (
            "onProfileApprovalRejectNotification",
            json!([]),
            invalid,
            "onProfileApprovalRejectNotification",
        ),
        (
            "onBandwidthThresholdNotification",
            Value::Null,
            invalid,
            "onBandwidthThresholdNotification",
        ),
        (
            "onVcApprovalRejectionNotification",
            json!("John.Doe@example.com"),
            invalid,
            "onVcApprovalRejectionNotification",
        ),
        ("alertPercentage", json!("101"), invalid, "alertPercentage"),
        ("connectionNameLabel", json!(""), invalid, "connectionNameLabel"),
        ("ctagLabel", json!("4095"), invalid, "ctagLabel"),
        ("allowOverSubscription", Value::Null, invalid, "allowOverSubscription"),
        ("overSubscription", json!("10"), invalid, "overSubscription"),
        ("apiAvailable", json!("yes"), invalid, "apiAvailable"),
        ("apiAvailable", json!(true), invalid, "integrationId"),
        ("private", Value::Null, invalid, "private"),
        ("features", Value::Null, invalid, "features"),
        ("features", json!({"cloudReach": true}), invalid, "features.testProfile"),
        ("requiredRedundancy", Value::Null, invalid, "requiredRedundancy"),
        ("tagType", json!("TAGGED"), invalid, "tagType"),
        ("vlanSameAsPrimary", Value::Null, invalid, "vlanSameAsPrimary"),
        ("additionalBuyerInfo", questions(11), invalid, "additionalBuyerInfo"),
        (
            "additionalBuyerInfo",
            json!([question(1), question(1)]),
            invalid,
            "additionalBuyerInfo[1].name",
        ),
        ("ports", json!([]), invalid, "ports"),
        ("ports", json!([{"id": own}]), invalid, "ports[0].metroCode"),
        ("ports", port(own, "DC"), invalid, "ports[0].metroCode"),
        ("ports", json!([{"id": own, "metroCode": "SV", "a": 1}]), invalid, "ports[0].a"),
        (
            "ports",
            port("7f891d3b-973e-73e0-bae0-30ac1885197a", "SV"),
            "IC-LAYER2-PORTS-001",
            "ports[0].id",
        ),
        (
            "ports",
            json!([
                {"id": own, "metroCode": "SV"},
                {"id": "8cb83fdb-6671-6714-bbe0-38389cc0acfa", "metroCode": "SV"},
            ]),
            invalid,
            "ports",
        ),
        ("allowCustomSpeed", Value::Null, invalid, "allowCustomSpeed"),
        ("speedFromAPI", json!(true), invalid, "speedFromAPI"),
        ("speedBands", json!([]), invalid, "speedBands"),
        ("speedBands", json!([{"speed": 50, "unit": "KB"}]), invalid, "speedBands[0]"),
        ("colour", json!("red"), invalid, "colour"),
    ] {
        let body = with(private_profile(), &[(name, value.clone())]);
        let (status, errors) = seller.call("POST", PROFILES, &body).await;
        let found = errors.as_array().is_some_and(|errors| {
            errors.iter().any(|e| e["errorCode"] == code && e["property"] == property)
        });
        assert!(status == 400 && found, "{name} = {value}: {status} {errors}");
    }
    let longest = with(
        private_profile(),
        &[("name", json!("a".repeat(50))), ("additionalBuyerInfo", questions(10))],
    );
    let id = created(&seller, &longest).await;
    assert_eq!(read(&seller, &id).await["additionalBuyerInfo"], questions(10));
}
