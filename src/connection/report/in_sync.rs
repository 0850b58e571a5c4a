//! What differs from the spec, in status: `InSync`, and the changes that were asked for.
//!
//! Pure.

use jiff::Timestamp;

use fabric_api::{ChangeStatus, ConditionType, FabricConnection, FabricConnectionStatus, Reason};
use fabric_domain::{Leg, WaitingFor};

use crate::{
    connection::{
        drift::{ChangedField, Correction, Drift},
        report::leg_status_mut,
    },
    reconcile::{
        backoff::is_remembered,
        conditions::{Conditions, OpenChange, Progress},
        problem::Problem,
    },
};

/// Sets `InSync` by the drifts and returns what is open beside `Ready`: the worst of them.
pub(super) fn in_sync(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    drifts: &[Drift],
    now: Timestamp,
) -> Option<OpenChange> {
    let mut messages = vec![];
    let mut worst: Option<Open> = None;
    for drift in drifts {
        remember(status, drift, now);
        let Some(open) = open(drift) else { continue };
        let whose = if drifts.len() > 1 { format!("{} ", drift.leg) } else { String::new() };
        messages.extend(drift.differences.iter().map(|d| format!("{whose}{}", d.describe())));
        messages.push(open.message.clone());
        if worst.as_ref().is_none_or(|worst| open.weight > worst.weight) {
            worst = Some(open);
        }
    }
    let message = messages.join("; ");
    let (holds, reason, text) = match &worst {
        None => (true, Reason::AsSpecified, "the connection is as the spec says"),
        Some(open) => (false, open.reason, message.as_str()),
    };
    let generation = object.metadata.generation;
    Conditions { list: &mut status.conditions, generation, now }.set(
        ConditionType::InSync,
        holds,
        reason,
        text,
    );
    let Open { reason, beside, .. } = worst?;
    let (progress, waiting_for) = beside?;
    Some(OpenChange { progress, reason, message, waiting_for })
}

/// How one connection's differences are reported.
struct Open {
    /// The heavier of several is reported.
    weight: u8,
    reason: Reason,
    message: String,
    /// What stands beside `Ready`, and who has to act.
    beside: Option<(Progress, WaitingFor)>,
}

fn open(drift: &Drift) -> Option<Open> {
    let working = |waiting_for| Some((Progress::Working, waiting_for));
    let stuck = Some((Progress::Stuck, WaitingFor::You));
    let (weight, reason, message, beside) = match &drift.correction {
        Correction::InSync => return None,
        Correction::Observed => (
            1,
            Reason::Differs,
            "spec.managementPolicy is Observe, so nothing is changed".to_owned(),
            None,
        ),
        Correction::Later => {
            (2, Reason::Differs, "it is changed once the connection is in service".to_owned(), None)
        }
        Correction::Unsupported => (
            3,
            Reason::NotSupported,
            "ECX v3 cannot change that in place; set the spec back, or order another connection"
                .to_owned(),
            None,
        ),
        Correction::Moved => (
            3,
            Reason::Differs,
            "the connection was moved; it is followed where it is, and can be changed and cancelled as before"
                .to_owned(),
            None,
        ),
        Correction::UnderWay | Correction::Due(..) => (
            4,
            Reason::Changing,
            "the change is under way".to_owned(),
            working(WaitingFor::Equinix),
        ),
        Correction::Pausing(_) => (
            5,
            Reason::Changing,
            "the change was asked for and does not hold yet; it is asked for again".to_owned(),
            working(WaitingFor::Equinix),
        ),
        Correction::AwaitingApproval => (
            6,
            Reason::ChangeAwaitingApproval,
            "the seller has to approve the change; until then the connection stays as it is"
                .to_owned(),
            working(WaitingFor::Seller),
        ),
        Correction::Blocked(problem) => {
            let beside = match Progress::after(problem.retry) {
                Progress::Stuck => stuck,
                Progress::Working | Progress::Done => working(problem.waiting_for),
            };
            (7, problem.reason, problem.message.clone(), beside)
        }
        Correction::GivenUp(field, why) => {
            let at = field.in_spec(drift.leg);
            let message = format!(
                "the change is not asked for again: {why}; edit {at} to request another value, or set it to the present one to keep the connection as it is"
            );
            (8, Reason::ChangeRefused, message, stuck)
        }
    };
    Some(Open { weight, reason, message, beside })
}

/// Updates the changes that were asked for, by what is seen now.
fn remember(status: &mut FabricConnectionStatus, drift: &Drift, now: Timestamp) {
    let Some(line) = leg_status_mut(status, drift.leg) else { return };
    let differs = |field: &str| drift.differences.iter().any(|d| <&str>::from(d.field) == field);
    for asked in &mut line.changes {
        // Sellers approve bandwidths only. What holds was approved; what is waited for now may be
        // refused later.
        let awaited = drift.correction == Correction::AwaitingApproval
            && asked.field == <&str>::from(ChangedField::Bandwidth);
        asked.awaited_approval = differs(&asked.field) && (asked.awaited_approval || awaited);
    }
    line.changes.retain(|asked| {
        let recent = is_remembered(asked.at.0, now);
        differs(&asked.field) || recent
    });
}

/// Records that a change is asked for.
pub(super) fn record(status: &mut FabricConnectionStatus, leg: Leg, asked: &ChangeStatus) {
    let line = leg_status_mut(status, leg).get_or_insert_default();
    line.changes.retain(|other| other.field != asked.field);
    line.changes.push(asked.clone());
}

/// Takes back that a change was asked for, and says why.
pub(super) fn not_changed(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    leg: Leg,
    field: &str,
    before: Option<&ChangeStatus>,
    problem: &Problem,
    now: Timestamp,
) {
    let line = leg_status_mut(status, leg).get_or_insert_default();
    line.changes.retain(|other| other.field != field);
    line.changes.extend(before.cloned());
    problem.quote(&mut status.provider_faults);
    let generation = object.metadata.generation;
    let mut conditions = Conditions { list: &mut status.conditions, generation, now };
    conditions.set(ConditionType::InSync, false, problem.reason, &problem.message);
    let open = match Progress::after(problem.retry) {
        Progress::Stuck => ConditionType::Stalled,
        Progress::Working | Progress::Done => ConditionType::Reconciling,
    };
    conditions.set(open, true, problem.reason, &problem.message);
}
