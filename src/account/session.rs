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

/// Which account a session is of, and what it takes from the account's spec.
pub(crate) struct SessionOf {
    pub(crate) account: String,
    /// What makes two sessions the same, but for the credentials, printed without secrets.
    pub(crate) shape: String,
    /// Whether orders carry the operator's mark.
    pub(crate) marks_orders: bool,
}

/// A working connection to one account's API.
pub(crate) struct Session {
    pub(crate) of: SessionOf,
    pub(crate) reads: Arc<dyn Reads>,
    pub(crate) sender: Sender,
    pub(crate) tokens: Arc<TokenSource>,
    pub(crate) fleet: Arc<Fleet<ObjectRef<FabricConnection>>>,
    pub(crate) stop: CancellationToken,
    pub(crate) seller: SellerCache,
    ports: SingleFlight<Listed<Port>>,
    metros: SingleFlight<Listed<Metro>>,
    profiles: Mutex<HashMap<ProfileId, Arc<SingleFlight<ServiceProfile>>>>,
    all_profiles: SingleFlight<Listed<ServiceProfile>>,
}

impl Session {
    pub(crate) fn new(
        of: SessionOf,
        reads: Arc<dyn Reads>,
        sender: Sender,
        tokens: Arc<TokenSource>,
        fleet: Arc<Fleet<ObjectRef<FabricConnection>>>,
        interval: Duration,
        stop: CancellationToken,
    ) -> Self {
        Self {
            of,
            seller: SellerCache::new(reads.clone(), interval),
            reads,
            sender,
            tokens,
            fleet,
            stop,
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
            Lookup::OutOfSight(error) => return Look::OutOfSight(error),
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
        Some(unlisted(account, &self.fleet.last_error()?))
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

/// The account's connections could not be listed.
pub(crate) fn unlisted(account: &str, error: &Error) -> Problem {
    Problem::reading("listing the account's connections", account, error)
}

/// Something was looked for in a list that was not read whole; `what` names the list in the plural.
pub(crate) fn not_whole(what: &str, gap: &str) -> Problem {
    Problem::passing(
        Reason::UnreadableAnswer,
        format!("the list of {what} could not be read whole ({gap}); it is read again by itself"),
    )
}

/// The account and its Secret as the account controller last saw them.
#[derive(Clone, Default)]
pub(crate) struct SeenAccount {
    pub(crate) uid: Option<String>,
    pub(crate) generation: Option<i64>,
    /// The resourceVersion of the Secret; `None` if it could not be used.
    pub(crate) secret_version: Option<String>,
}

/// An account, as the account controller last left it.
#[derive(Clone)]
pub(crate) struct KnownAccount {
    pub(crate) seen: SeenAccount,
    /// The session, or why nothing is ordered, changed or observed through the account.
    pub(crate) session: Result<Arc<Session>, Problem>,
    /// The session of the credentials that the Secret holds, or held last: it knows whether the
    /// provider has refused them.
    pub(crate) latest: Option<Arc<Session>>,
    /// The session that signed in last: while the account cannot be used, deletions go on with it.
    pub(crate) proven: Option<Arc<Session>>,
    pub(crate) grants: Arc<[AccessGrant]>,
}

impl KnownAccount {
    /// The sessions that may still be used, or compared with.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Arc<Session>> {
        self.latest.iter().chain(&self.proven)
    }

    /// Whether orders and changes may go through `session`.
    pub(crate) fn serves(&self, session: &Session) -> bool {
        self.session.as_ref().is_ok_and(|open| std::ptr::eq(open.as_ref(), session))
    }
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
    /// It was not seen for too long, because listings fail.
    OutOfSight(Error),
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

    /// Whether an account may be there.
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
        for session in self.entries().values().flat_map(KnownAccount::sessions) {
            session.fleet.unfollow(key);
        }
    }

    /// The way to an account's API.
    pub(crate) fn way(&self, name: &str) -> Way {
        let known = self.get(name).filter(|_| self.may_exist(name));
        match known.map(|account| account.session) {
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

    /// The way for a resource that is being deleted: while the account cannot be used, cancellations go
    /// on with the credentials that signed in last.
    pub(crate) fn way_to_end(&self, name: &str) -> Way {
        match (self.way(name), self.get(name)) {
            (Way::Closed(_), Some(KnownAccount { proven: Some(session), .. })) => {
                Way::Open(session)
            }
            (way, _) => way,
        }
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

    /// The same for a resource that is being deleted.
    pub(crate) fn session_to_end(&self, name: &str) -> Result<Arc<Session>, Problem> {
        let proven = || self.get(name).and_then(|account| account.proven);
        self.session(name).or_else(|problem| proven().ok_or(problem))
    }

    /// Replaces an account; a session that is no longer used stops observing.
    pub(crate) fn put(&self, name: &str, account: KnownAccount) {
        let kept: Vec<Arc<Session>> = account.sessions().cloned().collect();
        let Some(old) = self.entries().insert(name.to_owned(), account) else { return };
        for old in old.sessions().filter(|old| !kept.iter().any(|kept| Arc::ptr_eq(kept, old))) {
            old.stop.cancel();
        }
    }

    /// Forgets an account that is gone, and its credentials.
    pub(crate) fn remove(&self, name: &str) {
        let Some(account) = self.entries().remove(name) else { return };
        account.sessions().for_each(|session| session.stop.cancel());
    }

    /// An account of the cluster, if it is listed.
    pub(crate) fn stored(&self, name: &str) -> Option<Arc<FabricAccount>> {
        self.there.get()?.get(&ObjectRef::new(name))
    }

    /// Where the accounts of the cluster are kept, once their controller runs.
    pub(super) fn store(&self) -> Option<Store<FabricAccount>> {
        self.there.get().cloned()
    }

    /// The accounts of the cluster, as far as they are listed.
    pub(crate) fn all(&self) -> Vec<Arc<FabricAccount>> {
        self.there.get().map(Store::state).unwrap_or_default()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, KnownAccount>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
