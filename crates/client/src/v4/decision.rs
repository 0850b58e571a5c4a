//! Decisions as they travel on v4: `POST /connections/{id}/actions` of a seller, and the keys that a
//! buyer adds by `PATCH /connections/{id}`.
//!
//! Bodies of the published specification's examples.

use serde_json::{Value, json};

use fabric_domain::{AwsKeys, Decision, SellerPort, SellerRequest};

use super::map::link_protocol;
use crate::{Error, Fault, Refusal};

/// How a decision is sent.
#[derive(Debug)]
pub(super) enum Sent {
    /// As a change of the line.
    Patch(Value),
    /// As an action on it.
    Action(Value),
}

/// The request of a decision. This dialect decides line by line, and has no action that refuses a
/// deletion.
pub(super) fn decision(decision: &Decision) -> Result<Sent, Error> {
    let unknown = |message: &str| {
        let fault = Fault { message: message.to_owned(), ..Fault::default() };
        Error::Refused(Refusal { status: 400, faults: vec![fault] })
    };
    let action = match decision {
        Decision::Accept(keys) => return Ok(Sent::Patch(acceptance(keys))),
        Decision::Admit(landing) => admission(landing),
        Decision::AdmitPair(..) => return Err(unknown("Fabric v4 decides line by line")),
        Decision::LetGo => json!({"type": "CONNECTION_DELETION_ACCEPTANCE"}),
        Decision::AgreeToChange => json!({"type": "CONNECTION_UPDATE_ACCEPTANCE"}),
        Decision::Refuse(asks, comment) => {
            let kind = match asks {
                SellerRequest::Creation => "CONNECTION_CREATION_REJECTION",
                SellerRequest::Change => "CONNECTION_UPDATE_REJECTION",
                SellerRequest::Deletion => {
                    return Err(unknown("Fabric v4 has no action that refuses a deletion"));
                }
            };
            json!({"type": kind, "description": comment})
        }
    };
    Ok(Sent::Action(action))
}

/// "`ConnectionAddAccessAndSecretKeyAWSRequest`".
fn acceptance(keys: &AwsKeys) -> Value {
    let info = json!([
        {"key": "accessKey", "value": keys.access.expose()},
        {"key": "secretKey", "value": keys.secret.expose()},
    ]);
    json!([{"op": "add", "path": "", "value": {"additionalInfo": info}}])
}

/// "`Connection_Creation_Acceptance`".
fn admission(landing: &SellerPort) -> Value {
    let end = json!({
        "type": "COLO",
        "port": {"uuid": landing.port.as_str()},
        "linkProtocol": link_protocol(landing.link),
    });
    json!({"type": "CONNECTION_CREATION_ACCEPTANCE", "data": {"zSide": {"accessPoint": end}}})
}
