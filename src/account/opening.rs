//! How an account can be used: by the endpoint that its spec names, the credentials in its Secret, and
//! the session that both make.
//!
//! It reads the Secret and opens sessions; whether the account may be used is not decided here.

use std::{sync::Arc, time::Duration};

use kube::ResourceExt;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;
use url::Url;

use fabric_api::{DialectName, FabricAccount, Grant, OrderMark, PasswordEncoding, Reason};
use fabric_client::{
    Dialect, Fault, InstrumentedHttp, OAuthCredentials, RateLimiter, Refusal, TokenSource,
    Transport,
};
use kube_runtime::reflector::ObjectRef;

use crate::{
    account::{
        READ_AGAIN,
        secrets::{self, SecretReference},
        session::{Session, SessionOf},
    },
    fleet::Fleet,
    reconcile::{context::Context, problem::Problem, send_once, status::ApiError},
};

/// How an account can be used.
#[derive(Clone)]
pub(super) struct Access {
    origin: Url,
    credentials: OAuthCredentials,
    /// The version of the Secret that they are from.
    pub(super) secret_version: String,
    /// The session that is open and still right.
    open: Option<Arc<Session>>,
}

/// How the account can be used: by what its spec and its Secret say.
pub(super) async fn access(
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
        field: secrets::OF_ACCOUNT,
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
    let is_right = |session: &Arc<Session>| {
        session.of.shape == shape(account) && session.tokens.credentials() == &credentials
    };
    let known = context.accounts.get(&account.name_any());
    let open = known.and_then(|known| known.sessions().find(|session| is_right(session)).cloned());
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
pub(super) fn session(
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
pub(super) fn shape(account: &FabricAccount) -> String {
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
    tokio::spawn(wake_when_refused(account, context, tokens.clone(), stop.clone()));
    let of = SessionOf {
        account: account.name_any(),
        shape: shape(account),
        marks_orders: spec.order_mark == OrderMark::Reference && reads.can().customer_references,
    };
    Ok(Arc::new(Session::new(of, reads, sender, tokens, fleet, interval, stop)))
}

/// Wakes the account when the provider refuses its credentials, so that its resources learn of that at
/// once and not with the next reading of the Secret.
fn wake_when_refused(
    account: &FabricAccount,
    context: &Context,
    tokens: Arc<TokenSource>,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let (account, wake) = (ObjectRef::from_obj(account), context.wake_account.clone());
    async move {
        tokio::select! {
            // The receiver is gone only while the operator stops.
            () = tokens.refused() => { let _ = wake.send(account); }
            () = stop.cancelled() => {}
        }
    }
}
