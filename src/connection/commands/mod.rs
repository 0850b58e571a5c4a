//! What a pass can do beside reporting: each command is one request at the provider, but for
//! a cancellation, which is one for each connection.
//!
//! How a request is sent once is the engine's; here is what is sent, and what its answer means.

mod cancel;
mod change;
mod order;

use kube_runtime::controller::Action;

use fabric_api::{ChangeStatus, Owner};
use fabric_domain::{Change, ConnectionId, Leg};

use crate::{
    account::session::Session,
    connection::{
        ConnectionPass, observe::ConnectionObservation, ownership, plan::SeenLegs,
        report::ConnectionReport, resolve::Desired,
    },
    reconcile::{Next, status::ApiError},
};

pub(crate) use cancel::Cancel;
use change::ChangeRequest;
use order::OrderRequest;

/// What a pass can do beside reporting.
#[derive(Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum ConnectionCommand {
    /// Send the order, for the n-th time.
    Order { desired: Box<Desired>, attempt: u32 },
    /// Record that a connection, which was found, is the one that was ordered.
    TakeUp(Leg, ConnectionId),
    /// Ask for one change.
    Change { leg: Leg, id: ConnectionId, change: Change, record: ChangeStatus },
    /// Send the cancellations, so that none waits for another, and record how the connections look
    /// that are going down already.
    Cancel(Vec<Cancel>, SeenLegs),
}

/// Carries a command out.
pub(super) async fn act(
    pass: &ConnectionPass<'_>,
    seen: &ConnectionObservation,
    command: ConnectionCommand,
) -> Result<Action, ApiError> {
    let session = pass.session(&pass.object.spec.account);
    match (command, session) {
        // What was found is recorded also while the account cannot be used.
        (ConnectionCommand::TakeUp(leg, id), _) => {
            take_up(pass, &seen.recorded_owner, leg, id).await
        }
        (_, Err(problem)) => pass.block(problem).await,
        (ConnectionCommand::Order { desired, attempt }, Ok(session)) => {
            Box::pin(order(pass, &session, seen, *desired, attempt)).await
        }
        (ConnectionCommand::Change { leg, id, change, record }, Ok(session)) => {
            pass.send_once(&session, &ChangeRequest { leg, id, change, record }).await
        }
        (ConnectionCommand::Cancel(due, ending), Ok(session)) => {
            if !ending.is_empty() {
                pass.report(&ConnectionReport::Observed(ending), Next::Soon).await?;
            }
            let mut next = Ok(pass.next(Next::Soon));
            for request in due {
                // One that fails keeps none of the others from being sent.
                let sent = pass.send_once(&session, &request).await;
                next = next.and(sent);
            }
            next
        }
    }
}

async fn order(
    pass: &ConnectionPass<'_>,
    session: &Session,
    seen: &ConnectionObservation,
    mut desired: Desired,
    attempt: u32,
) -> Result<Action, ApiError> {
    if session.of.marks_orders {
        desired.order.reference = ownership::reference(&seen.owner, desired.leg);
    }
    let provider_time = session.reads.provider_time();
    let owner = seen.recorded_owner.clone();
    pass.send_once(session, &OrderRequest { desired, attempt, owner, provider_time }).await
}

async fn take_up(
    pass: &ConnectionPass<'_>,
    owner: &Owner,
    leg: Leg,
    id: ConnectionId,
) -> Result<Action, ApiError> {
    tracing::info!(object = %pass.reference(), %leg, connection = %id, "found what was ordered");
    let action =
        pass.report(&ConnectionReport::Found { leg, id, owner: owner.clone() }, Next::Soon).await?;
    pass.context.metrics.adopted();
    Ok(action)
}
