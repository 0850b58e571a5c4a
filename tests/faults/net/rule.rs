//! The faults of the network, and the rules that say which calls they hit.
//!
//! A rule counts the calls that match it; carrying a fault out is left to `process`.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use tokio::time::Instant;

use fabric_client::SendError;

use super::Call;

/// The response to a call, or the error that its sender gets.
pub type Answer = Result<Response<Bytes>, SendError>;
type Rewrite = Arc<dyn Fn(Response<Bytes>) -> Response<Bytes> + Send + Sync>;
type Matches = Box<dyn Fn(&Call) -> bool + Send>;

/// What the network does to a call.
#[derive(Clone)]
pub enum NetFault {
    /// Delivers it after this time.
    Wait(Duration),
    /// Delivers it at that time, if there is one.
    WaitUntil(Arc<Mutex<Option<Instant>>>),
    /// Kills the operator before it is sent.
    CrashBefore,
    /// Kills the operator after it was served and before the response.
    CrashAfter,
    /// Kills the operator once it is sent, and serves it after this time.
    CrashLate(Duration),
    /// Sends the operator SIGTERM and serves the call.
    Terminate,
    /// Fails before it is sent: no address, no route, no valid certificate.
    NotSent(&'static str),
    /// Serves it and breaks the connection.
    LoseReply,
    /// Drops it; the sender gets no error.
    Hang,
    /// Serves it; the sender gets neither response nor error.
    Silence,
    /// Breaks the connection, and serves it after this time.
    Straggle(Duration),
    /// Responds with this instead of serving it.
    Answer(Rewrite),
    /// Serves it and rewrites the response.
    Rewrite(Rewrite),
}

/// The calls that a fault hits.
pub struct Rule {
    matches: Matches,
    skip: u32,
    times: u32,
    fault: NetFault,
}

impl Rule {
    /// The next call that matches.
    pub fn once(matches: impl Fn(&Call) -> bool + Send + 'static, fault: NetFault) -> Self {
        Self { matches: Box::new(matches), skip: 0, times: 1, fault }
    }

    /// All calls that match, until [`Net::calm`].
    pub fn always(matches: impl Fn(&Call) -> bool + Send + 'static, fault: NetFault) -> Self {
        Self { times: u32::MAX, ..Self::once(matches, fault) }
    }

    /// Only the first calls that match.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Skips the first calls that match.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    /// The fault for this call, if the rule hits it; counts the call if it matches.
    pub(super) fn hit(&mut self, call: &Call) -> Option<NetFault> {
        if self.times == 0 || !(self.matches)(call) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.fault.clone())
    }
}
