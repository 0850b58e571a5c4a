//! Leadership by a Lease: of all processes of one operator, one acts at a time.
//!
//! The rules are those of client-go and kubert. Every write replaces the Lease that was read,
//! resourceVersion included, so of two concurrent claims one fails. The claim of another process
//! holds until its duration has passed, by this process's clock, since this process last saw the
//! Lease change: the clocks of two machines are never compared. A claim of this process holds for
//! two thirds of its duration, counted from the moment it sent the last successful renewal. So a
//! leader that cannot renew stops before any standby may take over. All of it is counted on a
//! [`SteadyClock`] that goes on while the process is frozen.
//!
//! No crate on kube 5 keeps these rules: kube-lease-manager 0.13 renews and takes over by patches
//! that name no resourceVersion, and trusts the clocks of others; kube-leader-election 0.44 does the
//! same on kube 4; kubert, which keeps them, has no release on kube 5.
//!
//! This module must not know what a leader does. Work in flight when the Lease is lost is protected
//! by the order protocol, not by this module.

mod observed;
mod tenure;

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client, api::PostParams};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use observed::{Holder, ObservedLease};

pub use tenure::{SteadyClock, Tenure};

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
    tenure: Tenure,
    report: Arc<dyn Fn(Role) + Send + Sync>,
}

/// Leadership, until it is lost or given up.
pub struct Leadership {
    election: Election,
    until: Duration,
}

impl Election {
    /// Sends no request yet. [`Election::win`] and [`Leadership::hold`] call `report` with the role
    /// after every request. All deadlines are on `clock`.
    pub fn new(
        client: Client,
        candidate: Candidate,
        clock: SteadyClock,
        report: Arc<dyn Fn(Role) + Send + Sync>,
    ) -> Self {
        let api = Api::namespaced(client, &candidate.namespace);
        let (observed, tenure) = (ObservedLease::default(), Tenure::vacant(clock));
        Self { api, candidate, observed, tenure, report }
    }

    /// Until when this process leads, now and after each renewal.
    pub fn tenure(&self) -> Tenure {
        self.tenure.clone()
    }

    fn now(&self) -> Duration {
        self.tenure.clock().now()
    }

    /// Waits until this process leads. Reports every failure, and retries.
    pub async fn win(mut self) -> Leadership {
        loop {
            let pause = match self.claim().await {
                Ok(Claim::Ours(until)) => {
                    self.tenure.extend_to(until);
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
        match self.observed.holder(&self.candidate, self.now()) {
            Holder::Other(leader, left) => Ok(Claim::Theirs(leader, left)),
            Holder::Nobody | Holder::Us => self.write().await.map(Claim::Ours),
        }
    }

    async fn read(&mut self) -> Result<(), LeaseError> {
        let read = self.api.get_opt(&self.candidate.lease);
        let lease = self.answered("get", timeout(self.candidate.retry_period(), read).await)?;
        self.observed.update(lease, self.now());
        Ok(())
    }

    /// Writes a claim over the Lease last seen; returns until when it lets this process lead.
    async fn write(&mut self) -> Result<Duration, LeaseError> {
        let draft = self.observed.draft(&self.candidate, Timestamp::now());
        let sent = self.now();
        let lease = self.send(&draft).await?;
        self.observed.update(Some(lease), self.now());
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
    /// Until when this process leads, now and after each renewal.
    pub fn tenure(&self) -> Tenure {
        self.election.tenure()
    }

    /// Renews the Lease until `done` is cancelled, and then releases it, so that a standby can lead at
    /// once. Returns an error when leadership is lost.
    pub async fn hold(mut self, done: CancellationToken) -> Result<(), Lost> {
        let held = self.hold_until(done).await;
        self.election.tenure.extend_to(Duration::ZERO);
        held
    }

    async fn hold_until(&mut self, done: CancellationToken) -> Result<(), Lost> {
        let mut why = "no time was left for a request".to_owned();
        loop {
            let pause = self.election.candidate.retry_period().min(self.left());
            tokio::select! {
                () = sleep(pause) => {}
                () = done.cancelled() => {
                    self.release().await;
                    return Ok(());
                }
            }
            match timeout(self.left(), self.renew()).await {
                Ok(Ok(Ok(until))) => {
                    self.until = until;
                    self.election.tenure.extend_to(until);
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
            if self.left().is_zero() {
                return Err(Lost::NotRenewed(why));
            }
        }
    }

    /// How long this process still leads without another renewal.
    fn left(&self) -> Duration {
        self.until.saturating_sub(self.election.now())
    }

    async fn renew(&mut self) -> Result<Result<Duration, Lost>, LeaseError> {
        let election = &mut self.election;
        match election.write().await {
            Err(LeaseError::Conflict) => {}
            other => return other.map(Ok),
        }
        // Another client wrote to it, or the answer to this process's last renewal was lost.
        election.read().await?;
        match election.observed.holder(&election.candidate, election.now()) {
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
        let released = timeout(self.left(), self.election.send(&empty)).await;
        if !matches!(released, Ok(Ok(_))) {
            tracing::warn!("cannot release the Lease; a standby takes over when it expires");
        }
    }
}

/// The result of an attempt to claim the Lease.
enum Claim {
    /// This process holds it, and may lead until then.
    Ours(Duration),
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
