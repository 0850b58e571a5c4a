//! What a candidate knows of the Lease, and what it makes of that.
//!
//! Pure: it sends nothing, and reads no clock.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::api::ObjectMeta;

use super::Candidate;

/// The holder of the Lease.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Nobody,
    Us,
    /// Its identity, and how long its claim holds unless it renews.
    Other(String, Duration),
}

/// The Lease as last read, and when this process saw its spec change.
#[derive(Default)]
pub(super) struct ObservedLease {
    lease: Option<Lease>,
    changed_at: Option<Duration>,
}

impl ObservedLease {
    pub(super) fn update(&mut self, lease: Option<Lease>, now: Duration) {
        let spec = |lease: &Option<Lease>| lease.as_ref().map(|lease| lease.spec.clone());
        if self.changed_at.is_none() || spec(&self.lease) != spec(&lease) {
            self.changed_at = Some(now);
        }
        self.lease = lease;
    }

    fn spec(&self) -> Option<&LeaseSpec> {
        self.lease.as_ref()?.spec.as_ref()
    }

    pub(super) fn holder(&self, candidate: &Candidate, now: Duration) -> Holder {
        let holder = self.spec().and_then(|spec| spec.holder_identity.as_deref());
        let Some(holder) = holder.filter(|holder| !holder.is_empty()) else {
            return Holder::Nobody;
        };
        if holder == candidate.identity {
            return Holder::Us;
        }
        let seconds = self.spec().and_then(|spec| spec.lease_duration_seconds);
        let good_for = seconds.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs);
        let good_for = good_for.unwrap_or(candidate.duration);
        let left = good_for
            .saturating_sub(self.changed_at.map_or(Duration::ZERO, |at| now.saturating_sub(at)));
        if left.is_zero() { Holder::Nobody } else { Holder::Other(holder.to_owned(), left) }
    }

    /// The Lease as last read, claimed by `candidate`.
    pub(super) fn draft(&self, candidate: &Candidate, now: Timestamp) -> Lease {
        let mut lease = self.lease.clone().unwrap_or_else(|| Lease {
            metadata: ObjectMeta { name: Some(candidate.lease.clone()), ..ObjectMeta::default() },
            spec: None,
        });
        let before = lease.spec.take().unwrap_or_default();
        let ours = before.holder_identity.as_ref() == Some(&candidate.identity);
        let transitions = before.lease_transitions.unwrap_or(0);
        let again = !ours && self.lease.is_some();
        lease.spec = Some(LeaseSpec {
            holder_identity: Some(candidate.identity.clone()),
            lease_duration_seconds: i32::try_from(candidate.duration.as_secs()).ok(),
            acquire_time: if ours { before.acquire_time.clone() } else { Some(MicroTime(now)) },
            renew_time: Some(MicroTime(now)),
            lease_transitions: Some(transitions.saturating_add(again.into())),
            ..before
        });
        lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(identity: &str) -> Candidate {
        Candidate {
            namespace: "fabric-operator".into(),
            lease: "fabric-operator".into(),
            identity: identity.into(),
            duration: Duration::from_secs(15),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_claim_of_another_is_good_until_it_has_not_moved_for_its_duration() {
        let (us, start) = (candidate("us"), Duration::from_secs(1000));
        let after = |seconds| start + Duration::from_secs(seconds);
        let other = |left| Holder::Other("them".into(), Duration::from_secs(left));
        // Their clock says 1970: it does not count.
        let theirs = ObservedLease::default().draft(&candidate("them"), at(1));
        let mut observed = ObservedLease::default();
        observed.update(Some(theirs.clone()), start);
        assert_eq!(observed.holder(&us, after(0)), other(15));
        observed.update(Some(theirs.clone()), after(5));
        assert_eq!(observed.holder(&us, after(14)), other(1), "the Lease did not change");
        let renewed = observed.draft(&candidate("them"), at(2));
        observed.update(Some(renewed.clone()), after(14));
        assert_eq!(observed.holder(&us, after(28)), other(1));
        assert_eq!(observed.holder(&us, after(29)), Holder::Nobody);
        let mut labelled = renewed;
        labelled.metadata.labels = Some([("seen".to_owned(), "yes".to_owned())].into());
        observed.update(Some(labelled), after(20));
        assert_eq!(observed.holder(&us, after(29)), Holder::Nobody, "a label renews nothing");
    }

    #[test]
    fn a_lease_that_is_new_or_given_up_is_nobodys() {
        let (us, now) = (candidate("us"), Duration::from_secs(1000));
        let mut observed = ObservedLease::default();
        assert_eq!(observed.holder(&us, now), Holder::Nobody);
        let mut lease = observed.draft(&us, at(1));
        observed.update(Some(lease.clone()), now);
        assert_eq!(observed.holder(&us, now), Holder::Us);
        for nobody in [None, Some(String::new())] {
            lease.spec.as_mut().unwrap().holder_identity = nobody;
            observed.update(Some(lease.clone()), now);
            assert_eq!(observed.holder(&us, now), Holder::Nobody);
        }
    }

    #[test]
    fn a_claim_keeps_what_it_finds_and_counts_transitions() {
        let mut observed = ObservedLease::default();
        let mut first = observed.draft(&candidate("them"), at(1));
        assert_eq!(first.spec.as_ref().unwrap().lease_transitions, Some(0));
        first.metadata.resource_version = Some("7".into());
        first.metadata.labels = Some([("team".to_owned(), "net".to_owned())].into());
        observed.update(Some(first.clone()), Duration::ZERO);
        let taken = observed.draft(&candidate("us"), at(9));
        assert_eq!(taken.metadata, first.metadata, "the version that was read is in the write");
        let spec = taken.spec.clone().unwrap();
        assert_eq!(spec.holder_identity.as_deref(), Some("us"));
        assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(15), Some(1)));
        assert_eq!(
            (spec.acquire_time, spec.renew_time),
            (Some(MicroTime(at(9))), Some(MicroTime(at(9))))
        );
        observed.update(Some(taken), Duration::ZERO);
        let spec = observed.draft(&candidate("us"), at(12)).spec.unwrap();
        assert_eq!((spec.lease_transitions, spec.acquire_time), (Some(1), Some(MicroTime(at(9)))));
        assert_eq!(spec.renew_time, Some(MicroTime(at(12))));
    }
}
