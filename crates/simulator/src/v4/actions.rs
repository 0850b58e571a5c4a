//! `POST /connections/{id}/actions`: what a seller decides, and what anybody may ask of a provider.
//!
//! A decision is the seller's: of the organisation whose profile the line ends at; to acknowledge
//! one is the buyer's. Types that stand in the specification without a use here are refused.

use http::StatusCode;
use serde_json::{Value, json};

use fabric_domain::{ConnectionId, EquinixStatus};

use super::{
    body_checker::Judge,
    connection_view, connections,
    error::{Problem, bad, checked_body, refuse},
};
use crate::{
    catalogue::v4 as codes,
    messages::{Call, Caller, Reply},
    world::{
        line::{Asked, Landing, Line},
        state::State,
    },
};

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
    let body =
        match checked_body(state, call, "ConnectionActionRequest", Problem::of(codes::INVALID)) {
            Ok(body) => body,
            Err(reply) => return reply,
        };
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    let Some(deed) = deed(kind) else {
        return bad(state, Problem::invalid("/type", "is not supported here"));
    };
    state.look();
    let Some(line) = state.seen(caller.0, id) else {
        return connections::unknown(state, id);
    };
    let may = match deed {
        Deed::Creation(_) | Deed::Deletion | Deed::Update(_) => state.sells(caller.0, line),
        Deed::Acknowledgement => line.organisation == caller.0,
        Deed::Ask => true,
    };
    if !may {
        return bad(state, Problem::of(codes::MAY_NOT_DECIDE));
    }
    let landing = match fits(line, deed).map_err(|problem| vec![problem]).and_then(|()| {
        let lands = deed == Deed::Creation(true);
        if lands { landing(state, caller, &body) } else { Ok(None) }
    }) {
        Ok(landing) => landing,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    let id = line.id.clone();
    let mut data = body.get("data").cloned().unwrap_or(json!({}));
    if kind == "CONNECTION_PROVIDER_BANDWIDTH_REQUEST" {
        data = json!({"providerBandwidth": line.draft.mbps});
    }
    carry_out(state, &id, deed, landing, &body);
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
fn fits(line: &Line, deed: Deed) -> Result<(), Problem> {
    let waits = match deed {
        Deed::Creation(_) => line.asked() == Some(Asked::Creation),
        Deed::Deletion => line.asked() == Some(Asked::Deletion),
        Deed::Update(_) => line.asked() == Some(Asked::Bandwidth),
        Deed::Acknowledgement => line.life.stage().equinix == EquinixStatus::Rejected,
        Deed::Ask => true,
    };
    if waits {
        Ok(())
    } else if connection_view::transient(line) {
        Err(connections::transient())
    } else {
        Err(Problem::invalid("/type", "the connection does not wait for this"))
    }
}

/// Where the seller puts the end of the line; nothing for a device, which does not exist here.
fn landing(state: &State, caller: Caller, body: &Value) -> Result<Option<Landing>, Vec<Problem>> {
    const END: &str = "/data/zSide/accessPoint";
    const LINK: &str = "/data/zSide/accessPoint/linkProtocol";
    let now = state.clock.now();
    let mut judge = Judge { state, caller, body, now, problems: Vec::new() };
    let device = judge.text("/data/zSide/accessPoint/virtualDevice/uuid").is_some();
    if judge.at("/data/zSide/accessPoint/port").is_none() {
        if device {
            return Ok(None);
        }
        return Err(vec![Problem::invalid(END, "must be a port with tags, or a device")]);
    }
    let port = judge.owned("/data/zSide/accessPoint/port/uuid");
    let link = judge.link(LINK, port);
    if let (Some(port), Some(link)) = (port, link)
        && state.occupied(&port.id, link, now)
    {
        judge.invalid(LINK, "is in use on this port");
    }
    match (port, link) {
        (Some(port), Some(link)) if judge.problems.is_empty() => {
            Ok(Some(Landing { port: port.id.clone(), link }))
        }
        _ => Err(judge.problems),
    }
}

fn carry_out(
    state: &mut State,
    id: &ConnectionId,
    deed: Deed,
    landing: Option<Landing>,
    body: &Value,
) {
    let yes = match deed {
        Deed::Ask => return,
        Deed::Creation(yes) | Deed::Update(yes) => yes,
        Deed::Deletion => true,
        Deed::Acknowledgement => {
            state.acknowledge(id);
            return;
        }
    };
    if let Some(landing) = landing {
        state.put(id, landing);
    }
    let remark = body.get("description").and_then(Value::as_str).map(str::to_owned);
    state.decide(id, yes, remark);
}
