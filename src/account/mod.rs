//! `FabricAccount`: keeps a session for each account that can have one, and the account for those who
//! need it.
//!
//! It reads the Secret by `get`; rotated credentials are noticed by the metadata alone. It changes nothing at the
//! provider.

pub(crate) mod changes;
pub(crate) mod confirm;
pub(crate) mod dependents;
pub(crate) mod grants;
pub(crate) mod near;
mod opening;
pub(crate) mod ports;
mod report;
pub(crate) mod secret_changes;
pub(crate) mod secrets;
mod seller;
pub(crate) mod session;
mod single_flight;

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt};
use kube_runtime::{Controller, controller::Action, reflector::ObjectRef, watcher};
use strum::VariantNames;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use fabric_api::{ACCOUNT_FINALIZER, ConditionType, FabricAccount, FabricAccountStatus, Reason};

use crate::reconcile::{
    self, Kind, Next, Pass, Release, Step, conditions::find, context::Context, problem::Problem,
    status::ApiError,
};

use dependents::Dependents;
use opening::{Access, access, session};
use report::AccountReport;
use session::{KnownAccount, SeenAccount, Session};

/// How often the account is looked at again, its Secret included, whatever changed. A change of the Secret is
/// noticed sooner, see [`secret_changes`].
const READ_AGAIN: Duration = Duration::from_secs(60);

/// What a pass has read.
pub(crate) struct AccountObservation {
    /// How the account can be used, or why it cannot.
    access: Result<Access, Problem>,
    /// Who needs it, if it is being deleted; `None` also before all resources are listed.
    dependents: Option<Vec<Dependents>>,
}

/// What a pass can do beside reporting.
#[derive(Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum AccountCommand {
    /// Open a session, or keep the one that is open, and sign in.
    SignIn,
    /// Close the session, if there is one.
    SignOut,
}

impl Kind for FabricAccount {
    const KIND: &'static str = "FabricAccount";
    const FINALIZER: Option<&'static str> = Some(ACCOUNT_FINALIZER);

    type Observation = AccountObservation;
    type Report = AccountReport;
    type Command = AccountCommand;

    fn api(client: Client, _namespace: Option<&str>) -> Api<Self> {
        Api::all(client)
    }

    fn account(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    fn conditions(status: &Self::Status) -> &[Condition] {
        &status.conditions
    }

    /// Its finalizer is for others.
    fn needs_account(&self) -> bool {
        false
    }

    fn is_to_be_held(&self, context: &Context) -> Option<bool> {
        dependents::is_to_be_held(self.account(), context)
    }

    fn last_handled_reconcile_at(status: &mut Self::Status) -> &mut Option<String> {
        &mut status.last_handled_reconcile_at
    }

    async fn observe(pass: &Pass<'_, Self>) -> Result<AccountObservation, ApiError> {
        let of = |account: &Self| dependents::dependents(account.account(), pass.context);
        let dependents = pass.is_deleting().then(|| of(pass.object)).flatten();
        let access = access(pass.object, pass.context).await?;
        let read = match &access {
            Ok(access) => Some(Some(access.secret_version.clone())),
            Err(problem) => (problem.reason == Reason::SecretNotFound).then_some(None),
        };
        let secret = &pass.object.spec.credentials.secret_ref.name;
        pass.context.secret_watches.follow(secret, read, pass.context);
        Ok(AccountObservation { access, dependents })
    }

    fn plan(&self, seen: &AccountObservation) -> Step<Self> {
        if seen.dependents.as_ref().is_some_and(Vec::is_empty) {
            return Step::Release(Release::Gone);
        }
        Step::Act(match seen.access {
            Ok(_) => AccountCommand::SignIn,
            Err(_) => AccountCommand::SignOut,
        })
    }

    async fn act(
        pass: &Pass<'_, Self>,
        seen: &AccountObservation,
        _command: AccountCommand,
    ) -> Result<Action, ApiError> {
        let name = pass.object.name_any();
        let session = match &seen.access {
            Ok(access) => session(pass.object, pass.context, access),
            Err(problem) => Err(problem.clone()),
        };
        let going = pass.is_deleting().then(|| going(&name));
        let secret_version = seen.access.as_ref().ok().map(|access| access.secret_version.clone());
        // What is in the way already counts before the sign-in, which may take long.
        if going.is_some() || session.is_err() {
            keep(pass, &session, secret_version.as_ref(), going.as_ref(), Proof::Missing);
        }
        let (signed_in, proof) = match &session {
            Ok(session) => match session.tokens.current().await {
                Ok(_) => (Ok(()), Proof::SignedIn),
                Err(error) => {
                    let problem = Problem::of("signing in", &name, &error);
                    let refused = problem.reason == Reason::CredentialsRejected;
                    (Err(problem), if refused { Proof::Refused } else { Proof::Missing })
                }
            },
            Err(problem) => (Err(problem.clone()), Proof::Missing),
        };
        let obstacle = match (&going, &signed_in) {
            (Some(going), _) => Some(going),
            (None, Err(problem)) if proof == Proof::Refused => Some(problem),
            (None, Err(_) | Ok(())) => None,
        };
        keep(pass, &session, secret_version.as_ref(), obstacle, proof);
        let next = match &signed_in {
            Ok(()) => Next::Settled(READ_AGAIN),
            // A Secret that is put right should be noticed soon, whatever was wrong.
            Err(problem) => Next::Retry { retry: problem.retry, at_most: READ_AGAIN },
        };
        let known = pass.context.accounts.get(&name);
        let report = AccountReport {
            signed_in,
            secret_version,
            still_cancels: known.is_some_and(|it| it.session.is_err() && it.proven.is_some()),
            going,
            dependents: seen.dependents.clone().unwrap_or_default(),
            conflicts: pass.context.conflicts.due(&name),
        };
        pass.report(&report, next).await
    }

    fn report(
        &self,
        old: &FabricAccountStatus,
        report: &AccountReport,
        now: Timestamp,
    ) -> FabricAccountStatus {
        report.status_after(self, old, now)
    }

    fn warns(new: &FabricAccountStatus) -> bool {
        find(&new.conditions, ConditionType::Ready).is_none_or(|ready| ready.status != "True")
    }

    fn release_notice(_release: Release) -> (Reason, &'static str) {
        (Reason::Released, "no resource needs the account any more")
    }

    fn blocked(problem: Problem) -> AccountReport {
        AccountReport::blocked(problem)
    }

    fn forget(key: &ObjectRef<Self>, context: &Context) {
        context.accounts.remove(&key.name);
        wake_connections(&key.name, context);
    }
}

/// The names that steps may have, as metrics show them.
pub(crate) const STEPS: [&[&str]; 1] = [AccountCommand::VARIANTS];

/// Runs the controller until `stop`. Accounts that come in by `woken` get a pass out of turn.
pub(crate) async fn run(
    context: Arc<Context>,
    woken: UnboundedReceiver<ObjectRef<FabricAccount>>,
    stop: CancellationToken,
) {
    let api = FabricAccount::api(context.client.clone(), None);
    let controller = Controller::new(api, watcher::Config::default().any_semantic());
    context.accounts.read_from(controller.store());
    context.stores.add(controller.store());
    let woken = futures::stream::unfold(woken, async |mut woken| {
        let key = woken.recv().await?;
        Some((key, woken))
    });
    let resumed = context.clone();
    let woken = woken.inspect(move |account| {
        if let Some(uid) = resumed.accounts.stored(&account.name).and_then(|a| a.uid()) {
            resumed.backoff.resume(&uid);
        }
    });
    reconcile::run(controller.reconcile_on(woken), context, stop).await;
}

/// Why an account that is being deleted is used for deletions only. For users, so it names nobody.
fn going(name: &str) -> Problem {
    Problem::stalled(
        Reason::AccountDeleting,
        format!(
            "it is being deleted, so nothing is ordered or changed through it; ask the administrator of FabricAccount {name}, or delete this resource, which ends as usual"
        ),
    )
}

/// Whether a session's credentials were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    SignedIn,
    Refused,
    Missing,
}

/// Puts the account's session in place of the one before, and why it cannot be used, if so; if that is
/// new, wakes the connections that go through the account. Profiles and decisions are woken by the
/// account's status, which says the same.
fn keep(
    pass: &Pass<'_, FabricAccount>,
    opened: &Result<Arc<Session>, Problem>,
    secret_version: Option<&String>,
    obstacle: Option<&Problem>,
    proof: Proof,
) {
    let (account, context, name) = (pass.object, pass.context, pass.object.name_any());
    let before = context.accounts.get(&name);
    let session = match obstacle {
        Some(problem) => Err(problem.clone()),
        None => opened.clone(),
    };
    let latest = match (opened, &before) {
        (Ok(session), _) => Some(session.clone()),
        (Err(_), Some(before)) => before.latest.clone(),
        (Err(_), None) => None,
    };
    let proven = match (proof, before.as_ref().and_then(|before| before.proven.clone())) {
        (Proof::SignedIn, _) => latest.clone(),
        // What signed in at another endpoint is of no use at this one, nor is what is refused now.
        (Proof::Refused | Proof::Missing, proven) => proven.filter(|proven| {
            let is_refused = proof == Proof::Refused
                && latest.as_ref().is_some_and(|it| Arc::ptr_eq(it, proven));
            proven.of.shape == opening::shape(account) && !is_refused
        }),
    };
    let is_new = match (before, &session) {
        (Some(KnownAccount { session: Ok(before), .. }), Ok(session)) => {
            !Arc::ptr_eq(&before, session)
        }
        // A deletion waits for a session that has signed in.
        (Some(KnownAccount { session: Err(before), proven: able, .. }), Err(problem)) => {
            before != *problem || able.is_none() && proven.is_some()
        }
        (Some(_) | None, _) => true,
    };
    let seen = SeenAccount {
        uid: account.uid(),
        generation: account.metadata.generation,
        secret_version: secret_version.cloned(),
    };
    let grants = account.spec.grants.clone().into();
    context.accounts.put(&name, KnownAccount { seen, session, latest, proven, grants });
    if is_new {
        wake_connections(&name, context);
    }
}

/// Has the connections that go through an account looked at now.
fn wake_connections(account: &str, context: &Context) {
    for connection in context.connections.through(account) {
        // The receiver is gone only while the operator stops.
        let _ = context.wake.send(connection);
    }
}
