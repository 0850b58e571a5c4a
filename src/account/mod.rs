//! The controller of `FabricAccount`: keeps a session for each account that can have one.
//!
//! It reads the Secret again and again, by `get` alone, so that rotated credentials are noticed
//! without the right to watch Secrets. It orders nothing.

pub(crate) mod access;
pub(crate) mod cached;
pub(crate) mod ports;
pub(crate) mod secrets;
pub(crate) mod selling;
pub(crate) mod session;

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use kube::{Api, Resource, ResourceExt};
use kube_runtime::{
    Controller,
    controller::{Action, Config},
    events::EventType,
    watcher,
};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;
use url::Url;

use fabric_api::{
    DialectName, FabricAccount, FabricAccountStatus, Grant, PasswordEncoding, Reason,
    RejectedCredentials,
};
use fabric_client::{
    self, Dialect, Fault, InstrumentedHttp, OAuthCredentials, RateLimiter, Refusal, TokenSource,
    Transport,
};

use crate::{
    account::session::{Account, Session},
    fleet::Fleet,
    reconcile::{
        conditions::{self, Progress, Told},
        context::Context,
        copy, fairness,
        gauges::Counted,
        memory::spread,
        problem::{Problem, Retry},
        status::{self, Error},
    },
};

/// What each pass is for, as metrics show it.
pub(crate) const STEP: &str = "SignIn";
/// How often the Secret is read again.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Runs the controller until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let api: Api<FabricAccount> = Api::all(context.client.clone());
    let controller = Controller::new(api, watcher::Config::default().any_semantic());
    context.accounts.watch(controller.store());
    context.caches.keep(controller.store());
    controller
        .with_config(Config::default().concurrency(context.settings.concurrency))
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile, on_error, context.clone())
        .for_each(async |outcome| match outcome {
            Ok(_) => {}
            Err(kube_runtime::controller::Error::ObjectNotFound(object)) => {
                context.accounts.remove(&object.name);
            }
            Err(error) => tracing::debug!(%error, "a pass over a FabricAccount ended early"),
        })
        .await;
}

#[allow(clippy::needless_pass_by_value, reason = "the signature is the runtime's")]
fn on_error(account: Arc<FabricAccount>, error: &Error, context: Arc<Context>) -> Action {
    fairness::after_failure(account.as_ref(), error, &context)
}

#[tracing::instrument(
    skip_all,
    fields(kind = FabricAccount::KIND, object = account.name_any(), generation = account.metadata.generation)
)]
async fn reconcile(account: Arc<FabricAccount>, context: Arc<Context>) -> Result<Action, Error> {
    let mut measured = context.metrics.pass(FabricAccount::KIND);
    measured.takes(STEP);
    let outcome = pass(account, context).await;
    measured.ended(outcome.as_ref().map(|_| ()).map_err(|error| error.category().into()));
    outcome
}

async fn pass(account: Arc<FabricAccount>, context: Arc<Context>) -> Result<Action, Error> {
    let api = Api::all(context.client.clone());
    let Some(account) = copy::newest(account, &api, &context.memory).await? else {
        return Ok(Action::await_change());
    };
    let name = account.name_any();
    if account.meta().deletion_timestamp.is_some() {
        context.accounts.remove(&name);
        return Ok(Action::await_change());
    }
    let before = context.accounts.get(&name).and_then(|account| account.session.ok());
    let opened = open(&account, &context).await?;
    let (session, secret_version) = match opened {
        Ok((session, version)) => (Ok(session), Some(version)),
        Err(problem) => (Err(problem), None),
    };
    context.accounts.put(
        &name,
        Account {
            endpoint: account.spec.endpoint.clone(),
            shape: shape(&account),
            session: session.clone(),
            allowed: account.spec.allowed_namespaces.clone(),
        },
    );
    let same = session.as_ref().is_ok_and(|new| before.is_some_and(|old| Arc::ptr_eq(&old, new)));
    if !same {
        for connection in context.through(&name) {
            // Nobody listens any more only while the operator stops.
            let _ = context.wake.send(connection);
        }
    }
    let signed_in = match &session {
        Ok(session) => session
            .tokens
            .current()
            .await
            .map(|_| ())
            .map_err(|error| Problem::of("signing in", &name, &error)),
        Err(problem) => Err(problem.clone()),
    };
    report(&account, &context, &signed_in, secret_version).await?;
    let uid = account.uid().unwrap_or_default();
    let generation = account.metadata.generation.unwrap_or_default();
    Ok(Action::requeue(match signed_in {
        Ok(()) => {
            context.memory.succeeded(&uid);
            spread(LOOK_AGAIN, &name)
        }
        // A Secret that is put right is to be noticed soon, whatever was wrong.
        Err(problem) => context.memory.pause(&uid, generation, problem.retry).min(LOOK_AGAIN),
    }))
}

/// Opens the account's session, or keeps the one that is open if nothing has changed.
async fn open(
    account: &FabricAccount,
    context: &Context,
) -> Result<Result<(Arc<Session>, String), Problem>, Error> {
    let name = account.name_any();
    let origin = match context.endpoint(&account.spec.endpoint) {
        Ok(origin) => origin,
        Err(problem) => return Ok(Err(problem)),
    };
    let reference = &account.spec.credentials.secret_ref.name;
    let read = secrets::read(&context.client, &context.settings.namespace, reference);
    let secret = match read.await? {
        Ok(secret) => secret,
        Err(problem) => return Ok(Err(problem)),
    };
    let version = secret.resource_version.clone();
    let credentials = match credentials(account, &secret) {
        Ok(credentials) => credentials,
        Err(problem) => return Ok(Err(problem)),
    };
    let shape = shape(account);
    if let Some(Account { shape: old, session: Ok(session), .. }) = context.accounts.get(&name)
        && old == shape
        && session.tokens.credentials() == &credentials
    {
        return Ok(Ok((session, version)));
    }
    let refused = refused_before(account, &version);
    Ok(connect(account, context, origin, credentials, refused).map(|session| (session, version)))
}

/// What makes two sessions the same, but for the credentials.
fn shape(account: &FabricAccount) -> String {
    let spec = &account.spec;
    format!(
        "{:?} {} {}/s every {} s",
        spec.dialect, spec.endpoint, spec.requests_per_second, spec.observation_interval_seconds
    )
}

fn credentials(
    account: &FabricAccount,
    secret: &secrets::Read,
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

fn connect(
    account: &FabricAccount,
    context: &Context,
    origin: Url,
    credentials: OAuthCredentials,
    refused: Option<Refusal>,
) -> Result<Arc<Session>, Problem> {
    let spec = &account.spec;
    let http = (context.connector)(&origin).map_err(|error| {
        let message = format!("cannot prepare calls to {origin}: {error}");
        Problem::passing(Reason::ProviderUnavailable, message)
    })?;
    let dialect = match spec.dialect {
        DialectName::FabricV4 => Dialect::V4,
        DialectName::EcxV3 => Dialect::V3,
    };
    let exchange = InstrumentedHttp::new(http, Arc::new(context.metrics.provider(dialect.into())));
    let tokens = TokenSource::new(exchange.clone(), origin.clone(), credentials, refused);
    let tokens = Arc::new(tokens);
    let pace = Arc::new(RateLimiter::new(spec.requests_per_second));
    let transport = Transport::new(exchange, origin, tokens.clone(), pace);
    let client = fabric_client::connect(dialect, transport);
    let interval = Duration::from_secs(spec.observation_interval_seconds.into());
    let fleet = Arc::new(Fleet::new(client.reads.clone(), interval, context.wake.clone()));
    let stop = context.observers.child_token();
    tokio::spawn(fleet.clone().observe(stop.clone()));
    Ok(Arc::new(Session::new(client, tokens, fleet, interval, stop)))
}

async fn report(
    account: &FabricAccount,
    context: &Context,
    signed_in: &Result<(), Problem>,
    secret_version: Option<String>,
) -> Result<(), Error> {
    let generation = account.metadata.generation;
    let old = account.status.clone().unwrap_or_default();
    let mut status = FabricAccountStatus {
        observed_generation: generation,
        conditions: old.conditions.clone(),
        rejected_credentials: None,
    };
    let (progress, reason, message) = match signed_in {
        Ok(()) => (Progress::Done, Reason::SignedIn, "signed in".to_owned()),
        Err(problem) => {
            if problem.reason == Reason::CredentialsRejected {
                status.rejected_credentials = secret_version
                    .map(|secret_resource_version| RejectedCredentials { secret_resource_version });
            }
            let progress =
                if problem.retry == Retry::Parked { Progress::Stuck } else { Progress::Working };
            (progress, problem.reason, problem.message.clone())
        }
    };
    let told = Told { reason, message: &message };
    conditions::tell(&mut status.conditions, generation, context.now(), progress, told);
    if Some(&status) == account.status.as_ref() {
        return Ok(());
    }
    let api: Api<FabricAccount> = Api::all(context.client.clone());
    status::write(&api, account, &status).await?;
    if conditions::ready_reason(&old.conditions) != Some(reason.as_str()) {
        let kind = if signed_in.is_ok() { EventType::Normal } else { EventType::Warning };
        context.tell(account, kind, reason, "SignIn", &message).await;
    }
    Ok(())
}
