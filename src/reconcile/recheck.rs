//! Checks a decision once more, as the last thing before its request leaves.
//!
//! Between the decision and the request there are waits: for a token, for the rate limiter, for the
//! end of a Retry-After. Meanwhile the user may have edited or deleted the resource, or another
//! process may have taken over. This module must not change anything.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use kube::ResourceExt;

use fabric_client::{Gate, Withdrawn};

use crate::reconcile::{
    Kind, Pass,
    backoff::Key,
    send_once::Request,
    status::{ApiError, bounded},
};

/// How long after its decision a request that may be carried out only once may leave. Later, another
/// process may have decided the same.
pub(super) const SEND_WITHIN: Duration = Duration::from_secs(20);

/// The gate of one request.
pub(super) struct Recheck<'a, K, R> {
    pub(super) pass: &'a Pass<'a, K>,
    pub(super) request: &'a R,
    /// The id of its intent.
    pub(super) id: &'a str,
    /// When it must have left, on the clock of the tenure; `None` if it may be repeated.
    pub(super) deadline: Option<Duration>,
    /// Why the API server did not answer the check.
    pub(super) failure: Mutex<Option<ApiError>>,
}

impl<K: Kind, R: Request<K>> Recheck<'_, K, R> {
    /// The error by which the API server kept the request from being sent.
    pub(super) fn into_failure(self) -> Option<ApiError> {
        self.failure.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the resource still is what the pass planned from, and the intent recorded.
    async fn still_wanted(&self) -> Result<(), Withdrawn> {
        let name = self.pass.object.name_any();
        // Without a resourceVersion this is a quorum read.
        let newest = match bounded("reading the object", self.pass.api().get_opt(&name)).await {
            Ok(newest) => newest,
            Err(error) => {
                let withdrawn = withdrawn(format!("cannot read the resource again: {error}"));
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return withdrawn;
            }
        };
        match newest {
            None => withdrawn("the resource is gone"),
            Some(newest) if Key::of(&newest) != *self.pass.key() => {
                withdrawn("the resource was edited or deleted since it was decided")
            }
            Some(newest) if !self.request.is_recorded(&newest, self.id) => {
                withdrawn("another client removed the record of it from status")
            }
            // What goes with its definition was not deleted by the user.
            Some(_) => match self.pass.definition().await.obstacle() {
                Some(problem) => withdrawn(problem.message),
                None => Ok(()),
            },
        }
    }

    /// Whether this process may still act. Reads clocks only, so nothing delays the request after it.
    fn in_time(&self) -> Result<(), Withdrawn> {
        let tenure = &self.pass.context.settings.tenure;
        if !tenure.holds() {
            return withdrawn("this process does not hold the Lease any more");
        }
        if self.deadline.is_some_and(|deadline| tenure.clock().now() > deadline) {
            return withdrawn(format!("it waited for longer than {SEND_WITHIN:?}"));
        }
        Ok(())
    }
}

fn withdrawn(why: impl Into<String>) -> Result<(), Withdrawn> {
    Err(Withdrawn(why.into()))
}

#[async_trait]
impl<K: Kind, R: Request<K>> Gate for Recheck<'_, K, R> {
    async fn pass(&self) -> Result<(), Withdrawn> {
        self.still_wanted().await?;
        self.in_time()
    }
}
