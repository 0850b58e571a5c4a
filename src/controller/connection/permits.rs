//! Whether an order may be made at all: in this dialect, with these tags.
//!
//! Rules over what was read; the answer is a list of problems, empty if there are none.

use crate::{
    api::{FabricConnection, Reason},
    controller::problem::Problem,
    domain::{FarEnd, LinkProtocol, TagFault, Vlan, tag_faults},
    provider::Capabilities,
};

/// What the account's dialect does not offer.
pub(super) fn unsupported(object: &FabricConnection, can: Capabilities) -> Vec<Problem> {
    let spec = &object.spec;
    let z_side = &spec.z_side;
    let dialect = "is not offered by ECX v3; use a FabricAccount of dialect FabricV4";
    [
        (
            spec.redundancy.is_some() && can.pairs_in_one_order,
            "spec.redundancy",
            "is not offered by ECX v3, which orders both halves at once; give spec.secondary",
        ),
        (spec.term_months.is_some() && !can.terms, "spec.termMonths", dialect),
        (z_side.service_token.is_some() && !can.service_tokens, "spec.zSide.serviceToken", dialect),
        (z_side.invitation.is_some() && !can.invitations, "spec.zSide.invitation", dialect),
    ]
    .into_iter()
    .filter(|(asked, _, _)| *asked)
    .map(|(_, field, why)| Problem::stalled(Reason::NotSupported, format!("{field} {why}")))
    .collect()
}

/// Whether the tags are those of the tagging tables; `at` is the Z side's field.
pub(super) fn tags(
    near: LinkProtocol,
    far: FarEnd,
    far_inner: Option<Vlan>,
    at: &str,
) -> Vec<Problem> {
    tag_faults(near, far, far_inner)
        .into_iter()
        .map(|fault| {
            let message = match fault {
                TagFault::NearInnerMissing => "spec.aSide.linkProtocol.vlanCTag is needed from a QinQ port to a Dot1q port".to_owned(),
                TagFault::NearInnerSpare => "spec.aSide.linkProtocol.vlanCTag does not apply from a QinQ port to a QinQ port; remove it".to_owned(),
                TagFault::FarInnerMissing => format!("{at}.linkProtocol.vlanCTag is needed from a Dot1q port to a QinQ port"),
                TagFault::FarInnerSpare => format!("{at}.linkProtocol.vlanCTag does not apply to this pair of ports; remove it"),
                TagFault::PeeringMissing => format!("{at}.peeringType is needed for Azure from a Dot1q port"),
            };
            Problem::stalled(Reason::InvalidSpec, message)
        })
        .collect()
}
