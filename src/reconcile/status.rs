//! Writing status, and only when it differs.
//!
//! Every write names the resourceVersion that it was made from, so that a pass that started from
//! an old copy of the object cannot undo what a newer one has written. And it replaces the whole
//! status, including fields that other managers own: status is the operator's own, so what another client or a
//! restored backup left in it must not outlive the next write. What stays are the fields that only a newer
//! version knows, as far as the cluster's definitions allow them.

use std::time::Duration;

use kube::{Api, ResourceExt, api::PostParams};
use tokio::time::{Instant, sleep, timeout};

use crate::reconcile::Kind;

/// The field manager of the resources' status.
const STATUS_MANAGER: &str = "fabric-operator/status";

/// How long one write may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long the writing of what must not be lost is tried.
const STORE_FOR: Duration = Duration::from_secs(60);

/// Why the apiserver did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// It answered with an error, or not at all.
    #[error("the apiserver: {0}")]
    Kube(#[source] Box<kube::Error>),
    /// It took too long.
    #[error("the apiserver did not answer within {TIMEOUT:?} while {0}")]
    Timeout(&'static str),
}

/// The kinds of trouble with the apiserver, as metrics show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Failure {
    /// Another client wrote first.
    Conflict,
    /// The object is gone.
    NotFound,
    /// The operator may not do it.
    Forbidden,
    /// Any other answer.
    Refused,
    /// No answer, or none that can be read.
    Unreachable,
    /// No answer in time.
    Timeout,
}

impl From<kube::Error> for ApiError {
    fn from(error: kube::Error) -> Self {
        Self::Kube(Box::new(error))
    }
}

impl ApiError {
    /// What kind of trouble it is.
    pub(crate) fn category(&self) -> Failure {
        match self {
            Self::Timeout(_) => Failure::Timeout,
            Self::Kube(error) => match &**error {
                kube::Error::Api(status) if status.is_conflict() => Failure::Conflict,
                kube::Error::Api(status) if status.is_not_found() => Failure::NotFound,
                kube::Error::Api(status) if status.is_forbidden() => Failure::Forbidden,
                kube::Error::Api(_) => Failure::Refused,
                _ => Failure::Unreachable,
            },
        }
    }

    /// Whether the object has changed since it was read.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Kube(e) if matches!(&**e, kube::Error::Api(s) if s.is_conflict()))
    }

    /// Whether the object is gone.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Kube(e) if matches!(&**e, kube::Error::Api(s) if s.is_not_found()))
    }
}

/// Waits for the apiserver, but not for ever.
pub(crate) async fn bounded<T>(
    doing: &'static str,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, ApiError> {
    timeout(TIMEOUT, call).await.map_err(|_| ApiError::Timeout(doing))?.map_err(ApiError::from)
}

/// Writes `status` over that of `object` and answers with the object as it is now.
pub(super) async fn write<K: Kind>(
    api: &Api<K>,
    object: &K,
    status: K::Status,
) -> Result<K, ApiError> {
    let mut wanted = object.clone();
    *wanted.status_mut() = Some(status);
    let params =
        PostParams { field_manager: Some(STATUS_MANAGER.to_owned()), ..PostParams::default() };
    let name = object.name_any();
    bounded("writing status", api.replace_status(&name, &params, &wanted)).await
}

/// Writes what must not be lost: again and again for a minute, each time onto the object as it is by
/// then, as long as that still `holds` the intent. `settle` answers with the status to write, if it
/// differs. Answers with the object as it is then.
pub(super) async fn store<K: Kind>(
    api: &Api<K>,
    object: &K,
    settle: impl Fn(&K) -> Option<K::Status>,
    holds: impl Fn(&K) -> bool,
) -> Result<K, ApiError> {
    let deadline = Instant::now() + STORE_FOR;
    let mut object = object.clone();
    let mut pause = Duration::from_millis(200);
    while let Some(status) = settle(&object) {
        let error = match write(api, &object, status).await {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        if error.is_not_found() || Instant::now() >= deadline {
            return Err(error);
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
        if let Ok(newer) = bounded("reading the object", api.get(&object.name_any())).await {
            if newer.uid() != object.uid() || !holds(&newer) {
                // Another client has gone on with this resource.
                return Err(error);
            }
            object = newer;
        }
    }
    Ok(object)
}
