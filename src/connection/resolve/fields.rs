//! Which field of the spec sets what a leg has, so that a message names a field that exists.
//!
//! Names only: no value is read or judged here.

use fabric_api::SecondaryZSide;
use fabric_domain::Leg;

/// The fields of one leg. The secondary has the Z side of the primary, but for what it sets itself.
#[derive(Clone, Copy)]
pub(in crate::connection) struct SpecFields<'a> {
    leg: Leg,
    own: Option<&'a SecondaryZSide>,
}

/// Where the primary's service profile stands, which the secondary shares.
pub(in crate::connection) const PROFILE: &str = "spec.zSide.serviceProfile";
/// Where the bandwidth of all legs stands.
pub(in crate::connection) const BANDWIDTH: &str = "spec.bandwidthMbps";

impl<'a> SpecFields<'a> {
    pub(in crate::connection) fn primary() -> Self {
        Self { leg: Leg::Primary, own: None }
    }

    /// `own` is what the secondary sets on its Z side.
    pub(in crate::connection) fn secondary(own: Option<&'a SecondaryZSide>) -> Self {
        Self { leg: Leg::Secondary, own }
    }

    pub(in crate::connection) fn leg(self) -> Leg {
        self.leg
    }

    fn of_leg(self, primary: &'static str, secondary: &'static str) -> &'static str {
        match self.leg {
            Leg::Primary => primary,
            Leg::Secondary => secondary,
        }
    }

    /// `own` if the secondary sets it, else the field that both legs share.
    fn own_or(
        self,
        is_set: impl FnOnce(&SecondaryZSide) -> bool,
        own: &'static str,
        shared: &'static str,
    ) -> &'static str {
        if self.own.is_some_and(is_set) { own } else { shared }
    }

    pub(super) fn name(self) -> &'static str {
        self.of_leg("spec.name", "spec.secondary.name")
    }

    pub(super) fn a_port(self) -> &'static str {
        self.of_leg("spec.aSide.port", "spec.secondary.aSide.port")
    }

    pub(super) fn a_link(self) -> &'static str {
        self.of_leg("spec.aSide.linkProtocol", "spec.secondary.aSide.linkProtocol")
    }

    /// The metro at a service profile.
    pub(super) fn profile_metro(self) -> &'static str {
        self.metro("spec.zSide.serviceProfile.metroCode")
    }

    /// The metro of an invitation.
    pub(super) fn invitation_metro(self) -> &'static str {
        self.metro("spec.zSide.invitation.metroCode")
    }

    fn metro(self, shared: &'static str) -> &'static str {
        self.own_or(|own| own.metro_code.is_some(), "spec.secondary.zSide.metroCode", shared)
    }

    pub(super) fn seller_region(self) -> &'static str {
        let own = "spec.secondary.zSide.sellerRegion";
        self.own_or(
            |own| own.seller_region.is_some(),
            own,
            "spec.zSide.serviceProfile.sellerRegion",
        )
    }

    /// The authentication key in clear.
    pub(super) fn key(self) -> &'static str {
        let own = "spec.secondary.zSide.authenticationKey";
        self.own_or(
            |own| own.authentication_key.is_some(),
            own,
            "spec.zSide.serviceProfile.authenticationKey",
        )
    }

    /// The authentication key in a Secret.
    pub(super) fn key_ref(self) -> &'static str {
        let own = "spec.secondary.zSide.authenticationKeyRef";
        self.own_or(
            |own| own.authentication_key_ref.is_some(),
            own,
            "spec.zSide.serviceProfile.authenticationKeyRef",
        )
    }

    /// The tags at a service profile, which the legs never share.
    pub(super) fn profile_link(self) -> &'static str {
        self.of_leg("spec.zSide.serviceProfile.linkProtocol", "spec.secondary.zSide.linkProtocol")
    }

    /// Another port of the account on the Z side.
    pub(super) fn z_port(self) -> &'static str {
        self.own_or(|own| own.port.is_some(), "spec.secondary.zSide.port", "spec.zSide.port")
    }

    /// The tags on it.
    pub(super) fn z_port_link(self) -> &'static str {
        let own = "spec.secondary.zSide.linkProtocol";
        self.own_or(|own| own.link_protocol.is_some(), own, "spec.zSide.port.linkProtocol")
    }

    pub(super) fn token(self) -> &'static str {
        let own = "spec.secondary.zSide.serviceToken";
        self.own_or(|own| own.service_token.is_some(), own, "spec.zSide.serviceToken")
    }

    /// A service token in a Secret.
    pub(super) fn token_ref(self) -> &'static str {
        let own = "spec.secondary.zSide.serviceToken.secretRef";
        self.own_or(|own| own.service_token.is_some(), own, "spec.zSide.serviceToken.secretRef")
    }
}
