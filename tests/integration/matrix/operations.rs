//! The operations of the client: the rows of the matrix, and which request belongs to which.

use std::time::Duration;

use serde_json::Value;

use super::answers::CallKind;

const QUARTER: Duration = Duration::from_secs(15 * 60);

/// The dialects, by the names that the metrics have for them.
pub const DIALECTS: [&str; 2] = ["FabricV4", "EcxV3"];

/// The life that an operation is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    SignIn,
    Connection,
    Profile,
    Decision,
}

/// An operation, and what is known of it.
#[derive(Debug)]
pub struct Operation {
    /// Its name in metrics.
    pub name: &'static str,
    /// The methods of the client's traits that send it.
    pub methods: &'static [&'static str],
    pub call: CallKind,
    pub story: Story,
    /// The dialects that have it.
    pub dialects: &'static [&'static str],
    /// The operations that show what became of one whose answer is missing.
    pub proofs: &'static [&'static str],
    /// How soon such a one may be sent again at the earliest.
    pub settles: Duration,
}

const fn read(name: &'static str, methods: &'static [&'static str], story: Story) -> Operation {
    let (dialects, proofs) = (&DIALECTS, &[]);
    Operation {
        name,
        methods,
        call: CallKind::Safe,
        story,
        dialects,
        proofs,
        settles: Duration::ZERO,
    }
}

const fn change(
    name: &'static str,
    methods: &'static [&'static str],
    story: Story,
    proofs: &'static [&'static str],
    settles: Duration,
) -> Operation {
    Operation { call: CallKind::Changing, proofs, settles, ..read(name, methods, story) }
}

/// All operations.
pub const OPERATIONS: [Operation; 22] = [
    read("token", &[], Story::SignIn),
    read("ports", &["ports"], Story::Connection),
    read("metros", &["metros"], Story::Connection),
    read("profile", &["profile"], Story::Connection),
    read("profiles", &["profiles", "profiles_named"], Story::Connection),
    read("check_key", &["check_key"], Story::Connection),
    read("price", &["price"], Story::Connection),
    // On v4, one call shows a connection to its buyer and to its seller.
    read("connection", &["connection", "incoming_line"], Story::Connection),
    read("connections", &["connections"], Story::Connection),
    Operation {
        dialects: &["EcxV3"],
        ..read("check_integration", &["check_integration"], Story::Profile)
    },
    read("own_profile", &["own_profile"], Story::Profile),
    read("own_profiles", &["own_profiles_named"], Story::Profile),
    read("at_seller", &["at_seller"], Story::Profile),
    Operation {
        dialects: &["EcxV3"],
        ..read("incoming", &["incoming_line", "other_half"], Story::Decision)
    },
    Operation { dialects: &["FabricV4"], ..read("other_half", &["other_half"], Story::Decision) },
    change("order", &["order"], Story::Connection, &["connections"], QUARTER),
    change(
        "change",
        &["change"],
        Story::Connection,
        &["connection", "connections"],
        Duration::from_secs(1),
    ),
    Operation { call: CallKind::Delete, ..read("cancel", &["cancel"], Story::Connection) },
    change("create_profile", &["create_profile"], Story::Profile, &["own_profiles"], QUARTER),
    change(
        "replace_profile",
        &["replace_profile"],
        Story::Profile,
        &["own_profile"],
        Duration::from_secs(1),
    ),
    Operation {
        call: CallKind::Delete,
        ..read("delete_profile", &["delete_profile"], Story::Profile)
    },
    change(
        "decide",
        &["decide"],
        Story::Decision,
        &["connection", "incoming"],
        Duration::from_secs(5 * 60),
    ),
];

/// The operations of a story that a dialect has, those that change something or the others.
pub fn operations_of(
    story: Story,
    dialect: &str,
    changing: bool,
) -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().filter(move |operation| {
        operation.story == story
            && operation.dialects.contains(&dialect)
            && (operation.call != CallKind::Safe) == changing
    })
}

/// The dialect and the operation of a request; `None` for what no row names.
pub fn classified(request: &http::Request<bytes::Bytes>) -> Option<(&'static str, &'static str)> {
    let path: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
    let query = request.uri().query().unwrap_or_default();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    match (request.method().as_str(), path.as_slice()) {
        (method, ["ecx", "v3", rest @ ..]) => Some(("EcxV3", ecx(method, rest, query)?)),
        (method, ["fabric", "v4", rest @ ..]) => {
            Some(("FabricV4", fabric(method, rest, query, &body)?))
        }
        ("POST", ["oauth2", "v1", "token"]) => Some(("", "token")),
        _ => None,
    }
}

fn ecx(method: &str, path: &[&str], query: &str) -> Option<&'static str> {
    Some(match (method, path) {
        ("GET", ["port", "userport"]) => "ports",
        ("GET", ["l2", "common", "metros"]) => "metros",
        ("GET", ["l2", "serviceprofiles", "services", _]) => "profile",
        ("GET", ["l2", "serviceprofiles", "services"]) => "profiles",
        ("GET", ["l2", "serviceprofiles", "validateIntegrationId", _]) => "check_integration",
        ("GET", ["l2", "serviceprofiles", _]) => "own_profile",
        ("GET", ["l2", "serviceprofiles"]) => "own_profiles",
        ("GET", ["l2", "connections", "validateAuthorizationKey"]) => "check_key",
        ("GET", ["l2", "connections", "prices"]) => "price",
        ("GET", ["l2", "connections", _]) => "connection",
        ("GET", ["l2", "buyer", "connections"]) => "connections",
        ("GET", ["l2", "seller", "connections"])
            if query.contains("status=") || query.contains("profileId=") =>
        {
            "at_seller"
        }
        ("GET", ["l2", "seller", "connections"]) => "incoming",
        ("POST", ["l2", "connections"]) => "order",
        ("PATCH", ["l2", "connections", _]) if query == "action=Update" => "change",
        ("PATCH", ["l2", "connections", _]) => "decide",
        ("DELETE", ["l2", "connections", _]) => "cancel",
        ("POST", ["l2", "serviceprofiles"]) => "create_profile",
        ("PUT", ["l2", "serviceprofiles"]) => "replace_profile",
        ("DELETE", ["l2", "serviceprofiles", _]) => "delete_profile",
        _ => return None,
    })
}

fn fabric(method: &str, path: &[&str], query: &str, body: &Value) -> Option<&'static str> {
    let as_seller = query.contains("viewPoint=zSide");
    let filter = &body["filter"];
    Some(match (method, path) {
        ("GET", ["ports"]) => "ports",
        ("GET", ["metros"]) => "metros",
        ("GET", ["serviceProfiles", _]) if as_seller => "own_profile",
        ("GET", ["serviceProfiles", _]) => "profile",
        ("POST", ["serviceProfiles", "search"]) if as_seller => "own_profiles",
        ("POST", ["serviceProfiles", "search"]) => "profiles",
        ("POST", ["connections", "validate"]) => "check_key",
        ("POST", ["prices", "search"]) => "price",
        ("GET", ["connections", _]) => "connection",
        ("POST", ["connections", "search"]) if filter.is_null() => "connections",
        ("POST", ["connections", "search"]) if filter["property"] == "/redundancy/group" => {
            "other_half"
        }
        ("POST", ["connections", "search"]) => "at_seller",
        ("POST", ["connections"]) => "order",
        ("PATCH", ["connections", _]) if body[0]["op"] == "replace" => "change",
        ("PATCH", ["connections", _]) | ("POST", ["connections", _, "actions"]) => "decide",
        ("DELETE", ["connections", _]) => "cancel",
        ("POST", ["serviceProfiles"]) => "create_profile",
        ("PUT", ["serviceProfiles", _]) => "replace_profile",
        ("DELETE", ["serviceProfiles", _]) => "delete_profile",
        _ => return None,
    })
}
