//! Doing something while, and only while, this process leads.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    cli::Failure,
    lease::{Election, Standing},
    server::{Gate, Readiness},
    telemetry::Metrics,
};

/// How a candidate's standing is shown to those who watch the process.
pub(super) fn shown(
    readiness: &Readiness,
    metrics: &Metrics,
) -> Arc<dyn Fn(Standing) + Send + Sync> {
    let (readiness, metrics) = (readiness.clone(), metrics.clone());
    Arc::new(move |standing| match standing {
        Standing::Leading => {
            metrics.leads(true);
            readiness.open(Gate::ApiServer, "the cluster answers");
            readiness.open(Gate::Leadership, "this process leads");
        }
        Standing::Standby { leader } => {
            readiness.open(Gate::Leadership, format!("standing by: {leader} leads"));
            readiness.open(Gate::Watches, "a standby watches nothing");
        }
        Standing::Trouble(why) => readiness.close(Gate::Leadership, why),
    })
}

/// Waits until this process leads, and then does `work`, which ends when `stop` is cancelled.
///
/// `stop` while waiting ends it; so does the end of the work, after which the Lease is given up. If
/// leadership is lost, `stop` is cancelled, and what is under way may end.
pub(super) async fn lead(
    election: Election,
    metrics: &Metrics,
    stop: &CancellationToken,
    work: impl Future<Output = Result<(), String>>,
) -> Result<(), Failure> {
    let term = tokio::select! {
        term = election.win() => term,
        () = stop.cancelled() => return Ok(()),
    };
    let done = CancellationToken::new();
    // Apart from the work, so that nothing that the work does can delay it.
    let mut held = tokio::spawn(term.hold(done.clone()));
    let mut work = std::pin::pin!(work);
    let ended = tokio::select! {
        worked = &mut work => {
            done.cancel();
            // Whoever could not give it up has said so.
            let _ = held.await;
            return Ok(worked?);
        }
        ended = &mut held => ended,
    };
    let why = match ended {
        Ok(Err(lost)) => lost.to_string(),
        Ok(Ok(())) => "it was given up".to_owned(),
        Err(error) => format!("its renewal ended: {error}"),
    };
    metrics.leads(false);
    tracing::error!("lost leadership: {why}; passes under way end first, then the process");
    stop.cancel();
    work.await?;
    Err(Failure::LostLeadership(format!("lost leadership: {why}")))
}
