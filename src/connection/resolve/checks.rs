//! Whether what is asked for is on offer, and whether its parts go together: bandwidth, metros, tags,
//! pairs.
//!
//! Rules over what the provider says of its metros and of a service profile. What it leaves open
//! is not judged here: the API decides.

use fabric_api::{FabricConnection, Reason};
use fabric_client::Capabilities;
use fabric_domain::{
    Flow, Leg, LinkProtocol, Mbps, Metro, MetroCode, Port, ServiceProfile, TagFault, Vlan,
    ZSideKind, tag_faults,
};

use crate::{
    connection::resolve::{
        ASideContext, ResolvedLeg,
        fields::{BANDWIDTH, PROFILE},
        lookups::References,
    },
    reconcile::problem::{Problem, list},
};

/// What speaks against an order through the profile; `at` is the field that gives the Z-side metro.
pub(in crate::connection) fn offer(
    refs: &References<'_>,
    profile: &ServiceProfile,
    a_side: ASideContext<'_>,
    to: Option<MetroCode>,
    at: &str,
) -> Vec<Problem> {
    let can = refs.session.reads.can();
    let bandwidth = bandwidth(profile, a_side.bandwidth);
    let pair = pair(profile, a_side.fields.leg(), refs.object, can.pairs_in_one_order);
    [bandwidth, metro(profile, a_side, to, at), pair].into_iter().flatten().collect()
}

/// Whether the profile sells the bandwidth ("speedBands", "allowCustomSpeed", "speedFromAPI").
fn bandwidth(profile: &ServiceProfile, wanted: Option<Mbps>) -> Option<Problem> {
    let wanted = wanted?;
    if profile.bandwidths.is_empty() || profile.bandwidths.contains(&wanted.get()) {
        return None;
    }
    Some(not_offered(&profile.name, wanted, &profile.bandwidths))
}

/// The bandwidths of an invitation, in Mbit/s (its parameter table).
const INVITED_MBPS: [u32; 7] = [50, 200, 500, 1000, 2000, 5000, 10_000];

/// Whether a party can be invited to a connection of this bandwidth.
pub(in crate::connection) fn invited_bandwidth(wanted: Option<Mbps>) -> Option<Problem> {
    let wanted = wanted.filter(|wanted| !INVITED_MBPS.contains(&wanted.get()))?;
    Some(not_offered("an invitation", wanted, &INVITED_MBPS))
}

fn not_offered(by: &str, wanted: Mbps, offered: &[u32]) -> Problem {
    let offered = list(offered.iter().map(u32::to_string));
    Problem::stalled(
        Reason::BandwidthNotOffered,
        format!("{by} does not offer {wanted}; give {BANDWIDTH} as one of {offered}"),
    )
}

/// Whether the port is fast enough (`bandwidth` of v4's `Port`).
pub(in crate::connection) fn port_speed(port: &Port, wanted: Option<Mbps>) -> Option<Problem> {
    let (speed, wanted) = port.mbps.zip(wanted)?;
    (wanted.get() > speed).then(|| {
        Problem::stalled(
            Reason::BandwidthNotOffered,
            format!(
                "{BANDWIDTH} asks for {wanted}, and port {} has {speed} Mbit/s; ask for less, or choose a faster port",
                port.id
            ),
        )
    })
}

/// Whether the profile can be reached in the metro, and from the port ("metros", "cloudReach");
/// `at` is the field that gives the metro.
fn metro(
    profile: &ServiceProfile,
    a_side: ASideContext<'_>,
    to: Option<MetroCode>,
    at: &str,
) -> Option<Problem> {
    let to = to?;
    let from = a_side.port.and_then(|port| port.metro);
    let name = &profile.name;
    let message = if !profile.metros.is_empty() && !profile.metros.contains(&to) {
        let metros = list(profile.metros.iter().map(ToString::to_string));
        format!("{name} is not in metro {to}; correct {at}: it is in {metros}")
    } else if profile.remote == Some(false) && from.is_some_and(|from| from != to) {
        let a_port = a_side.fields.a_port();
        format!("{name} takes connections from its own metro only; give {a_port} as a port in {to}")
    } else {
        return None;
    };
    Some(Problem::stalled(Reason::MetroNotReachable, message))
}

/// Whether one metro reaches another ("cloudReach" of "GET Metros"); `at` is the field of the
/// second.
pub(in crate::connection) fn reach(from: &Metro, to: MetroCode, at: &str) -> Option<Problem> {
    let reached = from.code == to || from.reaches.is_empty() || from.reaches.contains(&to);
    (!reached).then(|| {
        let metros = list(from.reaches.iter().map(ToString::to_string));
        Problem::stalled(
            Reason::MetroNotReachable,
            format!(
                "metro {to} cannot be reached from {}, where the port is; correct {at}: from there go {metros}",
                from.code
            ),
        )
    })
}

/// Ends on one port whose tags clash: a port connected to itself, or two legs on one VLAN.
pub(in crate::connection) fn crossed(legs: &[&ResolvedLeg]) -> Vec<Problem> {
    let ends: Vec<_> = legs.iter().flat_map(|leg| &leg.ends).collect();
    let mut problems = vec![];
    for (index, (at, port, link)) in ends.iter().enumerate() {
        for (other_at, other, other_link) in &ends[..index] {
            if port.id != other.id || !link.clashes(*other_link) {
                continue;
            }
            let message = if at == other_at {
                format!(
                    "both connections of the pair end on port {} with the same VLAN, and a VLAN of a port carries one connection; give spec.secondary.zSide.port or spec.secondary.zSide.linkProtocol",
                    port.id
                )
            } else {
                format!(
                    "{at} and {other_at} give the same VLAN of port {}, and a VLAN of a port carries one connection; choose another port or VLAN for one of them",
                    port.id
                )
            };
            problems.push(Problem::stalled(Reason::InvalidSpec, message));
        }
    }
    problems
}

/// What the two legs of a pair must, or must not, have in common.
pub(in crate::connection) fn halves(legs: &[&ResolvedLeg], can: Capabilities) -> Vec<Problem> {
    let [first, second] = legs else { return vec![] };
    let mut problems = vec![];
    // EQ-3142225 of Fabric v4.
    if let (Some((_, one)), Some((_, other))) = (&first.token, &second.token)
        && one == other
    {
        problems.push(Problem::stalled(
            Reason::InvalidSpec,
            "a service token is good for one connection; give the second connection its own in spec.secondary.zSide.serviceToken",
        ));
    }
    // IC-LAYER2-PORTS-016 of ECX v3.
    let unlimited = |leg: &ResolvedLeg| leg.ends.first().and_then(|(_, port, _)| port.unlimited);
    if let (Some(one), Some(other)) = (unlimited(first), unlimited(second))
        && one != other
        && can.pairs_in_one_order
    {
        problems.push(Problem::stalled(
            Reason::InvalidSpec,
            "one port of the pair is a buyout port and the other is not; give spec.secondary.aSide.port as a port of the kind of spec.aSide.port",
        ));
    }
    problems
}

/// With a token or an invitation, a QinQ port needs both tags (parameter tables of both documents of
/// v4).
pub(in crate::connection) fn both_tags(a_side: ASideContext<'_>, what: &str) -> Option<Problem> {
    let Some(LinkProtocol::Qinq { c_tag: None, .. }) = a_side.link else { return None };
    let at = a_side.fields.a_link();
    let message = format!("{at}.vlanCTag is needed: with {what} a QinQ port needs both tags");
    Some(Problem::stalled(Reason::InvalidSpec, message))
}

/// Whether the profile takes the pair, or the single line ("requiredRedundancy",
/// "vlanSameAsPrimary").
fn pair(
    profile: &ServiceProfile,
    leg: Leg,
    object: &FabricConnection,
    pairs_in_one_order: bool,
) -> Option<Problem> {
    let spec = &object.spec;
    let name = &profile.name;
    match (leg, &spec.secondary) {
        // "Only Primary connection allowed for this CSP" (EQ-3142303 of Fabric v4).
        (Leg::Secondary, Some(_))
            if !pairs_in_one_order && Flow::of_profile(name) == Flow::Google =>
        {
            Some(Problem::stalled(
                Reason::NotSupported,
                format!(
                    "{name} takes no redundant pair in one resource; remove spec.secondary, and describe the second connection in a FabricConnection of its own"
                ),
            ))
        }
        (Leg::Primary, None) if profile.needs_pair && spec.redundancy.is_none() => {
            Some(Problem::stalled(
                Reason::SecondaryRequired,
                format!(
                    "{name} takes redundant pairs only; describe the second half in spec.secondary"
                ),
            ))
        }
        (Leg::Secondary, Some(second))
            if profile.same_tags && second.a_side.link_protocol != spec.a_side.link_protocol =>
        {
            Some(Problem::stalled(
                Reason::InvalidSpec,
                format!(
                    "{name} wants the same tags on both halves; give spec.secondary.aSide.linkProtocol as in spec.aSide"
                ),
            ))
        }
        (Leg::Primary | Leg::Secondary, _) => None,
    }
}

/// What the account's dialect does not offer.
pub(in crate::connection) fn unsupported(
    object: &FabricConnection,
    can: Capabilities,
) -> Vec<Problem> {
    let spec = &object.spec;
    let z_side = &spec.z_side;
    let dialect = "is not offered by ECX v3; use a FabricAccount of dialect FabricV4";
    [
        (
            spec.redundancy.is_some() && can.pairs_in_one_order,
            "spec.redundancy",
            "is not offered by ECX v3, which orders both halves at once; give spec.secondary",
        ),
        (
            spec.redundancy.is_some() && spec.secondary.is_some(),
            "spec.redundancy",
            "is for a connection whose other half was ordered elsewhere; remove it, or spec.secondary",
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

/// Whether the tags are those of the tagging tables; `at` is the field of the Z side's tags.
pub(in crate::connection) fn tags(
    a_side: ASideContext<'_>,
    z_side: ZSideKind,
    z_c_tag: Option<Vlan>,
    at: &str,
) -> Vec<Problem> {
    let Some(link) = a_side.link else { return vec![] };
    let from = a_side.fields.a_link();
    tag_faults(link, z_side, z_c_tag)
        .into_iter()
        .map(|fault| {
            let message = match fault {
                TagFault::ACTagMissing => format!("{from}.vlanCTag is needed: a QinQ port needs it for this destination"),
                TagFault::ACTagNotApplicable => format!("{from}.vlanCTag does not apply to this destination; remove it"),
                TagFault::ZCTagMissing => format!("{at}.vlanCTag is needed: this destination needs it from a Dot1q port"),
                TagFault::ZCTagNotApplicable => format!("{at}.vlanCTag does not apply between this port and this destination; remove it"),
                TagFault::PeeringMissing => format!("{PROFILE}.peeringType is needed for Azure from a Dot1q port: PRIVATE, MICROSOFT, PUBLIC or MANUAL"),
            };
            Problem::stalled(Reason::InvalidSpec, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use fabric_domain::{PortId, ProfileId};

    use crate::connection::resolve::fields::SpecFields;

    fn code(code: &str) -> MetroCode {
        MetroCode::parse(code).unwrap()
    }

    /// The profile of the sample answer of "GET L2 Service Profiles Services {uuid}".
    fn demo() -> ServiceProfile {
        ServiceProfile {
            id: ProfileId::parse("97d1850f-4df0-468c-9281-fa7b0dfa2096").unwrap(),
            name: "John-Doe Demo".into(),
            organization: None,
            encapsulation: None,
            metros: vec![code("SV"), code("DC")],
            bandwidths: vec![50, 200, 500, 1000],
            remote: Some(true),
            needs_pair: false,
            same_tags: false,
            needs_key: false,
            checks_keys: false,
            questions: None,
        }
    }

    fn reason(problem: Option<Problem>) -> Option<Reason> {
        problem.map(|problem| problem.reason)
    }

    #[test]
    fn only_bandwidths_of_the_bands_are_sold_unless_all_are() {
        let mbps = |mbps| Mbps::new(mbps).ok();
        assert_eq!(reason(bandwidth(&demo(), mbps(200))), None);
        let refused = bandwidth(&demo(), mbps(100)).unwrap();
        assert_eq!(refused.reason, Reason::BandwidthNotOffered);
        assert!(refused.message.contains("50, 200, 500, 1000"), "{}", refused.message);
        let any = ServiceProfile { bandwidths: vec![], ..demo() };
        assert_eq!(reason(bandwidth(&any, mbps(100))), None);
    }

    #[test]
    fn the_profile_has_to_be_in_the_metro_and_reachable_from_the_port() {
        let port = Port {
            id: PortId::parse("7f891d3b-973e-73e0-bae0-30ac1885197a").unwrap(),
            name: "johnDoePort".into(),
            metro: Some(code("SV")),
            encapsulation: None,
            may_order: None,
            mbps: None,
            unlimited: None,
        };
        let fields = SpecFields::primary();
        let a_side = ASideContext { fields, port: Some(&port), link: None, bandwidth: None };
        let judge = |profile: &ServiceProfile, to| {
            reason(metro(profile, a_side, Some(code(to)), "spec.zSide.serviceProfile"))
        };
        assert_eq!(judge(&demo(), "DC"), None);
        assert_eq!(judge(&demo(), "AM"), Some(Reason::MetroNotReachable));
        let local = ServiceProfile { remote: Some(false), ..demo() };
        assert_eq!(judge(&local, "SV"), None);
        assert_eq!(judge(&local, "DC"), Some(Reason::MetroNotReachable));
    }

    #[test]
    fn metros_reach_what_the_provider_says() {
        let metro = |reaches: &[&str]| Metro {
            code: code("AM"),
            name: "Amsterdam".into(),
            region: None,
            reaches: reaches.iter().map(|c| code(c)).collect(),
        };
        let judge = |from: &Metro, to| reason(reach(from, code(to), "metroCode"));
        assert_eq!(judge(&metro(&["LD", "FR"]), "LD"), None);
        assert_eq!(judge(&metro(&["LD", "FR"]), "AM"), None);
        assert_eq!(judge(&metro(&["LD", "FR"]), "SV"), Some(Reason::MetroNotReachable));
        assert_eq!(judge(&metro(&[]), "SV"), None, "nothing said, nothing judged");
    }

    #[test]
    fn pairs_where_the_profile_wants_them() {
        let object = |pair: bool| -> FabricConnection {
            let side = |tag| json!({"port": {"name": "johnDoePort"}, "linkProtocol": {"type": "DOT1Q", "vlanTag": tag}});
            let mut spec = json!({
                "account": "default", "bandwidthMbps": 50, "notifications": ["JohnDoe@equinix.com"],
                "aSide": side(774), "zSide": {"serviceProfile": {"name": "Azure Express Route"}},
            });
            if pair {
                spec["secondary"] = json!({"aSide": side(775)});
            }
            let metadata = json!({"name": "pair", "namespace": "network"});
            let kind = "FabricConnection";
            let version = "fabric.equinix.com/v1alpha1";
            serde_json::from_value(
                json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}),
            )
            .unwrap()
        };
        let wants = ServiceProfile { needs_pair: true, ..demo() };
        let alone = reason(pair(&wants, Leg::Primary, &object(false), true));
        assert_eq!(alone, Some(Reason::SecondaryRequired));
        assert_eq!(reason(pair(&wants, Leg::Primary, &object(true), true)), None);
        assert_eq!(reason(pair(&demo(), Leg::Primary, &object(false), true)), None);
        let same = ServiceProfile { same_tags: true, ..demo() };
        assert_eq!(
            reason(pair(&same, Leg::Secondary, &object(true), true)),
            Some(Reason::InvalidSpec)
        );
        assert_eq!(reason(pair(&demo(), Leg::Secondary, &object(true), true)), None);
    }
}
