//! Who holds what: the connections and profiles of the cluster's resources.
//!
//! Reads the informers' stores and asks nobody; it decides nothing.

use fabric_api::{FabricConnection, LineStatus};
use fabric_domain::{Flow, Leg};

/// What a FabricConnection's status says of a leg.
pub(crate) fn leg_status(object: &FabricConnection, leg: Leg) -> Option<&LineStatus> {
    let status = object.status.as_ref()?;
    match leg {
        Leg::Primary => status.primary.as_ref(),
        Leg::Secondary => status.secondary.as_ref(),
    }
}

/// Who is at the other end, as far as it changes what a state means.
pub(crate) fn flow(object: &FabricConnection) -> Flow {
    let z_side = &object.spec.z_side;
    if z_side.service_token.is_some() {
        return Flow::Token;
    }
    if z_side.invitation.is_some() {
        return Flow::Invitation;
    }
    if z_side.port.is_some() {
        return Flow::Own;
    }
    let resolved = object.status.as_ref().and_then(|s| s.resolved.as_ref());
    let found = resolved.and_then(|r| r.profile_name.as_deref());
    let named = z_side.service_profile.as_ref().and_then(|p| p.name.as_deref());
    found.or(named).map_or(Flow::Seller, Flow::of_profile)
}
