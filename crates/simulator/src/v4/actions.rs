//! `POST /connections/{id}/actions`: decisions of sellers, and requests to providers.
//!
//! Only the organisation that sells the connection's profile decides; only the buyer acknowledges a
//! rejection; the owner of the Z-side port moves the connection to another one. Types of the specification that
//! have no use here are rejected.

use http::StatusCode;
use serde_json::{Value, json};

use fabric_domain::{ConnectionId, EquinixStatus};

use super::{
    body_checker::{BodyChecker, encapsulation},
    connection_view, connections,
    error::{FabricError, bad, checked_body, refuse},
};
use crate::{
    catalogue::v4 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        draft::Destination,
        line::{AssignedPort, Line, PendingDecision},
        state::WorldState,
    },
};

/// A type of action; decisions with whether they accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionAction {
    Creation(bool),
    Deletion,
    Update(bool),
    /// The buyer acknowledges the rejection of the connection.
    Acknowledgement,
    /// The owner of the Z-side port moves the connection to another one.
    Migration,
    Ask,
}

fn action(kind: &str) -> Option<ConnectionAction> {
    Some(match kind {
        "CONNECTION_CREATION_ACCEPTANCE" => ConnectionAction::Creation(true),
        "CONNECTION_CREATION_REJECTION" => ConnectionAction::Creation(false),
        "CONNECTION_DELETION_ACCEPTANCE" => ConnectionAction::Deletion,
        "CONNECTION_UPDATE_ACCEPTANCE" => ConnectionAction::Update(true),
        "CONNECTION_UPDATE_REJECTION" => ConnectionAction::Update(false),
        "CONNECTION_REJECTION_ACCEPTANCE" => ConnectionAction::Acknowledgement,
        "CONNECTION_UPDATE_REQUEST" => ConnectionAction::Migration,
        "CONNECTION_PROVIDER_STATUS_REQUEST" | "CONNECTION_PROVIDER_BANDWIDTH_REQUEST" => {
            ConnectionAction::Ask
        }
        _ => return None,
    })
}

pub(super) fn act(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let body = match checked_body(
        state,
        request,
        "ConnectionActionRequest",
        FabricError::of(codes::INVALID),
    ) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    let Some(action) = action(kind) else {
        return bad(state, FabricError::invalid("/type", "is not supported here"));
    };
    state.catch_up();
    let Some(line) = state.visible_line(caller.0, id) else {
        return connections::unknown(state, id);
    };
    let may = match action {
        ConnectionAction::Creation(_)
        | ConnectionAction::Deletion
        | ConnectionAction::Update(_) => state.sells(caller.0, line),
        ConnectionAction::Acknowledgement => line.organisation == caller.0,
        ConnectionAction::Migration => match line.draft.destination {
            Destination::Port { .. } => line.organisation == caller.0,
            Destination::Profile(_) | Destination::Token(_) | Destination::Invitation { .. } => {
                state.sells(caller.0, line)
            }
        },
        ConnectionAction::Ask => true,
    };
    if !may {
        return bad(state, FabricError::of(codes::MAY_NOT_DECIDE));
    }
    if let Err(problem) = fits(line, action) {
        return bad(state, problem);
    }
    let assigned_port = match action {
        ConnectionAction::Creation(true) => assignment(state, caller, &body),
        ConnectionAction::Migration => migration(state, caller, line, &body).map(Some),
        _ => Ok(None),
    };
    let assigned_port = match assigned_port {
        Ok(assigned_port) => assigned_port,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    let id = line.id.clone();
    let mut data = body.get("data").cloned().unwrap_or(json!({}));
    if kind == "CONNECTION_PROVIDER_BANDWIDTH_REQUEST" {
        data = json!({"providerBandwidth": line.draft.mbps});
    }
    carry_out(state, &id, action, assigned_port, &body);
    let number = state.next_number();
    let now = state.clock.print(state.clock.now());
    let action = format!("5f00e000-0000-4000-8000-{number:012x}");
    let base = &state.config.base_url;
    ApiResponse::new(
        StatusCode::ACCEPTED,
        json!({
            "href": format!("{base}/fabric/v4/connections/{id}/actions/{action}", id = id.as_str()),
            "type": kind,
            "uuid": action,
            "data": data,
            "changeLog": {"createdDateTime": now, "updatedDateTime": now},
        }),
    )
}

/// Checks that the connection waits for this action.
fn fits(line: &Line, action: ConnectionAction) -> Result<(), FabricError> {
    let waits = match action {
        ConnectionAction::Creation(_) => line.pending_decision() == Some(PendingDecision::Creation),
        ConnectionAction::Deletion => line.pending_decision() == Some(PendingDecision::Deletion),
        ConnectionAction::Update(_) => line.pending_decision() == Some(PendingDecision::Bandwidth),
        ConnectionAction::Acknowledgement => {
            line.lifecycle.stage().equinix == EquinixStatus::Rejected
        }
        ConnectionAction::Migration => line.lifecycle.in_service() && !line.changing(),
        ConnectionAction::Ask => true,
    };
    if waits {
        Ok(())
    } else if connection_view::transient(line) {
        Err(connections::transient())
    } else {
        Err(FabricError::invalid("/type", "the connection does not wait for this"))
    }
}

/// The port that the seller assigns; none for a virtual device, which does not exist here.
fn assignment(
    state: &WorldState,
    caller: Caller,
    body: &Value,
) -> Result<Option<AssignedPort>, Vec<FabricError>> {
    const END: &str = "/data/zSide/accessPoint";
    const LINK: &str = "/data/zSide/accessPoint/linkProtocol";
    let now = state.clock.now();
    let mut checker = BodyChecker { state, caller, body, now, problems: Vec::new() };
    let device = checker.text("/data/zSide/accessPoint/virtualDevice/uuid").is_some();
    if checker.at("/data/zSide/accessPoint/port").is_none() {
        if device {
            return Ok(None);
        }
        return Err(vec![FabricError::invalid(END, "must be a port with tags, or a device")]);
    }
    let port = checker.owned("/data/zSide/accessPoint/port/uuid");
    let link = checker.link(LINK, port);
    if let (Some(port), Some(link)) = (port, link)
        && state.tags_in_use(&port.id, link, now)
    {
        checker.invalid(LINK, "is in use on this port");
    }
    match (port, link) {
        (Some(port), Some(link)) if checker.problems.is_empty() => {
            Ok(Some(AssignedPort { port: port.id.clone(), link }))
        }
        _ => Err(checker.problems),
    }
}

/// The port that the Z side moves to; it keeps the tags if the request has none.
fn migration(
    state: &WorldState,
    caller: Caller,
    line: &Line,
    body: &Value,
) -> Result<AssignedPort, Vec<FabricError>> {
    const PORT: &str = "/data/zSide/accessPoint/port/uuid";
    const LINK: &str = "/data/zSide/accessPoint/linkProtocol";
    let now = state.clock.now();
    let mut checker = BodyChecker { state, caller, body, now, problems: Vec::new() };
    let port = checker.owned(PORT);
    let tags = if checker.at(LINK).is_some() {
        checker.link(LINK, port)
    } else {
        line.tagged_ports().get(1).map(|(_, link)| *link)
    };
    if tags.is_none() && checker.problems.is_empty() {
        checker.invalid(LINK, "is required, because the connection has no tags there yet");
    }
    let (Some(port), Some(tags)) = (port, tags) else { return Err(checker.problems) };
    if port.encapsulation.is_some_and(|stated| stated != encapsulation(tags)) {
        checker.invalid(PORT, "the encapsulation of the port is another one");
    }
    if state.tags_in_use(&port.id, tags, now) {
        checker.invalid(LINK, "is in use on this port");
    }
    if checker.problems.is_empty() {
        Ok(AssignedPort { port: port.id.clone(), link: tags })
    } else {
        Err(checker.problems)
    }
}

fn carry_out(
    state: &mut WorldState,
    id: &ConnectionId,
    action: ConnectionAction,
    assigned_port: Option<AssignedPort>,
    body: &Value,
) {
    let accepts = match action {
        ConnectionAction::Ask => return,
        ConnectionAction::Creation(accepts) | ConnectionAction::Update(accepts) => accepts,
        ConnectionAction::Deletion => true,
        ConnectionAction::Migration => {
            if let Some(AssignedPort { port, link }) = assigned_port {
                state.move_z_side(id, port, link);
            }
            return;
        }
        ConnectionAction::Acknowledgement => {
            state.acknowledge(id);
            return;
        }
    };
    if let Some(assigned_port) = assigned_port {
        state.assign_port(id, assigned_port);
    }
    let comment = body.get("description").and_then(Value::as_str).map(str::to_owned);
    state.decide(id, accepts, comment);
}
