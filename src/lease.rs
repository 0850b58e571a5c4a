//! Leadership by a Lease: of all processes of one operator, one acts at a time.
//!
//! The rules are those of client-go and kubert. Every write replaces the Lease as it was read,
//! resourceVersion included, so of two claims one fails. Another's claim is good until its duration
//! has passed, by our own clock, since we last saw it move: the clocks of two machines are never
//! compared. Our own is good for two thirds of its duration, counted from when the last renewal that
//! was taken was sent; so whoever cannot renew stops leading before anybody else can begin.
//!
//! No crate on kube 5 keeps these rules: kube-lease-manager 0.13 renews and takes over by patches
//! that name no resourceVersion, and trusts the clocks of others; kube-leader-election 0.44 does the
//! same on kube 4; kubert, which keeps them, has no release on kube 5.
//!
//! This module must not know what a leader does. What he has begun when he loses the Lease is
//! protected by the order protocol, not by it.

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

/// Who stands for election, and where.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The operator's own namespace.
    pub namespace: String,
    /// Name of the Lease in it.
    pub lease: String,
    /// Tells this process from every other, past ones included.
    pub identity: String,
    /// How long a claim is good after it was last renewed; whole seconds.
    pub duration: Duration,
}

impl Candidate {
    /// The pause between two looks at the Lease, and what one request may take.
    fn beat(&self) -> Duration {
        self.duration / 5
    }

    /// How long a claim that was sent at some time lets us lead.
    fn term(&self) -> Duration {
        self.duration / 3 * 2
    }
}

/// How a candidate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Another process leads; this one is ready to take over.
    Standby {
        /// Its identity.
        leader: String,
    },
    /// This process leads.
    Leading,
    /// The Lease cannot be read or written.
    Trouble(String),
}

/// Why leadership ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Another process has the Lease.
    To(String),
    /// The Lease was deleted or emptied.
    Taken,
    /// It could not be renewed in time.
    NotRenewed(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(leader) => write!(f, "the Lease is {leader}'s now"),
            Self::Taken => f.write_str("the Lease was deleted or emptied by somebody else"),
            Self::NotRenewed(trouble) => {
                write!(f, "the Lease could not be renewed in time: {trouble}")
            }
        }
    }
}

/// A candidate's way to a Lease.
pub struct Election {
    api: Api<Lease>,
    candidate: Candidate,
    view: View,
    tell: Arc<dyn Fn(Standing) + Send + Sync>,
}

/// Leadership, until it is lost or given up.
pub struct Term {
    election: Election,
    until: Instant,
}

impl Election {
    /// Nothing happens yet. How the candidate stands is told to `tell`, again with every look.
    pub fn new(
        client: Client,
        candidate: Candidate,
        tell: Arc<dyn Fn(Standing) + Send + Sync>,
    ) -> Self {
        let api = Api::namespaced(client, &candidate.namespace);
        Self { api, candidate, view: View::default(), tell }
    }

    /// Waits until this process leads. What goes wrong on the way is told, and tried again.
    pub async fn win(mut self) -> Term {
        loop {
            let pause = match self.claim().await {
                Ok(Claim::Ours(until)) => {
                    (self.tell)(Standing::Leading);
                    return Term { election: self, until };
                }
                Ok(Claim::Theirs(leader, left)) => {
                    (self.tell)(Standing::Standby { leader });
                    left
                }
                // Somebody else was quicker: see who.
                Err(Failed::Conflict) => Duration::ZERO,
                Err(Failed::Trouble(text)) => {
                    (self.tell)(Standing::Trouble(text));
                    self.candidate.beat()
                }
            };
            sleep(pause.min(self.candidate.beat())).await;
        }
    }

    /// Looks who has the Lease, and claims it if it is free.
    async fn claim(&mut self) -> Result<Claim, Failed> {
        self.read().await?;
        match self.view.holder(&self.candidate, Instant::now()) {
            Holder::Other(leader, left) => Ok(Claim::Theirs(leader, left)),
            Holder::Nobody | Holder::Us => self.write().await.map(Claim::Ours),
        }
    }

    async fn read(&mut self) -> Result<(), Failed> {
        let read = self.api.get_opt(&self.candidate.lease);
        let lease = self.answered("get", timeout(self.candidate.beat(), read).await)?;
        self.view.saw(lease, Instant::now());
        Ok(())
    }

    /// Writes our claim over what was last seen, and answers until when it lets us lead.
    async fn write(&mut self) -> Result<Instant, Failed> {
        let draft = self.view.draft(&self.candidate, Timestamp::now());
        let sent = Instant::now();
        let lease = self.send(&draft).await?;
        self.view.saw(Some(lease), Instant::now());
        Ok(sent + self.candidate.term())
    }

    async fn send(&self, draft: &Lease) -> Result<Lease, Failed> {
        let params =
            PostParams { field_manager: Some("fabric-operator".into()), ..PostParams::default() };
        let beat = self.candidate.beat();
        if draft.metadata.resource_version.is_some() {
            let replaced = self.api.replace(&self.candidate.lease, &params, draft);
            self.answered("update", timeout(beat, replaced).await)
        } else {
            let created = self.api.create(&params, draft);
            self.answered("create", timeout(beat, created).await)
        }
    }

    fn answered<T>(
        &self,
        verb: &str,
        answer: Result<Result<T, kube::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, Failed> {
        let Candidate { namespace, lease, .. } = &self.candidate;
        match answer {
            Ok(Ok(value)) => Ok(value),
            // A Lease that is gone is no longer the one that was read.
            Ok(Err(kube::Error::Api(s))) if s.is_conflict() || s.is_already_exists() => {
                Err(Failed::Conflict)
            }
            Ok(Err(kube::Error::Api(s))) if s.is_not_found() && verb == "update" => {
                Err(Failed::Conflict)
            }
            Ok(Err(kube::Error::Api(s))) if s.is_forbidden() => Err(Failed::Trouble(format!(
                "the operator may not {verb} Lease {lease} in namespace {namespace}: install the rights of deploy/base/rbac.yaml"
            ))),
            Ok(Err(kube::Error::Api(s))) if s.is_not_found() => Err(Failed::Trouble(format!(
                "cannot {verb} Lease {lease}: namespace {namespace} does not exist; create it, or set --namespace"
            ))),
            Ok(Err(error)) => Err(Failed::Trouble(format!("cannot {verb} Lease {lease}: {error}"))),
            Err(_) => Err(Failed::Trouble(format!(
                "cannot {verb} Lease {lease}: no answer within {:?}",
                self.candidate.beat()
            ))),
        }
    }
}

impl Term {
    /// Renews the Lease until `done`, and then gives it up, so that another can lead at once.
    pub async fn hold(mut self, done: CancellationToken) -> Result<(), Lost> {
        let mut trouble = "no time was left for it".to_owned();
        loop {
            let next = (Instant::now() + self.election.candidate.beat()).min(self.until);
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = done.cancelled() => {
                    self.give_up().await;
                    return Ok(());
                }
            }
            match timeout_at(self.until, self.renew()).await {
                Ok(Ok(Ok(until))) => {
                    self.until = until;
                    (self.election.tell)(Standing::Leading);
                }
                Ok(Ok(Err(lost))) => return Err(lost),
                Ok(Err(Failed::Conflict)) => {
                    "somebody else writes to it all the time".clone_into(&mut trouble);
                }
                Ok(Err(Failed::Trouble(text))) => {
                    (self.election.tell)(Standing::Trouble(text.clone()));
                    trouble = text;
                }
                Err(_) => {}
            }
            if Instant::now() >= self.until {
                return Err(Lost::NotRenewed(trouble));
            }
        }
    }

    async fn renew(&mut self) -> Result<Result<Instant, Lost>, Failed> {
        let election = &mut self.election;
        match election.write().await {
            Err(Failed::Conflict) => {}
            other => return other.map(Ok),
        }
        // It is not as we left it: somebody wrote to it, or the answer to a renewal was lost.
        election.read().await?;
        match election.view.holder(&election.candidate, Instant::now()) {
            Holder::Us => election.write().await.map(Ok),
            Holder::Nobody => Ok(Err(Lost::Taken)),
            Holder::Other(leader, _) => Ok(Err(Lost::To(leader))),
        }
    }

    /// Best effort: a Lease that stays ours runs out by itself.
    async fn give_up(&mut self) {
        let mut empty = self.election.view.draft(&self.election.candidate, Timestamp::now());
        if let Some(spec) = &mut empty.spec {
            spec.holder_identity = None;
        }
        let given = timeout_at(self.until, self.election.send(&empty)).await;
        if !matches!(given, Ok(Ok(_))) {
            tracing::warn!("could not give the Lease up; it runs out by itself");
        }
    }
}

/// What came of a look at the Lease.
enum Claim {
    /// It is ours, and lets us lead until then.
    Ours(Instant),
    /// It is another's, for so much longer unless it is renewed.
    Theirs(String, Duration),
}

/// Why a request did not do what it should.
enum Failed {
    /// The Lease is not as it was last seen.
    Conflict,
    Trouble(String),
}

/// Whose the Lease is.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    Nobody,
    Us,
    /// For so much longer, unless it moves.
    Other(String, Duration),
}

/// The Lease as last seen, and since when it has not moved. Pure.
#[derive(Default)]
struct View {
    lease: Option<Lease>,
    moved: Option<Instant>,
}

impl View {
    fn saw(&mut self, lease: Option<Lease>, now: Instant) {
        let spec = |lease: &Option<Lease>| lease.as_ref().map(|lease| lease.spec.clone());
        if self.moved.is_none() || spec(&self.lease) != spec(&lease) {
            self.moved = Some(now);
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
        let left = good_for.saturating_sub(self.moved.map_or(Duration::ZERO, |at| now - at));
        if left.is_zero() { Holder::Nobody } else { Holder::Other(holder.to_owned(), left) }
    }

    /// The Lease as it is, claimed by `candidate`.
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
        let theirs = View::default().draft(&candidate("them"), at(1));
        let mut view = View::default();
        view.saw(Some(theirs.clone()), start);
        assert_eq!(view.holder(&us, after(0)), other(15));
        view.saw(Some(theirs.clone()), after(5));
        assert_eq!(view.holder(&us, after(14)), other(1), "the same Lease did not move");
        let renewed = view.draft(&candidate("them"), at(2));
        view.saw(Some(renewed.clone()), after(14));
        assert_eq!(view.holder(&us, after(28)), other(1));
        assert_eq!(view.holder(&us, after(29)), Holder::Nobody);
        let mut labelled = renewed;
        labelled.metadata.labels = Some([("seen".to_owned(), "yes".to_owned())].into());
        view.saw(Some(labelled), after(20));
        assert_eq!(view.holder(&us, after(29)), Holder::Nobody, "a label renews nothing");
    }

    #[test]
    fn a_lease_that_is_new_or_given_up_is_nobodys() {
        let (us, now) = (candidate("us"), Instant::now());
        let mut view = View::default();
        assert_eq!(view.holder(&us, now), Holder::Nobody);
        let mut lease = view.draft(&us, at(1));
        view.saw(Some(lease.clone()), now);
        assert_eq!(view.holder(&us, now), Holder::Us);
        for nobody in [None, Some(String::new())] {
            lease.spec.as_mut().unwrap().holder_identity = nobody;
            view.saw(Some(lease.clone()), now);
            assert_eq!(view.holder(&us, now), Holder::Nobody);
        }
    }

    #[test]
    fn a_claim_keeps_what_it_finds_and_counts_transitions() {
        let mut view = View::default();
        let mut first = view.draft(&candidate("them"), at(1));
        assert_eq!(first.spec.as_ref().unwrap().lease_transitions, Some(0));
        first.metadata.resource_version = Some("7".into());
        first.metadata.labels = Some([("team".to_owned(), "net".to_owned())].into());
        view.saw(Some(first.clone()), Instant::now());
        let taken = view.draft(&candidate("us"), at(9));
        assert_eq!(taken.metadata, first.metadata, "the version that was read is in the write");
        let spec = taken.spec.clone().unwrap();
        assert_eq!(spec.holder_identity.as_deref(), Some("us"));
        assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(15), Some(1)));
        assert_eq!(
            (spec.acquire_time, spec.renew_time),
            (Some(MicroTime(at(9))), Some(MicroTime(at(9))))
        );
        view.saw(Some(taken), Instant::now());
        let spec = view.draft(&candidate("us"), at(12)).spec.unwrap();
        assert_eq!((spec.lease_transitions, spec.acquire_time), (Some(1), Some(MicroTime(at(9)))));
        assert_eq!(spec.renew_time, Some(MicroTime(at(12))));
    }
}
