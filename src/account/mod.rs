//! `FabricAccount`: keeps a session for each account that can have one.
//!
//! It reads the Secret again and again, by `get` alone, so that rotated credentials are noticed
//! without the right to watch Secrets. It changes nothing at the provider.

pub(crate) mod changes;
pub(crate) mod grants;
pub(crate) mod near;
pub(crate) mod ports;
mod report;
pub(crate) mod secrets;
mod seller;
pub(crate) mod session;
mod single_flight;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt};
use kube_runtime::{Controller, controller::Action, reflector::ObjectRef, watcher};
use secrecy::ExposeSecret;
use strum::VariantNames;
use tokio_util::sync::CancellationToken;
use url::Url;

use fabric_api::{
    ConditionType, DialectName, FabricAccount, FabricAccountStatus, Grant, OrderMark,
    PasswordEncoding, Reason,
};
use fabric_client::{
    Dialect, Fault, InstrumentedHttp, OAuthCredentials, RateLimiter, Refusal, TokenSource,
    Transport,
};

use crate::{
    fleet::Fleet,
    reconcile::{
        self, Kind, Next, Pass, Step, conditions::find, context::Context, problem::Problem,
        send_once, status::ApiError,
    },
};

use report::AccountReport;
use secrets::SecretReference;
use session::{KnownAccount, Session};

/// How often the Secret is read again.
const READ_AGAIN: Duration = Duration::from_secs(60);

/// What a pass has read.
pub(crate) struct AccountObservation {
    /// How the account can be used, or why it cannot.
    access: Result<Access, Problem>,
}

/// How an account can be used.
#[derive(Clone)]
struct Access {
    origin: Url,
    credentials: OAuthCredentials,
    /// The version of the Secret that they are from.
    secret_version: String,
    /// The session that is open and still right.
    open: Option<Arc<Session>>,
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
    const FINALIZER: Option<&'static str> = None;

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

    fn last_handled_reconcile_at(status: &mut Self::Status) -> &mut Option<String> {
        &mut status.last_handled_reconcile_at
    }

    async fn observe(pass: &Pass<'_, Self>) -> Result<AccountObservation, ApiError> {
        Ok(AccountObservation { access: access(pass.object, pass.context).await? })
    }

    fn plan(&self, seen: &AccountObservation) -> Step<Self> {
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
        keep(pass.object, pass.context, session.clone());
        let signed_in = match &session {
            Ok(session) => {
                let token = session.tokens.current().await.map(|_| ());
                token.map_err(|error| Problem::of("signing in", &name, &error))
            }
            Err(problem) => Err(problem.clone()),
        };
        let secret_version = seen.access.as_ref().ok().map(|access| access.secret_version.clone());
        // A Secret that is put right should be noticed soon, whatever was wrong.
        let next = match &signed_in {
            Ok(()) => Next::Settled(READ_AGAIN),
            Err(problem) => Next::Retry { retry: problem.retry, at_most: READ_AGAIN },
        };
        let conflicts = pass.context.conflicts.due(&name);
        let report = AccountReport::new(signed_in, secret_version).with_conflicts(conflicts);
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

    fn blocked(problem: Problem) -> AccountReport {
        AccountReport::new(Err(problem), None)
    }

    fn forget(key: &ObjectRef<Self>, context: &Context) {
        context.accounts.remove(&key.name);
    }
}

/// The names that steps may have, as metrics show them.
pub(crate) const STEPS: [&[&str]; 1] = [AccountCommand::VARIANTS];

/// Runs the controller until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let api = FabricAccount::api(context.client.clone(), None);
    let controller = Controller::new(api, watcher::Config::default().any_semantic());
    context.accounts.read_from(controller.store());
    context.stores.add(controller.store());
    reconcile::run(controller, context, stop).await;
}

/// Puts the account's session in place of the one before; if it is another one, wakes the connections
/// that go through the account.
fn keep(account: &FabricAccount, context: &Context, session: Result<Arc<Session>, Problem>) {
    let name = account.name_any();
    let before = context.accounts.get(&name).and_then(|account| account.session.ok());
    let is_same =
        session.as_ref().is_ok_and(|new| before.is_some_and(|old| Arc::ptr_eq(&old, new)));
    let account =
        KnownAccount { shape: shape(account), session, grants: account.spec.grants.clone().into() };
    context.accounts.put(&name, account);
    if !is_same {
        for connection in context.connections.through(&name) {
            // The receiver is gone only while the operator stops.
            let _ = context.wake.send(connection);
        }
    }
}

/// How the account can be used: by what its spec and its Secret say.
async fn access(
    account: &FabricAccount,
    context: &Context,
) -> Result<Result<Access, Problem>, ApiError> {
    let origin = match endpoint(&account.spec.endpoint, &context.settings.allowed_endpoints) {
        Ok(origin) => origin,
        Err(problem) => return Ok(Err(problem)),
    };
    let reference = SecretReference {
        namespace: &context.settings.namespace,
        name: &account.spec.credentials.secret_ref.name,
        field: "spec.credentials.secretRef",
        read_again: READ_AGAIN,
    };
    let read = secrets::read(context, reference);
    let secret = match read.await? {
        Ok(secret) => secret,
        Err(problem) => return Ok(Err(problem)),
    };
    let credentials = match credentials(account, &secret) {
        Ok(credentials) => credentials,
        Err(problem) => return Ok(Err(problem)),
    };
    let open = context.accounts.get(&account.name_any()).and_then(|known| {
        let session = known.session.ok()?;
        let same = known.shape == shape(account) && session.tokens.credentials() == &credentials;
        same.then_some(session)
    });
    Ok(Ok(Access { origin, credentials, secret_version: secret.resource_version, open }))
}

/// The origin of an endpoint that accounts may name.
fn endpoint(text: &str, allowed: &[Url]) -> Result<Url, Problem> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| allowed.iter().any(|allowed| allowed.origin() == url.origin()));
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

/// The session that is open, or a new one.
fn session(
    account: &FabricAccount,
    context: &Context,
    access: &Access,
) -> Result<Arc<Session>, Problem> {
    match &access.open {
        Some(session) => Ok(session.clone()),
        None => connect(account, context, access),
    }
}

/// What makes two sessions the same, but for the credentials.
fn shape(account: &FabricAccount) -> String {
    let spec = &account.spec;
    format!(
        "{:?} {} {}/s every {} s, mark {:?}",
        spec.dialect,
        spec.endpoint,
        spec.requests_per_second,
        spec.observation_interval_seconds,
        spec.order_mark,
    )
}

fn credentials(
    account: &FabricAccount,
    secret: &secrets::Read<'_>,
) -> Result<OAuthCredentials, Problem> {
    let spec = &account.spec.credentials;
    let mut problems = vec![];
    let mut text = |key: &str| {
        secret.text(key).unwrap_or_else(|problem| {
            problems.push(problem);
            String::new().into()
        })
    };
    let client_id = text("clientId").expose_secret().to_owned();
    let client_secret = text("clientSecret");
    let grant = match spec.grant {
        Grant::ClientCredentials => fabric_client::OAuthGrant::ClientCredentials,
        Grant::Password => fabric_client::OAuthGrant::Password {
            user: text("userName").expose_secret().to_owned(),
            password: text("userPassword"),
            digest: match spec.password_encoding {
                PasswordEncoding::None => fabric_client::PasswordDigest::None,
                PasswordEncoding::Md5B64 => fabric_client::PasswordDigest::Md5B64,
            },
        },
    };
    match Problem::all(&problems) {
        Some(problem) => Err(problem),
        None => Ok(OAuthCredentials { client_id, client_secret, grant }),
    }
}

/// A refusal that an earlier process met with the same Secret and spec: not worth another of the
/// five tries before the user is locked.
fn refused_before(account: &FabricAccount, secret_version: &str) -> Option<Refusal> {
    let status = account.status.as_ref()?;
    let rejected = status.rejected_credentials.as_ref()?;
    let same = rejected.secret_resource_version == secret_version
        && status.observed_generation == account.metadata.generation;
    same.then(|| Refusal {
        status: 400,
        faults: vec![Fault {
            message: "refused before the operator was restarted".into(),
            ..Fault::default()
        }],
    })
}

/// Opens a session and starts its observer.
fn connect(
    account: &FabricAccount,
    context: &Context,
    access: &Access,
) -> Result<Arc<Session>, Problem> {
    let (spec, origin) = (&account.spec, &access.origin);
    let http = (context.connector)(origin).map_err(|error| {
        let message = format!("cannot prepare calls to {origin}: {error}");
        Problem::passing(Reason::ProviderUnavailable, message)
    })?;
    let dialect = match spec.dialect {
        DialectName::FabricV4 => Dialect::V4,
        DialectName::EcxV3 => Dialect::V3,
    };
    let http = InstrumentedHttp::new(http, Arc::new(context.metrics.provider(dialect.into())));
    let refused = refused_before(account, &access.secret_version);
    let credentials = access.credentials.clone();
    let tokens = Arc::new(TokenSource::new(http.clone(), origin.clone(), credentials, refused));
    let limiter = Arc::new(RateLimiter::new(spec.requests_per_second));
    let transport = Transport::new(http, origin.clone(), tokens.clone(), limiter);
    let (reads, sender) = send_once::connect(dialect, transport);
    let interval = Duration::from_secs(spec.observation_interval_seconds.into());
    let fleet = Arc::new(Fleet::new(reads.clone(), interval, context.wake.clone()));
    let stop = context.observers.child_token();
    tokio::spawn(fleet.clone().observe(stop.clone()));
    let marks_orders = spec.order_mark == OrderMark::Reference && reads.can().customer_references;
    Ok(Arc::new(Session::new(reads, sender, tokens, fleet, interval, marks_orders, stop)))
}
