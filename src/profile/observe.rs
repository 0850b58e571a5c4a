//! What there is: the profile, or what is left of its creation, and what comes in at it.
//!
//! Reads only. Everything that a plan needs to know comes from here, so that plans stay pure.

use std::time::Duration;

use kube::{Resource, ResourceExt};

use fabric_api::{
    AllowedNamespaces, CreationIntent, DeletionPolicy, ManagementPolicy, Reason, ServiceProfile,
    ServiceProfileStatus,
};
use fabric_client::ShownProfile;
use fabric_domain::{Offering, OwnProfile, ProfileId, ProfileState};

use crate::{
    account::{
        access,
        session::{Session, Way},
    },
    profile::{
        Desk, desired,
        drift::{self, Course, Drift},
        observation::{Evidence, Offer, Profile, Readiness, Seen, View},
        trouble,
    },
    reconcile::{
        memory::Fate,
        problem::{Problem, list},
        status::Error,
    },
};

/// How long after a creation of unknown outcome its absence proves nothing: listings may lag, and
/// another process may still be sending it.
const SETTLE: Duration = Duration::from_secs(15 * 60);

/// By how much clocks may differ.
const CLOCKS: Duration = Duration::from_secs(3600);

/// How long after a deletion was taken it is sent again, should the profile still be there.
const DELETE_AGAIN: Duration = Duration::from_secs(60);

/// All that a plan looks at.
#[allow(clippy::struct_excessive_bools, reason = "what users may ask for at the same time")]
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    pub(super) deleting: bool,
    /// The profile stays when the resource goes.
    pub(super) keeps: bool,
    /// Nothing may be written at the provider.
    pub(super) observes: bool,
    pub(super) paused: bool,
    /// The deletion was taken a short while ago.
    pub(super) deleted_lately: bool,
    pub(super) profile: Profile,
}

/// Looks.
pub(super) async fn look(object: &ServiceProfile, desk: &Desk) -> Result<Observation, Error> {
    let observes = object.spec.management_policy == ManagementPolicy::Observe;
    let now = desk.context.now();
    let deleted_at = status(object).and_then(|status| status.deleted_at.as_ref());
    let mut seen = Observation {
        deleting: object.meta().deletion_timestamp.is_some(),
        keeps: observes || object.spec.deletion_policy == DeletionPolicy::Orphan,
        observes,
        paused: object.spec.paused,
        deleted_lately: deleted_at.is_some_and(|at| at.0 + DELETE_AGAIN > now),
        profile: Profile::None(Readiness::Unasked),
    };
    let lets_go = seen.deleting && seen.keeps;
    if !seen.paused && !lets_go {
        seen.profile = profile(object, &seen, desk).await?;
    }
    Ok(seen)
}

fn status(object: &ServiceProfile) -> Option<&ServiceProfileStatus> {
    object.status.as_ref()
}

async fn profile(
    object: &ServiceProfile,
    seen: &Observation,
    desk: &Desk,
) -> Result<Profile, Error> {
    let way = desk.context.accounts.way(&object.spec.account);
    let known = status(object);
    if let Some(uuid) = known.and_then(|status| status.uuid.as_deref()) {
        return Ok(match ProfileId::parse(uuid) {
            Ok(id) => {
                let view = view(object, &id, seen, &way, desk).await?;
                Profile::Known(id, view)
            }
            Err(invalid) => {
                let message = format!("status.uuid is not usable: {invalid}; restore the status");
                Profile::Unusable(Problem::stalled(Reason::InvalidSpec, message))
            }
        });
    }
    if let Some(intent) = known.and_then(|status| status.creation.as_ref()) {
        let evidence = evidence(object, intent, seen, &way, desk).await?;
        return Ok(Profile::Intended(intent.clone(), evidence));
    }
    if object.spec.adopt.is_some() {
        return Ok(Profile::Offered(offer(object, seen, &way, desk).await?));
    }
    Ok(Profile::None(readiness(object, seen, &way, desk).await?))
}

/// The profile by its id.
async fn view(
    object: &ServiceProfile,
    id: &ProfileId,
    seen: &Observation,
    way: &Way,
    desk: &Desk,
) -> Result<View, Error> {
    let (session, allowed) = match way {
        Way::Open(session, allowed) => (session, allowed.as_ref()),
        Way::Opening => return Ok(View::Opening),
        Way::Closed(problem) => return Ok(View::Unasked(problem.clone())),
    };
    let shown = match read(object, id, session).await {
        Ok(shown) => shown,
        Err(problem) if problem.reason == Reason::ProfileNotVisible => {
            return Ok(View::NotVisible(problem));
        }
        Err(problem) => return Ok(View::Unasked(problem)),
    };
    if let Some(problem) = foreign(object, &shown.profile) {
        return Ok(View::Foreign(problem));
    }
    let there = shown.profile.state != ProfileState::Deleted;
    let drift = drift(object, &shown, seen, (session, allowed), desk).await?;
    let account = &object.spec.account;
    let ask = |error| trouble::reading("listing the incoming connections", account, &error);
    let (mut incoming, mut through) = (None, None);
    if there && seen.deleting && !seen.keeps {
        through = Some(session.selling.through(id).await.map_err(ask));
    } else if there && !seen.deleting {
        incoming = Some(session.selling.incoming(id).await.map_err(ask));
    }
    Ok(View::Seen(Box::new(Seen { shown, drift, incoming, through })))
}

async fn read(
    object: &ServiceProfile,
    id: &ProfileId,
    session: &Session,
) -> Result<ShownProfile, Problem> {
    let doing = format!("reading service profile {id}");
    let shown = session.selling.profile(id).await;
    shown.map_err(|error| trouble::reading(&doing, &object.spec.account, &error))
}

/// Holds a profile against where it is said to come from: a creation, or the spec's own word. An id
/// alone is no proof: who may write status must not be able to have any profile of the account
/// deleted.
fn foreign(object: &ServiceProfile, seen: &OwnProfile) -> Option<Problem> {
    let adopted = object.spec.adopt.as_ref().is_some_and(|adopt| adopt.uuid == seen.id.as_str());
    let intent = status(object).and_then(|status| status.creation.as_ref());
    let created = intent.is_some_and(|intent| may_be_of(seen, intent));
    (!adopted && !created).then(|| {
        Problem::stalled(
            Reason::ProfileExists,
            format!(
                "service profile {} in status.uuid is not what this resource created or was told to adopt, so it is left alone; restore the status",
                seen.id
            ),
        )
    })
}

/// Whether a profile may have come of a creation: it is not much older. Clocks differ.
fn may_be_of(profile: &OwnProfile, intent: &CreationIntent) -> bool {
    profile.created.is_none_or(|at| at + CLOCKS > intent.at.0)
}

/// How the profile differs from the spec.
async fn drift(
    object: &ServiceProfile,
    shown: &ShownProfile,
    seen: &Observation,
    (session, allowed): (&Session, Option<&AllowedNamespaces>),
    desk: &Desk,
) -> Result<Drift, Error> {
    let without = |course| Drift { differences: vec![], course };
    if seen.deleting {
        return Ok(without(Course::InSync));
    }
    let desired = match desired::resolve(object, session).await {
        Ok(desired) => desired,
        Err(problems) => return Ok(without(Course::Blocked(all(&problems)))),
    };
    let mut drift = drift::judge(object, &shown.profile, &desired, desk.context.now());
    if let Course::Due(wanted, _) = &drift.course {
        let uid = object.uid().unwrap_or_default();
        let generation = object.metadata.generation.unwrap_or_default();
        if let Some(left) = desk.context.memory.resting(&uid, generation, session.id()) {
            return Ok(Drift { course: Course::Resting(left), ..drift });
        }
        let before = shown.profile.offering.integration_id.as_ref();
        let obstacle = match permitted(object, allowed, desk).await? {
            None if wanted.integration_id.as_ref() == before => None,
            None => integration(object, wanted, session).await,
            problem => problem,
        };
        if let Some(problem) = obstacle {
            drift.course = Course::Blocked(problem);
        }
    }
    Ok(drift)
}

/// Several problems as one.
fn all(problems: &[Problem]) -> Problem {
    let unclear = || Problem::stalled(Reason::InvalidSpec, "the spec cannot be read");
    Problem::all(problems).unwrap_or_else(unclear)
}

async fn permitted(
    object: &ServiceProfile,
    allowed: Option<&AllowedNamespaces>,
    desk: &Desk,
) -> Result<Option<Problem>, Error> {
    let namespace = object.namespace().unwrap_or_default();
    access::namespace(&namespace, &object.spec.account, allowed, &desk.context).await
}

/// Whether an intended creation arrived. Before it was sent, no profile of the account had its name,
/// so one that has it now came of it.
async fn evidence(
    object: &ServiceProfile,
    intent: &CreationIntent,
    seen: &Observation,
    way: &Way,
    desk: &Desk,
) -> Result<Evidence, Error> {
    let memory = &desk.context.memory;
    let attempt = memory.attempt(&object.uid().unwrap_or_default(), &intent.by);
    if attempt.fate == Fate::Unsent {
        return Ok(Evidence::Absent(readiness(object, seen, way, desk).await?));
    }
    let session = match way {
        Way::Open(session, _) => session,
        Way::Opening => return Ok(Evidence::Open),
        Way::Closed(problem) => return Ok(Evidence::Unclear(problem.clone())),
    };
    let settled = attempt.since.elapsed() >= SETTLE;
    let named = match session.reads.own_profiles_named(&intent.name).await {
        Ok(named) => named,
        Err(error) => {
            let doing = format!("looking for service profile {}", intent.name);
            let problem = trouble::reading(&doing, &object.spec.account, &error);
            return Ok(Evidence::Unclear(problem));
        }
    };
    let there: Vec<OwnProfile> = named
        .into_iter()
        .filter(|profile| profile.state != ProfileState::Deleted)
        .filter(|profile| may_be_of(profile, intent))
        .filter(|profile| desk.claimant(&profile.id, object).is_none())
        .collect();
    match there.as_slice() {
        [profile] => Ok(Evidence::Found(profile.id.clone())),
        [] if settled => Ok(Evidence::Absent(readiness(object, seen, way, desk).await?)),
        [] => Ok(Evidence::Open),
        several => Ok(Evidence::Unclear(Problem::stalled(
            Reason::ProfileExists,
            format!(
                "several service profiles are named {}: {}; delete the wrong ones in the Equinix portal",
                intent.name,
                list(several.iter().map(|profile| profile.id.to_string()))
            ),
        ))),
    }
}

/// Whether the profile that `spec.adopt` names may be taken over.
async fn offer(
    object: &ServiceProfile,
    seen: &Observation,
    way: &Way,
    desk: &Desk,
) -> Result<Offer, Error> {
    let declined =
        |message: String| Ok(Offer::Declined(Problem::stalled(Reason::AdoptionRefused, message)));
    let uuid = object.spec.adopt.as_ref().map(|adopt| adopt.uuid.as_str()).unwrap_or_default();
    let id = match ProfileId::parse(uuid) {
        Ok(id) => id,
        Err(invalid) => return declined(format!("spec.adopt is not usable: {invalid}")),
    };
    let (session, allowed) = match way {
        _ if seen.deleting => return Ok(Offer::Opening),
        Way::Open(session, allowed) => (session, allowed.as_ref()),
        Way::Opening => return Ok(Offer::Opening),
        Way::Closed(problem) => return Ok(Offer::Declined(problem.clone())),
    };
    if let Some(problem) = permitted(object, allowed, desk).await? {
        return Ok(Offer::Declined(problem));
    }
    if let Some(other) = desk.claimant(&id, object) {
        return declined(format!(
            "service profile {id} belongs to ServiceProfile {other}; correct spec.adopt, or delete that resource first, with spec.deletionPolicy Orphan"
        ));
    }
    let shown = match read(object, &id, session).await {
        Ok(shown) => shown,
        Err(problem) => return Ok(Offer::Declined(problem)),
    };
    if shown.profile.state == ProfileState::Deleted {
        return declined(format!("service profile {id} is deleted already; correct spec.adopt"));
    }
    // What cannot be asked for must not be taken over only to be stalled.
    Ok(match desired::resolve(object, session).await {
        Ok(_) => Offer::Agreed(id),
        Err(problems) => Offer::Declined(all(&problems)),
    })
}

/// Whether a profile could be created.
async fn readiness(
    object: &ServiceProfile,
    seen: &Observation,
    way: &Way,
    desk: &Desk,
) -> Result<Readiness, Error> {
    let (session, allowed) = match way {
        _ if seen.deleting || seen.observes => return Ok(Readiness::Unasked),
        Way::Open(session, allowed) => (session, allowed.as_ref()),
        Way::Opening => return Ok(Readiness::Opening),
        Way::Closed(problem) => return Ok(Readiness::Blocked(problem.clone())),
    };
    let uid = object.uid().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    if let Some(left) = desk.context.memory.resting(&uid, generation, session.id()) {
        return Ok(Readiness::Resting(left));
    }
    if let Some(problem) = permitted(object, allowed, desk).await? {
        return Ok(Readiness::Blocked(problem));
    }
    let offering = match desired::resolve(object, session).await {
        Ok(desired) => desired.anew(object),
        Err(problems) => return Ok(Readiness::Blocked(all(&problems))),
    };
    Ok(match integration(object, &offering, session).await {
        Some(problem) => Readiness::Blocked(problem),
        None => Readiness::Ready(Box::new(offering)),
    })
}

/// What speaks against the API integration that an offering names.
async fn integration(
    object: &ServiceProfile,
    offering: &Offering,
    session: &Session,
) -> Option<Problem> {
    let id = offering.integration_id.as_deref()?;
    let error = session.reads.check_integration(id).await.err()?;
    let doing = format!("checking spec.integrationId {id}");
    let no = (Reason::IntegrationRejected, "correct it, or ask Equinix for the id of your API");
    Some(trouble::problem(&doing, &object.spec.account, &error, no))
}
