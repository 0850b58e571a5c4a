//! What came of a pass, as status.
//!
//! Pure: from the old status and an outcome to the new one. Writing it is the act's business.

mod in_sync;
mod state;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ChangeStatus, ConditionType, FabricConnection, FabricConnectionStatus, LineStatus, OrderIntent,
    Price, Reason, Resolved,
};
use fabric_domain::{
    Connection, ConnectionId, Flow, Leg, Money, Phase, Placed, Standing, WaitingFor,
};

use crate::{
    connection::{
        drift::Drift,
        plan::{Lines, Released},
    },
    reconcile::{
        conditions::{self, Beside, Progress, Told, ready_reason},
        problem::{Problem, Retry},
    },
};
use in_sync::{in_sync, not_changed};
use state::{go_down, see, stand, together};

/// What came of a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// `spec.paused`.
    Paused,
    /// Something is in the way.
    Held(Problem),
    /// The first listing is still to come.
    AwaitingListing,
    /// An order is about to be sent.
    Intent(Vec<(Leg, OrderIntent)>, Resolved, Option<Money>),
    /// The order was taken.
    Ordered(Placed, Leg),
    /// The order for these lines was refused; nothing was ordered.
    Refused(Problem, Vec<Leg>),
    /// Whether the order was taken is not known.
    Unknown(Option<String>),
    /// The line that a lost answer spoke of was found.
    Adopted(Leg, ConnectionId),
    /// The line that the spec names is this resource's from now on.
    TakenOver(Leg, ConnectionId, Resolved),
    /// The lines stand here, differ so from the spec, and cost this, if that is news.
    Standing(Lines, Flow, Vec<Drift>, Option<Money>),
    /// This change is asked for.
    Changing(Leg, ChangeStatus),
    /// This change was refused for good.
    ChangeRefused(Leg, ChangeStatus, Problem),
    /// The change of this field could not be asked for; before there was this to know of it.
    NotChanged(Leg, String, Option<ChangeStatus>, Problem),
    /// The cancellation was taken.
    Cancelled(Leg),
    /// The provider said that it is deleted already, and shows it no more.
    Ended(Leg),
    /// The cancellation was refused.
    NotCancelled(Problem),
    /// The cancellation was taken, and the other side put the line back into service.
    StillUp(Leg, Box<Connection>),
    /// The lines go down.
    HttpOutcome(Lines, Flow),
}

impl Released {
    /// What to tell the owner.
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::NothingOrdered => "nothing was ordered, so nothing is left at the provider",
            Self::LineGone => "the connection is gone and no longer billed",
            Self::Orphaned => "the connection was left at the provider, where it is billed on",
        }
    }
}

/// What `Ready` and the columns tell.
struct Story {
    progress: Progress,
    reason: Reason,
    /// `None`: the one told before.
    phase: Option<Phase>,
    waiting_for: WaitingFor,
    message: String,
    /// What else is told of a line in service.
    beside: Option<Beside>,
}

/// The status after `outcome`.
pub(super) fn settle(
    object: &FabricConnection,
    old: &FabricConnectionStatus,
    outcome: &Outcome,
    now: Timestamp,
) -> FabricConnectionStatus {
    let generation = object.metadata.generation;
    let mut status = old.clone();
    status.observed_generation = generation;
    if *outcome == Outcome::Paused {
        let text = "spec.paused is set: nothing is ordered, changed or cancelled; whatever exists is billed on";
        let kind = ConditionType::Paused;
        let reason = Reason::Paused;
        conditions::set(&mut status.conditions, generation, now, kind, true, reason, text);
        return status;
    }
    conditions::unset(&mut status.conditions, ConditionType::Paused);
    if let Some(story) = tell(object, &mut status, outcome, now) {
        if let Some(phase) = story.phase {
            status.phase = Some(<&str>::from(phase).to_owned());
        }
        let beside = story.beside.filter(|_| story.progress == Progress::Done);
        let waiting_for = beside.as_ref().map_or(story.waiting_for, |beside| beside.waiting_for);
        status.waiting_for = Some(<&str>::from(waiting_for).to_owned());
        let told = Told { reason: story.reason, message: &story.message };
        let conditions = &mut status.conditions;
        let story = (story.progress, told);
        conditions::tell_with(conditions, generation, now, story, beside.as_ref());
    }
    status
}

/// Takes the facts of `outcome` into `status` and answers with the story to tell; `None` leaves
/// the story as it was told.
fn tell(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    outcome: &Outcome,
    now: Timestamp,
) -> Option<Story> {
    Some(match outcome {
        Outcome::Paused => return None,
        Outcome::Held(problem) | Outcome::NotCancelled(problem) => {
            problem.quote(&mut status.provider_faults);
            held(problem, held_phase(status), problem.message.clone())
        }
        // Nothing new is known of a line in service: its story stays.
        Outcome::AwaitingListing if held_phase(status) == Some(Phase::Ready) => return None,
        Outcome::AwaitingListing => {
            let message = "waiting for the first listing of the account's connections".to_owned();
            let phase = held_phase(status);
            let deleting = object.metadata.deletion_timestamp.is_some();
            let reason = if deleting { Reason::Deprovisioning } else { Reason::Ordering };
            Story { phase, ..working(reason, Phase::Pending, message) }
        }
        Outcome::Intent(intents, resolved, price) => {
            status.resolved = Some(resolved.clone());
            status.monthly_price = price.map(|price| priced(price, object));
            intend(status, intents)
        }
        Outcome::Ordered(placed, leg) => ordered(status, placed, *leg),
        Outcome::Adopted(leg, id) => {
            line(status, *leg).get_or_insert_default().uuid = Some(id.to_string());
            let message = format!("found what was ordered: connection {id}");
            working(Reason::Ordering, Phase::Ordering, message)
        }
        Outcome::TakenOver(leg, id, resolved) => {
            status.resolved = Some(resolved.clone());
            status.provider_faults.clear();
            line(status, *leg).get_or_insert_default().uuid = Some(id.to_string());
            let message = format!("took over connection {id}");
            working(Reason::Provisioning, Phase::Provisioning, message)
        }
        Outcome::Refused(problem, legs) => refused(status, problem, legs),
        Outcome::Unknown(cause) => unknown(status, cause.as_deref())?,
        Outcome::Standing(lines, flow, drifts, price) => {
            status.provider_faults.clear();
            for (leg, seen) in lines {
                see(status, *leg, seen, now);
            }
            if let Some(price) = price {
                status.monthly_price = Some(priced(*price, object));
            }
            let beside = in_sync(object, status, drifts, now);
            let story = together(lines, |seen| {
                let standing = Standing::of(&seen.equinix_status, &seen.provider_status, *flow);
                stand(object, seen, standing)
            })?;
            Story { beside, ..story }
        }
        Outcome::Changing(leg, asked) => {
            in_sync::ask(status, *leg, asked);
            return None;
        }
        Outcome::ChangeRefused(leg, asked, problem) => {
            problem.quote(&mut status.provider_faults);
            let refused = Some(fabric_domain::clean(&problem.message, 512));
            in_sync::ask(status, *leg, &ChangeStatus { refused, ..asked.clone() });
            return None;
        }
        Outcome::NotChanged(leg, field, before, problem) => {
            not_changed(object, status, (*leg, field, before.as_ref()), problem, now);
            return None;
        }
        Outcome::Ended(leg) => {
            line(status, *leg).get_or_insert_default().ended_at = Some(Time(now));
            let message = format!("the provider says that the {leg} connection is deleted already");
            working(Reason::Deprovisioning, Phase::Deleting, message)
        }
        Outcome::StillUp(leg, seen) => still_up(status, *leg, seen, now),
        Outcome::Cancelled(leg) => {
            let line = line(status, *leg).get_or_insert_default();
            line.cancelled_at = Some(Time(now));
            line.cancellation_refused_at = None;
            let message =
                "the cancellation was taken; the connection is billed until it is gone".to_owned();
            working(Reason::Deprovisioning, Phase::Deleting, message)
        }
        Outcome::HttpOutcome(lines, flow) => {
            for (leg, seen) in lines {
                see(status, *leg, seen, now);
            }
            together(lines, |seen| go_down(seen, *flow))?
        }
    })
}

/// On its way to the provider, or down from there.
fn working(reason: Reason, phase: Phase, message: String) -> Story {
    Story {
        progress: Progress::Working,
        reason,
        phase: Some(phase),
        waiting_for: WaitingFor::Equinix,
        message,
        beside: None,
    }
}

fn ordered(status: &mut FabricConnectionStatus, placed: &Placed, leg: Leg) -> Story {
    let id = &placed.primary;
    line(status, leg).get_or_insert_default().uuid = Some(id.to_string());
    let mut message = format!("ordered: connection {id}");
    if let Some(id) = &placed.secondary {
        status.secondary.get_or_insert_default().uuid = Some(id.to_string());
        message = format!("{message} and {id}");
    }
    working(Reason::Ordering, Phase::Ordering, message)
}

fn refused(status: &mut FabricConnectionStatus, problem: &Problem, legs: &[Leg]) -> Story {
    for leg in legs {
        *line(status, *leg) = None;
    }
    problem.quote(&mut status.provider_faults);
    let message = match &status.primary {
        None => format!("{}; nothing was ordered", problem.message),
        Some(_) => {
            format!("{}; the other half of the pair is ordered and billed", problem.message)
        }
    };
    held(problem, Some(Phase::Pending), message)
}

/// A cancelled line is in service again.
fn still_up(
    status: &mut FabricConnectionStatus,
    leg: Leg,
    seen: &Connection,
    now: Timestamp,
) -> Story {
    see(status, leg, seen, now);
    let line = line(status, leg).get_or_insert_default();
    line.cancelled_at = None;
    line.cancellation_refused_at.get_or_insert(Time(now));
    let message = format!(
        "the other side refused to let connection {} go: it is in service and billed again; settle it with them, or set spec.deletionPolicy to Orphan to leave it; the cancellation is sent again once a day",
        seen.id
    );
    let problem = Problem::stalled(Reason::CancellationRefused, message.clone());
    held(&problem, Some(Phase::Deleting), message)
}

fn priced(price: Money, object: &FabricConnection) -> Price {
    Price {
        amount: price.amount(),
        currency: price.currency.as_str().to_owned(),
        bandwidth_mbps: object.spec.bandwidth_mbps,
    }
}

/// The lines that an order is for, before it is sent.
fn intend(status: &mut FabricConnectionStatus, intents: &[(Leg, OrderIntent)]) -> Story {
    status.provider_faults.clear();
    for (leg, intent) in intents {
        *line(status, *leg) =
            Some(LineStatus { order: Some(intent.clone()), ..LineStatus::default() });
    }
    let names: Vec<&str> = intents.iter().map(|(_, intent)| intent.name.as_str()).collect();
    let message = format!("ordering connection {}", names.join(" and "));
    working(Reason::Ordering, Phase::Ordering, message)
}

/// The outcome of an order is not known; `None` if that is told already.
fn unknown(status: &FabricConnectionStatus, cause: Option<&str>) -> Option<Story> {
    let told = ready_reason(&status.conditions) == Some(Reason::OrderUnknown.as_str());
    if told && cause.is_none() {
        return None;
    }
    let lines = [&status.primary, &status.secondary].into_iter().flatten();
    let unknown = lines.filter(|line| line.uuid.is_none());
    let names: Vec<&str> =
        unknown.filter_map(|line| Some(line.order.as_ref()?.name.as_str())).collect();
    let name = names.join(" and ");
    let cause = cause.map(|text| format!(" ({text})")).unwrap_or_default();
    let message = format!(
        "whether the order of {name} arrived is not known{cause}; it is looked for, and ordered again only after proof that it did not"
    );
    Some(working(Reason::OrderUnknown, Phase::Ordering, message))
}

/// The status of one line.
fn line(status: &mut FabricConnectionStatus, leg: Leg) -> &mut Option<LineStatus> {
    match leg {
        Leg::Primary => &mut status.primary,
        Leg::Secondary => &mut status.secondary,
    }
}

/// Something is in the way.
fn held(problem: &Problem, phase: Option<Phase>, message: String) -> Story {
    let progress = match problem.retry {
        Retry::Parked => Progress::Stuck,
        Retry::After(_) | Retry::Backoff => Progress::Working,
    };
    Story {
        progress,
        reason: problem.reason,
        phase,
        waiting_for: problem.waiting_for,
        message,
        beside: None,
    }
}

/// The phase while something is in the way: a line keeps the one it had.
fn held_phase(status: &FabricConnectionStatus) -> Option<Phase> {
    match (&status.phase, &status.primary) {
        (Some(phase), Some(_)) if phase == <&str>::from(Phase::Ready) => Some(Phase::Ready),
        (_, Some(_)) => None,
        (_, None) => Some(Phase::Pending),
    }
}
