//! What all passes share. Handles and settings only; nothing here decides.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use futures::FutureExt;
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use kube::{Api, Client, Resource, ResourceExt};
use kube_runtime::{
    events::{Event, EventType, Recorder, Reporter},
    reflector::{ObjectRef, Store},
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use url::Url;

use fabric_api::{FabricConnection, Reason};
use fabric_client::Http;
use fabric_domain::{Connection, ConnectionId, clean};

use crate::{
    account::session::Accounts,
    reconcile::{fairness::Workers, gauges::Caches, memory::Memory, problem::Problem},
    telemetry::{Census, Metrics},
};

/// The time of day, as conditions show it. A test may steer it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// How an origin is reached.
pub type Connector = Arc<dyn Fn(&Url) -> Result<Arc<dyn Http>, String> + Send + Sync>;

/// What the operator is watched by.
#[derive(Clone, Default)]
pub struct Instruments {
    /// What it counts.
    pub metrics: Metrics,
    /// What its watches hold.
    pub caches: Caches,
}

/// What the administrator of the operator decides.
#[derive(Clone)]
pub struct Settings {
    /// The operator's own namespace, where the accounts' Secrets are.
    pub namespace: String,
    /// The namespace whose resources are looked after; of all namespaces if there is none.
    pub watched: Option<String>,
    /// Origins that accounts may name.
    pub allowed_endpoints: Vec<Url>,
    /// Passes at the same time, for each account, namespace and lane.
    pub concurrency: u16,
    /// The time of day.
    pub now: Now,
}

/// Where resources of a kind are looked for, by [`Settings::watched`].
pub fn namespaced<K>(client: &Client, watched: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match watched {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

fn holds(object: &FabricConnection, line: &ConnectionId) -> bool {
    let status = object.status.as_ref();
    let mut lines = status.into_iter().flat_map(|s| [&s.primary, &s.secondary]).flatten();
    lines.any(|known| known.uuid.as_deref() == Some(line.as_str()))
}

fn name(object: &FabricConnection) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}

/// Handles for a pass.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) connector: Connector,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) caches: Caches,
    pub(crate) accounts: Accounts,
    pub(crate) memory: Memory,
    pub(crate) workers: Workers,
    /// Wakes a connection out of turn.
    pub(crate) wake: mpsc::UnboundedSender<ObjectRef<FabricConnection>>,
    /// All connections, once their controller runs.
    connections: OnceLock<Store<FabricConnection>>,
    /// Cancelled when nothing may be begun any more.
    pub(crate) stop: CancellationToken,
    /// Ends all observers with the controllers, however those end.
    pub(crate) observers: CancellationToken,
    /// Tells this process from every other.
    process: String,
    marks: AtomicU64,
    recorder: Recorder,
}

impl Context {
    pub(crate) fn new(
        client: Client,
        connector: Connector,
        settings: Settings,
        instruments: Instruments,
        wake: mpsc::UnboundedSender<ObjectRef<FabricConnection>>,
        stop: CancellationToken,
        observers: CancellationToken,
    ) -> Self {
        let reporter = Reporter { controller: "fabric-operator".into(), instance: None };
        let recorder = Recorder::new(client.clone(), reporter);
        // Process ids repeat, in containers above all; the start's nanosecond does not.
        let process = format!("{}-{:x}", std::process::id(), Timestamp::now().as_nanosecond());
        Self {
            client,
            connector,
            workers: Workers::new(settings.concurrency),
            settings,
            metrics: instruments.metrics,
            caches: instruments.caches,
            accounts: Accounts::default(),
            memory: Memory::default(),
            wake,
            connections: OnceLock::new(),
            stop,
            observers,
            process,
            marks: AtomicU64::new(0),
            recorder,
        }
    }

    /// The time of day, in whole seconds as Kubernetes keeps it.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.settings.now)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// How much there is of what, and where it stands.
    pub(crate) fn census(&self) -> Census {
        let now = (self.settings.now)();
        let end = self.accounts.first_token_ends();
        let token_end = end.map(|end| now + end.saturating_duration_since(Instant::now()));
        Census { token_end, ..self.caches.census(now) }
    }

    /// Learns where the connections of the cluster are kept.
    pub(crate) fn watch(&self, connections: Store<FabricConnection>) {
        // There is one connection controller; a second call would bring the same.
        self.caches.keep(connections.clone());
        let _ = self.connections.set(connections);
    }

    /// The connections that are ordered through `account`.
    pub(crate) fn through(&self, account: &str) -> Vec<ObjectRef<FabricConnection>> {
        let all = self.connections.get().map(Store::state).unwrap_or_default();
        let through = all.iter().filter(|connection| connection.spec.account == account);
        through.map(|connection| ObjectRef::from_obj(connection.as_ref())).collect()
    }

    /// Whether the connections of the cluster are listed already.
    pub(crate) fn knows_connections(&self) -> bool {
        let all = self.connections.get();
        all.is_some_and(|all| all.wait_until_ready().now_or_never().is_some())
    }

    /// A connection of the cluster, as far as they are known.
    pub(crate) fn connection(&self, namespace: &str, name: &str) -> Option<Arc<FabricConnection>> {
        self.connections.get()?.get(&ObjectRef::new(name).within(namespace))
    }

    /// The connection in another namespace whose line this is.
    pub(crate) fn holder_elsewhere(&self, line: &ConnectionId, namespace: &str) -> Option<String> {
        let all = self.connections.get().map(Store::state).unwrap_or_default();
        let mut others = all.iter().filter(|o| o.namespace().as_deref() != Some(namespace));
        others.find(|object| holds(object, line)).map(|object| name(object))
    }

    /// Has the connections whose line this is look at it anew and at once: something was done to it
    /// that they did not do.
    pub(crate) fn stir(&self, line: &ConnectionId) {
        let all = self.connections.get().map(Store::state).unwrap_or_default();
        for object in all.iter().filter(|object| holds(object, line)) {
            if let Ok(session) = self.accounts.session(&object.spec.account) {
                session.fleet.invalidate(line);
            }
            // Nobody listens any more only while the operator stops.
            let _ = self.wake.send(ObjectRef::from_obj(object.as_ref()));
        }
    }

    /// The other resources that may hold lines at the endpoint of `of`. Ids say something only at
    /// one endpoint; where another account's endpoint is not known, it counts as the same.
    fn others(&self, of: &FabricConnection) -> Vec<Arc<FabricConnection>> {
        let mut all = self.connections.get().map(Store::state).unwrap_or_default();
        let endpoint = self.accounts.endpoint(&of.spec.account);
        all.retain(|object| {
            let theirs = self.accounts.endpoint(&object.spec.account);
            let same = theirs.is_none() || endpoint.is_none() || theirs == endpoint;
            same && object.metadata.uid != of.metadata.uid
        });
        all
    }

    /// The resource other than `of` whose line this is.
    pub(crate) fn holder(&self, line: &ConnectionId, of: &FabricConnection) -> Option<String> {
        let others = self.others(of);
        others.iter().find(|object| holds(object, line)).map(|object| name(object))
    }

    /// The resource other than `of` whose line this is, or that asks for it.
    pub(crate) fn claimant(&self, line: &ConnectionId, of: &FabricConnection) -> Option<String> {
        let others = self.others(of);
        let claims = |object: &FabricConnection| {
            let adopt = object.spec.adopt.as_ref();
            let asked = adopt.is_some_and(|adopt| {
                adopt.uuid == line.as_str()
                    || adopt.secondary_uuid.as_deref() == Some(line.as_str())
            });
            asked || holds(object, line)
        };
        others.iter().find(|object| claims(object)).map(|object| name(object))
    }

    /// The resource other than `of` that has ordered on the line's port and tags and does not know
    /// yet what came of it.
    pub(crate) fn awaiting(&self, line: &Connection, of: &FabricConnection) -> Option<String> {
        let others = self.others(of);
        let awaits = |object: &FabricConnection| {
            let status = object.status.as_ref();
            let lines = status.into_iter().flat_map(|s| [&s.primary, &s.secondary]).flatten();
            let mut orders = lines.filter(|l| l.uuid.is_none()).filter_map(|l| l.order.as_ref());
            orders.any(|order| {
                line.port.as_ref().is_some_and(|port| port.as_str() == order.port_uuid)
                    && line.tags.is_some_and(|tags| tags.s_tag == order.vlan_s_tag)
            })
        };
        others.iter().find(|object| awaits(object)).map(|object| name(object))
    }

    /// A mark that no other intent carries, of this process or another.
    pub(crate) fn mark(&self) -> String {
        format!("{}-{}", self.process, self.marks.fetch_add(1, Ordering::Relaxed))
    }

    /// Tells the owner of `object` what happened. A lost event is a log line, never a failure.
    pub(crate) async fn tell<K: Resource<DynamicType = ()>>(
        &self,
        object: &K,
        kind: EventType,
        reason: Reason,
        action: &str,
        note: &str,
    ) {
        let event = Event {
            type_: kind,
            reason: reason.as_str().into(),
            note: Some(clean(note, 900)),
            action: action.into(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&event, &object.object_ref(&())).await {
            tracing::warn!(%error, reason = reason.as_str(), "cannot record an event");
        }
    }

    /// Whether an account may name this endpoint.
    pub(crate) fn endpoint(&self, text: &str) -> Result<Url, Problem> {
        let allowed = &self.settings.allowed_endpoints;
        let url =
            Url::parse(text).ok().filter(|u| allowed.iter().any(|a| a.origin() == u.origin()));
        url.ok_or_else(|| {
            let list: Vec<String> =
                allowed.iter().map(|url| url.origin().ascii_serialization()).collect();
            Problem::stalled(
                Reason::EndpointNotAllowed,
                format!(
                    "spec.endpoint {text} is not on the operator's list ({}); correct it, or start the operator with --allowed-endpoint {text}",
                    list.join(", ")
                ),
            )
        })
    }
}
