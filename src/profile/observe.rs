//! Reads the profile, or what its creation has left, and its incoming connections.
//!
//! Changes nothing, neither at the provider nor in this process. Everything that a plan needs comes
//! from here, so that plans stay pure.

use std::time::Duration;

use jiff::Timestamp;

use fabric_api::{CreationIntent, ManagementPolicy, Reason, ServiceProfile};
use fabric_client::ShownProfile;
use fabric_domain::{Incoming, Listed, OwnProfile, ProfileId, ProfileState};

use crate::{
    account::{
        grants,
        session::{Session, Way},
    },
    profile::{
        adoption::{ProfileAdoption, adoption},
        desired,
        drift::{self, ProfileCorrection, ProfileDrift},
        evidence::{ProfileEvidence, can_stem_from, evidence},
        plan::RESYNC,
        preflight::{ProfilePreflight, integration_problem, preflight},
        problems,
    },
    reconcile::{
        Pass, Release,
        deletion::{self, Safeguards},
        lag,
        problem::Problem,
        status::ApiError,
    },
};

/// How long after the provider accepted a deletion it is sent again, should the profile still exist.
const DELETE_AGAIN: Duration = Duration::from_secs(60);

/// Everything that the plan looks at.
#[allow(clippy::struct_excessive_bools, reason = "what users may ask for at the same time")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProfileObservation {
    pub(super) deleting: bool,
    /// Why the profile outlives the resource, if it does.
    pub(super) stays: Option<Release>,
    /// What may hold the deletion.
    pub(super) safeguards: Safeguards,
    /// Nothing may be changed at the provider.
    pub(super) observes: bool,
    pub(super) paused: bool,
    /// The provider accepted the deletion a short while ago.
    pub(super) deleted_lately: bool,
    /// How long what is read of the account's profiles is used without reading it again.
    pub(super) interval: Duration,
    pub(super) profile: KnownProfile,
}

/// The profile at the provider, as far as this resource knows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum KnownProfile {
    /// No creation was recorded, or the provider refused each one.
    None(ProfilePreflight),
    /// A creation was recorded; whether it arrived is not known.
    Intended(CreationIntent, ProfileEvidence),
    /// `spec.adopt` names a profile that is not adopted yet.
    Offered(ProfileAdoption),
    /// Status has its id.
    Known(ProfileId, ProfileView),
    /// Status has an id that cannot be used.
    Unusable(Problem),
}

/// What the provider shows of a profile.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ProfileView {
    /// The profile.
    Seen(Box<SeenProfile>),
    /// A profile that this resource neither created nor may adopt: another client put its id into
    /// status.
    Foreign(Problem),
    /// Nothing yet: the account controller has not looked at the account.
    Opening,
    /// That it does not exist or belongs to another organisation; the provider does not say which.
    NotVisible(Problem),
    /// Nothing: it could not be read.
    Unasked(Problem),
}

/// A profile as the provider shows it, compared with the spec.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeenProfile {
    pub(super) shown: ShownProfile,
    pub(super) drift: ProfileDrift,
    /// The connections that wait for the seller's decision; `None` if they were not listed.
    pub(super) incoming: Option<Result<Listed<Incoming>, Problem>>,
    /// The connections that prevent the deletion; `None` if they were not listed.
    pub(super) through: Option<Result<Vec<Incoming>, Problem>>,
}

/// Whether the profile was adopted rather than created: `spec.adopt` names it, and status records no
/// creation.
fn is_adopted(object: &ServiceProfile) -> bool {
    let status = object.status.as_ref().filter(|status| status.creation.is_none());
    let known = status.and_then(|status| status.uuid.as_deref());
    let named = object.spec.adopt.as_ref().map(|adopt| adopt.uuid.as_str());
    named.zip(known).is_some_and(|(named, known)| named.eq_ignore_ascii_case(known))
}

/// Whether status records neither a profile nor a creation.
fn is_blank(object: &ServiceProfile) -> bool {
    object.status.as_ref().is_none_or(|status| status.uuid.is_none() && status.creation.is_none())
}

/// Whether the spec allows no change at the provider.
pub(super) fn observes(object: &ServiceProfile) -> bool {
    object.spec.management_policy == ManagementPolicy::Observe
}

/// Reads what there is.
pub(super) async fn observe(
    pass: &Pass<'_, ServiceProfile>,
) -> Result<ProfileObservation, ApiError> {
    let object = pass.object;
    let (deleting, observes) = (pass.is_deleting(), observes(object));
    // A pause protects what exists; a resource that never created anything may go.
    let paused = object.spec.paused && !(deleting && is_blank(object));
    let stays = deletion::stays(
        object.spec.deletion_policy,
        object.spec.management_policy,
        is_adopted(object),
    );
    let deleted_at = object.status.as_ref().and_then(|status| status.deleted_at.as_ref());
    let way = pass.context.accounts.way(&object.spec.account);
    // Where the plan is settled without the provider, it is not asked.
    let profile = if paused || (deleting && stays.is_some()) {
        KnownProfile::None(ProfilePreflight::Unasked)
    } else {
        known_profile(pass, &way).await?
    };
    Ok(ProfileObservation {
        deleting,
        stays,
        safeguards: pass.safeguards(object.spec.deletion_protection).await,
        observes,
        paused,
        deleted_lately: deleted_at.is_some_and(|at| at.0 + DELETE_AGAIN > pass.context.now()),
        interval: match &way {
            Way::Open(session) => session.seller.interval,
            Way::Opening | Way::Closed(_) => RESYNC,
        },
        profile,
    })
}

async fn known_profile(
    pass: &Pass<'_, ServiceProfile>,
    way: &Way,
) -> Result<KnownProfile, ApiError> {
    let status = pass.object.status.as_ref();
    if let Some(uuid) = status.and_then(|status| status.uuid.as_deref()) {
        return Ok(match ProfileId::parse(uuid) {
            Ok(id) => {
                let view = view(pass, &id, way).await?;
                KnownProfile::Known(id, view)
            }
            Err(invalid) => {
                let message = format!("status.uuid is not usable: {invalid}; restore the status");
                KnownProfile::Unusable(Problem::stalled(Reason::InvalidSpec, message))
            }
        });
    }
    if let Some(intent) = status.and_then(|status| status.creation.as_ref()) {
        let evidence = evidence(pass, intent, way).await?;
        return Ok(KnownProfile::Intended(intent.clone(), evidence));
    }
    if let Some(adopt) = &pass.object.spec.adopt {
        return Ok(KnownProfile::Offered(adoption(pass, adopt, way).await?));
    }
    Ok(KnownProfile::None(preflight(pass, way).await?))
}

/// The profile by its id.
async fn view(
    pass: &Pass<'_, ServiceProfile>,
    id: &ProfileId,
    way: &Way,
) -> Result<ProfileView, ApiError> {
    let session = match way {
        Way::Open(session) => session,
        Way::Opening => return Ok(ProfileView::Opening),
        Way::Closed(problem) => return Ok(ProfileView::Unasked(problem.clone())),
    };
    let account = &pass.object.spec.account;
    let shown = match read(id, account, session).await {
        Ok(shown) => shown,
        Err(problem) if problem.reason == Reason::ProfileNotVisible => {
            if lag::is_fresh(created_at(pass.object), pass.context.now()) {
                let reason = if pass.is_deleting() {
                    Reason::DeletingProfile
                } else {
                    Reason::CreatingProfile
                };
                let lagging = lag::not_shown_yet(reason, &format!("service profile {id}"));
                return Ok(ProfileView::Unasked(lagging));
            }
            return Ok(ProfileView::NotVisible(problem));
        }
        Err(problem) => return Ok(ProfileView::Unasked(problem)),
    };
    if let Some(problem) = foreign(pass.object, &shown.profile) {
        return Ok(ProfileView::Foreign(problem));
    }
    let drift = drift(pass, &shown, session).await?;
    let unlisted = |error| problems::reading("listing the incoming connections", account, &error);
    let (mut incoming, mut through) = (None, None);
    if shown.profile.state == ProfileState::Deleted {
        // No connection goes through a profile that is deleted.
    } else if pass.is_deleting() {
        through = Some(session.seller.through(id).await.map_err(unlisted));
    } else {
        incoming = Some(session.seller.incoming(id).await.map_err(unlisted));
    }
    Ok(ProfileView::Seen(Box::new(SeenProfile { shown, drift, incoming, through })))
}

/// When the operator asked the provider to create the profile, the last time.
fn created_at(object: &ServiceProfile) -> Option<Timestamp> {
    let status = object.status.as_ref()?;
    status.creation.as_ref().map(|creation| creation.at.0)
}

/// Reads one of the account's own profiles.
pub(super) async fn read(
    id: &ProfileId,
    account: &str,
    session: &Session,
) -> Result<ShownProfile, Problem> {
    let doing = format!("reading service profile {id}");
    let shown = session.seller.profile(id).await;
    shown.map_err(|error| problems::reading(&doing, account, &error))
}

/// The problem of a profile that neither the recorded creation nor `spec.adopt` accounts for. An id in
/// status is no proof: a client that may write status must not be able to have any profile of the
/// account deleted.
fn foreign(object: &ServiceProfile, seen: &OwnProfile) -> Option<Problem> {
    let adopted = object
        .spec
        .adopt
        .as_ref()
        .is_some_and(|adopt| adopt.uuid.eq_ignore_ascii_case(seen.id.as_str()));
    let intent = object.status.as_ref().and_then(|status| status.creation.as_ref());
    let created = intent.is_some_and(|intent| can_stem_from(seen, intent));
    (!adopted && !created).then(|| {
        Problem::stalled(
            Reason::ProfileExists,
            format!(
                "service profile {} in status.uuid is neither what this resource created nor what spec.adopt names, so it is left alone; restore the status",
                seen.id
            ),
        )
    })
}

/// How the profile differs from the spec, and whether that can be corrected now.
async fn drift(
    pass: &Pass<'_, ServiceProfile>,
    shown: &ShownProfile,
    session: &Session,
) -> Result<ProfileDrift, ApiError> {
    if pass.is_deleting() {
        return Ok(ProfileDrift::without_differences(ProfileCorrection::InSync));
    }
    let object = pass.object;
    let desired = match desired::resolve(object, session, None).await {
        Ok(desired) => desired,
        Err(problems) => {
            let problem = problems::of_spec(&problems);
            return Ok(ProfileDrift::without_differences(ProfileCorrection::Blocked(problem)));
        }
    };
    let drift = drift::compare(object, &shown.profile, &desired, pass.context.now());
    let ProfileCorrection::Due(wanted, _) = &drift.correction else { return Ok(drift) };
    if let Some(left) = pass.postponed(session) {
        return Ok(ProfileDrift { correction: ProfileCorrection::Postponed(left), ..drift });
    }
    let account = &object.spec.account;
    let denied = match grants::granted(pass.namespace(), account, pass.context).await? {
        Ok(granted) => desired::resolve(object, session, Some(&granted)).await.err(),
        Err(problem) => Some(vec![problem]),
    };
    let denied = denied.map(|problems| problems::of_spec(&problems));
    let same_integration = wanted.integration_id == shown.profile.offering.integration_id;
    let obstacle = match denied {
        None if same_integration => None,
        None => integration_problem(wanted, &object.spec.account, session).await,
        denied => denied,
    };
    Ok(match obstacle {
        Some(problem) => ProfileDrift { correction: ProfileCorrection::Blocked(problem), ..drift },
        None => drift,
    })
}
