//! The connections as they were a while ago, for listings that lag.
//!
//! A copy of all connections for each change is dear, so copies are kept only while a fault needs
//! them, and no longer than it reaches back.

use std::{collections::VecDeque, time::Duration};

use super::{lifecycle::Timing, line::Line};

/// The connections from one change to the next.
#[derive(Debug)]
struct PastLines {
    /// The last time that anything but time changed them.
    since: Duration,
    lines: Vec<Line>,
}

/// What listings that lag have to show; oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    reach: Duration,
    past: VecDeque<PastLines>,
}

impl History {
    /// Keeps what a listing that lags by this much shows from now on.
    pub(crate) fn reach_back(&mut self, lag: Duration) {
        self.reach = self.reach.max(lag);
    }

    /// Records the connections as they were left at `since`; something may change them at `now`.
    pub(crate) fn record(&mut self, since: Duration, now: Duration, lines: &[Line]) {
        if self.reach.is_zero() {
            return;
        }
        self.past.push_back(PastLines { since, lines: lines.to_vec() });
        let oldest = now.saturating_sub(self.reach);
        while self.past.get(1).is_some_and(|next| next.since <= oldest) {
            self.past.pop_front();
        }
    }

    /// The connections at an instant, without those that were ordered later. What was not recorded
    /// yet is shown as it was first recorded.
    pub(crate) fn lines_at(&self, instant: Duration, timing: Timing) -> Vec<Line> {
        let known = self.past.iter().rev().find(|past| past.since <= instant);
        let past = known.or(self.past.front());
        let lines = past.into_iter().flat_map(|past| &past.lines);
        let lines = lines.filter(|line| line.created <= instant).cloned();
        lines
            .map(|mut line| {
                line.age(instant, timing);
                line
            })
            .collect()
    }
}
