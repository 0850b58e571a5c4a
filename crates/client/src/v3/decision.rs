//! Decisions as they travel on v3: the bodies of `PATCH /l2/connections/{id}?action=Approve|Reject`.
//!
//! "Step 3: Accept Connection" of AWS and "How to approve or reject a connection?". A deletion and a
//! change are approved by the same action without parameters: the document names no other.

use serde::Serialize;

use fabric_domain::{AwsKeys, Decision, SellerPort};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub(super) enum Action {
    Approve,
    Reject,
}

#[derive(Serialize, Default)]
pub(super) struct DecisionBody<'a> {
    #[serde(flatten)]
    keys: Option<KeysBody<'a>>,
    #[serde(flatten)]
    primary: Option<PrimaryBody<'a>>,
    #[serde(flatten)]
    secondary: Option<SecondaryBody<'a>>,
    #[serde(rename = "rejectComment", skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeysBody<'a> {
    access_key: &'a str,
    secret_key: &'a str,
}

/// Tags travel as strings, as in the samples.
#[derive(Serialize)]
struct PrimaryBody<'a> {
    #[serde(rename = "primaryPortUUID")]
    port: &'a str,
    #[serde(rename = "primaryVlanSTag")]
    s_tag: String,
    #[serde(rename = "primaryVlanCTag", skip_serializing_if = "Option::is_none")]
    c_tag: Option<String>,
}

#[derive(Serialize)]
struct SecondaryBody<'a> {
    #[serde(rename = "secondaryPortUUID")]
    port: &'a str,
    #[serde(rename = "secondaryVlanSTag")]
    s_tag: String,
    #[serde(rename = "secondaryVlanCTag", skip_serializing_if = "Option::is_none")]
    c_tag: Option<String>,
}

impl<'a> PrimaryBody<'a> {
    fn of(landing: &'a SellerPort) -> Self {
        let tags = landing.link.tags();
        Self {
            port: landing.port.as_str(),
            s_tag: tags.s_tag.to_string(),
            c_tag: tags.c_tag.map(|tag| tag.to_string()),
        }
    }
}

impl<'a> SecondaryBody<'a> {
    fn of(landing: &'a SellerPort) -> Self {
        let PrimaryBody { port, s_tag, c_tag } = PrimaryBody::of(landing);
        Self { port, s_tag, c_tag }
    }
}

/// The action and the body of a decision.
pub(super) fn decision(decision: &Decision) -> (Action, DecisionBody<'_>) {
    let body = DecisionBody::default();
    match decision {
        Decision::Accept(AwsKeys { access, secret }) => {
            let keys = KeysBody { access_key: access.expose(), secret_key: secret.expose() };
            (Action::Approve, DecisionBody { keys: Some(keys), ..body })
        }
        Decision::Admit(landing) => {
            let primary = Some(PrimaryBody::of(landing));
            (Action::Approve, DecisionBody { primary, ..body })
        }
        Decision::AdmitPair(first, second) => {
            let primary = Some(PrimaryBody::of(first));
            let secondary = Some(SecondaryBody::of(second));
            (Action::Approve, DecisionBody { primary, secondary, ..body })
        }
        Decision::LetGo | Decision::AgreeToChange => (Action::Approve, body),
        Decision::Refuse(_, comment) => {
            (Action::Reject, DecisionBody { comment: Some(comment), ..body })
        }
    }
}
