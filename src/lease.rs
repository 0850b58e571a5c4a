//! Leadership by a Lease: of all processes of one operator, one acts at a time.
//!
//! The rules are those of client-go and kubert. Every write replaces the Lease that was read,
//! resourceVersion included, so of two concurrent claims one fails. The claim of another process
//! holds until its duration has passed, by this process's clock, since this process last saw the
//! Lease change: the clocks of two machines are never compared. A claim of this process holds for
//! two thirds of its duration, counted from the moment it sent the last successful renewal. So a
//! leader that cannot renew stops before any standby may take over.
//!
//! No crate on kube 5 keeps these rules: kube-lease-manager 0.13 renews and takes over by patches
//! that name no resourceVersion, and trusts the clocks of others; kube-leader-election 0.44 does the
//! same on kube 4; kubert, which keeps them, has no release on kube 5.
//!
//! This module must not know what a leader does. Work in flight when the Lease is lost is protected
//! by the order protocol, not by this module.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// A process that wants to lead, and the Lease it competes for.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The operator's own namespace.
    pub namespace: String,
    /// Name of the Lease in it.
    pub lease: String,
    /// Identifies this process: no other process, past ones included, has the same identity.
    pub identity: String,
    /// How long a claim holds after its last renewal; whole seconds.
    pub duration: Duration,
}

impl Candidate {
    /// The pause between two requests about the Lease, and the timeout of each.
    fn retry_period(&self) -> Duration {
        self.duration / 5
    }

    /// How long a process may lead after it sent a claim that succeeded.
    fn renew_deadline(&self) -> Duration {
        self.duration / 3 * 2
    }
}

/// The role of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Another process leads; this one is ready to take over.
    Standby {
        /// Its identity.
        leader: String,
    },
    /// This process leads.
    Leading,
    /// The Lease cannot be read or written: why, and what to do.
    Unavailable(String),
}

/// Why leadership ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Another process holds the Lease: its identity.
    To(String),
    /// The Lease was deleted, or its holder removed.
    Removed,
    /// This process could not renew it in time: why.
    NotRenewed(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(leader) => write!(f, "{leader} holds the Lease now"),
            Self::Removed => f.write_str("another client deleted the Lease or removed its holder"),
            Self::NotRenewed(why) => {
                write!(f, "cannot renew the Lease in time: {why}")
            }
        }
    }
}

/// A candidate that competes for a Lease.
pub struct Election {
    api: Api<Lease>,
    candidate: Candidate,
    observed: ObservedLease,
    report: Arc<dyn Fn(Role) + Send + Sync>,
}

/// Leadership, until it is lost or given up.
pub struct Leadership {
    election: Election,
    until: Instant,
}

impl Election {
    /// Sends no request yet. [`Election::win`] and [`Leadership::hold`] call `report` with the role
    /// after every request.
    pub fn new(
        client: Client,
        candidate: Candidate,
        report: Arc<dyn Fn(Role) + Send + Sync>,
    ) -> Self {
        let api = Api::namespaced(client, &candidate.namespace);
        Self { api, candidate, observed: ObservedLease::default(), report }
    }

    /// Waits until this process leads. Reports every failure, and retries.
    pub async fn win(mut self) -> Leadership {
        loop {
            let pause = match self.claim().await {
                Ok(Claim::Ours(until)) => {
                    (self.report)(Role::Leading);
                    return Leadership { election: self, until };
                }
                Ok(Claim::Theirs(leader, left)) => {
                    (self.report)(Role::Standby { leader });
                    left
                }
                // Another process claimed it first: read which.
                Err(LeaseError::Conflict) => Duration::ZERO,
                Err(LeaseError::Other(text)) => {
                    (self.report)(Role::Unavailable(text));
                    self.candidate.retry_period()
                }
            };
            sleep(pause.min(self.candidate.retry_period())).await;
        }
    }

    /// Reads the Lease, and claims it if it is free.
    async fn claim(&mut self) -> Result<Claim, LeaseError> {
        self.read().await?;
        match self.observed.holder(&self.candidate, Instant::now()) {
            Holder::Other(leader, left) => Ok(Claim::Theirs(leader, left)),
            Holder::Nobody | Holder::Us => self.write().await.map(Claim::Ours),
        }
    }

    async fn read(&mut self) -> Result<(), LeaseError> {
        let read = self.api.get_opt(&self.candidate.lease);
        let lease = self.answered("get", timeout(self.candidate.retry_period(), read).await)?;
        self.observed.update(lease, Instant::now());
        Ok(())
    }

    /// Writes a claim over the Lease last seen; returns until when it lets this process lead.
    async fn write(&mut self) -> Result<Instant, LeaseError> {
        let draft = self.observed.draft(&self.candidate, Timestamp::now());
        let sent = Instant::now();
        let lease = self.send(&draft).await?;
        self.observed.update(Some(lease), Instant::now());
        Ok(sent + self.candidate.renew_deadline())
    }

    async fn send(&self, draft: &Lease) -> Result<Lease, LeaseError> {
        let params =
            PostParams { field_manager: Some("fabric-operator".into()), ..PostParams::default() };
        let period = self.candidate.retry_period();
        if draft.metadata.resource_version.is_some() {
            let replaced = self.api.replace(&self.candidate.lease, &params, draft);
            self.answered("update", timeout(period, replaced).await)
        } else {
            let created = self.api.create(&params, draft);
            self.answered("create", timeout(period, created).await)
        }
    }

    fn answered<T>(
        &self,
        verb: &str,
        answer: Result<Result<T, kube::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, LeaseError> {
        let Candidate { namespace, lease, .. } = &self.candidate;
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(kube::Error::Api(s))) if s.is_conflict() || s.is_already_exists() => {
                Err(LeaseError::Conflict)
            }
            // Another client deleted the Lease since it was read.
            Ok(Err(kube::Error::Api(s))) if s.is_not_found() && verb == "update" => {
                Err(LeaseError::Conflict)
            }
            Ok(Err(kube::Error::Api(s))) if s.is_forbidden() => Err(LeaseError::Other(format!(
                "the operator may not {verb} Lease {lease} in namespace {namespace}: install the rights of deploy/base/rbac.yaml"
            ))),
            Ok(Err(kube::Error::Api(s))) if s.is_not_found() => Err(LeaseError::Other(format!(
                "cannot {verb} Lease {lease}: namespace {namespace} does not exist; create it, or set --namespace"
            ))),
            Ok(Err(error)) => {
                Err(LeaseError::Other(format!("cannot {verb} Lease {lease}: {error}")))
            }
            Err(_) => Err(LeaseError::Other(format!(
                "cannot {verb} Lease {lease}: no answer within {:?}",
                self.candidate.retry_period()
            ))),
        }
    }
}

impl Leadership {
    /// Renews the Lease until `done` is cancelled, and then releases it, so that a standby can lead at
    /// once. Returns an error when leadership is lost.
    pub async fn hold(mut self, done: CancellationToken) -> Result<(), Lost> {
        let mut why = "no time was left for a request".to_owned();
        loop {
            let next = (Instant::now() + self.election.candidate.retry_period()).min(self.until);
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = done.cancelled() => {
                    self.release().await;
                    return Ok(());
                }
            }
            match timeout_at(self.until, self.renew()).await {
                Ok(Ok(Ok(until))) => {
                    self.until = until;
                    (self.election.report)(Role::Leading);
                }
                Ok(Ok(Err(lost))) => return Err(lost),
                Ok(Err(LeaseError::Conflict)) => {
                    "another client keeps writing to it".clone_into(&mut why);
                }
                Ok(Err(LeaseError::Other(text))) => {
                    (self.election.report)(Role::Unavailable(text.clone()));
                    why = text;
                }
                Err(_) => {}
            }
            if Instant::now() >= self.until {
                return Err(Lost::NotRenewed(why));
            }
        }
    }

    async fn renew(&mut self) -> Result<Result<Instant, Lost>, LeaseError> {
        let election = &mut self.election;
        match election.write().await {
            Err(LeaseError::Conflict) => {}
            other => return other.map(Ok),
        }
        // Another client wrote to it, or the answer to this process's last renewal was lost.
        election.read().await?;
        match election.observed.holder(&election.candidate, Instant::now()) {
            Holder::Us => election.write().await.map(Ok),
            Holder::Nobody => Ok(Err(Lost::Removed)),
            Holder::Other(leader, _) => Ok(Err(Lost::To(leader))),
        }
    }

    /// Best effort: a Lease that is not released expires.
    async fn release(&mut self) {
        let mut empty = self.election.observed.draft(&self.election.candidate, Timestamp::now());
        if let Some(spec) = &mut empty.spec {
            spec.holder_identity = None;
        }
        let released = timeout_at(self.until, self.election.send(&empty)).await;
        if !matches!(released, Ok(Ok(_))) {
            tracing::warn!("cannot release the Lease; a standby takes over when it expires");
        }
    }
}

/// The result of an attempt to claim the Lease.
enum Claim {
    /// This process holds it, and may lead until then.
    Ours(Instant),
    /// Another process holds it, for this long unless it renews.
    Theirs(String, Duration),
}

/// Why a request about the Lease failed.
enum LeaseError {
    /// Another client changed the Lease since it was read.
    Conflict,
    /// What was tried, and what to do.
    Other(String),
}

/// The holder of the Lease.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    Nobody,
    Us,
    /// Its identity, and how long its claim holds unless it renews.
    Other(String, Duration),
}

/// The Lease as last read, and when this process saw its spec change. Pure.
#[derive(Default)]
struct ObservedLease {
    lease: Option<Lease>,
    changed_at: Option<Instant>,
}

impl ObservedLease {
    fn update(&mut self, lease: Option<Lease>, now: Instant) {
        let spec = |lease: &Option<Lease>| lease.as_ref().map(|lease| lease.spec.clone());
        if self.changed_at.is_none() || spec(&self.lease) != spec(&lease) {
            self.changed_at = Some(now);
        }
        self.lease = lease;
    }

    fn spec(&self) -> Option<&LeaseSpec> {
        self.lease.as_ref()?.spec.as_ref()
    }

    fn holder(&self, candidate: &Candidate, now: Instant) -> Holder {
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
        let left = good_for.saturating_sub(self.changed_at.map_or(Duration::ZERO, |at| now - at));
        if left.is_zero() { Holder::Nobody } else { Holder::Other(holder.to_owned(), left) }
    }

    /// The Lease as last read, claimed by `candidate`.
    fn draft(&self, candidate: &Candidate, now: Timestamp) -> Lease {
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

    #[tokio::test(start_paused = true)]
    async fn a_claim_of_another_is_good_until_it_has_not_moved_for_its_duration() {
        let (us, start) = (candidate("us"), Instant::now());
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
        let (us, now) = (candidate("us"), Instant::now());
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
        observed.update(Some(first.clone()), Instant::now());
        let taken = observed.draft(&candidate("us"), at(9));
        assert_eq!(taken.metadata, first.metadata, "the version that was read is in the write");
        let spec = taken.spec.clone().unwrap();
        assert_eq!(spec.holder_identity.as_deref(), Some("us"));
        assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(15), Some(1)));
        assert_eq!(
            (spec.acquire_time, spec.renew_time),
            (Some(MicroTime(at(9))), Some(MicroTime(at(9))))
        );
        observed.update(Some(taken), Instant::now());
        let spec = observed.draft(&candidate("us"), at(12)).spec.unwrap();
        assert_eq!((spec.lease_transitions, spec.acquire_time), (Some(1), Some(MicroTime(at(9)))));
        assert_eq!(spec.renew_time, Some(MicroTime(at(12))));
    }
}
