//! A seller's yes or no on v3: `PATCH connections/{id}?action=Approve|Reject` by whom the profile is.
//!
//! "How to approve or reject a connection?" The table calls all seven parameters mandatory and the
//! samples send two, one or four of them: ports and S-tags are needed to take a connection in, the
//! comment to reject.

use serde_json::{Map, Value, json};

use fabric_domain::{ConnectionId, Encapsulation, Leg, LinkProtocol};

use super::{
    error::Violation,
    field_reader::{Reader, Tag, field_of, title_of},
};
use crate::{
    catalogue::v3 as codes,
    messages::Caller,
    world::{
        line::{Asked, Landing, Line},
        state::State,
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

/// What a decision comes to.
#[derive(Debug)]
pub(super) enum Decision {
    /// Yes, and for a creation where each line ends.
    Yes(Vec<(ConnectionId, Option<Landing>)>),
    /// No, and why.
    No(String),
}

/// Reads a decision about a line and judges it.
///
/// # Errors
/// All violations.
pub(super) fn read(
    state: &State,
    caller: Caller,
    line: &Line,
    yes: bool,
    body: &Map<String, Value>,
) -> Result<Decision, Vec<Violation>> {
    let mut reader = Reader::new(body, &KNOWN);
    let Some(asked) = line.asked() else {
        reader.wrong("The connection does not wait for its seller", "uuid");
        return Err(reader.violations);
    };
    let decision = match (yes, asked) {
        (false, _) => reader.needed("rejectComment").map(Decision::No),
        (true, Asked::Deletion | Asked::Bandwidth) => {
            Some(Decision::Yes(vec![(line.id.clone(), None)]))
        }
        (true, Asked::Creation) => Some(Decision::Yes(landings(state, caller, line, &mut reader))),
    };
    match decision {
        Some(decision) if reader.violations.is_empty() => Ok(decision),
        _ => Err(reader.violations),
    }
}

/// The line of the path, or both halves of its pair where secondary parameters are given: then the
/// primary ones are for the primary line, whichever of the two the path names.
fn landings(
    state: &State,
    caller: Caller,
    line: &Line,
    reader: &mut Reader<'_>,
) -> Vec<(ConnectionId, Option<Landing>)> {
    let both = KNOWN.iter().any(|name| {
        name.starts_with("secondary") && reader.value(name).is_some_and(|value| value != "")
    });
    let mut halves = vec![(Leg::Primary, line)];
    if both {
        match state.other_half(line).filter(|other| other.asked() == Some(Asked::Creation)) {
            Some(other) if line.draft.priority == Leg::Secondary => {
                halves = vec![(Leg::Primary, other), (Leg::Secondary, line)];
            }
            Some(other) => halves.push((Leg::Secondary, other)),
            None => {
                let reason = "No redundant connection waits for its seller";
                reader.wrong(reason, "secondaryPortUUID");
            }
        }
    }
    let mut landings: Vec<(ConnectionId, Option<Landing>)> = Vec::new();
    for (half, line) in halves {
        let landing = landing(state, caller, half, reader);
        let twice = landings.iter().any(|(_, other)| *other == landing && landing.is_some());
        if twice {
            reader.wrong("The tag is in use on this port", &field_of(half, "VlanSTag"));
        }
        landings.push((line.id.clone(), landing));
    }
    landings
}

fn landing(state: &State, caller: Caller, half: Leg, reader: &mut Reader<'_>) -> Option<Landing> {
    let (port_at, s_tag_at, c_tag_at) =
        (field_of(half, "PortUUID"), field_of(half, "VlanSTag"), field_of(half, "VlanCTag"));
    let id = reader.needed(&port_at);
    let id = reader.port_id(state, id, &port_at);
    let s_tag = reader.tag(&s_tag_at, &format!("{} STag", title_of(half)));
    if !s_tag.sent {
        reader.wrong("NotNull: must be given", &s_tag_at);
    }
    let c_tag: Tag = reader.tag(&c_tag_at, &format!("{} CTag", title_of(half)));
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
    if state.occupied(&port.id, link, state.clock.now()) {
        reader.wrong("The tag is in use on this port", &s_tag_at);
    }
    Some(Landing { port: port.id.clone(), link })
}

/// Carries a decision out and answers as the samples.
pub(super) fn carry_out(state: &mut State, id: &ConnectionId, decision: Decision) -> Value {
    match decision {
        Decision::No(comment) => {
            state.decide(id, false, Some(comment));
            json!({"message": "Action successfully performed", "primaryConnectionId": id.as_str()})
        }
        Decision::Yes(lines) => {
            let mut answer = json!({"message": "Successfully Approved"});
            for ((line, landing), name) in
                lines.into_iter().zip(["primaryConnectionId", "secondaryConnectionId"])
            {
                answer[name] = line.as_str().into();
                if let Some(landing) = landing {
                    state.put(&line, landing);
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
