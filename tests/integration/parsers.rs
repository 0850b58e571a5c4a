//! Parsing ends for any input of an API or a user: with a value within its bounds, or with an error
//! that can be shown. These are the targets of `fuzz/`, with the budget of a test.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use fabric_api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};

#[path = "../../fuzz/src/lib.rs"]
mod reading;

use reading::{read_again, read_everything};

/// What the token endpoint says.
const TOKEN: &[u8] = br#"{"access_token":"t"}"#;

/// Names that the answers of both dialects use, so that what is made goes deep.
const NAMES: &[&str] = &[
    "uuid",
    "name",
    "status",
    "state",
    "equinixStatus",
    "providerStatus",
    "operation",
    "bandwidth",
    "speed",
    "speedUnit",
    "aSide",
    "zSide",
    "accessPoint",
    "port",
    "linkProtocol",
    "type",
    "vlanTag",
    "vlanSTag",
    "vlanCTag",
    "data",
    "content",
    "pagination",
    "total",
    "offset",
    "limit",
    "totalCount",
    "isLastPage",
    "pageNumber",
    "vlanSTag",
    "portUUID",
    "redundancy",
    "group",
    "priority",
    "change",
    "order",
    "errorCode",
    "errorMessage",
    "moreInfo",
    "property",
    "metros",
    "code",
    "metroCode",
    "location",
    "accessPointTypeConfigs",
    "supportedBandwidths",
    "changeLog",
    "createdDateTime",
    "notifications",
    "emails",
    "primaryConnectionId",
    "secondaryConnectionId",
];

/// JSON that is right in most names and in few types.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,40}".prop_map(Value::from),
        prop::sample::select(vec![
            "PROVISIONED",
            "PENDING_BGP_CONFIG",
            "DOT1Q",
            "EVPL_VC",
            "SV",
            "2026-01-05T08:00:00Z",
            "5f00c000-0000-4000-8000-000000000002",
            "50",
            "MB",
        ])
        .prop_map(Value::from),
        "x{2000}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 80, 8, |c_tag| {
        prop_oneof![
            prop::collection::vec(c_tag.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), c_tag), 0..8).prop_map(|fields| {
                let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(fields.collect::<Map<_, _>>())
            }),
        ]
    })
}

fn statuses() -> impl Strategy<Value = u16> {
    prop::sample::select(vec![200, 201, 202, 204, 400, 401, 403, 404, 409, 429, 500, 503])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_of_any_bytes_are_read_or_refused(
        status in statuses(),
        body in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        read_everything(TOKEN, status, &body);
    }

    #[test]
    fn answers_of_any_json_are_read_or_refused(status in statuses(), body in json_value()) {
        read_everything(TOKEN, status, body.to_string().as_bytes());
    }

    #[test]
    fn tokens_of_any_json_are_read_or_refused(token in json_value()) {
        read_everything(token.to_string().as_bytes(), 200, b"{}");
    }

    #[test]
    fn resources_of_any_json_are_read_or_refused(spec in json_value(), status in json_value()) {
        let object = |kind: &str| {
            let object = json!({
                "apiVersion": "fabric.equinix.com/v1alpha1", "kind": kind,
                "metadata": {"name": "x"}, "spec": spec, "status": status,
            });
            object.to_string().into_bytes()
        };
        read_again::<FabricConnection>(&object("FabricConnection"));
        read_again::<FabricAccount>(&object("FabricAccount"));
        read_again::<ServiceProfile>(&object("ServiceProfile"));
        read_again::<ConnectionApproval>(&object("ConnectionApproval"));
    }
}
