//! Whether the connection that `spec.adopt` names may be adopted.
//!
//! Reads only. It must be what the spec describes, since from then on the resource changes and
//! cancels it.

use fabric_api::{AllowedNamespaces, Reason};
use fabric_domain::{Connection, ConnectionId, Flow, Leg, Phase, Standing};

use crate::{
    account::{access, session::Session},
    connection::{
        ConnectionPass,
        resolve::{Desired, lookups::Purpose, resolve},
        state::{Adoption, ProviderView},
    },
    reconcile::{problem::Problem, status::ApiError},
};

/// Judges a connection by what the provider shows of it.
pub(super) async fn judge(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    id: ConnectionId,
    view: ProviderView,
    allowed: Option<&AllowedNamespaces>,
    session: &Session,
) -> Result<Adoption, ApiError> {
    let (object, account) = (pass.object, &pass.object.spec.account);
    let denied = access::namespace(pass.namespace(), account, allowed, pass.context).await?;
    if let Some(problem) = denied {
        return Ok(Adoption::Declined(problem));
    }
    let connections = &pass.context.connections;
    if let Some(holder) = connections.claimant(id.as_str(), object) {
        return Ok(declined(format!(
            "connection {id} belongs to FabricConnection {holder}; correct spec.adopt, or delete that resource first, with spec.deletionPolicy Orphan"
        )));
    }
    let line = match view {
        ProviderView::Seen(line) => line,
        ProviderView::Unlisted(trouble) => return Ok(Adoption::AwaitingListing(trouble)),
        ProviderView::Gone => return Ok(declined(format!("connection {id} is deleted already"))),
        ProviderView::Foreign(problem)
        | ProviderView::NotVisible(problem)
        | ProviderView::Unasked(problem) => return Ok(Adoption::Declined(problem)),
    };
    let desired = match resolve(pass, Purpose::Compare, session).await? {
        Ok(desired) => desired,
        Err(problem) => return Ok(Adoption::Declined(problem)),
    };
    if let Some(message) = mismatch(&line, &desired, leg) {
        return Ok(declined(message));
    }
    Ok(match connections.awaiting(&line, object) {
        Some(other) => declined(format!(
            "connection {id} may be the one that FabricConnection {other} has just ordered; wait until that is known"
        )),
        None => Adoption::Agreed(id, desired.resolved),
    })
}

fn declined(message: String) -> Adoption {
    Adoption::Declined(Problem::stalled(Reason::AdoptionRefused, message))
}

/// Why a connection is not the one that the spec describes.
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
        differs.push(format!("has VLAN {tags} and {root} says {wanted}"));
    }
    (!differs.is_empty()).then(|| {
        format!("connection {} {}; correct spec.adopt or {root}", line.id, differs.join(", and "))
    })
}
