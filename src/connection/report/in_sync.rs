//! What differs from the spec, as it is told: `InSync`, and what goes with it.

use jiff::Timestamp;

use fabric_api::{ChangeStatus, ConditionType, FabricConnection, FabricConnectionStatus, Reason};
use fabric_domain::{Leg, WaitingFor};

use crate::{
    connection::{
        drift::{Course, Drift, Field},
        report::line,
    },
    reconcile::{
        conditions::{self, Beside},
        patience::remembered,
        problem::{Problem, Retry},
    },
};

/// Takes the drifts into `InSync` and answers with what is to be told beside `Ready`: the worst.
pub(super) fn in_sync(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    drifts: &[Drift],
    now: Timestamp,
) -> Option<Beside> {
    let mut told = vec![];
    let mut worst: Option<(u8, Reason, Option<Beside>)> = None;
    for drift in drifts {
        remember(status, drift, now);
        let Some(found) = tell(drift) else { continue };
        let whose = if drifts.len() > 1 { format!("{} ", drift.leg) } else { String::new() };
        told.extend(drift.differences.iter().map(|d| format!("{whose}{}", d.told())));
        told.push(found.message.clone());
        if worst.as_ref().is_none_or(|(weight, ..)| found.weight > *weight) {
            let beside = found.beside.map(|(kind, waiting_for)| Beside {
                kind,
                reason: found.reason,
                message: String::new(),
                waiting_for,
            });
            worst = Some((found.weight, found.reason, beside));
        }
    }
    let generation = object.metadata.generation;
    let message = told.join("; ");
    let (holds, reason, text) = match &worst {
        None => (true, Reason::AsSpecified, "the connection is as the spec says"),
        Some((_, reason, _)) => (false, *reason, message.as_str()),
    };
    let conditions = &mut status.conditions;
    conditions::set(conditions, generation, now, ConditionType::InSync, holds, reason, text);
    let (_, _, beside) = worst?;
    beside.map(|beside| Beside { message, ..beside })
}

/// What becomes of one line's differences, in words.
struct Found {
    /// Which of several lines is told.
    weight: u8,
    reason: Reason,
    message: String,
    beside: Option<(ConditionType, WaitingFor)>,
}

fn tell(drift: &Drift) -> Option<Found> {
    let working = |waiting_for| Some((ConditionType::Reconciling, waiting_for));
    let stuck = Some((ConditionType::Stalled, WaitingFor::You));
    let (weight, reason, message, beside) = match &drift.course {
        Course::InSync => return None,
        Course::Observed => (
            1,
            Reason::Differs,
            "spec.managementPolicy is Observe, so nothing is changed".to_owned(),
            None,
        ),
        Course::Later => {
            (2, Reason::Differs, "it is changed once the connection is in service".to_owned(), None)
        }
        Course::Unsupported => (
            3,
            Reason::NotSupported,
            "ECX v3 cannot change that in place; set the spec back, or order another connection"
                .to_owned(),
            None,
        ),
        Course::UnderWay | Course::Due(..) => (
            4,
            Reason::Changing,
            "the change is under way".to_owned(),
            working(WaitingFor::Equinix),
        ),
        Course::Pausing(_) => (
            5,
            Reason::Changing,
            "the change was asked for and does not hold yet; it is asked for again".to_owned(),
            working(WaitingFor::Equinix),
        ),
        Course::AwaitingApproval => (
            6,
            Reason::ChangeAwaitingApproval,
            "the seller has to approve the change; until then the connection stays as it is"
                .to_owned(),
            working(WaitingFor::Seller),
        ),
        Course::Blocked(problem) => {
            let beside = match problem.retry {
                Retry::Parked => stuck,
                Retry::After(_) | Retry::Backoff => working(problem.waiting_for),
            };
            (7, problem.reason, problem.message.clone(), beside)
        }
        Course::GivenUp(why) => (
            8,
            Reason::ChangeRefused,
            format!(
                "the change is not asked for again: {why}; settle that, and edit the spec to try again or to keep what is there"
            ),
            stuck,
        ),
    };
    Some(Found { weight, reason, message, beside })
}

/// Keeps what is known of changes that were asked for up to date.
fn remember(status: &mut FabricConnectionStatus, drift: &Drift, now: Timestamp) {
    let Some(line) = line(status, drift.leg) else { return };
    let differs = |field: &str| drift.differences.iter().any(|d| <&str>::from(d.field) == field);
    for asked in &mut line.changes {
        // Sellers approve bandwidths only. What holds was approved; what is waited for now may be
        // refused later.
        let awaited = drift.course == Course::AwaitingApproval
            && asked.field == <&str>::from(Field::Bandwidth);
        asked.awaited_approval = differs(&asked.field) && (asked.awaited_approval || awaited);
    }
    line.changes.retain(|asked| {
        let recent = remembered(asked.at.0, now);
        differs(&asked.field) || recent
    });
}

/// Writes down that a change is asked for.
pub(super) fn ask(status: &mut FabricConnectionStatus, leg: Leg, asked: &ChangeStatus) {
    let line = line(status, leg).get_or_insert_default();
    line.changes.retain(|other| other.field != asked.field);
    line.changes.push(asked.clone());
}

/// Takes back that a change was asked for, and tells why.
pub(super) fn not_changed(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    (leg, field, before): (Leg, &str, Option<&ChangeStatus>),
    problem: &Problem,
    now: Timestamp,
) {
    let line = line(status, leg).get_or_insert_default();
    line.changes.retain(|other| other.field != field);
    line.changes.extend(before.cloned());
    problem.quote(&mut status.provider_faults);
    let generation = object.metadata.generation;
    let mut put = |kind, holds| {
        let (reason, message) = (problem.reason, &problem.message);
        conditions::set(&mut status.conditions, generation, now, kind, holds, reason, message);
    };
    put(ConditionType::InSync, false);
    put(
        match problem.retry {
            Retry::Parked => ConditionType::Stalled,
            Retry::After(_) | Retry::Backoff => ConditionType::Reconciling,
        },
        true,
    );
}
