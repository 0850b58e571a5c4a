//! Whether the line that `spec.adopt` names may be taken over.
//!
//! Reads only. It has to be what the spec describes, since from then on it is changed and
//! cancelled with the resource.

use kube::ResourceExt;

use fabric_api::{AllowedNamespaces, FabricConnection, Reason};
use fabric_domain::{Connection, ConnectionId, Flow, Leg, Phase, Standing, Tags};

use crate::{
    account::{access, session::Session},
    connection::{
        resolve::{self, Desired, lookups::Purpose},
        state::{Offer, View},
    },
    reconcile::{context::Context, problem::Problem, status::Error},
};

/// Looks at the line as `view` shows it.
pub(super) async fn offer(
    object: &FabricConnection,
    (leg, id): (Leg, ConnectionId),
    view: View,
    allowed: Option<&AllowedNamespaces>,
    session: &Session,
    context: &Context,
) -> Result<Offer, Error> {
    let (namespace, account) = (object.namespace().unwrap_or_default(), &object.spec.account);
    if let Some(problem) = access::namespace(&namespace, account, allowed, context).await? {
        return Ok(Offer::Declined(problem));
    }
    if let Some(holder) = context.claimant(&id, object) {
        return Ok(declined(format!(
            "connection {id} belongs to FabricConnection {holder}; correct spec.adopt, or delete that resource first, with spec.deletionPolicy Orphan"
        )));
    }
    let line = match view {
        View::Seen(line) => line,
        View::NotListed => return Ok(Offer::AwaitingListing),
        View::Gone => return Ok(declined(format!("connection {id} is deleted already"))),
        View::Foreign(problem) | View::NotVisible(problem) | View::Unasked(problem) => {
            return Ok(Offer::Declined(problem));
        }
    };
    let desired = match resolve::resolve(object, Purpose::Compare, session, context).await? {
        Ok(desired) => desired,
        Err(problems) => {
            let unclear = || Problem::stalled(Reason::InvalidSpec, "the spec cannot be read");
            return Ok(Offer::Declined(Problem::all(&problems).unwrap_or_else(unclear)));
        }
    };
    Ok(match mismatch(&line, &desired, leg) {
        Some(message) => declined(message),
        None => match context.awaiting(&line, object) {
            Some(other) => declined(format!(
                "connection {id} may be the one that FabricConnection {other} has just ordered; wait until that is known"
            )),
            None => Offer::Agreed(id, desired.resolved),
        },
    })
}

fn declined(message: String) -> Offer {
    Offer::Declined(Problem::stalled(Reason::AdoptionRefused, message))
}

/// Why a line is not the one that the spec describes.
fn mismatch(line: &Connection, desired: &Desired, leg: Leg) -> Option<String> {
    let standing = Standing::of(&line.equinix_status, &line.provider_status, Flow::Seller);
    if matches!(standing.phase, Phase::Deleting | Phase::Deleted) {
        return Some(format!("connection {} is being taken down, or gone already", line.id));
    }
    let (_, _, a_side) = desired.sides().find(|(of, _, _)| *of == leg)?;
    let root = match leg {
        Leg::Primary => "spec.aSide",
        Leg::Secondary => "spec.secondary.aSide",
    };
    let wanted = a_side.link.tags();
    let mut differs = vec![];
    if let Some(port) = line.port.as_ref().filter(|port| **port != a_side.port) {
        differs.push(format!("is on port {port} and {root} says {}", a_side.port));
    }
    // The document of v3 prints no A-side C-tag, so one that is not shown is no difference.
    let tags = line.tags.filter(|tags| {
        tags.s_tag != wanted.s_tag || (tags.c_tag.is_some() && tags.c_tag != wanted.c_tag)
    });
    if let Some(tags) = tags {
        differs.push(format!("has VLAN {} and {root} says {}", print(tags), print(wanted)));
    }
    (!differs.is_empty()).then(|| {
        format!("connection {} {}; correct spec.adopt or {root}", line.id, differs.join(", and "))
    })
}

fn print(tags: Tags) -> String {
    match tags.c_tag {
        Some(c_tag) => format!("{}.{c_tag}", tags.s_tag),
        None => tags.s_tag.to_string(),
    }
}
