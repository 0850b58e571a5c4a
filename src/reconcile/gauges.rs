//! Gauges over the informers' stores: whether each has been listed, and how many resources are in
//! which phase.
//!
//! Reads what the stores hold and calls neither API.

use std::{
    collections::btree_map::Entry,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use kube_runtime::reflector::Store;

use fabric_api::{ConditionType, Reason};
use fabric_domain::Money;

use crate::{
    account::dependents::Dependents,
    reconcile::{Kind, conditions::find},
    telemetry::Census,
};

/// The informers' stores of all kinds. Clones share them.
#[derive(Clone, Default)]
pub struct Stores(Arc<Mutex<Vec<Arc<dyn AnyStore>>>>);

impl Stores {
    /// Adds the store of one more kind.
    pub(crate) fn add<K: Kind>(&self, store: Store<K>) {
        self.all().push(Arc::new(store));
    }

    /// The kinds that the API server has not listed yet.
    pub fn unlisted(&self) -> Vec<&'static str> {
        let all = self.all();
        all.iter().filter(|store| !store.listed()).map(|store| store.kind()).collect()
    }

    /// Whether a resource needs `account`.
    pub(crate) fn is_needed(&self, account: &str) -> bool {
        self.all().iter().any(|store| store.needs(account))
    }

    /// The resources that need `account`, by kind; kinds without any are left out.
    pub(crate) fn needing(&self, account: &str) -> Vec<Dependents> {
        let of_kind = |store: &Arc<dyn AnyStore>| {
            let names = store.needing(account);
            (!names.is_empty()).then(|| Dependents { kind: store.kind(), names })
        };
        self.all().iter().filter_map(of_kind).collect()
    }

    /// How many resources are in which phase.
    pub(super) fn census(&self, now: Timestamp) -> Census {
        let mut census = Census::default();
        for store in self.all().iter() {
            store.count(now, &mut census);
        }
        census
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<dyn AnyStore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store of any kind.
trait AnyStore: Send + Sync {
    fn kind(&self) -> &'static str;
    fn listed(&self) -> bool;
    fn needs(&self, account: &str) -> bool;
    fn needing(&self, account: &str) -> Vec<String>;
    fn count(&self, now: Timestamp, census: &mut Census);
}

/// What is counted of a resource.
pub(crate) struct Facts {
    pub(crate) phase: &'static str,
    /// Since when it has been in it.
    pub(crate) since: Option<Timestamp>,
    /// Why nothing changes until the user or another party acts.
    pub(crate) stalled: Option<Reason>,
    /// How long it is usually in this phase at most.
    pub(crate) usual: Option<Duration>,
    /// Whether what exists at the provider differs from the spec.
    pub(crate) differs: bool,
    /// What it costs a month.
    pub(crate) monthly: Option<Money>,
}

impl Facts {
    /// The facts of a kind that has no phases and bills nothing.
    pub(crate) fn of(conditions: &[Condition]) -> Self {
        let ready = find(conditions, ConditionType::Ready);
        Self {
            phase: if ready.is_some_and(|c| c.status == "True") { "Ready" } else { "NotReady" },
            since: ready.map(|ready| ready.last_transition_time.0),
            stalled: find(conditions, ConditionType::Stalled)
                .and_then(|stalled| Reason::read(&stalled.reason)),
            usual: None,
            differs: find(conditions, ConditionType::InSync).is_some_and(|c| c.status == "False"),
            monthly: None,
        }
    }
}

impl<K: Kind> AnyStore for Store<K> {
    fn kind(&self) -> &'static str {
        K::KIND
    }

    fn listed(&self) -> bool {
        self.wait_until_ready().now_or_never().is_some()
    }

    fn needs(&self, account: &str) -> bool {
        self.find(|object| object.account() == account && object.needs_account()).is_some()
    }

    fn needing(&self, account: &str) -> Vec<String> {
        let all = self.state();
        let needing = all.iter().filter(|object| object.account() == account);
        let mut names: Vec<String> = needing
            .filter(|object| object.needs_account())
            .map(|object| {
                format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
            })
            .collect();
        names.sort();
        names
    }

    fn count(&self, now: Timestamp, census: &mut Census) {
        for object in self.state() {
            let Facts { phase, since, stalled, usual, differs, monthly } = object.facts();
            let since = since.or_else(|| object.creation_timestamp().map(|at| at.0));
            let still = since.and_then(|since| Duration::try_from(now - since).ok());
            let still = still.unwrap_or_default();
            let group = census.objects.entry((K::KIND, phase)).or_default();
            group.count += 1;
            group.longest = group.longest.max(still);
            group.overdue += u32::from(usual.is_some_and(|usual| still > usual));
            if differs {
                *census.differing.entry(K::KIND).or_default() += 1;
            }
            if let Some(reason) = stalled {
                *census.stalled.entry((K::KIND, reason.as_str())).or_default() += 1;
            }
            if let Some(money) = monthly {
                let currency = money.currency.as_str().to_owned();
                let key = (object.namespace().unwrap_or_default(), currency.clone());
                add(census.monthly.entry(currency), money);
                add(census.namespace_monthly.entry(key), money);
            }
        }
    }
}
/// Adds to a sum; one that cannot be represented stays as it is.
fn add<K: Ord>(sum: Entry<'_, K, Money>, money: Money) {
    sum.and_modify(|sum| *sum = sum.plus(money).unwrap_or(*sum)).or_insert(money);
}
