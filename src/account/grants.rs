//! Grants: whether what a resource asks of an account is granted to its namespace.
//!
//! Pure but for the labels of the namespace. What a namespace may not use it does not learn of either:
//! a port or a profile without a grant is reported like one that is not there.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt};

use fabric_api::{AccessGrant, GrantedNamespaces, PriceLimit, Reason};
use fabric_domain::{Currency, MetroCode, Money, Port, ProfileId};

use crate::reconcile::{
    claims::{Claims, Holds},
    context::Context,
    problem::Problem,
    status::{ApiError, bounded},
};

/// The grants of an account that name one namespace; at least one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Granted {
    namespace: String,
    account: String,
    grants: Vec<AccessGrant>,
}

/// What a resource asks of an account, with the fields that say so.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AccountUse {
    pub(crate) ports: Vec<PortUse>,
    pub(crate) profiles: Vec<ProfileUse>,
    /// The fields that lead to an end which does not show before the order: a service token, an
    /// invitation.
    pub(crate) unshown: Vec<String>,
    /// Metros of the Z side, with their fields; `None` for one that does not show before the order.
    pub(crate) metros: Vec<(Option<MetroCode>, String)>,
    /// Bandwidth in Mbit/s.
    pub(crate) bandwidth: Option<u32>,
    pub(crate) price: PriceUse,
    /// The number of other resources of the namespace that come before this one; `None` if it orders
    /// nothing.
    pub(crate) before: Option<usize>,
    /// Whether it takes over what no resource of its namespace holds.
    pub(crate) adopts: bool,
}

/// A port in use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PortUse {
    pub(crate) port: Port,
    /// The field that names it.
    pub(crate) at: String,
    /// The Dot1q tag or the S-tag, with its field; `None` if none is taken.
    pub(crate) tag: Option<(u16, String)>,
}

/// A service profile at the Z side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProfileUse {
    pub(crate) id: ProfileId,
    pub(crate) name: String,
    /// The field that names it.
    pub(crate) at: String,
}

/// The monthly price of what is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum PriceUse {
    /// It is not part of the question.
    #[default]
    Unasked,
    /// The provider names none.
    Unknown,
    /// This.
    Known(Money),
}

/// What is granted to `namespace` by `account`, or that nothing is.
pub(crate) async fn granted(
    namespace: &str,
    account: &str,
    context: &Context,
) -> Result<Result<Granted, Problem>, ApiError> {
    let all: Arc<[AccessGrant]> = context.accounts.grants(account);
    let by_label = all.iter().any(|grant| grant.namespaces.selector.is_some());
    let labels = if by_label {
        let api: Api<Namespace> = Api::all(context.client.clone());
        let read = bounded("reading the namespace", api.get(namespace)).await?;
        read.metadata.labels.unwrap_or_default()
    } else {
        BTreeMap::new()
    };
    let grants = all.iter().filter(|grant| names(&grant.namespaces, namespace, &labels));
    let grants: Vec<AccessGrant> = grants.cloned().collect();
    if grants.is_empty() {
        return Ok(Err(Problem::stalled(
            Reason::NamespaceNotAllowed,
            format!(
                "FabricAccount {account} grants nothing to namespace {namespace}; ask its administrator for an entry in its spec.grants"
            ),
        )));
    }
    Ok(Ok(Granted { namespace: namespace.to_owned(), account: account.to_owned(), grants }))
}

/// The other resource that holds `id`, or asks for it and may adopt. A resource that may not is no
/// obstacle: a wish is no claim.
pub(crate) async fn claimant<K: Holds>(
    id: &str,
    of: &K,
    claims: &Claims<K>,
    context: &Context,
) -> Result<Option<Arc<K>>, ApiError> {
    if let Some(holder) = claims.holder(id, of) {
        return Ok(Some(holder));
    }
    for suitor in claims.suitors(id, of) {
        let namespace = suitor.namespace().unwrap_or_default();
        let granted = granted(&namespace, suitor.account(), context).await?;
        if granted.is_ok_and(|granted| granted.may_adopt()) {
            return Ok(Some(suitor));
        }
    }
    Ok(None)
}

fn names(rule: &GrantedNamespaces, namespace: &str, labels: &BTreeMap<String, String>) -> bool {
    match rule {
        GrantedNamespaces { all: Some(all), .. } => *all,
        GrantedNamespaces { names: Some(names), .. } => names.iter().any(|name| name == namespace),
        GrantedNamespaces { selector: Some(selector), .. } => selector.matches(labels),
        GrantedNamespaces { all: None, names: None, selector: None } => false,
    }
}

impl Granted {
    /// Whether a grant lets the namespace take over what no resource of it holds.
    pub(crate) fn may_adopt(&self) -> bool {
        self.grants.iter().any(|grant| grant.may_adopt)
    }

    /// Whether a grant lets the namespace use a port at all.
    pub(crate) fn shows_port(&self, port: &Port) -> bool {
        self.grants.iter().any(|grant| has_port(grant, port))
    }

    /// Whether a grant lets the namespace use a service profile at all.
    pub(crate) fn shows_profile(&self, id: &ProfileId, name: &str) -> bool {
        self.grants.iter().any(|grant| has_profile(grant, id, name))
    }

    /// Whether a grant limits the price, so that it has to be known.
    pub(crate) fn limits_price(&self) -> bool {
        self.grants.iter().any(|grant| grant.max_monthly_price.is_some())
    }

    /// What speaks against a use: no grant covers all of it, the number of connections included. Names
    /// what the grant that comes nearest lacks.
    pub(crate) fn objection(&self, asked: &AccountUse) -> Option<Problem> {
        let nearest = self.grants.iter().map(|grant| (excess(grant, asked), quota(grant, asked)));
        let (lacks, quota) = nearest.min_by_key(|(lacks, quota)| (lacks.len(), quota.is_some()))?;
        let message = |lacks: &str| {
            format!(
                "no grant of FabricAccount {} to namespace {} covers this: {lacks}; change that, or ask the administrator for a wider grant",
                self.account, self.namespace
            )
        };
        if !lacks.is_empty() {
            return Some(Problem::stalled(Reason::GrantExceeded, message(&lacks.join(", "))));
        }
        // Another resource may make room.
        let lacks = format!("another FabricConnection (granted are {})", quota?);
        Some(Problem::missing(Reason::QuotaExceeded, message(&lacks)))
    }
}

fn is_listed(list: Option<&Vec<String>>, id: &str, name: &str) -> bool {
    list.is_none_or(|list| {
        list.iter().any(|granted| granted.eq_ignore_ascii_case(id) || granted == name)
    })
}

fn has_port(grant: &AccessGrant, port: &Port) -> bool {
    is_listed(grant.ports.as_ref(), port.id.as_str(), &port.name)
}

fn has_profile(grant: &AccessGrant, id: &ProfileId, name: &str) -> bool {
    is_listed(grant.service_profiles.as_ref(), id.as_str(), name)
}

/// The number of connections that a grant allows, if it allows no more.
fn quota(grant: &AccessGrant, asked: &AccountUse) -> Option<u32> {
    grant.max_connections.filter(|most| {
        asked.before.is_some_and(|before| before >= (*most).try_into().unwrap_or(usize::MAX))
    })
}

/// Everything but the number of connections that a grant does not cover, as clauses of a message.
fn excess(grant: &AccessGrant, asked: &AccountUse) -> Vec<String> {
    let mut lacks = vec![];
    for used in &asked.ports {
        if !has_port(grant, &used.port) {
            lacks.push(format!("the port of {}", used.at));
        }
        if let (Some(ranges), Some((tag, at))) = (&grant.vlan_ranges, &used.tag)
            && !ranges.iter().any(|range| (range.from..=range.to).contains(tag))
        {
            let ranges = ranges.iter().map(|range| format!("{}-{}", range.from, range.to));
            let ranges: Vec<String> = ranges.collect();
            lacks.push(format!("VLAN {tag} of {at} (granted are {})", ranges.join(", ")));
        }
    }
    for profile in &asked.profiles {
        if !has_profile(grant, &profile.id, &profile.name) {
            lacks.push(format!("the service profile of {}", profile.at));
        }
    }
    if grant.service_profiles.is_some() {
        let unshown = asked.unshown.iter();
        lacks.extend(unshown.map(|at| format!("{at}, which does not show where it leads")));
    }
    if let Some(metros) = &grant.metros {
        let starts = asked.ports.iter().map(|used| (used.port.metro, &used.at));
        let ends = asked.metros.iter().map(|(metro, at)| (*metro, at));
        for (metro, at) in starts.chain(ends) {
            let granted = metro.is_some_and(|metro| {
                metros.iter().any(|granted| granted.eq_ignore_ascii_case(metro.as_str()))
            });
            if !granted {
                let metro = metro.map_or("unknown".to_owned(), |metro| metro.to_string());
                lacks.push(format!("metro {metro} of {at} (granted are {})", metros.join(", ")));
            }
        }
    }
    if let (Some(most), Some(mbps)) = (grant.max_bandwidth_mbps, asked.bandwidth)
        && mbps > most
    {
        lacks.push(format!("spec.bandwidthMbps {mbps} (granted are {most})"));
    }
    lacks.extend(grant.max_monthly_price.as_ref().and_then(|most| dearer(most, asked.price)));
    if asked.adopts && !grant.may_adopt {
        lacks.push("spec.adopt (the grant has no mayAdopt)".to_owned());
    }
    lacks
}

/// How a price goes beyond what a grant allows.
fn dearer(most: &PriceLimit, price: PriceUse) -> Option<String> {
    let limit = Currency::parse(&most.currency).and_then(|c| Money::parse(&most.amount, c)).ok();
    let granted = format!("granted are {} {}", most.amount, most.currency);
    match price {
        PriceUse::Unasked => None,
        PriceUse::Unknown => Some(format!("a price that the provider does not name ({granted})")),
        PriceUse::Known(price) => match limit.and_then(|limit| price.exceeds(limit)) {
            Some(false) => None,
            Some(true) => Some(format!("the price of {price} a month ({granted})")),
            None => {
                Some(format!("the price of {price} a month, which cannot be compared ({granted})"))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn granted(grants: Value) -> Granted {
        let grants: Vec<AccessGrant> = serde_json::from_value(grants).unwrap();
        Granted { namespace: "team-a".into(), account: "default".into(), grants }
    }

    fn all(limits: &Value) -> Value {
        let mut grant = json!({"namespaces": {"all": true}});
        grant.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        grant
    }

    fn asked() -> AccountUse {
        let usd = Currency::parse("USD").unwrap();
        let sv = MetroCode::parse("SV").unwrap();
        let port = Port {
            id: fabric_domain::PortId::parse("p-1").unwrap(),
            name: "sv-primary".into(),
            metro: Some(sv),
            encapsulation: None,
            may_order: None,
            mbps: None,
            unlimited: None,
        };
        AccountUse {
            ports: vec![PortUse {
                port,
                at: "spec.aSide.port".into(),
                tag: Some((100, "spec.aSide.linkProtocol".into())),
            }],
            profiles: vec![ProfileUse {
                id: ProfileId::parse("aws").unwrap(),
                name: "AWS Direct Connect".into(),
                at: "spec.zSide.serviceProfile".into(),
            }],
            unshown: vec![],
            metros: vec![(Some(sv), "spec.zSide.serviceProfile.metroCode".into())],
            bandwidth: Some(200),
            price: PriceUse::Known(Money::parse("230", usd).unwrap()),
            before: Some(2),
            adopts: false,
        }
    }

    #[test]
    fn each_limit_binds_and_names_its_field() {
        let cases = [
            (json!({"ports": ["P-1"]}), json!({"ports": ["p-2"]}), "spec.aSide.port"),
            (json!({"ports": ["sv-primary"]}), json!({"ports": ["other"]}), "spec.aSide.port"),
            (
                json!({"serviceProfiles": ["AWS Direct Connect"]}),
                json!({"serviceProfiles": ["Azure"]}),
                "spec.zSide.serviceProfile",
            ),
            (json!({"metros": ["SV", "DC"]}), json!({"metros": ["DC"]}), "metro SV"),
            (
                json!({"vlanRanges": [{"from": 2, "to": 9}, {"from": 100, "to": 100}]}),
                json!({"vlanRanges": [{"from": 101, "to": 4092}]}),
                "VLAN 100 of spec.aSide.linkProtocol (granted are 101-4092)",
            ),
            (
                json!({"maxBandwidthMbps": 200}),
                json!({"maxBandwidthMbps": 199}),
                "bandwidthMbps 200",
            ),
            (
                json!({"maxMonthlyPrice": {"amount": "230", "currency": "USD"}}),
                json!({"maxMonthlyPrice": {"amount": "229.99", "currency": "USD"}}),
                "230.00 USD",
            ),
        ];
        for (wide, narrow, words) in cases {
            assert_eq!(granted(json!([all(&wide)])).objection(&asked()), None, "{wide}");
            let problem = granted(json!([all(&narrow)])).objection(&asked());
            let problem = problem.expect("it is narrow");
            assert_eq!(problem.reason, Reason::GrantExceeded);
            assert!(problem.message.contains(words), "{narrow}: {}", problem.message);
        }
    }

    #[test]
    fn the_number_of_connections_is_a_quota() {
        let problem = |most: u32| {
            let granted = granted(json!([all(&json!({"maxConnections": most}))]));
            granted.objection(&asked()).map(|problem| problem.reason)
        };
        assert_eq!((problem(3), problem(2)), (None, Some(Reason::QuotaExceeded)));
    }

    #[test]
    fn what_is_left_out_does_not_limit_except_adoption() {
        let open = granted(json!([all(&json!({}))]));
        assert_eq!(open.objection(&asked()), None);
        let adopting = AccountUse { adopts: true, ..asked() };
        assert!(open.objection(&adopting).is_some() && !open.may_adopt());
        let may = granted(json!([all(&json!({"mayAdopt": true}))]));
        assert!(may.objection(&adopting).is_none() && may.may_adopt());
    }

    #[test]
    fn limits_of_several_grants_do_not_add_up() {
        let two = granted(json!([
            all(&json!({"ports": ["p-1"], "maxBandwidthMbps": 100})),
            all(&json!({"ports": ["p-2"], "maxBandwidthMbps": 1000})),
        ]));
        assert!(two.objection(&asked()).is_some());
        let narrow = AccountUse { bandwidth: Some(100), ..asked() };
        assert_eq!(two.objection(&narrow), None);
    }

    #[test]
    fn a_price_that_is_not_named_or_not_comparable_is_not_granted() {
        let limit = granted(json!([all(
            &json!({"maxMonthlyPrice": {"amount": "900", "currency": "EUR"}})
        )]));
        assert!(limit.objection(&asked()).is_some(), "another currency");
        let unknown = AccountUse { price: PriceUse::Unknown, ..asked() };
        assert!(limit.objection(&unknown).is_some());
        let unasked = AccountUse { price: PriceUse::Unasked, ..asked() };
        assert_eq!(limit.objection(&unasked), None);
    }

    #[test]
    fn a_token_leads_where_no_list_of_profiles_or_metros_can_see() {
        let token = AccountUse {
            profiles: vec![],
            unshown: vec!["spec.zSide.serviceToken".into()],
            metros: vec![(None, "spec.zSide.serviceToken".into())],
            ..asked()
        };
        assert_eq!(granted(json!([all(&json!({}))])).objection(&token), None);
        for limit in [json!({"serviceProfiles": ["aws"]}), json!({"metros": ["SV", "DC", "FR"]})] {
            let problem = granted(json!([all(&limit)])).objection(&token).expect("it is limited");
            let lack = problem.message.contains("spec.zSide.serviceToken");
            assert!(lack, "{limit}: {}", problem.message);
        }
    }
}
