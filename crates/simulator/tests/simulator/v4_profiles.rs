//! A seller's service profiles on v4, against the published specification.

use axum::body::{Body, to_bytes};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use fabric_simulator::Config;

use crate::{
    client::{TestClient, keys, with},
    v3_profiles::market,
};

pub(crate) const PROFILES: &str = "/fabric/v4/serviceProfiles";

/// The specification's `ServiceProfileCreate`, with a port of the simulated seller. Its name has no
/// blanks, because the errors do not allow them.
pub(crate) fn service_profile() -> Value {
    json!({
        "name": "Service-Profile-1",
        "description": "Sample_description",
        "type": "L2_PROFILE",
        "notifications": [{"emails": ["someone@sample.com"], "type": "BANDWIDTH_ALERT"}],
        "visibility": "PUBLIC",
        "allowedEmails": ["test@equinix.com", "testagain@equinix.com"],
        "ports": [{
            "uuid": "8cb83fdb-6671-6714-bbe0-38389cc0acfa",
            "type": "XF_PORT",
            "location": {"metroCode": "SV"},
        }],
        "marketingInfo": {"promotion": true},
        "accessPointTypeConfigs": [{
            "type": "COLO",
            "connectionRedundancyRequired": false,
            "selectiveRedundancy": false,
            "allowBandwidthAutoApproval": false,
            "allowRemoteConnections": true,
            "connectionLabel": "Service Profile 1",
            "enableAutoGenerateServiceKey": false,
            "bandwidthAlertThreshold": 10,
            "allowCustomBandwidth": true,
            "apiConfig": {
                "apiAvailable": false,
                "equinixManagedVlan": false,
                "bandwidthFromApi": false,
                "integrationId": null,
                "equinixManagedPort": false,
            },
            "authenticationKey": {"required": false, "label": "Service Key", "description": "XYZ"},
            "supportedBandwidths": [100, 500],
        }],
        "lastMileCatalogs": [{
            "name": "att fiber",
            "webUrl": "att.com/lastmile",
            "offerings": [{
                "bandwidth": 10,
                "price": {"unit": "USD", "min": 10, "max": 100},
                "deliveryDate": {"min": 1, "max": 10, "unit": "DAYS"},
            }],
        }],
    })
}

/// Sends a request with further headers; returns status, `ETag` and body.
async fn send(
    client: &TestClient,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, Option<String>, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", client.token));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = client.world.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let tag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, tag, serde_json::from_slice(&bytes).unwrap())
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// Creates a profile; returns its path and its body.
pub(crate) async fn made(seller: &TestClient, body: &Value) -> (String, Value) {
    let (status, profile) = seller.call("POST", PROFILES, body).await;
    assert_eq!(status, 201, "{profile}");
    (format!("{PROFILES}/{}", profile["uuid"].as_str().unwrap()), profile)
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_created_as_the_specification_shows() {
    let (buyer, seller) = market(Config::default()).await;
    let (status, tag, profile) = send(&seller, "POST", PROFILES, &[JSON], &service_profile()).await;
    assert_eq!((status, tag.as_deref()), (201, Some("\"1\"")), "{profile}");
    assert_eq!(profile["state"], "PENDING_APPROVAL");
    let emails = json!(["someone@sample.com"]);
    assert_eq!(
        profile["notifications"],
        json!([
            {"type": "BANDWIDTH_ALERT", "emails": emails},
            {"type": "CONNECTION_APPROVAL", "emails": emails},
            {"type": "PROFILE_LIFECYCLE", "emails": emails},
        ])
    );
    for name in
        ["type", "name", "description", "visibility", "allowedEmails", "marketingInfo", "ports"]
    {
        assert_eq!(profile[name], service_profile()[name], "{name}");
    }
    assert_eq!(profile["lastMileCatalogs"], service_profile()["lastMileCatalogs"]);
    assert_eq!(profile["metros"][0]["code"], "SV");
    let config = &profile["accessPointTypeConfigs"][0];
    let sample = json!({
        "type": "COLO", "uuid": "", "supportedBandwidths": [], "allowRemoteConnections": true,
        "allowCustomBandwidth": true, "bandwidthAlertThreshold": 10,
        "allowBandwidthAutoApproval": false,
        "linkProtocolConfig": {
            "encapsulationStrategy": "CTAGED", "reuseVlanSTag": false, "encapsulation": "DOT1Q",
        },
        "enableAutoGenerateServiceKey": false, "connectionRedundancyRequired": false,
        "selectiveRedundancy": false,
        "apiConfig": {
            "apiAvailable": false, "equinixManagedPort": true, "equinixManagedVlan": true,
            "allowOverSubscription": false, "overSubscriptionLimit": 1, "bandwidthFromApi": false,
        },
        "connectionLabel": "", "authenticationKey": {"required": false, "label": ""},
    });
    let missing: Vec<_> = keys(&sample).difference(&keys(config)).cloned().collect();
    assert_eq!(missing, [""; 0]);
    assert_eq!(config["linkProtocolConfig"], sample["linkProtocolConfig"]);
    assert_eq!(config["supportedBandwidths"], json!([100, 500]));
    assert_eq!(config["apiConfig"]["overSubscriptionLimit"], 1);

    let path = format!("{PROFILES}/{}", profile["uuid"].as_str().unwrap());
    let (status, errors) = buyer.get(&path).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3001011")), "not before");
    assert_eq!(buyer.world.accept_all(), 1);
    let (_, seen) = buyer.get(&path).await;
    assert_eq!((&seen["state"], &seen["selfProfile"]), (&json!("ACTIVE"), &json!(false)));
    for (place, name) in [
        ("", "notifications"),
        ("", "ports"),
        ("/accessPointTypeConfigs/0", "bandwidthAlertThreshold"),
        ("/accessPointTypeConfigs/0/apiConfig", "equinixManagedPort"),
        ("/accessPointTypeConfigs/0/apiConfig", "allowOverSubscription"),
    ] {
        assert!(seen.pointer(place).unwrap().get(name).is_none(), "{place}/{name} is the seller's");
    }
    let (_, tag, mine) =
        send(&seller, "GET", &format!("{path}?viewPoint=zSide"), &[], &Value::Null).await;
    assert_eq!(tag.as_deref(), Some("\"2\""), "the decision is a version");
    assert_eq!(mine["ports"], profile["ports"]);
    assert!(mine["href"].as_str().unwrap().ends_with("?viewPoint=zSide"));
    let (_, metros) = buyer.get(&format!("{path}/metros")).await;
    assert_eq!(metros["data"][0]["code"], "SV");
}

#[tokio::test(start_paused = true)]
async fn replacing_takes_the_tag_of_the_version() {
    let (_, seller) = market(Config::default()).await;
    let private = with(service_profile(), &[("visibility", json!("PRIVATE"))]);
    let (path, profile) = made(&seller, &private).await;
    assert_eq!(profile["state"], "ACTIVE", "a private profile needs no approval");
    let update = with(private.clone(), &[("name", json!("Service-Profile-2"))]);
    let (status, _, errors) = send(&seller, "PUT", &path, &[JSON], &update).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3001022")));
    assert_eq!(errors[0]["additionalInfo"][0]["property"], "If-Match");
    let put = async |tag: &str, body: &Value| {
        send(&seller, "PUT", &path, &[JSON, ("if-match", tag)], body).await
    };
    let (status, tag, profile) = put("\"1\"", &update).await;
    assert_eq!((status, tag.as_deref()), (202, Some("\"2\"")), "{profile}");
    assert_eq!(
        (&profile["name"], &profile["state"]),
        (&json!("Service-Profile-2"), &json!("ACTIVE"))
    );
    let (status, _, errors) = put("\"1\"", &private).await;
    assert_eq!((status, &errors[0]["additionalInfo"][0]["property"]), (412, &json!("If-Match")));
    // Clients send the bare number, too.
    let (status, tag, _) = put("2", &private).await;
    assert_eq!((status, tag.as_deref()), (202, Some("\"3\"")));
    let kind = with(private.clone(), &[("type", json!("IX_PROFILE"))]);
    let (status, _, errors) = put("3", &kind).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3001028")));
    let state = with(private, &[("state", json!("DELETED"))]);
    let (status, _, errors) = put("3", &state).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3001029")));
}

#[tokio::test(start_paused = true)]
async fn a_private_profile_becomes_public_with_equinix_consent() {
    for (yes, visibility, status) in [(true, "PUBLIC", "COMPLETED"), (false, "PRIVATE", "REJECTED")]
    {
        let (buyer, seller) = market(Config::default()).await;
        let private = with(service_profile(), &[("visibility", json!("PRIVATE"))]);
        let (path, profile) = made(&seller, &private).await;
        let wanted = json!([{"op": "replace", "path": "/visibility", "value": "PUBLIC"}]);
        let kind = ("content-type", "application/json-patch+json");
        let (code, tag, answer) = send(&seller, "PATCH", &path, &[kind], &wanted).await;
        assert_eq!((code, tag.as_deref()), (200, Some("\"2\"")), "{answer}");
        assert_eq!(answer["visibility"], "PRIVATE", "not yet");
        assert_eq!(answer["change"]["type"], "PROFILE_UPDATE_ACCEPTANCE");
        assert_eq!(answer["change"]["status"], "SUBMITTED_FOR_APPROVAL");
        assert_eq!(answer["change"]["data"], wanted);
        let (code, errors) = buyer.get(&path).await;
        assert_eq!((code, &errors[0]["errorCode"]), (403, &json!("EQ-3001033")));
        // Only users of Equinix may decide, not sellers.
        let action = json!({"type": "PROFILE_UPDATE_ACCEPTANCE", "description": "Approved"});
        let (code, errors) = seller.call("POST", &format!("{path}/actions"), &action).await;
        assert_eq!((code, &errors[0]["errorCode"]), (403, &json!("EQ-3001035")));
        let deed = if yes { "accept" } else { "reject" };
        let control = format!("/control/profiles/{}/{deed}", profile["uuid"].as_str().unwrap());
        assert_eq!(seller.call("POST", &control, &Value::Null).await.0, 200);
        assert_eq!(seller.call("POST", &control, &Value::Null).await.0, 409);
        let (_, decided) = seller.get(&format!("{path}?viewPoint=zSide")).await;
        assert_eq!(decided["visibility"], visibility);
        assert_eq!(
            (&decided["state"], &decided["change"]["status"]),
            (&json!("ACTIVE"), &json!(status))
        );
        assert_eq!(buyer.get(&path).await.0, if yes { 200 } else { 403 });
    }
}

#[tokio::test(start_paused = true)]
async fn patches_change_parts() {
    let (_, seller) = market(Config::default()).await;
    let (path, _) = made(&seller, &service_profile()).await;
    let change = async |operations: Value| seller.call("PATCH", &path, &operations).await;
    let (status, profile) =
        change(json!([{"op": "add", "path": "/tags", "value": ["sample_tag"]}])).await;
    assert_eq!((status, &profile["tags"]), (200, &json!(["sample_tag"])));
    let (status, profile) = change(json!([
        {"op": "add", "path": "/allowedEmails/-", "value": "jane@example.com"},
        {"op": "remove", "path": "/allowedEmails/0"},
        {"op": "replace", "path": "/accessPointTypeConfigs/0/supportedBandwidths", "value": [50]},
    ]))
    .await;
    assert_eq!(status, 200, "{profile}");
    assert_eq!(profile["allowedEmails"], json!(["testagain@equinix.com", "jane@example.com"]));
    assert_eq!(profile["accessPointTypeConfigs"][0]["supportedBandwidths"], json!([50]));
    for (operations, code) in [
        (json!([{"op": "add", "path": "/state", "value": "ACTIVE"}]), "EQ-3001029"),
        (json!([{"op": "replace", "path": "/name", "value": "John Doe"}]), "EQ-3001022"),
        (json!([{"op": "replace", "path": "/none", "value": 1}]), "EQ-3001022"),
        (json!([{"op": "add", "path": "/none", "value": 1}]), "EQ-3001022"),
        (json!([{"op": "remove", "path": "/ports/0"}]), "EQ-3001022"),
        (json!([{"op": "move", "path": "/name"}]), "EQ-3001022"),
        (json!({"op": "add"}), "EQ-3001022"),
    ] {
        let (status, errors) = change(operations.clone()).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!(code)), "{operations}");
    }
    let (status, _, _) =
        send(&seller, "PATCH", &path, &[("content-type", "text/plain")], &json!([])).await;
    assert_eq!(status, 415);
    let (_, profile) = seller.get(&path).await;
    assert_eq!(profile["name"], "Service-Profile-1", "refused patches change nothing");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_profile_stays_readable() {
    let (buyer, seller) = market(Config::default()).await;
    let (path, _) = made(&seller, &service_profile()).await;
    buyer.world.accept_all();
    let (status, errors) = buyer.delete(&path).await;
    assert_eq!((status, &errors[0]["errorCode"]), (403, &json!("EQ-3001034")));
    let (status, errors) = buyer.call("PATCH", &path, &json!([])).await;
    assert_eq!((status, &errors[0]["errorCode"]), (403, &json!("EQ-3001035")));
    let (status, tag, deleted) = send(&seller, "DELETE", &path, &[], &Value::Null).await;
    assert_eq!((status, tag.as_deref()), (200, Some("\"3\"")));
    assert_eq!(deleted["state"], "DELETED");
    for client in [&buyer, &seller] {
        let (status, profile) = client.get(&path).await;
        assert_eq!((status, &profile["state"]), (200, &json!("DELETED")));
    }
    let (status, errors) = seller.delete(&path).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3001115")));
    assert_eq!(
        errors[0]["errorMessage"],
        "Unable to delete some of the profile because it does not exist"
    );
    let (status, errors) = seller.delete(&format!("{PROFILES}/nonsense")).await;
    assert_eq!((status, &errors[0]["errorCode"]), (404, &json!("EQ-3001011")));
    let (status, errors) = seller.call("PATCH", &path, &json!([])).await;
    assert_eq!((status, &errors[0]["errorCode"]), (404, &json!("EQ-3001011")));
    let found = async |client: &TestClient, view: &str, state: &str| {
        let body = json!({"filter": {"property": "/state", "operator": "=", "values": [state]}});
        let path = format!("{PROFILES}/search?viewPoint={view}");
        let (status, page) = client.call("POST", &path, &body).await;
        assert_eq!(status, 200, "{page}");
        page["data"].as_array().unwrap().iter().any(|p| p["name"] == "Service-Profile-1")
    };
    assert!(found(&seller, "zSide", "DELETED").await);
    assert!(!found(&seller, "aSide", "DELETED").await);
    assert!(!found(&buyer, "zSide", "DELETED").await);
    made(&seller, &service_profile()).await;
    assert!(found(&seller, "zSide", "PENDING_APPROVAL").await);
    assert!(!found(&buyer, "aSide", "PENDING_APPROVAL").await);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_profiles_have_their_own_code() {
    let mut api = TestClient::new().await;
    api.token = "expired".to_owned();
    for path in [PROFILES.to_owned(), format!("{PROFILES}/x"), format!("{PROFILES}/x/metros")] {
        let (status, errors) = api.get(&path).await;
        assert_eq!((status, &errors[0]["errorCode"]), (401, &json!("EQ-3001207")));
    }
}
