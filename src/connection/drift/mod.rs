//! Where a line differs from the spec, and what is done about it.
//!
//! Only what the user set is compared. Pure: what was asked for before is in status.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{ChangeStatus, FabricConnection, ManagementPolicy, UnknownFields};
use fabric_client::Capabilities;
use fabric_domain::{
    Change, ChangeProgress, Connection, ConnectionName, Email, Flow, Leg, Mbps, Phase, Standing,
    Tags, Term,
};

use crate::reconcile::{
    backoff::{CORRECTIONS, CorrectionBudget, correction_budget},
    claims::leg_status,
    problem::Problem,
};

/// How long a change that was asked for may not be shown yet.
const SHOWN_WITHIN: Duration = Duration::from_secs(60);

/// What can be changed in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(super) enum ChangedField {
    Name,
    Bandwidth,
    Notifications,
    Term,
    Port,
    #[strum(serialize = "VLAN")]
    Vlan,
}

impl ChangedField {
    /// Where the spec sets it for a leg.
    pub(super) fn in_spec(self, leg: Leg) -> &'static str {
        match (self, leg) {
            (Self::Name, Leg::Primary) => "spec.name",
            (Self::Name, Leg::Secondary) => "spec.secondary.name",
            (Self::Bandwidth, _) => "spec.bandwidthMbps",
            (Self::Notifications, _) => "spec.notifications",
            (Self::Term, _) => "spec.termMonths",
            (Self::Port, Leg::Primary) => "spec.aSide.port",
            (Self::Port, Leg::Secondary) => "spec.secondary.aSide.port",
            (Self::Vlan, Leg::Primary) => "spec.aSide.linkProtocol",
            (Self::Vlan, Leg::Secondary) => "spec.secondary.aSide.linkProtocol",
        }
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) field: ChangedField,
    is: String,
    should: String,
    /// How to correct it; `None` where the dialect cannot.
    change: Option<Change>,
}

impl Difference {
    /// Both values.
    pub(super) fn describe(&self) -> String {
        let verb = match self.field {
            ChangedField::Name
            | ChangedField::Bandwidth
            | ChangedField::Term
            | ChangedField::Port
            | ChangedField::Vlan => "is",
            ChangedField::Notifications => "are",
        };
        let field: &str = self.field.into();
        format!("{field} {verb} {} and the spec says {}", self.is, self.should)
    }
}

/// How a connection differs, and what the operator does about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drift {
    pub(super) leg: Leg,
    pub(super) differences: Vec<Difference>,
    pub(super) correction: Correction,
}

/// What the operator does about differences.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Correction {
    /// There are none.
    InSync,
    /// Changed once the line is in service.
    Later,
    /// Only looked at: `spec.managementPolicy` is Observe.
    Observed,
    /// The dialect cannot change it.
    Unsupported,
    /// Equinix moved it to another port or VLAN, where it is followed.
    Moved,
    /// A change is being carried out.
    UnderWay,
    /// The seller has to approve it.
    AwaitingApproval,
    /// It was asked for and did not hold; it is asked for again after so long.
    Pausing(Duration),
    /// To be asked for now; with it what is written down of that.
    Due(Change, ChangeStatus),
    /// A change of this field is not asked for again, because of this.
    GivenUp(ChangedField, String),
    /// Something is in the way.
    Blocked(Problem),
}

/// Compares a line with the spec and says what is next.
pub(super) fn compare(
    object: &FabricConnection,
    leg: Leg,
    seen: &Connection,
    flow: Flow,
    can: Capabilities,
    now: Timestamp,
) -> Drift {
    let differences = differences(object, leg, seen, can);
    let correction = correction(object, leg, seen, &differences, flow, now);
    Drift { leg, differences, correction }
}

fn differences(
    object: &FabricConnection,
    leg: Leg,
    seen: &Connection,
    can: Capabilities,
) -> Vec<Difference> {
    let spec = &object.spec;
    let name = match leg {
        Leg::Primary => spec.name.as_ref(),
        Leg::Secondary => spec.secondary.as_ref().and_then(|half| half.name.as_ref()),
    };
    let name = name.filter(|name| **name != seen.name).map(|name| Difference {
        field: ChangedField::Name,
        is: seen.name.clone(),
        should: name.clone(),
        change: ConnectionName::parse(name).ok().map(Change::Name),
    });
    let bandwidth = seen.bandwidth.filter(|mbps| *mbps != spec.bandwidth_mbps);
    let bandwidth = bandwidth.map(|mbps| Difference {
        field: ChangedField::Bandwidth,
        is: format!("{mbps} Mbit/s"),
        should: format!("{} Mbit/s", spec.bandwidth_mbps),
        change: Mbps::new(spec.bandwidth_mbps).ok().map(Change::Bandwidth),
    });
    let set = |emails: &[String]| -> BTreeSet<String> {
        emails.iter().map(|email| email.to_ascii_lowercase()).collect()
    };
    let list = |emails: &[String]| emails.join(", ");
    let notified = &seen.notifications;
    let differ = !notified.is_empty() && set(notified) != set(&spec.notifications);
    let emails = spec.notifications.iter().map(|e| Email::parse(e)).collect::<Result<Vec<_>, _>>();
    let notifications = differ.then(|| Difference {
        field: ChangedField::Notifications,
        is: list(notified),
        should: list(&spec.notifications),
        change: emails.ok().filter(|_| can.notification_changes).map(Change::Notifications),
    });
    let term = spec.term_months.zip(seen.term).filter(|(wanted, is)| wanted != is);
    let term = term.map(|(wanted, is)| Difference {
        field: ChangedField::Term,
        is: format!("{is} months"),
        should: format!("{wanted} months"),
        change: Term::new(wanted).ok().filter(|_| can.terms).map(Change::Term),
    });
    let [port, vlan] = moved(object, leg, seen);
    [name, bandwidth, notifications, term, port, vlan].into_iter().flatten().collect()
}

/// Where the connection is on another port or VLAN than the spec says. The operator knows it by its
/// id, so it follows it there.
fn moved(object: &FabricConnection, leg: Leg, seen: &Connection) -> [Option<Difference>; 2] {
    let spec = &object.spec;
    let a_side = match leg {
        Leg::Primary => Some(&spec.a_side),
        Leg::Secondary => spec.secondary.as_ref().map(|half| &half.a_side),
    };
    let Some(a_side) = a_side else { return [None, None] };
    let ordered = leg_status(object, leg).and_then(|line| line.order.as_ref());
    let port = a_side.port.uuid.as_ref().or(ordered.map(|order| &order.port_uuid));
    let port = port.zip(seen.port.as_ref());
    let port = port.filter(|(should, is)| !should.eq_ignore_ascii_case(is.as_str()));
    let port = port.map(|(should, is)| Difference {
        field: ChangedField::Port,
        is: is.to_string(),
        should: should.clone(),
        change: None,
    });
    let link = &a_side.link_protocol;
    let s_tag = link.vlan_tag.or(link.vlan_s_tag);
    let should = s_tag.map(|s_tag| Tags { s_tag, c_tag: link.vlan_c_tag });
    // The document of v3 prints no A-side C-tag, so one that is not shown is no difference.
    let vlan = should.zip(seen.tags).filter(|(should, is)| {
        should.s_tag != is.s_tag || (is.c_tag.is_some() && should.c_tag != is.c_tag)
    });
    let vlan = vlan.map(|(should, is)| Difference {
        field: ChangedField::Vlan,
        is: is.to_string(),
        should: should.to_string(),
        change: None,
    });
    [port, vlan]
}

fn correction(
    object: &FabricConnection,
    leg: Leg,
    seen: &Connection,
    differences: &[Difference],
    flow: Flow,
    now: Timestamp,
) -> Correction {
    if differences.is_empty() {
        return Correction::InSync;
    }
    if object.spec.management_policy == ManagementPolicy::Observe {
        return Correction::Observed;
    }
    let is_moved = |difference: &Difference| {
        matches!(difference.field, ChangedField::Port | ChangedField::Vlan)
    };
    if differences.iter().all(is_moved) {
        return Correction::Moved;
    }
    let standing = Standing::of(&seen.equinix_status, &seen.provider_status, flow);
    if standing.phase != Phase::Ready {
        return Correction::Later;
    }
    match seen.change.as_ref().map(|change| change.progress) {
        Some(ChangeProgress::UnderWay) => return Correction::UnderWay,
        Some(ChangeProgress::AwaitingApproval) => return Correction::AwaitingApproval,
        Some(ChangeProgress::Done | ChangeProgress::Rejected | ChangeProgress::Failed) | None => {}
    }
    let generation = object.metadata.generation.unwrap_or_default();
    let known = leg_status(object, leg).map(|line| line.changes.as_slice()).unwrap_or_default();
    // The first that can be asked for now; else what speaks against the others, the worst last.
    let mut rest = Correction::Unsupported;
    for difference in differences {
        let Some(change) = &difference.change else { continue };
        let field: &str = difference.field.into();
        let before = known.iter().find(|asked| {
            asked.field == field && asked.to == difference.should && asked.generation == generation
        });
        let next = match before {
            None => due(difference, change, 1, generation, now),
            Some(asked) => match again(difference.field, asked, seen, now) {
                // Another process may just have asked for it: it is under way, though this look at
                // the line is too old to show that, and a second change would be refused.
                Some(Correction::Pausing(left)) if within(asked.at.0, SHOWN_WITHIN, now) => {
                    return Correction::Pausing(left.min(SHOWN_WITHIN));
                }
                Some(wait) => wait,
                None => due(difference, change, asked.attempts + 1, generation, now),
            },
        };
        match (&next, &rest) {
            (Correction::Due(..), _) => return next,
            (Correction::Pausing(_), Correction::GivenUp(..)) => {}
            _ => rest = next,
        }
    }
    rest
}

/// Whether `at` is no longer ago than `time`.
fn within(at: Timestamp, time: Duration, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(at)).is_ok_and(|since| since < time)
}

fn due(
    difference: &Difference,
    change: &Change,
    attempts: u32,
    generation: i64,
    now: Timestamp,
) -> Correction {
    let field: &str = difference.field.into();
    let status = ChangeStatus {
        field: field.to_owned(),
        to: difference.should.clone(),
        generation,
        at: Time(now),
        attempts,
        uuid: None,
        awaited_approval: false,
        refused: None,
        unknown: UnknownFields::default(),
    };
    Correction::Due(change.clone(), status)
}

/// Why a change that was asked for before is not asked for again now; `None` if it is.
fn again(
    field: ChangedField,
    asked: &ChangeStatus,
    seen: &Connection,
    now: Timestamp,
) -> Option<Correction> {
    let given_up = |why: String| Some(Correction::GivenUp(field, why));
    if let Some(refused) = &asked.refused {
        return given_up(refused.clone());
    }
    let rejected = seen.change.as_ref().is_some_and(|change| {
        change.progress == ChangeProgress::Rejected
            && (asked.uuid.is_none() || change.id == asked.uuid)
    });
    // A dialect that shows no rejections shows an approval that is waited for, and then no more.
    if rejected || asked.awaited_approval {
        return given_up("the seller rejected the change".to_owned());
    }
    match correction_budget(asked.attempts, asked.at.0, now) {
        CorrectionBudget::Pausing(left) => Some(Correction::Pausing(left)),
        CorrectionBudget::Due => None,
        CorrectionBudget::Exhausted => {
            given_up(format!("it was asked for {CORRECTIONS} times and did not hold"))
        }
    }
}

#[cfg(test)]
mod tests;
