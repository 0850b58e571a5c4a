//! The order protocol.
//!
//! The intent goes into status, with the object's resourceVersion as its precondition, so that of
//! two operators one loses here; then one request, which nothing below repeats; then the id goes
//! into status until it is there. What is not known stays written down.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube_runtime::{controller::Action, reflector::ObjectRef};
use sha2::{Digest, Sha256};

use fabric_api::{FabricConnection, OrderIntent};
use fabric_domain::{ASide, ConnectionName, Leg, Placed};

use crate::{
    account::session::Session,
    connection::{
        api,
        commands::{soon, tell, write},
        report::{Outcome, settle},
        resolve::Desired,
    },
    reconcile::{
        claims::leg_status,
        context::Context,
        memory::Fate,
        problem::Problem,
        status::{self, Error},
    },
    telemetry,
};

/// Orders a line.
pub(super) async fn order(
    object: &FabricConnection,
    context: &Context,
    session: &Session,
    desired: &Desired,
    attempt: u32,
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    let uid = object.uid().unwrap_or_default();
    let by = context.mark();
    let intents = intents(object, desired, attempt, &by, context);
    let legs: Vec<Leg> = intents.iter().map(|(leg, _)| *leg).collect();
    context.memory.attempted(&uid, &by, Fate::Unsent);
    let intent = Outcome::Intent(intents, desired.resolved.clone(), desired.price);
    let written = write(object, context, &intent).await?;
    tracing::info!(object = %key, name = %desired.order.name, attempt, "ordering");
    context.memory.attempted(&uid, &by, Fate::Unknown);
    let answer = session.writes.order(&desired.order).await;
    context.metrics.ordered(telemetry::Answer::of(&answer));
    let outcome = match answer {
        Ok(mut placed) => {
            session.fleet.invalidate(&placed.primary);
            if let Some(id) = &placed.secondary {
                session.fleet.invalidate(id);
            }
            tracing::info!(object = %key, connection = %placed.primary, "ordered");
            if desired.leg == Leg::Secondary {
                // The answer calls every single line its primary.
                let secondary = Some(placed.primary.clone());
                let found = Placed { primary: placed.primary.clone(), secondary };
                context.memory.attempted(&uid, &by, Fate::Placed(found));
                placed.secondary = None;
            } else {
                context.memory.attempted(&uid, &by, Fate::Placed(placed.clone()));
            }
            Outcome::Ordered(placed, desired.leg)
        }
        Err(error @ (fabric_client::Error::Ambiguous(_) | fabric_client::Error::Unreadable(_))) => {
            context.memory.attempted(&uid, &by, Fate::Unknown);
            session.fleet.poll_fast();
            tracing::warn!(object = %key, %error, "the answer to an order was lost");
            Outcome::Unknown(Some(error.to_string()))
        }
        // After an attempt of unknown outcome, a VLAN in use may be in use by that attempt.
        Err(error @ fabric_client::Error::VlanInUse(_)) if attempt > 1 => {
            context.memory.attempted(&uid, &by, Fate::Unknown);
            Outcome::Unknown(Some(error.to_string()))
        }
        Err(error) => {
            tracing::warn!(object = %key, %error, "the order was refused");
            context.memory.attempted(&uid, &by, Fate::Unsent);
            let doing = format!("ordering connection {}", desired.order.name);
            Outcome::Refused(Problem::of(&doing, &object.spec.account, &error), legs)
        }
    };
    let pause = match &outcome {
        Outcome::Refused(problem, _) => {
            let generation = object.metadata.generation.unwrap_or_default();
            let pause = context.memory.pause(&uid, generation, problem.retry);
            context.memory.rest(&uid, generation, session.id(), pause);
            pause
        }
        _ => Duration::ZERO,
    };
    record(&written, context, &outcome, &by).await?;
    tell(object, context, &outcome, "Order").await;
    Ok(match outcome {
        Outcome::Refused(..) => Action::requeue(pause),
        Outcome::Unknown(_) => {
            session.fleet.wake_after_next_list(&key);
            Action::requeue(Duration::from_secs(300))
        }
        _ => soon(),
    })
}

/// What is written down of an order: enough to find each of its lines again.
fn intents(
    object: &FabricConnection,
    desired: &Desired,
    attempt: u32,
    by: &str,
    context: &Context,
) -> Vec<(Leg, OrderIntent)> {
    // Secrets print as asterisks, so the hash tells nothing of them.
    let hash: [u8; 32] = Sha256::digest(format!("{:?}", desired.order)).into();
    let hash = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    let now = Time(context.now());
    let intent = |leg: Leg, name: &ConnectionName, a_side: &ASide| {
        let tags = a_side.link.tags();
        // What an earlier attempt may have ordered after all is as old as that.
        let before = leg_status(object, leg).and_then(|line| line.order.as_ref());
        let first = before.filter(|_| attempt > 1).map(|order| order.at.clone());
        OrderIntent {
            name: name.to_string(),
            port_uuid: a_side.port.to_string(),
            vlan_s_tag: tags.s_tag,
            vlan_c_tag: tags.c_tag,
            request_hash: format!("{hash:016x}"),
            by: by.to_owned(),
            at: first.unwrap_or_else(|| now.clone()),
            attempt,
        }
    };
    desired.sides().map(|(leg, name, a_side)| (leg, intent(leg, name, a_side))).collect()
}

/// Writes the answer, as long as the order is still the one that was sent.
async fn record(
    object: &FabricConnection,
    context: &Context,
    outcome: &Outcome,
    by: &str,
) -> Result<(), Error> {
    let settled = |object: &FabricConnection| {
        let old = object.status.clone().unwrap_or_default();
        let new = settle(object, &old, outcome, context.now());
        (object.status.as_ref() != Some(&new)).then_some(new)
    };
    // Should somebody else go on with this resource, what we know is in memory.
    let ours = |object: &FabricConnection| {
        let legs = [Leg::Primary, Leg::Secondary].into_iter();
        legs.filter_map(|leg| leg_status(object, leg)?.order.as_ref()).any(|order| order.by == by)
    };
    status::record(&api(object, context), object, settled, ours).await
}
