//! `POST /connections/{id}/actions`: what a seller decides, and what anybody may ask of a provider.
//!
//! A decision is the seller's: of the organisation whose profile the line ends at; to acknowledge
//! one is the buyer's. Types that stand in the specification without a use here are refused.

use ::http::StatusCode;
use serde_json::{Value, json};

use super::super::catalogue::v4 as codes;
use super::super::http::{Call, Caller, Reply};
use super::super::line::Line;
use super::super::rules::Course;
use super::super::state::State;
use super::error::{Problem, bad, json_body};
use super::{answers, connections, fields};
use crate::domain::{ConnectionId, EquinixStatus};

/// What the line has to wait for, and the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Creation(bool),
    Deletion,
    Update(bool),
    /// The buyer's, of a no to a creation.
    Acknowledgement,
    Ask,
}

fn deed(kind: &str) -> Option<Deed> {
    Some(match kind {
        "CONNECTION_CREATION_ACCEPTANCE" => Deed::Creation(true),
        "CONNECTION_CREATION_REJECTION" => Deed::Creation(false),
        "CONNECTION_DELETION_ACCEPTANCE" => Deed::Deletion,
        "CONNECTION_UPDATE_ACCEPTANCE" => Deed::Update(true),
        "CONNECTION_UPDATE_REJECTION" => Deed::Update(false),
        "CONNECTION_REJECTION_ACCEPTANCE" => Deed::Acknowledgement,
        "CONNECTION_PROVIDER_STATUS_REQUEST" | "CONNECTION_PROVIDER_BANDWIDTH_REQUEST" => Deed::Ask,
        _ => return None,
    })
}

pub(super) fn act(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    let invalid = Problem::of(codes::INVALID);
    let body = match json_body(state, call, invalid.clone()) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let misfits = fields::check("ConnectionActionRequest", &body);
    if !misfits.is_empty() {
        let problem = misfits
            .into_iter()
            .fold(invalid, |problem, misfit| problem.because(&misfit.property, misfit.reason));
        return bad(state, problem);
    }
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    let Some(deed) = deed(kind) else {
        return bad(state, Problem::invalid("/type", "is not supported here"));
    };
    state.look();
    let sells = |line: &Line| {
        let profile = line.profile().and_then(|id| state.profiles.iter().find(|p| p.id == *id));
        profile.is_some_and(|profile| state.owns(caller.0, profile))
    };
    let line = state
        .lines
        .iter()
        .find(|line| line.id.as_str() == id && (line.organisation == caller.0 || sells(line)));
    let Some(line) = line else {
        return connections::unknown(state, id);
    };
    let may = match deed {
        Deed::Creation(_) | Deed::Deletion | Deed::Update(_) => sells(line),
        Deed::Acknowledgement => line.organisation == caller.0,
        Deed::Ask => true,
    };
    if !may {
        return bad(state, Problem::of(codes::MAY_NOT_DECIDE));
    }
    if let Err(problem) = fits(state, line, deed, &body) {
        return bad(state, problem);
    }
    let id = line.id.clone();
    let mut data = body.get("data").cloned().unwrap_or(json!({}));
    if kind == "CONNECTION_PROVIDER_BANDWIDTH_REQUEST" {
        data = json!({"providerBandwidth": line.draft.mbps});
    }
    carry_out(state, &id, deed, &body);
    let number = state.next_number();
    let now = state.clock.print(state.clock.now());
    let action = format!("5f00e000-0000-4000-8000-{number:012x}");
    let base = &state.config.base_url;
    Reply::new(
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

/// Whether the line waits for just this.
fn fits(state: &State, line: &Line, deed: Deed, body: &Value) -> Result<(), Problem> {
    let row = line.life.stage();
    let waits = match deed {
        Deed::Creation(_) => row.equinix == EquinixStatus::PendingApproval,
        Deed::Deletion => row.equinix == EquinixStatus::PendingDelete,
        Deed::Update(_) => line.submitted(),
        Deed::Acknowledgement => row.equinix == EquinixStatus::Rejected,
        Deed::Ask => true,
    };
    if !waits {
        return Err(if answers::transient(line) {
            connections::transient()
        } else {
            Problem::invalid("/type", "the connection does not wait for this")
        });
    }
    if deed == Deed::Creation(true) && state.course(&line.draft) == Course::Seller {
        let at = |pointer: &str| body.pointer(&format!("/data/zSide/accessPoint{pointer}"));
        let port = at("/port/uuid").is_some() && at("/linkProtocol/type").is_some();
        if !port && at("/virtualDevice/uuid").is_none() {
            let pointer = "/data/zSide/accessPoint";
            return Err(Problem::invalid(pointer, "must be a port with tags, or a device"));
        }
    }
    Ok(())
}

fn carry_out(state: &mut State, id: &ConnectionId, deed: Deed, body: &Value) {
    let yes = match deed {
        Deed::Ask => return,
        Deed::Creation(yes) | Deed::Update(yes) => yes,
        Deed::Deletion => true,
        Deed::Acknowledgement => {
            state.acknowledge(id);
            return;
        }
    };
    let tag = ["vlanTag", "vlanSTag"].iter().find_map(|name| {
        let pointer = format!("/data/zSide/accessPoint/linkProtocol/{name}");
        body.pointer(&pointer)?.as_u64().and_then(|tag| u16::try_from(tag).ok())
    });
    if let Some(line) = state.lines.iter_mut().find(|line| line.id == *id)
        && tag.is_some()
    {
        line.draft.terms.outer = tag;
    }
    let remark = body.get("description").and_then(Value::as_str).map(str::to_owned);
    state.decide(id, yes, remark);
}
