//! Who holds what: the connections and service profiles that the cluster's resources have or name.
//!
//! Reads the informers' stores and calls neither API; what a claim means is the kinds' own.

use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use jiff::Timestamp;
use kube::ResourceExt;
use kube_runtime::reflector::{ObjectRef, Store};

use fabric_api::{FabricConnection, LineStatus, ManagementPolicy, ServiceProfile};
use fabric_domain::{Connection, Flow, Leg};

use crate::reconcile::Kind;

/// A kind whose resources hold something at the provider, by its id.
pub(crate) trait Holds: Kind {
    /// Whether status says that it has `id`.
    fn holds(&self, id: &str) -> bool;
    /// Whether its spec asks to adopt `id`.
    fn asks_for(&self, id: &str) -> bool;
}

/// The resources of a kind in the cluster, once their controller runs.
pub(crate) struct Claims<K: Kind>(OnceLock<Store<K>>);

impl<K: Kind> Default for Claims<K> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<K: Holds> Claims<K> {
    /// Learns where the resources are kept.
    pub(crate) fn read_from(&self, store: Store<K>) {
        // There is one controller of each kind; a second call would bring the same store.
        let _ = self.0.set(store);
    }

    /// Whether all resources are listed.
    pub(crate) fn are_listed(&self) -> bool {
        self.0.get().is_some_and(|all| all.wait_until_ready().now_or_never().is_some())
    }

    /// One resource, if it is known.
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.0.get()?.get(&ObjectRef::new(name).within(namespace))
    }

    /// The resources that go through `account`.
    pub(crate) fn through(&self, account: &str) -> Vec<ObjectRef<K>> {
        let all = self.all();
        let through = all.iter().filter(|object| object.account() == account);
        through.map(|object| ObjectRef::from_obj(object.as_ref())).collect()
    }

    /// The resource other than `of` that holds `id`, whatever its account: two accounts may reach the
    /// same organisation.
    pub(crate) fn holder(&self, id: &str, of: &K) -> Option<Arc<K>> {
        self.find(of, |object| object.holds(id))
    }

    /// The resources other than `of` that ask for `id`. Whether they may is not known here.
    pub(crate) fn suitors(&self, id: &str, of: &K) -> Vec<Arc<K>> {
        let mut all = self.all();
        all.retain(|object| is_other(&**object, of) && object.asks_for(id));
        all
    }

    /// The namespaces of the resources that hold `id`.
    pub(crate) fn namespaces_of(&self, id: &str) -> Vec<String> {
        let all = self.all();
        all.iter()
            .filter(|object| object.holds(id))
            .filter_map(|object| object.namespace())
            .collect()
    }

    /// Whether there is a resource of this uid; `None` before all resources are listed.
    pub(crate) fn exists(&self, uid: &str) -> Option<bool> {
        let is = |object: &Arc<K>| object.meta().uid.as_deref() == Some(uid);
        self.are_listed().then(|| self.all().iter().any(is))
    }

    /// Another resource that fits.
    fn find(&self, of: &K, fits: impl Fn(&K) -> bool) -> Option<Arc<K>> {
        self.all().into_iter().find(|object| is_other(&**object, of) && fits(object))
    }

    fn all(&self) -> Vec<Arc<K>> {
        self.0.get().map(Store::state).unwrap_or_default()
    }
}

impl Claims<FabricConnection> {
    /// How many resources of the same namespace and account come before `of`: those that have ordered or
    /// adopted, or may have, and those that are older and are to.
    pub(crate) fn before(&self, of: &FabricConnection) -> usize {
        let age = |object: &FabricConnection| (object.creation_timestamp(), object.name_any());
        let comes_first = |object: &FabricConnection| {
            let may_hold = Leg::BOTH.into_iter().any(|leg| leg_status(object, leg).is_some());
            let is_to_hold = object.spec.management_policy == ManagementPolicy::Manage
                && object.metadata.deletion_timestamp.is_none();
            may_hold || (is_to_hold && age(object) < age(of))
        };
        let all = self.all();
        let beside = all.iter().filter(|object| {
            is_other(&***object, of)
                && object.namespace() == of.namespace()
                && object.spec.account == of.spec.account
        });
        beside.filter(|object| comes_first(object)).count()
    }

    /// All resources that hold a connection.
    pub(crate) fn holders(&self, id: &str) -> Vec<Arc<FabricConnection>> {
        self.all().into_iter().filter(|object| object.holds(id)).collect()
    }

    /// When the provider's answer to an order of this cluster named the connection.
    pub(crate) fn accepted_at(&self, id: &str) -> Option<Timestamp> {
        let holders = self.holders(id);
        let legs = holders.iter().flat_map(|object| Leg::BOTH.map(|leg| leg_status(object, leg)));
        let named = legs.flatten().filter(|known| known.uuid.as_deref() == Some(id));
        named.filter_map(|known| Some(known.accepted_at.as_ref()?.0)).max()
    }

    /// The resource other than `of` that has ordered on the port and tags of a connection and does
    /// not know the outcome yet.
    pub(crate) fn awaiting(
        &self,
        connection: &Connection,
        of: &FabricConnection,
    ) -> Option<Arc<FabricConnection>> {
        self.find(of, |object| {
            let legs = Leg::BOTH.into_iter().filter_map(|leg| leg_status(object, leg));
            let mut orders = legs.filter(|l| l.uuid.is_none()).filter_map(|l| l.order.as_ref());
            orders.any(|order| {
                connection.port.as_ref().is_some_and(|port| same(port.as_str(), &order.port_uuid))
                    && connection.tags.is_some_and(|tags| tags.s_tag == order.vlan_s_tag)
            })
        })
    }
}

impl Claims<ServiceProfile> {
    /// The resource other than `of` that has, or may have, a profile of the same name through the
    /// same account.
    pub(crate) fn namesake(&self, of: &ServiceProfile) -> Option<Arc<ServiceProfile>> {
        self.find(of, |object| {
            let status = object.status.as_ref();
            let may = status.is_some_and(|s| s.uuid.is_some() || s.creation.is_some());
            may && object.spec.name == of.spec.name && object.spec.account == of.spec.account
        })
    }
}

impl Holds for FabricConnection {
    fn holds(&self, id: &str) -> bool {
        let mut legs = Leg::BOTH.into_iter().filter_map(|leg| leg_status(self, leg));
        legs.any(|known| known.uuid.as_deref().is_some_and(|uuid| same(uuid, id)))
    }

    fn asks_for(&self, id: &str) -> bool {
        self.spec.adopt.as_ref().is_some_and(|adopt| {
            let second = adopt.secondary_uuid.as_deref();
            same(&adopt.uuid, id) || second.is_some_and(|uuid| same(uuid, id))
        })
    }
}

impl Holds for ServiceProfile {
    fn holds(&self, id: &str) -> bool {
        let known = self.status.as_ref().and_then(|status| status.uuid.as_deref());
        known.is_some_and(|uuid| same(uuid, id))
    }

    fn asks_for(&self, id: &str) -> bool {
        self.spec.adopt.as_ref().is_some_and(|adopt| same(&adopt.uuid, id))
    }
}

/// Whether two ids are the same: the letter case does not count.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn is_other<K: Kind>(object: &K, of: &K) -> bool {
    object.meta().uid != of.meta().uid
}

/// A resource by kind, namespace and name: for administrators.
pub(crate) fn full_name<K: Kind>(object: &K) -> String {
    let namespace = object.namespace().unwrap_or_default();
    format!("{} {namespace}/{}", K::KIND, object.name_any())
}

/// What a FabricConnection's status says of a leg.
pub(crate) fn leg_status(object: &FabricConnection, leg: Leg) -> Option<&LineStatus> {
    let status = object.status.as_ref()?;
    match leg {
        Leg::Primary => status.primary.as_ref(),
        Leg::Secondary => status.secondary.as_ref(),
    }
}

/// The flow of a FabricConnection: who is at its Z side, as it decides what a state means.
pub(crate) fn flow(object: &FabricConnection) -> Flow {
    let z_side = &object.spec.z_side;
    if z_side.service_token.is_some() {
        return Flow::Token;
    }
    if z_side.invitation.is_some() {
        return Flow::Invitation;
    }
    if z_side.port.is_some() {
        return Flow::Own;
    }
    let resolved = object.status.as_ref().and_then(|s| s.resolved.as_ref());
    let found = resolved.and_then(|r| r.profile_name.as_deref());
    let named = z_side.service_profile.as_ref().and_then(|p| p.name.as_deref());
    found.or(named).map_or(Flow::Seller, Flow::of_profile)
}
