//! The faults that a test has injected and that have not occurred yet.
//!
//! It decides whether a fault hits a request; the server carries the fault out.
use http::StatusCode;
use tokio::time::Duration;

use super::{request::RequestInfo, response::StatusError};

/// How the response to a served request is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The connection breaks: the client sees a transport error.
    Reset,
    /// The server answers 500 Internal Server Error.
    Internal,
}

type Matches = Box<dyn Fn(&RequestInfo) -> bool + Send>;

#[derive(Default)]
pub(super) struct Faults {
    /// The number of requests that are still served normally, and the loss that follows.
    losses: Vec<(usize, Loss)>,
    errors: Vec<(Matches, usize, StatusError)>,
    stalls: Vec<(Matches, Duration)>,
}

impl Faults {
    pub(super) fn lose_reply(&mut self, nth: usize, loss: Loss) {
        self.losses.push((nth, loss));
    }

    pub(super) fn fail_next(
        &mut self,
        matches: Matches,
        times: usize,
        status: StatusCode,
        reason: &str,
    ) {
        let error = StatusError::new(status, reason, format!("injected by the test: {reason}"));
        self.errors.push((matches, times, error));
    }

    pub(super) fn stall(&mut self, matches: Matches, latency: Duration) {
        self.stalls.push((matches, latency));
    }

    /// The latency of this request, by the newest rule that matches it.
    pub(super) fn latency(&self, request: &RequestInfo) -> Option<Duration> {
        self.stalls.iter().rev().find(|(matches, _)| matches(request)).map(|(_, latency)| *latency)
    }

    /// Counts one non-watch request, and returns how its response is lost, if it is.
    pub(super) fn loss(&mut self) -> Option<Loss> {
        let mut due = None;
        self.losses.retain_mut(|(left, loss)| {
            if *left == 0 {
                due = Some(*loss);
                return false;
            }
            *left -= 1;
            true
        });
        due
    }

    /// Takes one occurrence of the oldest error that matches this request.
    pub(super) fn error(&mut self, request: &RequestInfo) -> Option<StatusError> {
        let (_, times, error) =
            self.errors.iter_mut().find(|(matches, times, _)| *times > 0 && matches(request))?;
        *times -= 1;
        Some(error.clone())
    }
}
