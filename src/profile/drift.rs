//! Where a profile differs from the spec, and what is done about it.
//!
//! Only what the user set is compared. Pure: what was asked for before is in status.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use sha2::{Digest, Sha256};

use fabric_api::{ManagementPolicy, ReplacementStatus, ServiceProfile};
use fabric_domain::{Offering, OwnProfile, ProfileState, Publication};

use crate::{
    profile::desired::Desired,
    reconcile::{
        patience::{ATTEMPTS, Patience, patience},
        problem::Problem,
    },
};

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) field: &'static str,
    is: String,
    should: String,
}

impl Difference {
    /// Both values.
    pub(super) fn told(&self) -> String {
        let word =
            |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        format!("{} is {} and the spec says {}", self.field, word(&self.is), word(&self.should))
    }

    /// Whether all that differs is that a private profile is to be public.
    fn is_publication(all: &[Self]) -> bool {
        matches!(all, [one] if one.field == "private" && one.is == "true")
    }
}

/// How a profile differs, and what becomes of that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drift {
    pub(super) differences: Vec<Difference>,
    pub(super) course: Course,
}

/// What becomes of differences.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Course {
    /// There are none.
    InSync,
    /// Only looked at: `spec.managementPolicy` is Observe.
    Observed,
    /// Equinix has to approve that the profile becomes public.
    AwaitingPublication,
    /// A replacement was asked for and did not hold; it is asked for again after so long.
    Pausing(Duration),
    /// A replacement could not be asked for a short while ago; it is asked for again after so long.
    Resting(Duration),
    /// To be replaced by this now; with it what is written down of that.
    Due(Box<Offering>, ReplacementStatus),
    /// Not asked for again, because of this.
    GivenUp(String),
    /// Something is in the way.
    Blocked(Problem),
}

/// Compares a profile with the spec and says what is next.
pub(super) fn judge(
    object: &ServiceProfile,
    seen: &OwnProfile,
    desired: &Desired,
    now: Timestamp,
) -> Drift {
    if seen.state == ProfileState::Deleted {
        // Nothing is changed of what is gone.
        return Drift { differences: vec![], course: Course::InSync };
    }
    let wanted = desired.over(object, seen.offering.clone());
    let differences = differences(&seen.offering, &wanted);
    let course = course(object, seen, &differences, &wanted, now);
    Drift { differences, course }
}

fn differences(is: &Offering, should: &Offering) -> Vec<Difference> {
    let pairs = is.fields().into_iter().zip(should.fields());
    let differ = pairs.filter(|((_, is), (_, should))| is != should);
    differ.map(|((field, is), (_, should))| Difference { field, is, should }).collect()
}

fn course(
    object: &ServiceProfile,
    seen: &OwnProfile,
    differences: &[Difference],
    wanted: &Offering,
    now: Timestamp,
) -> Course {
    if differences.is_empty() {
        return Course::InSync;
    }
    if object.spec.management_policy == ManagementPolicy::Observe {
        return Course::Observed;
    }
    let generation = object.metadata.generation.unwrap_or_default();
    let to = hash(wanted);
    let asked = object.status.as_ref().and_then(|status| status.replacement.as_ref());
    let asked = asked.filter(|asked| asked.to == to && asked.generation == generation);
    let due = |attempts| {
        let at = Time(now);
        let record = ReplacementStatus { to: to.clone(), generation, at, attempts, refused: None };
        Course::Due(Box::new(wanted.clone()), record)
    };
    let publication = Difference::is_publication(differences);
    let Some(asked) = asked else {
        // Somebody has asked for it already, here or in the portal.
        let awaited = publication && seen.publication == Some(Publication::Awaited);
        return if awaited { Course::AwaitingPublication } else { due(1) };
    };
    if let Some(refused) = &asked.refused {
        return Course::GivenUp(refused.clone());
    }
    match seen.publication {
        _ if !publication => {}
        // v3 does not tell: what was asked for and taken is waited for.
        Some(Publication::Awaited) | None => return Course::AwaitingPublication,
        Some(Publication::Refused) => {
            return Course::GivenUp("Equinix refused to make the profile public".to_owned());
        }
        Some(Publication::Granted) => {}
    }
    match patience(asked.attempts, asked.at.0, now) {
        Patience::Pausing(left) => Course::Pausing(left),
        Patience::Again => due(asked.attempts + 1),
        Patience::Exhausted => {
            Course::GivenUp(format!("it was asked for {ATTEMPTS} times and did not hold"))
        }
    }
}

/// Tells one wanted offering from another.
fn hash(offering: &Offering) -> String {
    let digest: [u8; 32] = Sha256::digest(format!("{:?}", offering.fields())).into();
    format!("{:016x}", u64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default()))
}
