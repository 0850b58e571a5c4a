//! `/control`, which no real API has: it plays the other parties of the documents, injects faults,
//! and shows what happened.
//!
//! `control.txt` lists the calls. The APIs must not use anything here.

use std::net::SocketAddr;

use http::{HeaderMap, StatusCode, Version, header};
use serde::Deserialize;
use serde_json::{Value, json};

use fabric_domain::{ConnectionId, ProfileId};

use crate::{
    catalogue,
    messages::{ApiRequest, ApiResponse},
    world::{
        Refused, World, change::PortalEdit, faults::InjectedFault, relocation::Relocation,
        users::UserCredentials,
    },
};

/// The body of `POST /control/organisations`.
#[derive(Deserialize)]
struct NewOrganisation {
    #[serde(flatten)]
    credentials: UserCredentials,
    seller: Option<String>,
}

/// Answers a control call.
pub(super) fn answer(world: &World, request: &ApiRequest<'_>) -> ApiResponse {
    let segments = request.under("/control");
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["connections", id, action]) => connection_action(world, request, id, action),
        ("POST", ["profiles", id, action]) => profile_review(world, id, action),
        ("POST", ["organisations"]) => add_organisation(world, request),
        ("POST", ["accept-all"]) => ApiResponse::ok(json!({"accepted": world.accept_all()})),
        ("GET", ["connections"]) => shown(&world.lines()),
        ("GET", ["ledger"]) => shown(&world.ledger()),
        ("GET", ["requests"]) => shown(&world.requests()),
        ("GET", ["errors"]) => ApiResponse::ok(catalogue::listed()),
        ("POST", ["faults"]) => add_faults(world, request),
        ("DELETE", ["faults"]) => {
            world.clear_faults();
            done()
        }
        ("POST", ["unlock"]) => {
            world.unlock();
            done()
        }
        ("POST", ["tokens", "revoke"]) => {
            world.revoke_tokens();
            done()
        }
        ("POST", ["clock"]) => advance_clock(world, request),
        _ => problem(StatusCode::NOT_FOUND, "no such control call"),
    }
}

/// Whether a caller may use these calls: from loopback, or in process, without an address.
pub(super) fn may_control(peer: Option<SocketAddr>, headers: &HeaderMap, version: Version) -> bool {
    if let Some(peer) = peer {
        return peer.ip().to_canonical().is_loopback();
    }
    // A server that does not keep addresses leaves only the host name that the caller used.
    let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    match host {
        None => version != Version::HTTP_10,
        Some(host) => {
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        }
    }
}

/// The response to callers that may not use these calls.
pub(super) fn forbidden() -> ApiResponse {
    problem(StatusCode::FORBIDDEN, "control calls are for loopback callers")
}

fn done() -> ApiResponse {
    ApiResponse::ok(json!({}))
}

fn problem(status: StatusCode, message: &str) -> ApiResponse {
    ApiResponse::new(status, json!({"error": message}))
}

fn shown(what: &impl serde::Serialize) -> ApiResponse {
    serde_json::to_value(what).map_or_else(
        |error| problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        ApiResponse::ok,
    )
}

fn connection_action(
    world: &World,
    request: &ApiRequest<'_>,
    id: &str,
    action: &str,
) -> ApiResponse {
    let Ok(id) = ConnectionId::parse(id) else {
        return outcome_response(Err(Refused::Unknown));
    };
    let outcome = match action {
        "accept" => world.accept(&id),
        "reject" => world.reject(&id),
        "fail" => world.fail(&id),
        "edit" => match serde_json::from_slice::<PortalEdit>(request.body) {
            Ok(edit) if edit != PortalEdit::default() => world.edit(&id, &edit),
            Ok(_) => return problem(StatusCode::BAD_REQUEST, "expected a name or a bandwidth"),
            Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
        },
        "move" => match serde_json::from_slice::<Relocation>(request.body) {
            Ok(to) => world.relocate(&id, &to),
            Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
        },
        _ => return problem(StatusCode::NOT_FOUND, "no such control call"),
    };
    outcome_response(outcome)
}

fn outcome_response(outcome: Result<(), Refused>) -> ApiResponse {
    match outcome {
        Ok(()) => done(),
        Err(why @ Refused::Unknown) => problem(StatusCode::NOT_FOUND, &why.to_string()),
        Err(why @ Refused::NotNow) => problem(StatusCode::CONFLICT, &why.to_string()),
    }
}

fn profile_review(world: &World, id: &str, action: &str) -> ApiResponse {
    let Ok(id) = ProfileId::parse(id) else { return outcome_response(Err(Refused::Unknown)) };
    match action {
        "accept" => outcome_response(world.accept_profile(&id)),
        "reject" => outcome_response(world.reject_profile(&id)),
        _ => problem(StatusCode::NOT_FOUND, "no such control call"),
    }
}

fn add_organisation(world: &World, request: &ApiRequest<'_>) -> ApiResponse {
    match serde_json::from_slice::<NewOrganisation>(request.body) {
        Ok(NewOrganisation { credentials, seller }) => {
            let organisation = match seller {
                Some(seller) => world.admit_seller(credentials, &seller),
                None => world.admit(credentials),
            };
            ApiResponse::ok(json!({"organisation": organisation.0}))
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn add_faults(world: &World, request: &ApiRequest<'_>) -> ApiResponse {
    let faults = serde_json::from_slice::<Value>(request.body).and_then(|body| match body {
        Value::Array(_) => serde_json::from_value::<Vec<InjectedFault>>(body),
        one => serde_json::from_value(one).map(|fault| vec![fault]),
    });
    match faults {
        Ok(faults) => {
            for fault in faults {
                world.inject(fault);
            }
            done()
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn advance_clock(world: &World, request: &ApiRequest<'_>) -> ApiResponse {
    let by = serde_json::from_slice::<Value>(request.body)
        .ok()
        .and_then(|body| humantime::parse_duration(body.get("advance")?.as_str()?).ok());
    match by {
        Some(by) => {
            world.advance(by);
            done()
        }
        None => {
            problem(StatusCode::BAD_REQUEST, "expected {\"advance\": \"1h\"} or another duration")
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn control_is_for_loopback_callers() {
        let none = HeaderMap::new();
        let at = |text: &str| Some(text.parse().unwrap());
        assert!(may_control(at("127.0.0.1:9"), &none, Version::HTTP_11));
        assert!(may_control(at("[::ffff:127.0.0.1]:9"), &none, Version::HTTP_11));
        assert!(!may_control(at("192.0.2.7:9"), &none, Version::HTTP_11));
        assert!(may_control(None, &none, Version::HTTP_11));
        assert!(!may_control(None, &none, Version::HTTP_10));
        let mut named = HeaderMap::new();
        named.insert(header::HOST, HeaderValue::from_static("example.com:80"));
        assert!(!may_control(None, &named, Version::HTTP_11));
    }
}
