//! None of the observations leads to what must never be done.

mod observations;

use fabric_domain::EquinixStatus;

use super::*;
use crate::{
    connection::{commands::Cancel, state::Cancellation},
    reconcile::deletion::{Definition, Safeguards},
};
use observations::{desired, id, intent, line, no_safeguards, observations, owner, problem};

fn is_gone(state: &ConnectionState) -> bool {
    match state {
        ConnectionState::Known { view: ProviderView::Gone, .. } => true,
        ConnectionState::Known { view: ProviderView::Seen(seen), .. } => {
            seen.equinix_status == EquinixStatus::Deprovisioned
        }
        ConnectionState::Known { .. }
        | ConnectionState::Unrecorded(_)
        | ConnectionState::Copied(_)
        | ConnectionState::Intended(..)
        | ConnectionState::Offered(_)
        | ConnectionState::Unusable(_) => false,
    }
}

/// Whether the provider is proven to have nothing of it; without an account, there is no provider.
fn is_unordered(state: &ConnectionState) -> bool {
    match state {
        ConnectionState::Unrecorded(Trace::Unasked(problem)) => {
            problem.reason == Reason::AccountNotFound
        }
        ConnectionState::Unrecorded(Trace::Nothing)
        | ConnectionState::Intended(_, OrderEvidence::Absent)
        | ConnectionState::Offered(Adoption::Ended(_)) => true,
        _ => false,
    }
}

/// Whether an order for it may go out.
fn may_be_ordered(state: &ConnectionState) -> bool {
    matches!(
        state,
        ConnectionState::Unrecorded(Trace::Nothing)
            | ConnectionState::Intended(_, OrderEvidence::Absent | OrderEvidence::Repeatable)
    )
}

/// Whether it may be at the provider, and is not known by its id.
fn is_open(state: &ConnectionState) -> bool {
    matches!(
        state,
        ConnectionState::Intended(
            _,
            OrderEvidence::Open | OrderEvidence::Found(_) | OrderEvidence::Doubtful(_)
        ) | ConnectionState::Unrecorded(Trace::Ours(_) | Trace::Doubtful(_))
    )
}

fn is_copy(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Copied(_))
}

/// Whether a command is one that the observation may lead to.
fn is_allowed(seen: &ConnectionObservation, command: &ConnectionCommand) -> bool {
    let of = |leg: &Leg| seen.legs.iter().find(|(of, _)| of == leg).map(|(_, state)| state);
    let may_change = !seen.deleting && !seen.paused && !seen.observes;
    match command {
        ConnectionCommand::Order { .. } => {
            may_change
                && matches!(seen.preflight, Preflight::Ready(_))
                && seen.legs.iter().any(|(_, state)| may_be_ordered(state))
                && !seen.adopts
                && !seen.legs.iter().any(|(_, state)| is_open(state) || is_copy(state))
                && seen.legs.iter().all(|(_, state)| is_searched(state))
        }
        ConnectionCommand::TakeUp(leg, id) => match of(leg) {
            Some(ConnectionState::Intended(_, OrderEvidence::Found(found))) => {
                found == id && !seen.paused
            }
            Some(ConnectionState::Unrecorded(Trace::Ours(ours))) => ours == id && !seen.paused,
            _ => false,
        },
        ConnectionCommand::Change { leg, id, .. } => match of(leg) {
            Some(ConnectionState::Known { id: known, view: ProviderView::Seen(_), .. }) => {
                known == id && may_change
            }
            _ => false,
        },
        ConnectionCommand::Cancel(due, ending) => {
            let is_due = |Cancel { leg, id, confirms }: &Cancel| match of(leg) {
                Some(ConnectionState::Known { id: known, view, cancellation }) => {
                    let shown = matches!(view, ProviderView::Seen(_)) && !confirms;
                    let hidden = matches!(view, ProviderView::NotVisible(_)) && *confirms;
                    known == id
                        && !seen.kept.contains(leg)
                        && (shown || hidden)
                        && (hidden || *cancellation != Cancellation::Taken)
                }
                _ => false,
            };
            let is_seen = |(leg, _): &(Leg, Box<Connection>)| {
                matches!(of(leg), Some(ConnectionState::Known { view: ProviderView::Seen(_), .. }))
            };
            seen.deleting
                && !seen.keeps
                && !seen.safeguards.protected
                && !seen.paused
                && !seen.legs.iter().any(|(_, state)| is_copy(state))
                && !due.is_empty()
                && due.iter().all(is_due)
                && ending.iter().all(is_seen)
        }
    }
}

/// Whether a connection is known to be up and was not cancelled yet.
fn is_up_uncancelled(seen: &ConnectionObservation, state: &ConnectionState) -> bool {
    let ConnectionState::Known { view: ProviderView::Seen(line), cancellation, .. } = state else {
        return false;
    };
    let standing = Standing::of(&line.equinix_status, &line.provider_status, seen.flow);
    *cancellation == Cancellation::No && !matches!(standing.phase, Phase::Deleting | Phase::Deleted)
}

/// Why a connection that exists is not seen.
fn unseen(state: &ConnectionState) -> Option<&Problem> {
    match state {
        ConnectionState::Known {
            view:
                ProviderView::Unasked(why)
                | ProviderView::Unlisted(Some(why))
                | ProviderView::NotVisible(why),
            ..
        } => Some(why),
        _ => None,
    }
}

#[test]
fn no_observation_leads_to_a_second_order_or_an_unasked_cancellation() {
    let (mut orders, mut cancellations, mut changes, mut found) = (0, 0, 0, 0);
    for seen in observations() {
        let step = plan(&seen);
        let to_cancel: Vec<Leg> = seen
            .legs
            .iter()
            .filter(|(leg, _)| !seen.kept.contains(leg))
            .filter(|(_, state)| is_up_uncancelled(&seen, state))
            .map(|(leg, _)| *leg)
            .collect();
        let cancelled: Vec<Leg> = match &step {
            Step::Act(ConnectionCommand::Cancel(due, _)) => due.iter().map(|due| due.leg).collect(),
            _ => vec![],
        };
        let takes_up = matches!(step, Step::Act(ConnectionCommand::TakeUp(..)));
        let ends = seen.deleting && !seen.keeps && !seen.paused && !takes_up;
        let ends = ends && !seen.legs.iter().any(|(_, state)| is_copy(state));
        // What is known is cancelled at once, whatever the other half is, unless something holds it.
        assert!(
            !ends
                || seen.safeguards.protected
                || to_cancel.iter().all(|leg| cancelled.contains(leg)),
            "{seen:#?} leads to {step:#?}"
        );
        let context = || format!("{seen:#?} leads to {step:#?}");
        let every =
            |holds: fn(&ConnectionState) -> bool| seen.legs.iter().all(|(_, leg)| holds(leg));
        match &step {
            Step::Act(command) => {
                assert!(is_allowed(&seen, command), "{}", context());
                match command {
                    ConnectionCommand::Order { .. } => orders += 1,
                    ConnectionCommand::Cancel(..) => cancellations += 1,
                    ConnectionCommand::Change { .. } => changes += 1,
                    ConnectionCommand::TakeUp(..) => found += 1,
                }
            }
            Step::Report(ConnectionReport::Adopted { leg, .. }, _) => {
                let agreed = |(of, state): &(Leg, ConnectionState)| {
                    of == leg && matches!(state, ConnectionState::Offered(Adoption::Agreed(..)))
                };
                assert!(seen.legs.iter().any(agreed), "{}", context());
                let stays = seen.deleting && seen.keeps;
                assert!(!seen.paused && !stays, "{}", context());
            }
            Step::Report(ConnectionReport::Paused, _) => assert!(seen.paused, "{}", context()),
            Step::Report(ConnectionReport::StillUp(..) | ConnectionReport::Ending(..), _) => {
                assert!(seen.deleting && !seen.keeps, "{}", context());
            }
            Step::Report(
                ConnectionReport::Blocked(_)
                | ConnectionReport::AwaitingListing
                | ConnectionReport::OrderUnknown(None)
                | ConnectionReport::OrderDoubtful(_)
                | ConnectionReport::Followed { .. },
                _,
            ) => assert!(!seen.paused, "{}", context()),
            Step::Report(ConnectionReport::Unseen(problem, _), _) => {
                let is_why = |(_, state): &(Leg, ConnectionState)| unseen(state) == Some(problem);
                assert!(seen.legs.iter().any(is_why), "{}", context());
            }
            Step::Report(ConnectionReport::Copied(_), _) => {
                assert!(!every(|state| !is_copy(state)) && !seen.deleting, "{}", context());
            }
            Step::Report(ConnectionReport::NotOrdered(leg), _) => {
                let absent = |(of, state): &(Leg, ConnectionState)| {
                    of == leg
                        && matches!(state, ConnectionState::Intended(_, OrderEvidence::Absent))
                };
                assert!(seen.legs.iter().any(absent) && !seen.deleting, "{}", context());
            }
            Step::Report(report, _) => panic!("no plan reports {report:?}: {}", context()),
            Step::Wait(_) => assert!(!seen.paused && !seen.deleting, "{}", context()),
            Step::Release(Release::NothingSent) => {
                assert!(every(is_unordered) && seen.deleting, "{}", context());
            }
            Step::Release(release @ (Release::Gone | Release::Adopted | Release::NotAdopted)) => {
                let stays = |(leg, state): &(Leg, ConnectionState)| {
                    let known = matches!(state, ConnectionState::Known { .. });
                    known && seen.kept.contains(leg)
                };
                let is_left = |(_, state): &(Leg, ConnectionState)| {
                    matches!(state, ConnectionState::Offered(Adoption::Unjudged))
                };
                let over = |leg: &(Leg, ConnectionState)| {
                    stays(leg) || is_left(leg) || is_unordered(&leg.1) || is_gone(&leg.1)
                };
                let all_over = seen.legs.iter().all(over) && seen.deleting;
                let (left, named) = (seen.legs.iter().any(stays), seen.legs.iter().any(is_left));
                assert!(all_over && left == (*release == Release::Adopted), "{}", context());
                let not_adopted = named && !left;
                assert!(not_adopted == (*release == Release::NotAdopted), "{}", context());
            }
            Step::Release(Release::Orphaned) => {
                let left = seen.keeps || !every(|state| !is_copy(state));
                assert!(seen.deleting && left, "{}", context());
            }
        }
    }
    let each = [orders, cancellations, changes, found];
    assert!(each.iter().all(|count| *count > 100), "orders and the like: {each:?}");
}

#[test]
fn another_attempt_is_counted() {
    let seen = |state| ConnectionObservation {
        deleting: false,
        keeps: false,
        kept: vec![],
        safeguards: no_safeguards(),
        observes: false,
        paused: false,
        flow: Flow::Token,
        owner: owner(),
        recorded_owner: owner(),
        adopts: false,
        may_adopt: false,
        trouble: None,
        legs: vec![(Leg::Primary, state)],
        drifts: vec![],
        price: None,
        preflight: Preflight::Ready(desired()),
        awaits_list: false,
        last_seen: vec![],
    };
    let attempt = |state| match plan(&seen(state)) {
        Step::Act(ConnectionCommand::Order { attempt, .. }) => attempt,
        step => panic!("no order: {step:?}"),
    };
    assert_eq!(attempt(ConnectionState::Unrecorded(Trace::Nothing)), 1);
    assert_eq!(attempt(ConnectionState::Intended(intent(), OrderEvidence::Absent)), 2);
}

/// Whatever is at stake, and whatever else is in the way.
#[test]
fn what_holds_a_deletion_is_reported_before_anything_else() {
    let gone = Definition::Deleted("fabricconnections.fabric.equinix.com".into());
    let unknown = Definition::Unknown("cannot read the definition".into());
    let (off, on) = (no_safeguards(), Safeguards { protected: true, ..no_safeguards() });
    for (safeguards, reason) in [
        (on.clone(), Reason::DeletionProtected),
        (Safeguards { definition: gone.clone(), ..off.clone() }, Reason::DefinitionDeleted),
        (Safeguards { definition: gone, ..on }, Reason::DefinitionDeleted),
        (Safeguards { definition: unknown, ..off }, Reason::DefinitionUnreadable),
    ] {
        for view in [
            ProviderView::Seen(line("PROVISIONED", "PROVISIONED")),
            ProviderView::NotVisible(problem()),
            ProviderView::Unlisted(None),
            ProviderView::Unasked(problem()),
        ] {
            let state = ConnectionState::Known { id: id(), cancellation: Cancellation::No, view };
            let legs = vec![(Leg::Primary, state)];
            let seen = ConnectionObservation {
                deleting: true,
                safeguards: safeguards.clone(),
                legs,
                ..observations().remove(0)
            };
            match plan(&seen) {
                Step::Report(ConnectionReport::Blocked(problem), _) => {
                    assert_eq!(problem.reason, reason);
                    assert!(
                        problem.message.contains("spec.deletionPolicy")
                            || reason == Reason::DefinitionUnreadable
                    );
                }
                step => panic!("{seen:#?} leads to {step:#?}"),
            }
            let kept = ConnectionObservation { keeps: true, ..seen };
            assert_eq!(plan(&kept), Step::Release(Release::Orphaned));
        }
    }
}
