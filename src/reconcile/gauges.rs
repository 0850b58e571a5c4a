//! What there is, as the watches keep it: whether all of it has been listed yet, and how much of it
//! stands where.
//!
//! Reads only what the watches hold; it asks nobody.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Resource, ResourceExt};
use kube_runtime::reflector::Store;
use strum::IntoEnumIterator;

use fabric_api::{
    ConditionType, ConnectionApproval, FabricAccount, FabricConnection, FabricConnectionStatus,
    Reason, ServiceProfile,
};
use fabric_domain::{Currency, Money, Phase};

use crate::telemetry::Census;

/// The watches' stores of all kinds. Clones share them.
#[derive(Clone, Default)]
pub struct Caches(Arc<Mutex<Vec<Arc<dyn Cache>>>>);

impl Caches {
    /// Takes in the store of one more kind.
    pub(crate) fn keep<K>(&self, store: Store<K>)
    where
        K: Counted + Clone + Send + Sync + 'static,
    {
        self.all().push(Arc::new(store));
    }

    /// The kinds that the API server has not listed yet.
    pub fn unlisted(&self) -> Vec<&'static str> {
        let all = self.all();
        all.iter().filter(|cache| !cache.listed()).map(|cache| cache.kind()).collect()
    }

    /// How many resources stand where.
    pub(crate) fn census(&self, now: Timestamp) -> Census {
        let mut census = Census::default();
        for cache in self.all().iter() {
            cache.count(now, &mut census);
        }
        census
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<dyn Cache>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store of any kind.
trait Cache: Send + Sync {
    fn kind(&self) -> &'static str;
    fn listed(&self) -> bool;
    fn count(&self, now: Timestamp, census: &mut Census);
}

/// What is counted of a resource.
pub(crate) struct Facts {
    pub(crate) phase: &'static str,
    /// Since when it has not moved.
    pub(crate) since: Option<Timestamp>,
    /// Why nothing changes until somebody acts.
    pub(crate) stalled: Option<Reason>,
    /// What it costs a month.
    pub(crate) monthly: Option<Money>,
}

/// A kind that is counted.
pub(crate) trait Counted: Resource<DynamicType = ()> {
    /// Its name, as metrics show it.
    const KIND: &'static str;
    /// Where this one stands.
    fn facts(&self) -> Facts;
}

impl<K> Cache for Store<K>
where
    K: Counted + Clone + Send + Sync + 'static,
{
    fn kind(&self) -> &'static str {
        K::KIND
    }

    fn listed(&self) -> bool {
        self.wait_until_ready().now_or_never().is_some()
    }

    fn count(&self, now: Timestamp, census: &mut Census) {
        for object in self.state() {
            let Facts { phase, since, stalled, monthly } = object.facts();
            let since = since.or_else(|| object.creation_timestamp().map(|at| at.0));
            let still = since.and_then(|since| Duration::try_from(now - since).ok());
            let group = census.objects.entry((K::KIND, phase)).or_default();
            group.count += 1;
            group.longest = group.longest.max(still.unwrap_or_default());
            if let Some(reason) = stalled {
                *census.stalled.entry((K::KIND, reason.as_str())).or_default() += 1;
            }
            if let Some(money) = monthly {
                let sum = census.monthly.entry(money.currency.as_str().to_owned());
                sum.and_modify(|sum| *sum = sum.plus(money).unwrap_or(*sum)).or_insert(money);
            }
        }
    }
}

impl Counted for FabricConnection {
    const KIND: &'static str = "FabricConnection";

    fn facts(&self) -> Facts {
        let Some(status) = &self.status else {
            let phase = Phase::Pending.into();
            return Facts { phase, since: None, stalled: None, monthly: None };
        };
        let lines = || [&status.primary, &status.secondary].into_iter().flatten();
        let moved = lines().filter_map(|line| line.since.as_ref()).map(|at| at.0).max();
        let bills = lines().any(|line| line.uuid.is_some() && line.ended_at.is_none());
        Facts {
            phase: phase(status),
            since: moved.or_else(|| since(&status.conditions)),
            stalled: stalled(&status.conditions),
            monthly: bills.then(|| price(status)).flatten(),
        }
    }
}

impl Counted for FabricAccount {
    const KIND: &'static str = "FabricAccount";

    fn facts(&self) -> Facts {
        by_conditions(self.status.as_ref().map(|status| &status.conditions[..]))
    }
}

impl Counted for ServiceProfile {
    const KIND: &'static str = "ServiceProfile";

    fn facts(&self) -> Facts {
        by_conditions(self.status.as_ref().map(|status| &status.conditions[..]))
    }
}

impl Counted for ConnectionApproval {
    const KIND: &'static str = "ConnectionApproval";

    fn facts(&self) -> Facts {
        by_conditions(self.status.as_ref().map(|status| &status.conditions[..]))
    }
}

/// Of a kind that has no phases and bills nothing.
fn by_conditions(conditions: Option<&[Condition]>) -> Facts {
    let conditions = conditions.unwrap_or_default();
    let ready = find(conditions, ConditionType::Ready).is_some_and(|c| c.status == "True");
    Facts {
        phase: if ready { "Ready" } else { "NotReady" },
        since: since(conditions),
        stalled: stalled(conditions),
        monthly: None,
    }
}

/// The phase, as one of the words that there are.
fn phase(status: &FabricConnectionStatus) -> &'static str {
    let told = status.phase.as_deref().unwrap_or(Phase::Pending.into());
    Phase::iter().find(|phase| <&str>::from(*phase) == told).unwrap_or(Phase::Unknown).into()
}

fn price(status: &FabricConnectionStatus) -> Option<Money> {
    let price = status.monthly_price.as_ref()?;
    Money::parse(&price.amount, Currency::parse(&price.currency).ok()?).ok()
}

fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == kind.as_str())
}

fn since(conditions: &[Condition]) -> Option<Timestamp> {
    find(conditions, ConditionType::Ready).map(|ready| ready.last_transition_time.0)
}

fn stalled(conditions: &[Condition]) -> Option<Reason> {
    find(conditions, ConditionType::Stalled).and_then(|stalled| Reason::read(&stalled.reason))
}
