//! Ports that a spec names: found among the account's, and held against the tags on them.
//!
//! Reads only.

use fabric_api::{LinkProtocolType, PortRef, Reason};
use fabric_domain::{Encapsulation, Invalid, LinkProtocol, Port, Vlan};

use crate::{
    account::{
        grants::Granted,
        near::{self, Nameable},
        session::{Session, not_whole},
    },
    reconcile::problem::{Problem, list},
};

/// The port that `reference` names among those of `account`; `at` is the field that holds it. One that
/// is not granted is not found.
pub(crate) async fn find(
    session: &Session,
    account: &str,
    reference: &PortRef,
    at: &str,
    granted: Option<&Granted>,
) -> Result<Port, Problem> {
    let is_named = |port: &Port| match (&reference.uuid, &reference.name) {
        (Some(uuid), _) => port.id.as_str().eq_ignore_ascii_case(uuid),
        (None, Some(name)) => port.name == *name,
        (None, None) => false,
    };
    let fits =
        |port: &Port| is_named(port) && granted.is_none_or(|granted| granted.shows_port(port));
    let asked = reference.uuid.as_deref().or(reference.name.as_deref()).unwrap_or_default();
    let ports = session.ports(fits).await;
    let ports = ports.map_err(|e| Problem::reading("listing the ports", account, &e))?;
    match (ports.items.as_slice(), &ports.gap) {
        ([], Some(gap)) => Err(not_whole("ports", gap)),
        // Another port that was not read may have the same name.
        ([_], Some(gap)) if reference.uuid.is_none() => {
            let problem = not_whole("ports", gap);
            let message = format!("{}, or give {at}.uuid", problem.message);
            Err(Problem { message, ..problem })
        }
        ([port], _) => Ok(port.clone()),
        ([], None) => {
            let known = Nameable { session, granted }.ports().await.into_iter();
            let meant = match &reference.uuid {
                Some(_) => near::did_you_mean(asked, known.map(|port| port.id.to_string())),
                None => near::did_you_mean(asked, known.map(|port| port.name)),
            };
            Err(Problem::stalled(
                Reason::PortNotFound,
                format!(
                    "FabricAccount {account} has no port {asked} that this namespace may use{meant}; correct {at}, or ask the account's administrator to grant it, and to have it assigned to the account"
                ),
            ))
        }
        (several, _) => Err(Problem::stalled(
            Reason::PortAmbiguous,
            format!(
                "several ports are named {asked}: give {at}.uuid as one of {}",
                list(several.iter().map(|port| port.id.to_string()))
            ),
        )),
    }
}

/// The tags as the spec writes them.
pub(crate) fn link(spec: &fabric_api::LinkProtocol) -> Result<LinkProtocol, Invalid> {
    let needs = |tag: Option<u16>, name: &str| {
        tag.ok_or_else(|| Invalid::new("link protocol", format!("needs {name}")))
            .and_then(Vlan::new)
    };
    match spec.r#type {
        LinkProtocolType::Dot1q => Ok(LinkProtocol::Dot1q(needs(spec.vlan_tag, "vlanTag")?)),
        LinkProtocolType::Qinq => Ok(LinkProtocol::Qinq {
            s_tag: needs(spec.vlan_s_tag, "vlanSTag")?,
            c_tag: spec.vlan_c_tag.map(Vlan::new).transpose()?,
        }),
    }
}

/// What speaks against ordering on a port.
pub(crate) fn may_order(port: &Port) -> Option<Problem> {
    (port.may_order == Some(false)).then(|| {
        Problem::stalled(
            Reason::Forbidden,
            format!(
                "the account may not order on port {}; ask the master administrator at Equinix for the right",
                port.id
            ),
        )
    })
}

/// The link protocol, unless the port is known not to carry it.
pub(crate) fn carried(port: Option<&Port>, link: Option<LinkProtocol>) -> Option<LinkProtocol> {
    link.filter(|link| port.is_none_or(|port| carries(port, *link, "").is_none()))
}

/// What speaks against these tags on a port; `at` is the field that gives them.
pub(crate) fn carries(port: &Port, link: LinkProtocol, at: &str) -> Option<Problem> {
    let id = &port.id;
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
