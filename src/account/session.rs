//! The sessions of accounts: the way to each account's API, and what was read through it.
//!
//! The account controller opens and closes them; nothing here decides whether an account may be used.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use kube_runtime::reflector::{ObjectRef, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use fabric_api::{AccessGrant, FabricAccount, FabricConnection, Reason};
use fabric_client::{Error, Reads, TokenSource};
use fabric_domain::{Connection, ConnectionId, Listed, Metro, Port, ProfileId, ServiceProfile};

use crate::{
    account::{seller::SellerCache, single_flight::SingleFlight},
    fleet::{Fleet, Lookup},
    reconcile::{problem::Problem, send_once::Sender},
};

/// How long listed ports, metros and profiles are used without asking again.
const FRESH: Duration = Duration::from_secs(300);
/// The same where what is looked for is missing from them.
const RECENT: Duration = Duration::from_secs(10);

/// A working connection to one account's API.
pub(crate) struct Session {
    pub(crate) reads: Arc<dyn Reads>,
    pub(crate) sender: Sender,
    pub(crate) tokens: Arc<TokenSource>,
    pub(crate) fleet: Arc<Fleet<ObjectRef<FabricConnection>>>,
    pub(crate) stop: CancellationToken,
    pub(crate) seller: SellerCache,
    /// Whether orders carry the operator's mark.
    pub(crate) marks_orders: bool,
    ports: SingleFlight<Listed<Port>>,
    metros: SingleFlight<Listed<Metro>>,
    profiles: Mutex<HashMap<ProfileId, Arc<SingleFlight<ServiceProfile>>>>,
    all_profiles: SingleFlight<Listed<ServiceProfile>>,
}

impl Session {
    pub(crate) fn new(
        reads: Arc<dyn Reads>,
        sender: Sender,
        tokens: Arc<TokenSource>,
        fleet: Arc<Fleet<ObjectRef<FabricConnection>>>,
        interval: Duration,
        marks_orders: bool,
        stop: CancellationToken,
    ) -> Self {
        Self {
            seller: SellerCache::new(reads.clone(), interval),
            reads,
            sender,
            tokens,
            fleet,
            stop,
            marks_orders,
            ports: SingleFlight::default(),
            metros: SingleFlight::default(),
            profiles: Mutex::default(),
            all_profiles: SingleFlight::default(),
        }
    }

    /// Distinguishes one session from another while both are there.
    pub(crate) fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// A connection that the account has ordered: from the last listing, or read alone where that is
    /// too old.
    pub(crate) async fn look(&self, id: &ConnectionId) -> Look {
        match self.fleet.get(id) {
            Lookup::Known(connection) => return Look::Seen(connection),
            Lookup::NotListed => return Look::Unlisted,
            Lookup::MustRead => {}
        }
        let asked_at = Instant::now();
        match self.reads.connection(id).await {
            Ok(connection) => {
                self.fleet.learn(asked_at, connection.clone());
                Look::Seen(Box::new(connection))
            }
            Err(error) => Look::Unseen(error),
        }
    }

    /// The same, as it was seen at `since` or later.
    pub(crate) async fn look_since(&self, id: &ConnectionId, since: Option<Instant>) -> Look {
        if let Some(since) = since {
            self.fleet.invalidate_before(id, since);
        }
        self.look(id).await
    }

    /// Why there is no listing, if the provider refuses it or fails.
    pub(crate) fn listing_trouble(&self, account: &str) -> Option<Problem> {
        let error = self.fleet.last_error()?;
        Some(Problem::reading("listing the account's connections", account, &error))
    }

    /// The account's ports that fit; asked for anew if none of the known ones does, or if not all
    /// are known.
    pub(crate) async fn ports(&self, fits: impl Fn(&Port) -> bool) -> Result<Listed<Port>, Error> {
        let known = self.ports.get(FRESH, || self.reads.ports()).await?.filter(&fits);
        if known.items.is_empty() || known.gap.is_some() {
            return Ok(self.ports.get(RECENT, || self.reads.ports()).await?.filter(fits));
        }
        Ok(known)
    }

    /// All metros; asked for anew if not all are known.
    pub(crate) async fn metros(&self) -> Result<Listed<Metro>, Error> {
        let known = self.metros.get(FRESH, || self.reads.metros()).await?;
        if known.gap.is_some() {
            return self.metros.get(RECENT, || self.reads.metros()).await;
        }
        Ok(known)
    }

    /// All service profiles that can be ordered from.
    pub(crate) async fn profiles(&self) -> Result<Listed<ServiceProfile>, Error> {
        self.all_profiles.get(FRESH, || self.reads.profiles()).await
    }

    /// One service profile. Requests for another one do not wait for it.
    pub(crate) async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error> {
        let cached = {
            let mut profiles = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
            if profiles.len() >= 1000 {
                profiles.clear();
            }
            profiles.entry(id.clone()).or_default().clone()
        };
        cached.get(FRESH, || self.reads.profile(id)).await
    }
}

/// Something was looked for in a list that was not read whole; `what` names the list in the plural.
pub(crate) fn not_whole(what: &str, gap: &str) -> Problem {
    Problem::passing(
        Reason::UnreadableAnswer,
        format!("the list of {what} could not be read whole ({gap}); it is read again by itself"),
    )
}

/// An account, as the account controller last left it.
#[derive(Clone)]
pub(crate) struct KnownAccount {
    /// What makes two sessions the same, printed without secrets.
    pub(crate) shape: String,
    pub(crate) session: Result<Arc<Session>, Problem>,
    pub(crate) grants: Arc<[AccessGrant]>,
}

/// The way to an account's API.
pub(crate) enum Way {
    /// Through this session.
    Open(Arc<Session>),
    /// The account controller has not looked at it yet; that says nothing about it.
    Opening,
    /// There is none.
    Closed(Problem),
}

/// What is known of a connection that the account has ordered.
pub(crate) enum Look {
    Seen(Box<Connection>),
    /// The first listing is still to come.
    Unlisted,
    /// It could not be read.
    Unseen(Error),
}

/// All accounts by name.
#[derive(Default)]
pub(crate) struct Accounts {
    known: Mutex<HashMap<String, KnownAccount>>,
    /// The accounts of the cluster, once their controller runs.
    there: OnceLock<Store<FabricAccount>>,
}

impl Accounts {
    /// Learns where the accounts of the cluster are kept.
    pub(crate) fn read_from(&self, there: Store<FabricAccount>) {
        // There is one account controller; a second call would bring the same.
        let _ = self.there.set(there);
    }

    /// Whether an account that was not looked at yet may be there.
    fn may_exist(&self, name: &str) -> bool {
        self.there.get().is_none_or(|there| {
            let listed = there.wait_until_ready().now_or_never().is_some();
            !listed || there.get(&ObjectRef::new(name)).is_some()
        })
    }

    /// When the first of the tokens in use ends.
    pub(crate) fn first_token_ends(&self) -> Option<Instant> {
        let entries = self.entries();
        let sessions = entries.values().filter_map(|account| account.session.as_ref().ok());
        sessions.filter_map(|session| session.tokens.ends()).min()
    }

    pub(crate) fn get(&self, name: &str) -> Option<KnownAccount> {
        self.entries().get(name).cloned()
    }

    /// Ends what every account's observer does for a resource.
    pub(crate) fn unfollow(&self, key: &ObjectRef<FabricConnection>) {
        for account in self.entries().values() {
            if let Ok(session) = &account.session {
                session.fleet.unfollow(key);
            }
        }
    }

    /// The way to an account's API.
    pub(crate) fn way(&self, name: &str) -> Way {
        match self.get(name).map(|account| account.session) {
            Some(Ok(session)) => Way::Open(session),
            Some(Err(problem)) => Way::Closed(Problem {
                // Its Secrets and endpoints are the administrator's to know.
                message: format!(
                    "FabricAccount {name} cannot be used ({}); ask its administrator, who finds the rest in its status",
                    problem.reason.as_str()
                ),
                withheld: Some(problem.message.clone()),
                ..problem
            }),
            None if self.may_exist(name) => Way::Opening,
            None => Way::Closed(Problem::missing(
                Reason::AccountNotFound,
                format!(
                    "FabricAccount {name} does not exist; correct spec.account, or ask the cluster's administrator for a FabricAccount of that name"
                ),
            )),
        }
    }

    /// The grants of an account; none if it is not known.
    pub(crate) fn grants(&self, name: &str) -> Arc<[AccessGrant]> {
        self.get(name).map(|account| account.grants).unwrap_or_default()
    }

    /// An account's session, for a pass that has read through it already.
    pub(crate) fn session(&self, name: &str) -> Result<Arc<Session>, Problem> {
        self.get(name).and_then(|account| account.session.ok()).ok_or_else(|| {
            Problem::passing(
                Reason::AccountNotReady,
                format!("FabricAccount {name} has just changed; it is tried again by itself"),
            )
        })
    }

    /// Replaces an account; a session that is no longer used stops observing.
    pub(crate) fn put(&self, name: &str, account: KnownAccount) {
        let kept = account.session.as_ref().ok().cloned();
        let old = self.entries().insert(name.to_owned(), account);
        if let Some(Ok(old)) = old.map(|a| a.session)
            && !kept.is_some_and(|kept| Arc::ptr_eq(&kept, &old))
        {
            old.stop.cancel();
        }
    }

    pub(crate) fn remove(&self, name: &str) {
        if let Some(Ok(session)) = self.entries().remove(name).map(|a| a.session) {
            session.stop.cancel();
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, KnownAccount>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
