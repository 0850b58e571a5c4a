//! What a pass can do beside reporting: each command is at most one request at the provider.
//!
//! How a request is sent once is the engine's; here is what is sent, and what its answer means.

mod cancel;
mod change;
mod order;

use kube_runtime::controller::Action;

use fabric_api::ChangeStatus;
use fabric_domain::{Change, ConnectionId, Leg};

use crate::{
    connection::{ConnectionPass, report::ConnectionReport, resolve::Desired},
    reconcile::{Next, status::ApiError},
};

use cancel::Cancel;
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
    /// Send the cancellation. With `confirms`, of a connection that is not shown: only the answer
    /// that it is deleted already proves that it is gone.
    Cancel { leg: Leg, id: ConnectionId, confirms: bool },
}

/// Carries a command out.
pub(super) async fn act(
    pass: &ConnectionPass<'_>,
    command: ConnectionCommand,
) -> Result<Action, ApiError> {
    let session = pass.session(&pass.object.spec.account);
    match (command, session) {
        // What was found is recorded also while the account cannot be used.
        (ConnectionCommand::TakeUp(leg, id), _) => take_up(pass, leg, id).await,
        (_, Err(problem)) => pass.block(problem).await,
        (ConnectionCommand::Order { desired, attempt }, Ok(session)) => {
            pass.send_once(&session, &OrderRequest { desired: *desired, attempt }).await
        }
        (ConnectionCommand::Change { leg, id, change, record }, Ok(session)) => {
            pass.send_once(&session, &ChangeRequest { leg, id, change, record }).await
        }
        (ConnectionCommand::Cancel { leg, id, confirms }, Ok(session)) => {
            pass.send_once(&session, &Cancel { leg, id, confirms }).await
        }
    }
}

async fn take_up(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    id: ConnectionId,
) -> Result<Action, ApiError> {
    tracing::info!(object = %pass.reference(), %leg, connection = %id, "found what was ordered");
    let action = pass.report(&ConnectionReport::Found(leg, id), Next::Soon).await?;
    pass.context.metrics.adopted();
    Ok(action)
}
