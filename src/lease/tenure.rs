//! Until when this process leads, on a clock that goes on while the process does not.
//!
//! A process may be frozen, or its machine may sleep, for longer than its Lease is good. Tokio's
//! timers and the task that renews the Lease notice that too late, so the code that acts compares the
//! deadline itself. This module must not talk to the API server.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

/// The clock of the kernel that includes the time in which the machine sleeps.
#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

/// A clock that never goes back: the time since a point that is fixed for the process.
#[derive(Clone)]
pub struct SteadyClock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl SteadyClock {
    /// The time since the machine was booted, its sleep included.
    pub fn boottime() -> Self {
        Self::reading(|| Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default())
    }

    /// A clock that shows what `read` returns.
    pub fn reading(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The time that it shows.
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

impl fmt::Debug for SteadyClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SteadyClock").field(&self.now()).finish()
    }
}

/// Until when this process may act. Clones share it.
#[derive(Debug, Clone)]
pub struct Tenure {
    clock: SteadyClock,
    /// `None` without leader election.
    until: Option<Arc<Mutex<Duration>>>,
}

impl Tenure {
    /// Of a process that acts without leader election.
    pub fn unlimited(clock: SteadyClock) -> Self {
        Self { clock, until: None }
    }

    /// Of a process that has not been elected yet.
    pub(super) fn vacant(clock: SteadyClock) -> Self {
        Self { clock, until: Some(Arc::default()) }
    }

    /// The clock of the deadline.
    pub fn clock(&self) -> &SteadyClock {
        &self.clock
    }

    /// Whether this process may act now.
    pub fn holds(&self) -> bool {
        self.until.as_ref().is_none_or(|until| {
            self.clock.now() < *until.lock().unwrap_or_else(PoisonError::into_inner)
        })
    }

    /// Moves the deadline; a time that has passed ends the tenure.
    pub(super) fn extend_to(&self, deadline: Duration) {
        if let Some(until) = &self.until {
            *until.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_counts_however_the_time_passed() {
        let time = Arc::new(Mutex::new(Duration::from_secs(100)));
        let read = time.clone();
        let tenure = Tenure::vacant(SteadyClock::reading(move || *read.lock().unwrap()));
        assert!(!tenure.holds(), "not elected yet");
        tenure.extend_to(Duration::from_secs(110));
        assert!(tenure.holds());
        // As after SIGSTOP and SIGCONT: no task of this process has run meanwhile.
        *time.lock().unwrap() = Duration::from_secs(110);
        assert!(!tenure.holds());
        assert!(Tenure::unlimited(tenure.clock().clone()).holds());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_clock_includes_the_time_in_which_the_machine_sleeps() {
        // proc(5): the uptime of the system, including time spent in suspend.
        let uptime = || -> f64 {
            let text = std::fs::read_to_string("/proc/uptime").unwrap();
            text.split_whitespace().next().unwrap().parse().unwrap()
        };
        let (before, now, after) =
            (uptime(), SteadyClock::boottime().now().as_secs_f64(), uptime());
        // The file has hundredths.
        assert!((before..=after + 0.01).contains(&now), "{before} {now} {after}");
    }
}
