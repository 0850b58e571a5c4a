//! Decisions as they travel on v4: `POST /connections/{id}/actions` of a seller, and the keys that a
//! buyer adds by `PATCH /connections/{id}`.
//!
//! Bodies of the published specification's examples. Whether a connection waits for a decision is
//! not checked here.

use serde_json::{Value, json};

use fabric_domain::{AwsKeys, Decision, SellerPort, SellerRequest};

use super::order::link_protocol;
use crate::{Error, Refusal};

/// The request of a decision.
#[derive(Debug)]
pub(super) enum DecisionRequest {
    /// A change of the connection.
    Patch(Value),
    /// An action on the connection.
    Action(Value),
}

/// The request of a decision. This dialect decides on one connection at a time, and has no action
/// that refuses a deletion.
pub(super) fn request(decision: &Decision) -> Result<DecisionRequest, Error> {
    let unsupported = |message: &str| Error::Refused(Refusal::new(400, message, None));
    let action = match decision {
        Decision::Accept(keys) => return Ok(DecisionRequest::Patch(acceptance(keys))),
        Decision::Admit(port) => admission(port),
        Decision::AdmitPair(..) => return Err(unsupported("Fabric v4 decides line by line")),
        Decision::LetGo => json!({"type": "CONNECTION_DELETION_ACCEPTANCE"}),
        Decision::AgreeToChange => json!({"type": "CONNECTION_UPDATE_ACCEPTANCE"}),
        Decision::Refuse(asks, comment) => {
            let kind = match asks {
                SellerRequest::Creation => "CONNECTION_CREATION_REJECTION",
                SellerRequest::Change => "CONNECTION_UPDATE_REJECTION",
                SellerRequest::Deletion => {
                    return Err(unsupported("Fabric v4 has no action that refuses a deletion"));
                }
            };
            json!({"type": kind, "description": comment})
        }
    };
    Ok(DecisionRequest::Action(action))
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
fn admission(port: &SellerPort) -> Value {
    let access_point = json!({
        "type": "COLO",
        "port": {"uuid": port.port.as_str()},
        "linkProtocol": link_protocol(port.link),
    });
    json!({"type": "CONNECTION_CREATION_ACCEPTANCE", "data": {"zSide": {"accessPoint": access_point}}})
}
