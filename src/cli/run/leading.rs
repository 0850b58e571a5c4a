//! Runs the controllers while, and only while, this process leads.
//!
//! It must not know the rules of the Lease, which are in `lease`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    cli::CliError,
    lease::{Election, Role},
    server::{ReadinessGate, ReadinessGates},
    telemetry::Metrics,
};

/// Publishes the role of this process: the metric and the readiness gates.
pub(super) fn publisher(
    gates: &ReadinessGates,
    metrics: &Metrics,
) -> Arc<dyn Fn(Role) + Send + Sync> {
    let (gates, metrics) = (gates.clone(), metrics.clone());
    Arc::new(move |role| match role {
        Role::Leading => {
            metrics.leads(true);
            gates.open(ReadinessGate::ApiServer, "the cluster answers");
            gates.open(ReadinessGate::Leadership, "this process leads");
        }
        Role::Standby { leader } => {
            gates.open(ReadinessGate::Leadership, format!("standing by: {leader} leads"));
            gates.open(ReadinessGate::Watches, "a standby watches nothing");
        }
        Role::Unavailable(why) => gates.close(ReadinessGate::Leadership, why),
    })
}

/// Waits until this process leads, and then runs `work`, which ends when `stop` is cancelled.
///
/// Returns early if `stop` is cancelled before. Releases the Lease when `work` ends. If leadership is
/// lost, cancels `stop`, lets passes under way end, and returns [`CliError::LostLeadership`].
pub(super) async fn lead(
    election: Election,
    metrics: &Metrics,
    stop: &CancellationToken,
    work: impl Future<Output = Result<(), String>>,
) -> Result<(), CliError> {
    let leadership = tokio::select! {
        leadership = election.win() => leadership,
        () = stop.cancelled() => return Ok(()),
    };
    let done = CancellationToken::new();
    // A task of its own, so that the work cannot delay a renewal.
    let mut held = tokio::spawn(leadership.hold(done.clone()));
    let mut work = std::pin::pin!(work);
    let ended = tokio::select! {
        worked = &mut work => {
            done.cancel();
            // `hold` has logged it if it could not release the Lease.
            let _ = held.await;
            return Ok(worked?);
        }
        ended = &mut held => ended,
    };
    let why = match ended {
        Ok(Err(lost)) => lost.to_string(),
        Ok(Ok(())) => "the Lease was released".to_owned(),
        Err(error) => format!("the renewal of the Lease ended: {error}"),
    };
    metrics.leads(false);
    tracing::error!("lost leadership: {why}; passes under way end first, then the process");
    stop.cancel();
    work.await?;
    Err(CliError::LostLeadership(format!("lost leadership: {why}")))
}
