//! No kind of observation leads to what must never be done.

mod observations;

use fabric_domain::Listed;

use super::*;
use crate::{profile::drift::ProfileDrift, reconcile::problem::Retry};
use observations::{INTERVAL, id, intent, observation, observations, offering, shown, stalled};

/// Whether a command is one that the observation may lead to.
fn is_allowed(seen: &ProfileObservation, command: &ProfileCommand) -> bool {
    let may_change = !seen.paused && !seen.observes;
    match (command, &seen.profile) {
        (
            ProfileCommand::Create { .. },
            KnownProfile::None(ProfilePreflight::Ready(_))
            | KnownProfile::Intended(_, ProfileEvidence::Absent(ProfilePreflight::Ready(_))),
        ) => may_change && !seen.deleting,
        (
            ProfileCommand::Replace { shown, .. },
            KnownProfile::Known(_, ProfileView::Seen(profile)),
        ) => {
            may_change
                && !seen.deleting
                && **shown == profile.shown
                && matches!(profile.drift.correction, ProfileCorrection::Due(..))
        }
        (ProfileCommand::Delete(id), KnownProfile::Known(known, ProfileView::Seen(profile))) => {
            may_change
                && seen.deleting
                && seen.stays.is_none()
                && !seen.safeguards.protected
                && !seen.deleted_lately
                && id == known
                && profile.shown.profile.state != ProfileState::Deleted
                && profile.through == Some(Ok(vec![]))
        }
        (
            ProfileCommand::Create { .. }
            | ProfileCommand::Replace { .. }
            | ProfileCommand::Delete(_),
            _,
        ) => false,
    }
}

/// Whether a release is one that the observation may lead to.
fn may_release(seen: &ProfileObservation, release: Release) -> bool {
    let reason = match release {
        Release::NothingSent => matches!(
            seen.profile,
            KnownProfile::None(_) | KnownProfile::Intended(_, ProfileEvidence::Absent(_))
        ),
        Release::NotAdopted => matches!(seen.profile, KnownProfile::Offered(_)),
        Release::Gone => match &seen.profile {
            KnownProfile::Known(_, ProfileView::Seen(profile)) => {
                profile.shown.profile.state == ProfileState::Deleted
            }
            _ => false,
        },
        Release::Orphaned | Release::Adopted => seen.stays == Some(release),
    };
    reason && seen.deleting && !seen.paused
}

/// Whether a report is one that the observation may lead to.
fn may_report(seen: &ProfileObservation, report: &ProfileReport) -> bool {
    if seen.paused || *report == ProfileReport::Paused {
        return seen.paused && *report == ProfileReport::Paused;
    }
    match (report, &seen.profile) {
        (ProfileReport::Found(id), KnownProfile::Intended(_, ProfileEvidence::Found(found))) => {
            id == found
        }
        (ProfileReport::CreationUnknown(None), KnownProfile::Intended(_, evidence)) => {
            *evidence == ProfileEvidence::Open
        }
        (ProfileReport::Adopted(id), KnownProfile::Offered(ProfileAdoption::Agreed(agreed))) => {
            id == agreed && !seen.deleting
        }
        (ProfileReport::Observed(shown), KnownProfile::Known(_, ProfileView::Seen(profile))) => {
            shown == profile && !seen.deleting
        }
        (
            ProfileReport::InUse(_, connections),
            KnownProfile::Known(_, ProfileView::Seen(profile)),
        ) => {
            seen.deleting
                && seen.stays.is_none()
                && profile.through == Some(Ok(connections.clone()))
        }
        (
            ProfileReport::Unseen(_),
            KnownProfile::Known(_, ProfileView::Unasked(_) | ProfileView::NotVisible(_)),
        )
        | (ProfileReport::AwaitingAccount | ProfileReport::Blocked(_), _) => true,
        _ => false,
    }
}

#[tokio::test(start_paused = true)]
async fn no_observation_leads_to_a_second_creation_or_an_unasked_change_or_deletion() {
    let (mut creations, mut replacements, mut deletions) = (0, 0, 0);
    for seen in observations().await {
        let step = plan(&seen);
        let allowed = match &step {
            Step::Act(command) => {
                match command {
                    ProfileCommand::Create { .. } => creations += 1,
                    ProfileCommand::Replace { .. } => replacements += 1,
                    ProfileCommand::Delete(_) => deletions += 1,
                }
                is_allowed(&seen, command)
            }
            Step::Report(report, _) => may_report(&seen, report),
            Step::Wait(_) => !seen.paused,
            Step::Release(release) => may_release(&seen, *release),
        };
        assert!(allowed, "{seen:#?} leads to {step:#?}");
    }
    let each = [creations, replacements, deletions];
    assert!(each.iter().all(|count| *count > 0), "creations and the like: {each:?}");
}

/// The problem that an observation brings, if a plan gets as far as looking at it.
fn problem(seen: &ProfileObservation) -> Option<&Problem> {
    if seen.paused || (seen.deleting && seen.stays.is_some()) {
        return None;
    }
    match &seen.profile {
        KnownProfile::Unusable(problem)
        | KnownProfile::Intended(_, ProfileEvidence::Unclear(problem))
        | KnownProfile::Known(
            _,
            ProfileView::Foreign(problem)
            | ProfileView::NotVisible(problem)
            | ProfileView::Unasked(problem),
        ) => Some(problem),
        KnownProfile::Offered(ProfileAdoption::Declined(problem)) if !seen.deleting => {
            Some(problem)
        }
        KnownProfile::None(ProfilePreflight::Blocked(problem))
        | KnownProfile::Intended(_, ProfileEvidence::Absent(ProfilePreflight::Blocked(problem)))
            if !seen.deleting && !seen.observes =>
        {
            Some(problem)
        }
        KnownProfile::Known(_, ProfileView::Seen(profile))
            if seen.deleting && profile.shown.profile.state != ProfileState::Deleted =>
        {
            profile.through.as_ref()?.as_ref().err()
        }
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn every_problem_is_reported_as_it_is() {
    let mut problems = 0;
    for seen in observations().await {
        // What holds the deletion comes first.
        let holds = seen.safeguards.obstacle("delete it").is_some();
        if seen.deleting && holds && matches!(seen.profile, KnownProfile::Known(..)) {
            continue;
        }
        let Some(problem) = problem(&seen) else { continue };
        problems += 1;
        let step = plan(&seen);
        let Step::Report(
            report @ (ProfileReport::Blocked(reported) | ProfileReport::Unseen(reported)),
            next,
        ) = &step
        else {
            panic!("{seen:#?} leads to {step:#?}");
        };
        // Of what exists and cannot be looked at, nothing is known.
        let not_visible =
            matches!(seen.profile, KnownProfile::Known(_, ProfileView::NotVisible(_)));
        let unasked = matches!(seen.profile, KnownProfile::Known(_, ProfileView::Unasked(_)));
        assert_eq!(matches!(report, ProfileReport::Unseen(_)), unasked || not_visible, "{seen:#?}");
        if seen.deleting && not_visible {
            // While the resource is deleted, the message adds the way out.
            assert!(reported.message.starts_with(&problem.message), "{reported:?}");
            assert!(reported.message.contains("Orphan"), "{reported:?}");
            let message = problem.message.clone();
            assert_eq!(Problem { message, ..reported.clone() }, *problem);
        } else {
            assert_eq!(reported, problem, "{seen:#?}");
        }
        assert_eq!(*next, Next::retry(problem.retry), "{seen:#?}");
    }
    assert!(problems > 0);
}

#[test]
fn another_attempt_is_counted() {
    let attempt = |profile| match plan(&observation(profile)) {
        Step::Act(ProfileCommand::Create { attempt, .. }) => attempt,
        step => panic!("no creation: {step:?}"),
    };
    let ready = || ProfilePreflight::Ready(offering());
    assert_eq!(attempt(KnownProfile::None(ready())), 1);
    let absent = ProfileEvidence::Absent(ready());
    assert_eq!(attempt(KnownProfile::Intended(intent(), absent)), 2);
}

#[test]
fn with_observe_a_profile_that_nothing_will_create_is_not_waited_for() {
    let unasked = || ProfilePreflight::Unasked;
    for profile in [
        KnownProfile::None(unasked()),
        KnownProfile::Intended(intent(), ProfileEvidence::Absent(unasked())),
    ] {
        let seen = ProfileObservation {
            observes: true,
            stays: Some(Release::Orphaned),
            ..observation(profile)
        };
        let step = plan(&seen);
        let Step::Report(ProfileReport::Blocked(problem), _) = &step else {
            panic!("{seen:#?} leads to {step:#?}");
        };
        assert_eq!(problem.reason, Reason::NothingToObserve);
        assert_eq!(problem.retry, Retry::Parked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_looked_at_again_in_time() {
    let shown = shown().await;
    let next = |correction| {
        let seen = SeenProfile {
            shown: shown.clone(),
            drift: ProfileDrift::without_differences(correction),
            incoming: Some(Ok(Listed::whole(vec![]))),
            through: None,
        };
        let profile = KnownProfile::Known(id(), ProfileView::Seen(Box::new(seen)));
        match plan(&observation(profile)) {
            Step::Report(_, next) => next,
            step => panic!("no report: {step:?}"),
        }
    };
    let second = Duration::from_secs(1);
    assert_eq!(next(ProfileCorrection::InSync), Next::Expiry(INTERVAL));
    assert_eq!(next(ProfileCorrection::GivenUp("no".into())), Next::Expiry(INTERVAL));
    assert_eq!(next(ProfileCorrection::Pausing(second)), Next::After(second));
    assert_eq!(next(ProfileCorrection::Postponed(2 * INTERVAL)), Next::After(INTERVAL));
    assert_eq!(
        next(ProfileCorrection::Blocked(stalled())),
        Next::Retry { retry: Retry::Parked, at_most: INTERVAL }
    );
}
