//! What each code and status of the documents means, from their words.

use Class::{
    Ambiguous, Busy, Forbidden, Gone, NoCapacity, NotVisible, Refused, Throttled, Unavailable,
    VlanInUse,
};
use serde_json::{Value, json};

use super::*;

/// An example of "Status codes, Error codes & Troubleshooting tips", v3: code, message, more info,
/// property, HTTP status, class, and a part of the advice to the user.
type Example = (&'static str, &'static str, &'static str, &'static str, u16, Class, &'static str);

const EXAMPLES: &[Example] = &[
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "Size: Max 24 characters are allowed for Primary Connection Name",
        "PrimaryName",
        400,
        Refused,
        "spec.name",
    ),
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "Pattern: Only number,characters,'_' and space between words are allowed",
        "PrimaryName",
        400,
        Refused,
        "letters, digits and '_'",
    ),
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "ValidUUID: Invalid UUID",
        "profileUUID",
        400,
        Refused,
        "uuid",
    ),
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "Size: Maximum 30 characters allowed on Purchase Order Number",
        "purchaseOrderNumber",
        400,
        Refused,
        "spec.purchaseOrderNumber",
    ),
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "ValidEnum: Invalid value. Valid values are: [MB, GB]",
        "speedUnit",
        400,
        Refused,
        "spec.bandwidthMbps",
    ),
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "Range: Primary CTag must be between 2 and 4094",
        "primaryVlanCTag",
        400,
        Refused,
        "vlanCTag from 2 to 4094",
    ),
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "Range: Primary STag must be between 2 and 4094",
        "primaryVlanSTag",
        400,
        Refused,
        "vlanSTag from 2 to 4094",
    ),
    (
        "IC-LAYER2-402",
        "Invalid Request",
        "For input string: \"30ac195544cexxx\"",
        "primaryPortUUID",
        400,
        Refused,
        "uuid of the port",
    ),
    (
        "IC-LAYER2-4023",
        "Connection does not exist or do not belong to user,Please check connection Id",
        "",
        "uuid",
        400,
        NotVisible,
        "",
    ),
    (
        "IC-LAYER2-AUTH-006",
        "Error while validating Authorization Key, NamedTag already in use",
        "",
        "authorizationkey",
        400,
        Refused,
        "another peeringType",
    ),
    (
        "IC-LAYER2-AUTH-007",
        "Authorization Key does not match the destination Metro. Please verify the Authorization key",
        "",
        "authorizationKey",
        400,
        Refused,
        "metroCode",
    ),
    (
        "IC-LAYER2-DOT1Q-001",
        "Cannot create more than three Dot1Q connections for the given Authorization Key",
        "",
        "authorizationKey",
        400,
        Refused,
        "another authenticationKey",
    ),
    (
        "IC-LAYER2-PORTS-001",
        "Port does not exist or not belong to user",
        "",
        "primaryPortUUID",
        400,
        Refused,
        "port",
    ),
    (
        "IC-LAYER2-PORTS-016",
        "Ports do not have same type (buyout/standard ",
        "Primary Buyout Port: Y Secondary Buyout Port: N",
        "secondaryPortUUID",
        400,
        Refused,
        "same type",
    ),
    (
        "IC-LAYER2-REMOTE-003",
        "Metros are not remotely connected",
        "",
        "sellerMetroCode",
        400,
        Refused,
        "metroCode",
    ),
    (
        "IC-LAYER2-TAGS-001",
        "Given namedTag doesn't match with seller named tag",
        "",
        "namedTag",
        400,
        Refused,
        "peeringType",
    ),
    (
        "IC-LAYER2-VLAN-005",
        "Vlan Inner tag not required",
        "",
        "primaryVlanCTag",
        400,
        Refused,
        "leave vlanCTag out",
    ),
    (
        "IC-LAYER2-VLAN-007",
        "Vlan Inner tag required",
        "",
        "primaryVlanCTag",
        400,
        Refused,
        "give vlanCTag",
    ),
    (
        "IC-LAYER2-VLAN-008",
        "Connection has duplicate buyer-side VLAN ID for primary port or the same VLAN ID is the process of being deleted and should be freed up soon",
        "",
        "PrimaryVlanStag",
        400,
        VlanInUse,
        "",
    ),
    (
        "IC-LAYER2-VLAN-009",
        "Connection has duplicate buyer-side VLAN ID for secondary port or the same VLAN ID is the process of being deleted and should be freed up soon",
        "",
        "SecondaryVlanStag",
        400,
        VlanInUse,
        "",
    ),
    ("404", "Not Found - No message available", "", "", 404, Unavailable, ""),
    (
        "IC-PROFILE-404",
        "Service profile not found in database",
        "",
        "uuid",
        404,
        NotVisible,
        "uuid",
    ),
    (
        "ERR-L2-001-08",
        "Method not supported,Please check the URL passed",
        "method:POST",
        "",
        500,
        Refused,
        "spec.endpoint",
    ),
    (
        "S1002",
        "Unable to process the request, Please try again later",
        "",
        "",
        400,
        Unavailable,
        "",
    ),
];

/// The codes that are known beyond that chapter: of v3 in practice, and of v4.
const OTHERS: &[(&[&str], u16, Class)] = &[
    // "already deleted", on DELETE.
    (&["IC-LAYER2-4021"], 400, Gone),
    (&["IC-NE-ERR-400"], 400, Refused),
    (&["IC-USR-403-DELETE"], 403, Forbidden),
    // "Error in getting user's profile", 500 on reading the ports.
    (&["IC-USR-014-01"], 500, Unavailable),
    // "connection already deleted".
    (&["EQ-3142509"], 400, Gone),
    // "connection is in a transient state".
    (&["EQ-3142510"], 400, Busy),
    // "does not exist or not visible to this user": never a proof.
    (&["EQ-3142519"], 400, NotVisible),
    (&["EQ-3045811"], 404, NotVisible),
    // "no permission".
    (&["EQ-300005", "EQ-3045003", "EQ-3142401", "EQ-3000197"], 403, Forbidden),
    // "user invalid", after a new token, and "header lacks token".
    (&["EQ-3000039"], 401, Forbidden),
    (&["EQ-3222004"], 400, Forbidden),
    // "buyer-side VLAN duplicates on port, or that VLAN is still being freed".
    (&["EQ-3142102"], 400, VlanInUse),
    // Wrong until the spec changes.
    (&["EQ-3142501"], 400, Refused),
    (&["EQ-3142301", "EQ-3142302", "EQ-3142304", "EQ-3142306", "EQ-3142308"], 400, Refused),
    (&["EQ-3142303", "EQ-3142320"], 400, Refused),
    (&["EQ-3142514", "EQ-3142515", "EQ-3142516", "EQ-3142517"], 400, Refused),
    (&["EQ-3142221", "EQ-3142222", "EQ-3142223", "EQ-3142224", "EQ-3142225"], 400, Refused),
    (&["EQ-3142535", "EQ-3142536"], 400, Refused),
    // "not authorised", of a token.
    (&["EQ-3142701"], 400, Forbidden),
    // "seller port lacks bandwidth": slow retry.
    (&["EQ-3142231"], 400, NoCapacity),
    // A dry run that is not supported, and a method that is not, are mistakes of the caller.
    (&["EQ-3142411"], 400, Refused),
    (&["EQ-3142569"], 405, Refused),
    // A service token that is not found or deleted: nothing is ordered with it.
    (&["EQ-3034016", "EQ-3034019"], 400, Refused),
    // "service profile does not exist / invalid uuid".
    (&["EQ-3001115"], 400, Gone),
    (&["EQ-3001011"], 404, NotVisible),
    // Cloud routers: not PROVISIONED yet, transient, an update under way; wrong metro, not shared.
    (&["EQ-3142012", "EQ-3040030", "EQ-3040055"], 400, Busy),
    (&["EQ-3142013", "EQ-3142021"], 400, Refused),
    // "port still used by connections/tokens".
    (&["EQ-3143253"], 400, Refused),
    // The answer to a key or VLAN that does not pass validation.
    (&["EQ-2041022"], 400, Refused),
];

/// Both shapes in which an error may come.
fn shapes(error: &Value) -> [Vec<u8>; 2] {
    [error.to_string().into_bytes(), json!([error]).to_string().into_bytes()]
}

fn class(error: &Error) -> Class {
    error.into()
}

#[test]
fn every_example_of_the_chapter_becomes_its_error_and_says_what_to_do() {
    for (code, message, more, property, status, expected, to_do) in EXAMPLES {
        let body = json!({
            "errorCode": code, "errorMessage": message, "moreInfo": more, "property": property,
        });
        for (body, idempotency) in shapes(&body)
            .iter()
            .flat_map(|body| [(body, Idempotency::Safe), (body, Idempotency::Once)])
        {
            let error = error(*status, body, idempotency);
            assert_eq!(class(&error), *expected, "{code}: {more}, {idempotency:?}");
            assert!(error.to_string().contains(code), "{error}");
            assert!(error.to_string().contains(message.trim()), "{error}");
        }
        let fault = &faults(*status, &shapes(&body)[0])[0];
        let remedy = Code::of(fault).unwrap().remedy.unwrap_or_default();
        assert!(remedy.contains(to_do), "{code}: {more}: {to_do:?} is not in {remedy:?}");
        assert_eq!(remedy.is_empty(), to_do.is_empty(), "{code}: {remedy}");
    }
}

#[test]
fn every_other_code_becomes_its_error() {
    for (codes, status, expected) in OTHERS {
        for code in *codes {
            let body = json!({"errorCode": code, "errorMessage": "m", "correlationId": "c-1"});
            for body in shapes(&body) {
                let error = error(*status, &body, Idempotency::Safe);
                assert_eq!(class(&error), *expected, "{code}");
            }
        }
    }
}

#[test]
fn the_tables_hold_the_codes_of_the_documents_and_no_others() {
    let listed = EXAMPLES.iter().map(|example| example.0);
    let listed = listed.chain(OTHERS.iter().flat_map(|(codes, ..)| codes.iter().copied()));
    let mut listed: Vec<&str> = listed.collect();
    let mut held: Vec<&str> = TABLES.iter().copied().flatten().map(|entry| entry.code).collect();
    for codes in [&mut listed, &mut held] {
        codes.sort_unstable();
        codes.dedup();
    }
    assert_eq!(held, listed);
    // An entry for some messages of a code stands before the one for all others.
    for table in TABLES {
        for (n, entry) in table.iter().enumerate() {
            let hidden = table[..n].iter().any(|e| e.code == entry.code && e.says.is_none());
            assert!(!hidden, "{} ({:?}) is never found", entry.code, entry.says);
        }
    }
}

#[test]
fn the_gateways_own_shape_is_read() {
    // S1002 of the chapter, in the shape of the token endpoint.
    let body = json!({
        "error_domain": "Apps - FQA",
        "error_title": "Unable to process the request",
        "error_code": "S1002",
        "developer_message": "Execution of ServiceCallout PingCallout failed. Reason: timeout occurred PingCallout",
        "error_message": "Unable to process the request, Please try again later",
    });
    for body in shapes(&body) {
        assert_eq!(class(&error(400, &body, Idempotency::Once)), Unavailable);
    }
}

#[test]
fn statuses_mean_what_the_chapter_says_unless_a_code_says_more() {
    for (status, read, order) in [
        (400, Refused, Refused),
        (401, Forbidden, Forbidden),
        (403, Forbidden, Forbidden),
        (404, NotVisible, NotVisible),
        (405, Refused, Refused),
        (408, Unavailable, Ambiguous),
        (409, Busy, Busy),
        (410, Gone, Gone),
        (415, Refused, Refused),
        (422, Refused, Refused),
        (429, Throttled, Throttled),
        (301, Unavailable, Ambiguous),
        (500, Unavailable, Ambiguous),
        (502, Unavailable, Ambiguous),
        (503, Unavailable, Ambiguous),
        (700, Unavailable, Ambiguous),
    ] {
        assert_eq!(class(&error(status, b"", Idempotency::Safe)), read, "{status}");
        assert_eq!(class(&error(status, b"", Idempotency::Once)), order, "{status}");
        let unknown = br#"{"errorCode":"IC-NEW-1","errorMessage":"m"}"#;
        assert_eq!(class(&error(status, unknown, Idempotency::Safe)), read, "{status}");
    }
}

#[test]
fn a_code_is_not_believed_of_a_server_that_failed() {
    let coded = |code: &str| json!({"errorCode": code, "errorMessage": "m"}).to_string();
    for code in ["IC-LAYER2-4021", "EQ-3142501", "S1002"] {
        let body = coded(code);
        assert_eq!(class(&error(500, body.as_bytes(), Idempotency::Once)), Ambiguous, "{code}");
        assert_eq!(class(&error(500, body.as_bytes(), Idempotency::Safe)), Unavailable, "{code}");
    }
    // Documented with status 500 as what the server says of itself: still no answer to an order.
    let body = coded("IC-USR-014-01");
    assert_eq!(class(&error(500, body.as_bytes(), Idempotency::Once)), Ambiguous);
}

#[test]
fn of_several_faults_the_one_that_asks_for_care_decides() {
    let body = br#"[{"errorCode":"IC-LAYER2-402","errorMessage":"Invalid Request"},
        {"errorCode":"IC-NEW-1","errorMessage":"m"},
        {"errorCode":"IC-LAYER2-VLAN-008","errorMessage":"in use"}]"#;
    let error = error(400, body, Idempotency::Once);
    assert_eq!(class(&error), VlanInUse);
    assert_eq!(error.faults().len(), 3);
}
