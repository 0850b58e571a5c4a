//! Cancelling a line.

use kube_runtime::{controller::Action, reflector::ObjectRef};

use fabric_api::{FabricConnection, Reason};
use fabric_domain::{ConnectionId, Leg};

use crate::{
    account::session::Session,
    connection::{
        commands::{RESYNC, held, report, soon},
        report::Outcome,
    },
    reconcile::{context::Context, problem::Problem, status::Error},
    telemetry,
};

/// Cancels a line, which the provider may not show any more.
pub(super) async fn cancel(
    object: &FabricConnection,
    context: &Context,
    session: &Session,
    (leg, id): (Leg, &ConnectionId),
    unseen: bool,
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    tracing::info!(object = %key, connection = %id, "cancelling");
    let answer = session.writes.cancel(id).await;
    context.metrics.cancelled(telemetry::Answer::of(&answer));
    match answer {
        Err(fabric_client::Error::Gone(_)) if unseen => {
            report(object, context, &Outcome::Ended(leg), RESYNC).await?;
            Ok(soon())
        }
        // "Already deleted" may also mean that it is on its way down, and billed until it is gone:
        // the next pass looks.
        Ok(()) | Err(fabric_client::Error::Gone(_)) => {
            session.fleet.invalidate(id);
            report(object, context, &Outcome::Cancelled(leg), RESYNC).await?;
            Ok(soon())
        }
        Err(error) => {
            let doing = format!("cancelling connection {id}");
            let no = (
                Reason::CancellationRefused,
                "cancel it in the Equinix portal, or contact Equinix support",
            );
            let problem = Problem::refused(&doing, &object.spec.account, &error, no);
            let problem = match error {
                fabric_client::Error::Busy(_) => problem.because(Reason::Deprovisioning),
                fabric_client::Error::NotVisible(_) => Problem {
                    message: format!(
                        "{}; while it is not known to be gone this resource stays; if you know that it is, set spec.deletionPolicy to Orphan",
                        problem.message
                    ),
                    ..problem
                },
                _ => problem,
            };
            held(object, context, problem, Outcome::NotCancelled).await
        }
    }
}
