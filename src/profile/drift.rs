//! Drift detection: where a profile differs from the spec, and how that is corrected.
//!
//! Only what the user set is compared. Pure: the corrections that were sent before are in status.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use sha2::{Digest, Sha256};

use fabric_api::{Reason, ReplacementStatus, ServiceProfile, UnknownFields};
use fabric_domain::{Offering, OwnProfile, ProfileState, Publication};

use crate::{
    profile::{desired::DesiredProfile, observe::observes},
    reconcile::{
        backoff::{CORRECTIONS, CorrectionBudget, correction_budget},
        problem::{Problem, list},
    },
};

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileDifference {
    field: &'static str,
    is: String,
    should: String,
}

impl ProfileDifference {
    /// Both values, in words.
    pub(super) fn describe(&self) -> String {
        let word =
            |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        format!("{} is {} and the spec says {}", self.field, word(&self.is), word(&self.should))
    }

    /// Where the spec sets it.
    pub(super) fn in_spec(&self) -> String {
        format!("spec.{}", self.field)
    }

    /// Whether the only difference is that a private profile should be public.
    fn is_publication(all: &[Self]) -> bool {
        matches!(all, [one] if one.field == "private" && one.is == "true")
    }
}

/// How a profile differs from the spec.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ProfileDrift {
    pub(super) differences: Vec<ProfileDifference>,
    pub(super) correction: ProfileCorrection,
}

impl ProfileDrift {
    /// The drift of a profile that is not compared.
    pub(super) fn without_differences(correction: ProfileCorrection) -> Self {
        Self { differences: vec![], correction }
    }
}

/// What follows from the differences.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ProfileCorrection {
    /// There are none.
    InSync,
    /// They are only reported: `spec.managementPolicy` is Observe.
    Observed,
    /// Equinix has to approve that the profile becomes public.
    AwaitingPublication,
    /// A replacement did not hold; the next one is due after this long.
    Pausing(Duration),
    /// A replacement failed a short while ago, and may be sent again after this long.
    Postponed(Duration),
    /// A replacement by this offering is due, to be recorded so.
    Due(Box<Offering>, ReplacementStatus),
    /// No further replacement is sent, because of this.
    GivenUp(String),
    /// A problem is in the way.
    Blocked(Problem),
}

/// Compares a profile with the spec and plans the correction.
pub(super) fn compare(
    object: &ServiceProfile,
    seen: &OwnProfile,
    desired: &DesiredProfile,
    now: Timestamp,
) -> ProfileDrift {
    if seen.state == ProfileState::Deleted {
        // Nothing can be changed of a profile that is deleted.
        return ProfileDrift::without_differences(ProfileCorrection::InSync);
    }
    let wanted = desired.over(object, seen.offering.clone());
    let mut differences = differences(&seen.offering, &wanted);
    if !seen.unread.is_empty() {
        // A correction replaces the whole profile, and so would remove what was not read.
        differences.retain(|difference| !seen.unread.contains(&difference.field));
        let fields = list(seen.unread.iter().map(|field| (*field).to_owned()));
        let problem = Problem::passing(
            Reason::UnreadableAnswer,
            format!(
                "an entry of {fields} of service profile {} cannot be read, so nothing of the profile is changed; it is read again by itself",
                seen.id
            ),
        );
        return ProfileDrift { differences, correction: ProfileCorrection::Blocked(problem) };
    }
    let correction = correction(object, seen, &differences, &wanted, now);
    ProfileDrift { differences, correction }
}

fn differences(is: &Offering, should: &Offering) -> Vec<ProfileDifference> {
    let mut differences = vec![];
    for ((field, is), (_, should)) in is.fields().into_iter().zip(should.fields()) {
        if is != should {
            differences.push(ProfileDifference { field, is, should });
        }
    }
    differences
}

fn correction(
    object: &ServiceProfile,
    seen: &OwnProfile,
    differences: &[ProfileDifference],
    wanted: &Offering,
    now: Timestamp,
) -> ProfileCorrection {
    if differences.is_empty() {
        return ProfileCorrection::InSync;
    }
    if observes(object) {
        return ProfileCorrection::Observed;
    }
    let generation = object.metadata.generation.unwrap_or_default();
    let to = hash(wanted);
    let due = |attempts| {
        let at = Time(now);
        let record = ReplacementStatus {
            to: to.clone(),
            generation,
            at,
            attempts,
            refused: None,
            unknown: UnknownFields::default(),
        };
        ProfileCorrection::Due(Box::new(wanted.clone()), record)
    };
    let is_publication = ProfileDifference::is_publication(differences);
    let recorded = object.status.as_ref().and_then(|status| status.replacement.as_ref());
    let Some(asked) = recorded.filter(|asked| asked.to == to && asked.generation == generation)
    else {
        if is_publication && seen.publication == Some(Publication::Awaited) {
            // It is requested already, by this resource or in the portal.
            return ProfileCorrection::AwaitingPublication;
        }
        return due(1);
    };
    if let Some(refused) = &asked.refused {
        return ProfileCorrection::GivenUp(refused.clone());
    }
    if is_publication {
        match seen.publication {
            // v3 does not show it: a request that the provider accepted is waited for.
            Some(Publication::Awaited) | None => return ProfileCorrection::AwaitingPublication,
            Some(Publication::Refused) => {
                let why = "Equinix refused to make the profile public";
                return ProfileCorrection::GivenUp(why.to_owned());
            }
            Some(Publication::Granted) => {}
        }
    }
    match correction_budget(asked.attempts, asked.at.0, now) {
        CorrectionBudget::Pausing(left) => ProfileCorrection::Pausing(left),
        CorrectionBudget::Due => due(asked.attempts + 1),
        CorrectionBudget::Exhausted => ProfileCorrection::GivenUp(format!(
            "it was asked for {CORRECTIONS} times and did not hold"
        )),
    }
}

/// A digest that distinguishes one wanted offering from another.
fn hash(offering: &Offering) -> String {
    let digest: [u8; 32] = Sha256::digest(format!("{:?}", offering.fields())).into();
    format!("{:016x}", u64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default()))
}
