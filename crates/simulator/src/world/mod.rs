//! The simulated world: what exists, what was ordered, and how it ages.
//!
//! [`World`] is the handle that tests and the program hold. The APIs of `v3` and `v4`, OAuth and
//! `/control` work on the state behind it. Nothing here knows HTTP: a request reaches this module
//! only after an API has checked it.

pub(crate) mod answer_faults;
pub(crate) mod change;
pub(crate) mod clock;
mod config;
mod decisions;
pub(crate) mod draft;
pub(crate) mod faults;
pub(crate) mod flaws;
mod history;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod lifecycle;
pub(crate) mod line;
mod line_view;
mod orders;
pub(crate) mod profile;
mod profiles;
pub(crate) mod relocation;
mod samples;
pub(crate) mod seed;
pub(crate) mod state;
pub(crate) mod state_tables;
pub(crate) mod tags;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod z_side;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fabric_domain::{ConnectionId, ProfileId};

use self::{history::History, state::WorldState};

pub use self::{
    answer_faults::{DateFault, EmptyFault, NextFault, TotalFault},
    change::PortalEdit,
    config::Config,
    decisions::Refused,
    faults::{Effect, InjectedFault, RequestPattern},
    ledger::{ApiDialect, Cancelled, Changed, Ledger, Ordered, Recorded},
    line_view::LineView,
    relocation::Relocation,
    users::{Organisation, UserCredentials},
};

/// A simulated world. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct World {
    state: Arc<Mutex<WorldState>>,
}

impl World {
    /// Creates a world. Its clock starts now.
    pub fn new(config: Config) -> Self {
        let with_samples = config.sample_connections;
        let mut state = WorldState::new(config);
        if with_samples {
            samples::add(&mut state);
        }
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Adds an organisation with one user, who buys. It sees the public service profiles, but none
    /// of the ports, service tokens and connections of the first organisation. The user name is the
    /// e-mail address that a seller's private profile may allow.
    pub fn admit(&self, credentials: UserCredentials) -> Organisation {
        self.state().users.admit(credentials)
    }

    /// Adds an organisation that sells under this name. It owns the service profiles that show the
    /// name as `organizationName`, those it creates, and decides on the connections that end there.
    /// The seller of the samples, which also has ports, is `John-Doe-Corp`.
    pub fn admit_seller(&self, credentials: UserCredentials, seller: &str) -> Organisation {
        let mut state = self.state();
        let organisation = state.users.admit(credentials);
        state.sellers.push((organisation, seller.to_owned()));
        organisation
    }

    /// Replaces the credentials of an organisation's user. The old ones and all tokens issued for
    /// them become invalid.
    pub fn rotate(&self, organisation: Organisation, credentials: UserCredentials) {
        self.state().users.rotate(organisation, credentials);
    }

    /// Accepts the connection on behalf of the party that it waits for: the buyer at the cloud
    /// provider, the seller or the invited party.
    ///
    /// # Errors
    /// If there is no such connection, or it waits for no decision.
    pub fn accept(&self, id: &ConnectionId) -> Result<(), Refused> {
        self.state().accept(id.as_str())
    }

    /// Rejects the connection on behalf of the party that it waits for.
    ///
    /// # Errors
    /// As [`World::accept`].
    pub fn reject(&self, id: &ConnectionId) -> Result<(), Refused> {
        self.state().reject(id.as_str())
    }

    /// Fails what is in progress: the provisioning, otherwise a change, which ends as `FAILED`
    /// without any effect.
    ///
    /// # Errors
    /// If there is no such connection, or neither is in progress.
    pub fn fail(&self, id: &ConnectionId) -> Result<(), Refused> {
        self.state().fail(id.as_str())
    }

    /// Approves a service profile on behalf of Equinix: a new public one, or a private one that its
    /// seller wants public.
    ///
    /// # Errors
    /// If there is no such profile, or Equinix has nothing to decide about it.
    pub fn accept_profile(&self, id: &ProfileId) -> Result<(), Refused> {
        self.state().review_profile(id, true)
    }

    /// Rejects a service profile on behalf of Equinix.
    ///
    /// # Errors
    /// As [`World::accept_profile`].
    pub fn reject_profile(&self, id: &ProfileId) -> Result<(), Refused> {
        self.state().review_profile(id, false)
    }

    /// Changes a connection as a user of the portal would: at once, and without a ledger entry.
    ///
    /// # Errors
    /// If there is no such connection, or it is deprovisioned.
    pub fn edit(&self, id: &ConnectionId, edit: &PortalEdit) -> Result<(), Refused> {
        self.state().edit(id.as_str(), edit)
    }

    /// Moves the A side of a connection as Equinix does: for a stage it shows that it is being moved,
    /// then its new place. Leaves no ledger entry.
    ///
    /// # Errors
    /// If there is no such connection, it is not in service, or the place is none.
    pub fn relocate(&self, id: &ConnectionId, to: &Relocation) -> Result<(), Refused> {
        self.state().relocate(id.as_str(), to)
    }

    /// Accepts every connection and service profile that waits for a decision; returns how many.
    pub fn accept_all(&self) -> usize {
        self.state().accept_all()
    }

    /// Returns all accepted orders, changes and cancellations so far.
    pub fn ledger(&self) -> Ledger {
        self.state().ledger.clone()
    }

    /// Returns the latest requests, oldest first, with secrets masked.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.all()
    }

    /// Returns all connections of all organisations, oldest first, in their current state.
    pub fn lines(&self) -> Vec<LineView> {
        let mut state = self.state();
        state.catch_up();
        state.lines.iter().map(|line| LineView::of(&state, line)).collect()
    }

    /// Adds a fault.
    pub fn inject(&self, fault: InjectedFault) {
        let mut state = self.state();
        if let Effect::StaleListings(lag) = fault.effect {
            state.catch_up();
            state.history.reach_back(lag);
        }
        state.script.add(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        let mut state = self.state();
        state.script.clear();
        state.history = History::default();
    }

    /// Carries out the `nth` request from now, but loses the response. Counts from 1, over all
    /// paths except `/control`.
    pub fn lose_reply_of(&self, nth: u32) {
        self.inject(InjectedFault::once(Effect::LoseReply).from_number(nth));
    }

    /// Invalidates all access tokens.
    pub fn revoke_tokens(&self) {
        self.state().users.revoke();
    }

    /// Unlocks all locked users.
    pub fn unlock(&self) {
        self.state().users.unlock();
    }

    /// Advances simulated time without waiting. The lifetimes of tokens are unaffected.
    pub fn advance(&self, by: Duration) {
        self.state().clock.skip(by);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, WorldState> {
        // A panic of another thread leaves no partial change that would matter to a double.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
