//! The faults a test has ordered and that have not struck yet.
//!
//! It decides whether a request is hit; carrying out the fault is the server's business.
use http::StatusCode;
use tokio::time::Duration;

use super::{request::RequestInfo, response::StatusError};

/// How the reply of an applied request gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The connection breaks: the client sees a transport error.
    Reset,
    /// The server answers 500 Internal Server Error.
    Internal,
}

type Matches = Box<dyn Fn(&RequestInfo) -> bool + Send>;

#[derive(Default)]
pub struct Faults {
    /// Requests still to pass, and the loss after them.
    losses: Vec<(usize, Loss)>,
    errors: Vec<(Matches, usize, StatusError)>,
    stalls: Vec<(Matches, Duration)>,
}

impl Faults {
    pub fn lose_reply(&mut self, nth: usize, loss: Loss) {
        self.losses.push((nth, loss));
    }

    pub fn fail_next(&mut self, matches: Matches, times: usize, status: StatusCode, reason: &str) {
        let error = StatusError::new(status, reason, format!("ordered by the test: {reason}"));
        self.errors.push((matches, times, error));
    }

    pub fn stall(&mut self, matches: Matches, latency: Duration) {
        self.stalls.push((matches, latency));
    }

    /// How long this request has to wait, by the newest order that matches it.
    pub fn latency(&self, request: &RequestInfo) -> Option<Duration> {
        self.stalls.iter().rev().find(|(matches, _)| matches(request)).map(|(_, latency)| *latency)
    }

    /// Counts one non-watch request, and tells whether its reply is lost.
    pub fn loss(&mut self) -> Option<Loss> {
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

    /// The oldest error that matches this request, used up once.
    pub fn error(&mut self, request: &RequestInfo) -> Option<StatusError> {
        let (_, times, error) =
            self.errors.iter_mut().find(|(matches, times, _)| *times > 0 && matches(request))?;
        *times -= 1;
        Some(error.clone())
    }
}
