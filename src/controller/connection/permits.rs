//! Whether an order may be made at all: for this namespace, in this dialect, with these tags.
//!
//! Rules over what was read; the answer is a list of problems, empty if there are none.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt};

use crate::{
    api::{AllowedNamespaces, FabricConnection, Reason},
    controller::{
        context::Context,
        problem::Problem,
        status::{Error, bounded},
    },
    domain::{Encapsulation, FarEnd, LinkProtocol, Port, TagFault, Vlan, tag_faults},
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

/// Whether the account lets the object's namespace order.
pub(super) async fn namespace(
    object: &FabricConnection,
    rule: Option<&AllowedNamespaces>,
    context: &Context,
) -> Result<Option<Problem>, Error> {
    let namespace = object.namespace().unwrap_or_default();
    let allowed = match rule {
        Some(AllowedNamespaces { all: Some(all), .. }) => *all,
        Some(AllowedNamespaces { names: Some(names), .. }) => names.contains(&namespace),
        Some(AllowedNamespaces { selector: Some(selector), .. }) => {
            let api: Api<Namespace> = Api::all(context.client.clone());
            let labels = bounded("reading the namespace", api.get(&namespace)).await?;
            selector.matches(labels.metadata.labels.as_ref().unwrap_or(&BTreeMap::new()))
        }
        Some(AllowedNamespaces { all: None, names: None, selector: None }) | None => false,
    };
    Ok((!allowed).then(|| {
        Problem::stalled(
            Reason::NamespaceNotAllowed,
            format!(
                "FabricAccount {} does not allow namespace {namespace}; ask its administrator to add it to spec.allowedNamespaces",
                object.spec.account
            ),
        )
    }))
}

/// Whether a port takes this protocol; `at` is the field that gives it.
pub(super) fn port_carries(port: &Port, link: LinkProtocol, at: &str) -> Option<Problem> {
    let id = &port.id;
    if port.may_order == Some(false) {
        return Some(Problem::stalled(
            Reason::Forbidden,
            format!(
                "the account may not order on port {id}; ask the master administrator at Equinix for the right"
            ),
        ));
    }
    let message = match (port.encapsulation, link) {
        (Some(Encapsulation::Dot1q), LinkProtocol::Qinq { .. }) => {
            format!("port {id} is a Dot1q port: give {at} type DOT1Q with vlanTag")
        }
        (Some(Encapsulation::Qinq), LinkProtocol::Dot1q(_)) => {
            format!("port {id} is a QinQ port: give {at} type QINQ with vlanSTag")
        }
        (Some(Encapsulation::Untagged), _) => {
            format!("port {id} takes no tags; choose a Dot1q or QinQ port")
        }
        (Some(Encapsulation::Dot1q), LinkProtocol::Dot1q(_))
        | (Some(Encapsulation::Qinq), LinkProtocol::Qinq { .. })
        | (None, _) => return None,
    };
    Some(Problem::stalled(Reason::InvalidSpec, message))
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
