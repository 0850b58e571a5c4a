//! What all passes share: handles and settings. It decides nothing.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use k8s_openapi::{NamespaceResourceScope, api::core::v1::Namespace};
use kube::{Api, Client, Resource};
use kube_runtime::reflector::ObjectRef;
use tokio::{
    sync::{Mutex, OnceCell, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use fabric_api::{FabricAccount, FabricConnection, ServiceProfile};
use fabric_client::Http;
use fabric_domain::ConnectionId;

use crate::{
    account::{secret_changes::SecretWatches, session::Accounts},
    lease::Tenure,
    reconcile::{
        attempts::Attempts,
        backoff::Backoff,
        claims::Claims,
        conflicts::Conflicts,
        events::Events,
        fairness::Fairness,
        gauges::Stores,
        refresh::StaleCopies,
        status::{ApiError, bounded},
    },
    telemetry::{Census, Metrics},
};

/// The time of day, as conditions show it. A test may steer it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// How an origin is reached.
pub type Connector = Arc<dyn Fn(&Url) -> Result<Arc<dyn Http>, String> + Send + Sync>;

/// What administrators observe the operator by.
#[derive(Clone, Default)]
pub struct Instruments {
    /// What it counts.
    pub metrics: Metrics,
    /// What its informers hold.
    pub stores: Stores,
}

/// What the administrator of the operator decides, and its clocks.
#[derive(Clone)]
pub struct Settings {
    /// The operator's own namespace, where the accounts' Secrets are.
    pub namespace: String,
    /// The namespace whose resources are reconciled; all namespaces if there is none.
    pub watched: Option<String>,
    /// Origins that accounts may name.
    pub allowed_endpoints: Vec<Url>,
    /// The ClusterRole that lets the operator read a namespace's Secrets, for messages: the release
    /// names it.
    pub secret_reader_role: String,
    /// Passes at the same time, for each account, namespace and priority.
    pub concurrency: u16,
    /// The time of day.
    pub now: Now,
    /// The namespaces whose resources are protected from deletion, unless their spec says otherwise.
    pub protected_namespaces: Vec<String>,
    /// Whether metrics name namespaces: what each one's connections cost.
    pub namespace_metrics: bool,
    /// Until when this process may act.
    pub tenure: Tenure,
}

/// The resources of a kind that are reconciled, by [`Settings::watched`].
pub fn namespaced<K>(client: Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    }
}

/// The ways to have a resource looked at out of turn.
pub(crate) struct Wakes {
    pub(crate) connections: mpsc::UnboundedSender<ObjectRef<FabricConnection>>,
    pub(crate) accounts: mpsc::UnboundedSender<ObjectRef<FabricAccount>>,
}

/// Handles for a pass.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) connector: Connector,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) stores: Stores,
    pub(crate) accounts: Accounts,
    pub(crate) secret_watches: SecretWatches,
    pub(crate) connections: Claims<FabricConnection>,
    pub(crate) profiles: Claims<ServiceProfile>,
    /// One creation of a service profile at a time: whether a name is free is known only until the
    /// next one.
    pub(crate) creating: Mutex<()>,
    pub(crate) backoff: Backoff,
    pub(crate) attempts: Attempts,
    pub(crate) conflicts: Conflicts,
    pub(super) stale: StaleCopies,
    pub(super) fairness: Fairness,
    pub(super) events: Events,
    /// Wakes a connection out of turn.
    pub(crate) wake: mpsc::UnboundedSender<ObjectRef<FabricConnection>>,
    /// Wakes an account out of turn.
    pub(crate) wake_account: mpsc::UnboundedSender<ObjectRef<FabricAccount>>,
    /// Cancelled when nothing may be begun any more.
    pub(crate) stop: CancellationToken,
    /// Ends all observers with the controllers, however those end.
    pub(crate) observers: CancellationToken,
    /// Distinguishes this process from every other.
    process: String,
    intents: AtomicU64,
    /// The uid of namespace kube-system, once it was read.
    cluster_uid: OnceCell<String>,
}

impl Context {
    pub(crate) fn new(
        client: Client,
        connector: Connector,
        settings: Settings,
        instruments: Instruments,
        wakes: Wakes,
        stop: CancellationToken,
        observers: CancellationToken,
    ) -> Self {
        // Process ids repeat, in containers above all; the start's nanosecond does not.
        let process = format!("{}-{:x}", std::process::id(), Timestamp::now().as_nanosecond());
        Self {
            events: Events::new(client.clone()),
            client,
            connector,
            fairness: Fairness::new(settings.concurrency),
            settings,
            metrics: instruments.metrics,
            stores: instruments.stores,
            accounts: Accounts::default(),
            secret_watches: SecretWatches::default(),
            connections: Claims::default(),
            profiles: Claims::default(),
            creating: Mutex::default(),
            backoff: Backoff::default(),
            attempts: Attempts::default(),
            conflicts: Conflicts::default(),
            stale: StaleCopies::default(),
            wake: wakes.connections,
            wake_account: wakes.accounts,
            stop,
            observers,
            process,
            intents: AtomicU64::new(0),
            cluster_uid: OnceCell::new(),
        }
    }

    /// The time of day, in whole seconds as Kubernetes keeps it.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.settings.now)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// How many resources are in which phase, and when the first token in use ends.
    pub(crate) fn census(&self) -> Census {
        let now = (self.settings.now)();
        let end = self.accounts.first_token_ends();
        let token_end = end.map(|end| now + end.saturating_duration_since(Instant::now()));
        let mut census = Census { token_end, ..self.stores.census(now) };
        if !self.settings.namespace_metrics {
            census.namespace_monthly.clear();
        }
        census
    }

    /// Wakes the resources that hold a connection, and has them read it anew: something was done to it
    /// that they did not do.
    pub(crate) fn wake_holders(&self, id: &ConnectionId) {
        for object in self.connections.holders(id.as_str()) {
            if let Ok(session) = self.accounts.session(&object.spec.account) {
                session.fleet.invalidate(id);
            }
            // The receiver is gone only while the operator stops.
            let _ = self.wake.send(ObjectRef::from_obj(object.as_ref()));
        }
    }

    /// Has the account controller look at an account now.
    pub(crate) fn wake_account(&self, name: &str) {
        // The receiver is gone only while the operator stops.
        let _ = self.wake_account.send(ObjectRef::new(name));
    }

    /// What distinguishes this cluster from every other: the uid of its namespace kube-system.
    pub(crate) async fn cluster_uid(&self) -> Result<&str, ApiError> {
        let read = async || {
            let namespaces: Api<Namespace> = Api::all(self.client.clone());
            let system = bounded("reading namespace kube-system", namespaces.get("kube-system"));
            Ok::<_, ApiError>(system.await?.metadata.uid.unwrap_or_default())
        };
        self.cluster_uid.get_or_try_init(read).await.map(String::as_str)
    }

    /// An id that no other intent has, of this process or another.
    pub(super) fn next_intent_id(&self) -> String {
        format!("{}-{}", self.process, self.intents.fetch_add(1, Ordering::Relaxed))
    }

    /// Drops what this process keeps of a resource.
    pub(super) fn forget(&self, uid: &str) {
        self.backoff.forget(uid);
        self.attempts.forget(uid);
        self.stale.take(uid);
        self.conflicts.forget(uid);
    }
}
