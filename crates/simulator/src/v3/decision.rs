//! A seller's decision on v3: `PATCH connections/{id}?action=Approve|Reject` by the profile's
//! seller.
//!
//! "How to approve or reject a connection?" calls all seven parameters mandatory, but its samples
//! send two, one or four of them: port and S-tag are required to approve a new connection, the
//! comment to reject. Acceptance by a buyer is in `update`.

use serde_json::{Map, Value, json};

use fabric_domain::{ConnectionId, Encapsulation, Leg, LinkProtocol};

use super::{
    error::Violation,
    field_reader::{FieldReader, TagField, field_of, title_of},
};
use crate::{
    catalogue::v3 as codes,
    messages::Caller,
    world::{
        line::{AssignedPort, Line, PendingDecision},
        state::WorldState,
    },
};

const KNOWN: [&str; 7] = [
    "primaryPortUUID",
    "primaryVlanSTag",
    "primaryVlanCTag",
    "secondaryPortUUID",
    "secondaryVlanSTag",
    "secondaryVlanCTag",
    "rejectComment",
];

/// A checked decision.
#[derive(Debug)]
pub(super) enum SellerDecision {
    /// Approves these connections; new ones get the assigned ports.
    Approve(Vec<(ConnectionId, Option<AssignedPort>)>),
    /// Rejects the connection, with this comment.
    Reject(String),
}

/// Reads and checks a decision about a connection.
///
/// # Errors
/// All violations.
pub(super) fn read(
    state: &WorldState,
    caller: Caller,
    line: &Line,
    accepts: bool,
    body: &Map<String, Value>,
) -> Result<SellerDecision, Vec<Violation>> {
    let mut reader = FieldReader::new(body, &KNOWN);
    let Some(pending) = line.pending_decision() else {
        reader.wrong("The connection does not wait for its seller", "uuid");
        return Err(reader.violations);
    };
    let decision = match (accepts, pending) {
        (false, _) => reader.needed("rejectComment").map(SellerDecision::Reject),
        (true, PendingDecision::Deletion | PendingDecision::Bandwidth) => {
            Some(SellerDecision::Approve(vec![(line.id.clone(), None)]))
        }
        (true, PendingDecision::Creation) => {
            Some(SellerDecision::Approve(assignments(state, caller, line, &mut reader)))
        }
    };
    match decision {
        Some(decision) if reader.violations.is_empty() => Ok(decision),
        _ => Err(reader.violations),
    }
}

/// The connection of the path or, if the body has secondary parameters, both legs of its pair. Then
/// the primary parameters are for the primary leg, whichever of the two the path names.
fn assignments(
    state: &WorldState,
    caller: Caller,
    line: &Line,
    reader: &mut FieldReader<'_>,
) -> Vec<(ConnectionId, Option<AssignedPort>)> {
    let both = KNOWN.iter().any(|name| {
        name.starts_with("secondary") && reader.value(name).is_some_and(|value| value != "")
    });
    let mut legs = vec![(Leg::Primary, line)];
    if both {
        match state
            .other_leg(line)
            .filter(|other| other.pending_decision() == Some(PendingDecision::Creation))
        {
            Some(other) if line.draft.leg == Leg::Secondary => {
                legs = vec![(Leg::Primary, other), (Leg::Secondary, line)];
            }
            Some(other) => legs.push((Leg::Secondary, other)),
            None => {
                let reason = "No redundant connection waits for its seller";
                reader.wrong(reason, "secondaryPortUUID");
            }
        }
    }
    let mut assignments: Vec<(ConnectionId, Option<AssignedPort>)> = Vec::new();
    for (leg, line) in legs {
        let assigned_port = assignment(state, caller, leg, reader);
        let twice =
            assignments.iter().any(|(_, other)| *other == assigned_port && assigned_port.is_some());
        if twice {
            reader.wrong("The tag is in use on this port", &field_of(leg, "VlanSTag"));
        }
        assignments.push((line.id.clone(), assigned_port));
    }
    assignments
}

fn assignment(
    state: &WorldState,
    caller: Caller,
    leg: Leg,
    reader: &mut FieldReader<'_>,
) -> Option<AssignedPort> {
    let (port_at, s_tag_at, c_tag_at) =
        (field_of(leg, "PortUUID"), field_of(leg, "VlanSTag"), field_of(leg, "VlanCTag"));
    let id = reader.needed(&port_at);
    let id = reader.port_id(state, id, &port_at);
    let s_tag = reader.tag(&s_tag_at, &format!("{} STag", title_of(leg)));
    if !s_tag.sent {
        reader.wrong("NotNull: must be given", &s_tag_at);
    }
    let c_tag: TagField = reader.tag(&c_tag_at, &format!("{} CTag", title_of(leg)));
    let Some(port) = state.port(caller.0, &id?) else {
        reader.violations.push(Violation::of(codes::PORT_UNKNOWN).at(port_at));
        return None;
    };
    let single = match port.encapsulation {
        Some(Encapsulation::Dot1q | Encapsulation::Untagged) => true,
        Some(Encapsulation::Qinq) => false,
        None => !c_tag.sent,
    };
    if single && c_tag.sent {
        reader.violations.push(Violation::of(codes::C_TAG_NOT_APPLICABLE).at(c_tag_at));
    }
    let s_tag = s_tag.value?;
    let link = if single {
        LinkProtocol::Dot1q(s_tag)
    } else {
        LinkProtocol::Qinq { s_tag, c_tag: c_tag.value }
    };
    if state.tags_in_use(&port.id, link, state.clock.now()) {
        reader.wrong("The tag is in use on this port", &s_tag_at);
    }
    Some(AssignedPort { port: port.id.clone(), link })
}

/// Carries a decision out; returns the body of the samples.
pub(super) fn carry_out(
    state: &mut WorldState,
    id: &ConnectionId,
    decision: SellerDecision,
) -> Value {
    match decision {
        SellerDecision::Reject(comment) => {
            state.decide(id, false, Some(comment));
            json!({"message": "Action successfully performed", "primaryConnectionId": id.as_str()})
        }
        SellerDecision::Approve(lines) => {
            let mut answer = json!({"message": "Successfully Approved"});
            for ((line, assigned_port), name) in
                lines.into_iter().zip(["primaryConnectionId", "secondaryConnectionId"])
            {
                answer[name] = line.as_str().into();
                if let Some(assigned_port) = assigned_port {
                    state.assign_port(&line, assigned_port);
                }
                state.decide(&line, true, None);
            }
            if answer.get("secondaryConnectionId").is_some() {
                answer["moreInfo"] = "Redundant connection also approved".into();
            }
            answer
        }
    }
}
