//! Decisions as they travel on v3: the bodies of `PATCH /l2/connections/{id}?action=Approve|Reject`.
//!
//! "Step 3: Accept Connection" of AWS and "How to approve or reject a connection?". The same action,
//! without parameters, approves a deletion or a change: the document names no other. Whether a
//! connection waits for a decision is not checked here.

use serde::Serialize;

use fabric_domain::{AwsKeys, Decision, SellerPort};

/// The `action` of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub(super) enum DecisionAction {
    Approve,
    Reject,
}

#[derive(Serialize, Default)]
pub(super) struct DecisionBody<'a> {
    #[serde(flatten)]
    keys: Option<KeysBody<'a>>,
    #[serde(flatten)]
    primary: Option<PrimaryPortBody<'a>>,
    #[serde(flatten)]
    secondary: Option<SecondaryPortBody<'a>>,
    #[serde(rename = "rejectComment", skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeysBody<'a> {
    access_key: &'a str,
    secret_key: &'a str,
}

/// Tags are strings, as in the samples.
#[derive(Serialize)]
struct PrimaryPortBody<'a> {
    #[serde(rename = "primaryPortUUID")]
    port: &'a str,
    #[serde(rename = "primaryVlanSTag")]
    s_tag: String,
    #[serde(rename = "primaryVlanCTag", skip_serializing_if = "Option::is_none")]
    c_tag: Option<String>,
}

#[derive(Serialize)]
struct SecondaryPortBody<'a> {
    #[serde(rename = "secondaryPortUUID")]
    port: &'a str,
    #[serde(rename = "secondaryVlanSTag")]
    s_tag: String,
    #[serde(rename = "secondaryVlanCTag", skip_serializing_if = "Option::is_none")]
    c_tag: Option<String>,
}

impl<'a> PrimaryPortBody<'a> {
    fn of(port: &'a SellerPort) -> Self {
        let tags = port.link.tags();
        Self {
            port: port.port.as_str(),
            s_tag: tags.s_tag.to_string(),
            c_tag: tags.c_tag.map(|tag| tag.to_string()),
        }
    }
}

impl<'a> SecondaryPortBody<'a> {
    fn of(port: &'a SellerPort) -> Self {
        let PrimaryPortBody { port, s_tag, c_tag } = PrimaryPortBody::of(port);
        Self { port, s_tag, c_tag }
    }
}

/// The action and the body of a decision.
pub(super) fn request(decision: &Decision) -> (DecisionAction, DecisionBody<'_>) {
    let body = DecisionBody::default();
    match decision {
        Decision::Accept(AwsKeys { access, secret }) => {
            let keys = KeysBody { access_key: access.expose(), secret_key: secret.expose() };
            (DecisionAction::Approve, DecisionBody { keys: Some(keys), ..body })
        }
        Decision::Admit(port) => {
            let primary = Some(PrimaryPortBody::of(port));
            (DecisionAction::Approve, DecisionBody { primary, ..body })
        }
        Decision::AdmitPair(primary, secondary) => {
            let primary = Some(PrimaryPortBody::of(primary));
            let secondary = Some(SecondaryPortBody::of(secondary));
            (DecisionAction::Approve, DecisionBody { primary, secondary, ..body })
        }
        Decision::LetGo | Decision::AgreeToChange => (DecisionAction::Approve, body),
        Decision::Refuse(_, comment) => {
            (DecisionAction::Reject, DecisionBody { comment: Some(comment), ..body })
        }
    }
}
