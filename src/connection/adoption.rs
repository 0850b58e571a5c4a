//! Whether the connection that `spec.adopt` names may be adopted.
//!
//! Reads only. It must be what the spec describes, since from then on the resource changes and
//! cancels it.

use std::fmt::Display;

use fabric_api::{AllowedNamespaces, ManagementPolicy, Reason};
use fabric_domain::{Connection, ConnectionId, Flow, Leg, Phase, Standing, Tags, ZSide, ZSideSeen};

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
        ProviderView::Gone => {
            let at = adopted_by(leg);
            return Ok(declined(format!("connection {id} is deleted already; correct {at}")));
        }
        ProviderView::NotVisible(problem) => {
            let message = format!("{}, or correct {}", problem.message, adopted_by(leg));
            return Ok(Adoption::Declined(Problem { message, ..problem }));
        }
        ProviderView::Foreign(problem)
        | ProviderView::Lagging(problem)
        | ProviderView::Unasked(problem) => {
            return Ok(Adoption::Declined(problem));
        }
    };
    let desired = match resolve(pass, Purpose::Compare, session).await? {
        Ok(desired) => desired,
        Err(problem) => return Ok(Adoption::Declined(problem)),
    };
    let observes = object.spec.management_policy == ManagementPolicy::Observe;
    if let Some(message) = mismatch(&line, &desired, leg, observes) {
        return Ok(declined(message));
    }
    Ok(match connections.awaiting(&line, object) {
        Some(other) => declined(format!(
            "connection {id} may be the one that FabricConnection {other} has just ordered; wait until that is known"
        )),
        None => Adoption::Agreed(id, desired.resolved),
    })
}

/// The field that names the connection of a leg.
fn adopted_by(leg: Leg) -> &'static str {
    match leg {
        Leg::Primary => "spec.adopt.uuid",
        Leg::Secondary => "spec.adopt.secondaryUuid",
    }
}

fn declined(message: String) -> Adoption {
    Adoption::Declined(Problem::stalled(Reason::AdoptionRefused, message))
}

/// Why a connection is not the one that the spec describes. What the provider does not show is no
/// agreement, and neither is another value of anything that the spec sets, on either side.
fn mismatch(line: &Connection, desired: &Desired, leg: Leg, observes: bool) -> Option<String> {
    let standing = Standing::of(&line.equinix_status, &line.provider_status, Flow::Seller);
    if matches!(standing.phase, Phase::Deleting | Phase::Deleted) {
        return Some(format!("connection {} is being taken down, or gone already", line.id));
    }
    let (_, _, a_side) = desired.sides().find(|(of, _, _)| *of == leg)?;
    let (root, z_side) = match leg {
        Leg::Primary => ("spec", &desired.order.z_side),
        Leg::Secondary => ("spec.secondary", &desired.order.secondary.as_ref()?.z_side),
    };
    let bandwidth = desired.order.bandwidth;
    let mut differs = vec![
        differ("port", line.port.clone(), &a_side.port, &format!("{root}.aSide.port")),
        differ_in_tags(line.tags, a_side.link.tags(), &format!("{root}.aSide.linkProtocol")),
    ];
    // A bandwidth that is only looked at may differ: that is what an observer wants to know.
    if !observes {
        let (shown, at) = (line.bandwidth, "spec.bandwidthMbps");
        differs.push(differ("bandwidth in Mbit/s", shown, &bandwidth.get(), at));
    }
    differs.extend(z_side_differs(&line.z_side, z_side));
    let differs: Vec<String> = differs.into_iter().flatten().collect();
    (!differs.is_empty()).then(|| {
        let differs = differs.join(", ");
        format!("connection {} {differs}; correct spec.adopt, or what it differs in", line.id)
    })
}

/// How the Z side of a connection differs from the one that the spec describes.
fn z_side_differs(shown: &ZSideSeen, wanted: &ZSide) -> Vec<Option<String>> {
    match wanted {
        // Neither region nor peering is shown by every answer: what is shown has to agree.
        ZSide::Profile { profile, metro, seller_region, peering, .. } => vec![
            differ("service profile", shown.profile.clone(), profile, "spec.zSide.serviceProfile"),
            differ("Z-side metro", shown.metro, metro, "spec.zSide.serviceProfile.metroCode"),
            shown.seller_region.clone().zip(seller_region.as_ref()).and_then(|(shown, wanted)| {
                let at = "spec.zSide.serviceProfile.sellerRegion";
                differ("region", Some(shown), wanted, at)
            }),
            shown.peering.zip(*peering).filter(|(shown, wanted)| shown != wanted).map(|_| {
                "has another peering than spec.zSide.serviceProfile.peeringType".to_owned()
            }),
        ],
        ZSide::Port { port, link, .. } => {
            let tags = shown.s_tag.map(|s_tag| Tags { s_tag, c_tag: shown.c_tag });
            vec![
                differ("Z-side port", shown.port.clone(), port, "spec.zSide.port"),
                differ_in_tags(tags, link.tags(), "spec.zSide.port.linkProtocol"),
            ]
        }
        ZSide::Token(token) => {
            let is_it = shown.token.as_ref() == Some(token);
            vec![(!is_it).then(|| "does not show the token of spec.zSide.serviceToken".to_owned())]
        }
        ZSide::Invitation { email, metro, .. } => {
            let invitee = shown.invitee.as_deref().map(str::to_ascii_lowercase);
            let email = email.as_str().to_ascii_lowercase();
            vec![
                differ("invitee", invitee, &email, "spec.zSide.invitation.email"),
                differ("Z-side metro", shown.metro, metro, "spec.zSide.invitation.metroCode"),
            ]
        }
    }
}

/// How one property differs from what `at` in the spec says; `None` if both agree.
fn differ<T: PartialEq + Display>(
    what: &str,
    shown: Option<T>,
    wanted: &T,
    at: &str,
) -> Option<String> {
    match shown {
        Some(shown) if shown == *wanted => None,
        Some(shown) => Some(format!("has {what} {shown} and {at} says {wanted}")),
        None => Some(format!("does not show its {what}, and {at} says {wanted}")),
    }
}

/// The same of tags. The document of v3 prints no C-tag, so one that is not shown is no difference.
fn differ_in_tags(shown: Option<Tags>, wanted: Tags, at: &str) -> Option<String> {
    let shown = shown.map(|tags| Tags { c_tag: tags.c_tag.or(wanted.c_tag), ..tags });
    differ("VLAN", shown, &wanted, at)
}
