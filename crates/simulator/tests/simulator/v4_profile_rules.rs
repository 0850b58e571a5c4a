//! Flaws of service profiles on v4, each with its own code.

use serde_json::{Value, json};

use fabric_simulator::Config;

use crate::{
    v3_profiles::market,
    v4_profiles::{PROFILES, made, service_profile},
};

#[tokio::test(start_paused = true)]
async fn flaws_have_their_own_codes() {
    let (_, seller) = market(Config::default()).await;
    let set = |pointer: &str, value: Value| {
        let mut body = service_profile();
        if let Some(there) = body.pointer_mut(pointer) {
            *there = value;
            return body;
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        body
    };
    let config = "/accessPointTypeConfigs/0";
    let port = |id: &str, metro: &str| json!({"type": "XF_PORT", "uuid": id, "location": {"metroCode": metro}});
    let (dot1q, qinq) =
        ("8cb83fdb-6671-6714-bbe0-38389cc0acfa", "8cb83fdb-6651-6514-bbe0-38389cc0acfa");
    let field =
        |label: &str, kind: &str| json!({"label": label, "required": true, "dataType": kind});
    let api = |available: bool, id: Value, speed: bool| json!({"apiAvailable": available, "integrationId": id, "bandwidthFromApi": speed});
    let value = "EQ-3001022";
    for (pointer, wrong, code, property) in [
        ("/name", json!("a".repeat(51)), value, "/name"),
        ("/name", json!("Service Profile 1"), value, "/name"),
        ("/description", json!("a".repeat(376)), value, "/description"),
        ("/description", Value::Null, value, "/description"),
        ("/type", json!("L4_PROFILE"), "EQ-3001032", "/type"),
        ("/visibility", json!("SECRET"), value, "/visibility"),
        ("/allowedEmails", json!(["nobody"]), value, "/allowedEmails"),
        ("/notifications/0/type", json!("PIGEON"), "EQ-3001031", "/notifications/0/type"),
        ("/ports", json!([]), value, "/ports"),
        (
            "/ports/0/uuid",
            json!("7f891d3b-973e-73e0-bae0-30ac1885197a"),
            "EQ-3001015",
            "/ports/0/uuid",
        ),
        ("/ports/0/location/metroCode", json!("DC"), value, "/ports/0/location/metroCode"),
        ("/ports", json!([port(dot1q, "SV"), port(dot1q, "SV")]), "EQ-3001013", "/ports/1/uuid"),
        ("/ports", json!([port(dot1q, "SV"), port(qinq, "SV")]), "EQ-3001012", "/ports"),
        (&format!("{config}/connectionRedundancyRequired"), json!(true), "EQ-3001014", "/ports"),
        (
            &format!("{config}/apiConfig"),
            api(true, Value::Null, false),
            "EQ-3001019",
            &format!("{config}/apiConfig/integrationId"),
        ),
        (
            &format!("{config}/apiConfig"),
            api(false, json!("Demo-01"), true),
            "EQ-3001112",
            &format!("{config}/apiConfig/bandwidthFromApi"),
        ),
        (
            &format!("{config}/apiConfig"),
            api(true, json!("Demo-01"), true),
            "EQ-3001021",
            &format!("{config}/supportedBandwidths"),
        ),
        (
            &format!("{config}/apiConfig/overSubscriptionLimit"),
            json!(21),
            value,
            &format!("{config}/apiConfig/overSubscriptionLimit"),
        ),
        (
            config,
            json!({"type": "COLO", "supportedBandwidths": []}),
            "EQ-3001023",
            &format!("{config}/supportedBandwidths"),
        ),
        (
            &format!("{config}/enableAutoGenerateServiceKey"),
            json!(true),
            "EQ-3001025",
            &format!("{config}/enableAutoGenerateServiceKey"),
        ),
        ("/customFields", json!([field("a", "LIST")]), "EQ-3001026", "/customFields/0/options"),
        (
            "/customFields",
            json!([field("a", "STRING"), field("a", "NUMBER")]),
            "EQ-3001027",
            "/customFields/1/label",
        ),
        ("/customFields", json!([field("a", "DATE")]), "EQ-3001030", "/customFields/0/dataType"),
        ("/colour", json!("red"), value, "/colour"),
    ] {
        let body = set(pointer, wrong.clone());
        let (status, errors) = seller.call("POST", PROFILES, &body).await;
        let found = errors.as_array().is_some_and(|errors| {
            errors.iter().any(|error| {
                error["errorCode"] == code && error["additionalInfo"][0]["property"] == property
            })
        });
        assert!(status == 400 && found, "{pointer} = {wrong}: {status} {errors}");
    }
    let (_, errors) = seller.call("POST", PROFILES, &set("/name", json!("John Doe"))).await;
    let message = "Only alphanumeric, hyphen(-) and underscore(_) characters are allowed in service \
                   profile name. Other special characters are not allowed";
    assert_eq!(errors[0]["errorMessage"], message);
    made(&seller, &set("/ports", json!([{"type": "XF_PORT", "uuid": qinq}]))).await;
}
