//! One pace for all calls of an account (GCRA on the runtime's clock), with lanes.
//!
//! Whoever waits for a user's edit goes first, then what is on its way, then the looking for drift.
//! Nothing here knows what is called.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// Each so many slots, one goes to whoever has waited longest, so that no lane stands still.
const OLDEST_EVERY: u64 = 4;

/// Whose calls go first, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A user waits for it.
    Interactive,
    /// It is on its way.
    Progressing,
    /// It is at rest, and looked at all the same.
    Background,
}

tokio::task_local! {
    static LANE: Priority;
}

impl Priority {
    /// Makes all calls within `future` in this lane.
    pub async fn drive<F: Future>(self, future: F) -> F::Output {
        LANE.scope(self, future).await
    }

    /// The lane of the calls that are made here.
    pub(super) fn current() -> Self {
        LANE.try_with(|lane| *lane).unwrap_or(Self::Progressing)
    }
}

/// Lets `burst` calls through at once and one more every `period`.
#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    slack: Duration,
    queue: Mutex<Queue>,
}

/// Priority and number: first come, first served within a lane.
type Ticket = (Priority, u64);

#[derive(Debug, Default)]
struct Queue {
    next: Option<Instant>,
    waiting: BTreeMap<Ticket, Arc<Notify>>,
    tickets: u64,
    granted: u64,
}

impl Queue {
    /// Whose turn it is.
    fn head(&self) -> Option<Ticket> {
        if self.granted % OLDEST_EVERY == OLDEST_EVERY - 1 {
            self.waiting.keys().min_by_key(|(_, number)| *number).copied()
        } else {
            self.waiting.keys().next().copied()
        }
    }

    fn leave(&mut self, ticket: Ticket) {
        self.waiting.remove(&ticket);
        if let Some(bell) = self.head().and_then(|head| self.waiting.get(&head)) {
            bell.notify_one();
        }
    }
}

/// What a caller has to wait for.
enum Turn {
    Now,
    At(Instant),
    /// Others go first.
    Later,
}

/// A place in the queue. Whoever gives up leaves it.
struct Place<'a> {
    pace: &'a RateLimiter,
    ticket: Ticket,
    bell: Arc<Notify>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.pace.queue().leave(self.ticket);
    }
}

impl RateLimiter {
    /// `per_second` calls a second, at least one, with as much again at once after a rest.
    pub fn new(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        let period = Duration::from_secs(1) / per_second;
        Self { period, slack: period * (per_second - 1), queue: Mutex::default() }
    }

    /// Waits for the next slot of the caller's lane. Holds that begin meanwhile are kept, too.
    pub async fn permit(&self) {
        let place = self.enter(Priority::current());
        loop {
            match self.turn(place.ticket, Instant::now()) {
                Turn::Now => return,
                Turn::At(time) => tokio::select! {
                    () = sleep_until(time) => {}
                    () = place.bell.notified() => {}
                },
                Turn::Later => place.bell.notified().await,
            }
        }
    }

    /// Holds everyone back from now on, e.g. for a `Retry-After`.
    pub fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait + self.slack;
        let mut queue = self.queue();
        queue.next = Some(queue.next.map_or(until, |n| n.max(until)));
    }

    fn enter(&self, lane: Priority) -> Place<'_> {
        let bell = Arc::new(Notify::new());
        let mut queue = self.queue();
        queue.tickets += 1;
        let ticket = (lane, queue.tickets);
        queue.waiting.insert(ticket, bell.clone());
        Place { pace: self, ticket, bell }
    }

    fn turn(&self, ticket: Ticket, now: Instant) -> Turn {
        let mut queue = self.queue();
        if queue.head() != Some(ticket) {
            return Turn::Later;
        }
        let slot = queue.next.map_or(now, |n| n.max(now));
        if let Some(at) = slot.checked_sub(self.slack).filter(|at| *at > now) {
            return Turn::At(at);
        }
        queue.next = Some(slot + self.period);
        queue.granted += 1;
        queue.leave(ticket);
        Turn::Now
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::{join_all, poll_immediate};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_a_steady_pace_and_holds() {
        let (pace, start) = (RateLimiter::new(2), Instant::now());
        let mut at = vec![];
        for _ in 0..5 {
            pace.permit().await;
            at.push(start.elapsed().as_millis());
        }
        assert_eq!(at, [0, 0, 500, 1000, 1500]);
        pace.hold(Duration::from_secs(30));
        pace.permit().await;
        assert!(start.elapsed() >= Duration::from_millis(31_500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_keeps_those_who_wait_already() {
        let (pace, start) = (RateLimiter::new(1), Instant::now());
        pace.permit().await;
        let waits = pace.permit();
        tokio::pin!(waits);
        assert!(poll_immediate(&mut waits).await.is_none());
        pace.hold(Duration::from_secs(30));
        waits.await;
        assert!(start.elapsed() >= Duration::from_secs(30), "{:?}", start.elapsed());
    }

    /// Who gets a slot when, in seconds, of callers that ask all at once.
    async fn order(pace: &RateLimiter, lanes: &[Priority]) -> Vec<(Priority, u64)> {
        let start = Instant::now();
        let asks = lanes.iter().map(|lane| {
            lane.drive(async {
                pace.permit().await;
                (*lane, start.elapsed().as_secs())
            })
        });
        let mut at = join_all(asks).await;
        at.sort_by_key(|(_, at)| *at);
        at
    }

    #[tokio::test(start_paused = true)]
    async fn edits_go_before_transitions_before_drift_and_the_oldest_now_and_then() {
        use Priority::{Background, Interactive, Progressing};
        let pace = RateLimiter::new(1);
        let lanes = [
            Background,
            Background,
            Progressing,
            Interactive,
            Progressing,
            Interactive,
            Interactive,
        ];
        let got = order(&pace, &lanes).await;
        assert_eq!(
            got,
            [
                // Nobody else was there yet.
                (Background, 0),
                (Interactive, 1),
                (Interactive, 2),
                // The fourth slot is the oldest's.
                (Background, 3),
                (Interactive, 4),
                (Progressing, 5),
                (Progressing, 6),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_that_wait_do_not_delay_an_edit() {
        let pace = Arc::new(RateLimiter::new(10));
        for _ in 0..1000 {
            let pace = pace.clone();
            tokio::spawn(Priority::Progressing.drive(async move { pace.permit().await }));
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let asked = Instant::now();
        Priority::Interactive.drive(pace.permit()).await;
        assert!(asked.elapsed() <= Duration::from_millis(200), "{:?}", asked.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_is_not_waited_for() {
        let (pace, start) = (RateLimiter::new(1), Instant::now());
        pace.permit().await;
        {
            let given_up = Priority::Interactive.drive(pace.permit());
            tokio::pin!(given_up);
            assert!(poll_immediate(&mut given_up).await.is_none());
        }
        pace.permit().await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }
}
