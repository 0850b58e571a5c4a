//! The world as tests and the command line hold it: a handle, cheap to clone.
//!
//! All work is done by the faces behind [`World::router`] or by the state below.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::Router;
use jiff::Timestamp;
use serde::Serialize;
use tokio::net::TcpListener;

use fabric_domain::{ConnectionId, ProfileId};

use super::{
    access::{Credentials, Organisation},
    change::PortalEdit,
    config::Config,
    control::{self, Refused},
    faults::{Effect, Fault},
    gate,
    ledger::{Dialect, Ledger, Recorded},
    line::Line,
    state::State,
};

/// A simulated world. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
}

/// A line as the world holds it, for inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    /// Its id.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// The number of the organisation that ordered it.
    pub organisation: u32,
    /// Through which face.
    pub dialect: Dialect,
    /// The A-side port.
    pub port: String,
    /// The only tag of Dot1q, the S-tag of `QinQ`.
    pub vlan: u16,
    /// The C-tag.
    pub c_tag: Option<u16>,
    /// Mbit/s.
    pub bandwidth: u32,
    /// Its redundancy group.
    pub redundancy_group: String,
    /// Its state at Equinix.
    pub equinix_status: String,
    /// Its state at the other side.
    pub provider_status: String,
    /// How far the latest change of it has come, in the words of v4.
    pub change: Option<String>,
    /// When it was ordered, in simulated time.
    pub created: Timestamp,
    /// When its deletion was asked for.
    pub cancelled: Option<Timestamp>,
}

impl World {
    /// A world at its first instant. Its clock runs from here on.
    pub fn new(config: Config) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(config))) }
    }

    /// All faces as one router, to be called in process or served. Whoever serves it should use
    /// [`World::serve`], by which `/control` knows its callers.
    pub fn router(&self) -> Router {
        gate::router(self.clone())
    }

    /// Serves the router on a listener until the future is dropped.
    ///
    /// # Errors
    /// As `axum::serve`.
    pub async fn serve(&self, listener: TcpListener) -> std::io::Result<()> {
        gate::serve(self.clone(), listener).await
    }

    /// Lets in the user of one more organisation. It sees the sellers' profiles, but none of the
    /// first one's ports, tokens and lines. The user's name is the e-mail address that sellers let in
    /// to their private profiles.
    pub fn admit(&self, credentials: Credentials) -> Organisation {
        self.state().access.admit(credentials)
    }

    /// Lets in the user of an organisation that sells under this name: the profiles that show it
    /// (`organizationName`), and those it will make. It may decide on the lines that end there. The
    /// seller of the samples, whose ports exist as well, is `John-Doe-Corp`.
    pub fn admit_seller(&self, credentials: Credentials, seller: &str) -> Organisation {
        let mut state = self.state();
        let organisation = state.access.admit(credentials);
        state.sellers.push((organisation, seller.to_owned()));
        organisation
    }

    /// Gives the user of an organisation other credentials; the old ones end, and its tokens with
    /// them.
    pub fn rotate(&self, organisation: Organisation, credentials: Credentials) {
        self.state().access.rotate(organisation, credentials);
    }

    /// Whoever a line waits for says yes.
    ///
    /// # Errors
    /// If there is no such line, or nobody has to act on it now.
    pub fn accept(&self, id: &ConnectionId) -> Result<(), Refused> {
        control::accept(&mut self.state(), id.as_str())
    }

    /// Whoever a line waits for says no.
    ///
    /// # Errors
    /// As [`World::accept`].
    pub fn reject(&self, id: &ConnectionId) -> Result<(), Refused> {
        control::reject(&mut self.state(), id.as_str())
    }

    /// What is under way with a line breaks down: its provisioning, or else a change of it, which
    /// ends as `FAILED` without having any effect.
    ///
    /// # Errors
    /// If there is no such line, or nothing of that kind is under way.
    pub fn fail(&self, id: &ConnectionId) -> Result<(), Refused> {
        control::fail(&mut self.state(), id.as_str())
    }

    /// Equinix says yes to a service profile that waits for it: to a public one, or to making a
    /// private one public.
    ///
    /// # Errors
    /// If there is no such profile, or nothing has to be decided about it.
    pub fn accept_profile(&self, id: &ProfileId) -> Result<(), Refused> {
        control::judge(&mut self.state(), id, true)
    }

    /// Equinix says no.
    ///
    /// # Errors
    /// As [`World::accept_profile`].
    pub fn reject_profile(&self, id: &ProfileId) -> Result<(), Refused> {
        control::judge(&mut self.state(), id, false)
    }

    /// Somebody changes a line in the portal: it holds at once and stands in no ledger.
    ///
    /// # Errors
    /// If there is no such line, or it is gone.
    pub fn edit(&self, id: &ConnectionId, edit: &PortalEdit) -> Result<(), Refused> {
        control::edit(&mut self.state(), id.as_str(), edit)
    }

    /// Accepts all lines and service profiles that wait for somebody now and says how many.
    pub fn accept_all(&self) -> usize {
        control::accept_all(&mut self.state())
    }

    /// All accepted orders, changes and cancellations so far.
    pub fn ledger(&self) -> Ledger {
        self.state().ledger.clone()
    }

    /// The last requests, oldest first, secrets masked.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.all()
    }

    /// All lines of all organisations, oldest first, as they stand now.
    pub fn lines(&self) -> Vec<LineView> {
        let mut state = self.state();
        state.look();
        state.lines.iter().map(|line| view(&state, line)).collect()
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        self.state().script.add(fault);
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.state().script.clear();
    }

    /// The `nth` request from now, counted from 1 over all routes but `/control`, is carried out,
    /// but its answer is lost.
    pub fn lose_reply_of(&self, nth: u32) {
        self.inject(Fault::once(Effect::LoseReply).from_number(nth));
    }

    /// Makes all access tokens invalid.
    pub fn revoke_tokens(&self) {
        self.state().access.revoke();
    }

    /// Unlocks all locked users.
    pub fn unlock(&self) {
        self.state().access.unlock();
    }

    /// Moves simulated time on without waiting; access tokens do not notice.
    pub fn advance(&self, by: Duration) {
        self.state().clock.skip(by);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves no half-done change behind that would matter to a double.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn view(state: &State, line: &Line) -> LineView {
    let tags = line.draft.link.tags();
    let row = line.life.stage();
    LineView {
        uuid: line.id.as_str().to_owned(),
        name: line.draft.name.clone(),
        organisation: line.organisation.0,
        dialect: line.dialect,
        port: line.draft.port.as_str().to_owned(),
        vlan: tags.s_tag,
        c_tag: tags.c_tag,
        bandwidth: line.draft.mbps,
        redundancy_group: line.group.clone(),
        equinix_status: row.equinix.as_str().to_owned(),
        provider_status: row.provider.as_str().to_owned(),
        change: line.change.as_ref().map(|change| change.progress.as_str().to_owned()),
        created: state.clock.at(line.created),
        cancelled: line.cancelled.map(|at| state.clock.at(at)),
    }
}
