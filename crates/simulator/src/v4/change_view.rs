//! How v4 prints the latest change of a connection: the specification's `change`.
//!
//! Only formatting: no rules here.

use serde_json::{Value, json};

use fabric_domain::EquinixStatus as E;

use crate::world::{change::LineChange, line::Line, state::WorldState, state_tables::Exit};

/// The deletion, or else the latest update, or else the creation.
pub(super) fn latest(state: &WorldState, line: &Line) -> Value {
    // A deletion removes the update before it.
    if let Some(change) = &line.change {
        return informed(line, update(state, change));
    }
    let row = line.lifecycle.stage();
    let (kind, digit, since) = match line.cancelled {
        Some(at) => ("CONNECTION_DELETION", 1, at),
        None => ("CONNECTION_CREATION", 0, line.created),
    };
    let status = match (&row.equinix, row.exit) {
        _ if line.deletion_refused() => "REJECTED",
        (E::Rejected | E::RejectedAck, _) => "REJECTED",
        (E::NotProvisioned, _) => "FAILED",
        (E::PendingApproval | E::PendingDelete, _) => "SUBMITTED_FOR_APPROVAL",
        (_, Exit::Final) => "COMPLETED",
        (_, Exit::Automatic | Exit::OnDecision) => "REQUESTED",
    };
    informed(
        line,
        json!({
            "uuid": format!("5f00d00{digit}-0000-4000-8000-{:012x}", line.serial),
            "type": kind,
            "status": status,
            "createdDateTime": state.clock.print(since),
            "updatedDateTime": state.clock.print(line.updated()),
        }),
    )
}

/// Adds the comment of its rejection, if there is one.
fn informed(line: &Line, mut change: Value) -> Value {
    if let Some(comment) = &line.comment {
        change["information"] = comment.as_str().into();
    }
    change
}

fn update(state: &WorldState, change: &LineChange) -> Value {
    json!({
        "uuid": format!("5f00d002-0000-4000-8000-{:012x}", change.number),
        "type": "CONNECTION_UPDATE",
        "status": change.progress.as_str(),
        "createdDateTime": state.clock.print(change.requested),
        "updatedDateTime": state.clock.print(change.since),
        "data": change.operation.clone().unwrap_or_else(|| as_operation(change)),
    })
}

/// An update by v3 as a v4 operation; of several parts the one that may need approval.
fn as_operation(change: &LineChange) -> Value {
    let replaced =
        |path: &str, value: Value| json!({"op": "replace", "path": path, "value": value});
    match (&change.edit.speed, &change.edit.name) {
        (Some(speed), _) => replaced("/bandwidth", speed.mbps.into()),
        (None, Some(name)) => replaced("/name", name.as_str().into()),
        (None, None) => replaced("", Value::Null),
    }
}
