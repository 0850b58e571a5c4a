//! The rate limiter of one account (GCRA on the runtime's clock), with a priority queue.
//!
//! Calls for a user's edit go first, then those for resources on their way, then those that look
//! for drift. Nothing here knows what is called.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// Every so many slots, one goes to the waiter that came first, so that no priority starves.
const OLDEST_EVERY: u64 = 4;

/// The order in which waiting calls are made, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A user edited the resource and waits for the result.
    Interactive,
    /// The resource is on its way to the state that the user wants.
    Progressing,
    /// The resource is settled; the call looks for drift.
    Background,
}

tokio::task_local! {
    static CURRENT: Priority;
}

impl Priority {
    /// Gives all calls within `future` this priority.
    pub async fn drive<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The priority of calls made here.
    pub(super) fn current() -> Self {
        CURRENT.try_with(|priority| *priority).unwrap_or(Self::Progressing)
    }
}

/// Lets a burst of calls through at once, and then one call every period.
#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    /// How far calls may run ahead of the steady rate: one period less than the burst takes.
    burst: Duration,
    queue: Mutex<WaitQueue>,
}

/// Priority and arrival number: first come, first served within a priority.
type QueueKey = (Priority, u64);

#[derive(Debug, Default)]
struct WaitQueue {
    /// When the next slot is due at the steady rate (GCRA's theoretical arrival time).
    next_slot: Option<Instant>,
    waiting: BTreeMap<QueueKey, Arc<Notify>>,
    arrived: u64,
    granted: u64,
}

impl WaitQueue {
    /// The waiter that gets the next slot.
    fn first(&self) -> Option<QueueKey> {
        if self.granted % OLDEST_EVERY == OLDEST_EVERY - 1 {
            self.waiting.keys().min_by_key(|(_, arrival)| *arrival).copied()
        } else {
            self.waiting.keys().next().copied()
        }
    }

    /// Removes a waiter and wakes the one that is first now.
    fn leave(&mut self, key: QueueKey) {
        self.waiting.remove(&key);
        if let Some(wake) = self.first().and_then(|first| self.waiting.get(&first)) {
            wake.notify_one();
        }
    }
}

/// The answer to a waiter that asks for a slot.
enum SlotState {
    Granted,
    /// The waiter is first, and its slot is due at this time.
    DueAt(Instant),
    /// Another waiter is first.
    Queued,
}

/// A call in the queue. Dropping it leaves the queue, so a caller that gives up blocks no other.
struct Waiter<'a> {
    limiter: &'a RateLimiter,
    key: QueueKey,
    wake: Arc<Notify>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.limiter.queue().leave(self.key);
    }
}

impl RateLimiter {
    /// Allows `per_second` calls a second, at least one, and a burst of as many after an idle
    /// second.
    pub fn new(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        let period = Duration::from_secs(1) / per_second;
        Self { period, burst: period * (per_second - 1), queue: Mutex::default() }
    }

    /// Waits for the next slot of the caller's [`Priority`]. A pause that begins meanwhile delays
    /// the slot, too.
    pub async fn acquire(&self) {
        let waiter = self.enqueue(Priority::current());
        loop {
            match self.try_acquire(waiter.key, Instant::now()) {
                SlotState::Granted => return,
                SlotState::DueAt(time) => tokio::select! {
                    () = sleep_until(time) => {}
                    () = waiter.wake.notified() => {}
                },
                SlotState::Queued => waiter.wake.notified().await,
            }
        }
    }

    /// Grants no slot for this long, e.g. because of a `Retry-After`.
    pub fn pause_for(&self, wait: Duration) {
        let until = Instant::now() + wait + self.burst;
        let mut queue = self.queue();
        queue.next_slot = Some(queue.next_slot.map_or(until, |next| next.max(until)));
    }

    fn enqueue(&self, priority: Priority) -> Waiter<'_> {
        let wake = Arc::new(Notify::new());
        let mut queue = self.queue();
        queue.arrived += 1;
        let key = (priority, queue.arrived);
        queue.waiting.insert(key, wake.clone());
        Waiter { limiter: self, key, wake }
    }

    fn try_acquire(&self, key: QueueKey, now: Instant) -> SlotState {
        let mut queue = self.queue();
        if queue.first() != Some(key) {
            return SlotState::Queued;
        }
        let slot = queue.next_slot.map_or(now, |next| next.max(now));
        if let Some(due) = slot.checked_sub(self.burst).filter(|due| *due > now) {
            return SlotState::DueAt(due);
        }
        queue.next_slot = Some(slot + self.period);
        queue.granted += 1;
        queue.leave(key);
        SlotState::Granted
    }

    fn queue(&self) -> MutexGuard<'_, WaitQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::{join_all, poll_immediate};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_a_steady_rate_and_pauses() {
        let (limiter, start) = (RateLimiter::new(2), Instant::now());
        let mut at = vec![];
        for _ in 0..5 {
            limiter.acquire().await;
            at.push(start.elapsed().as_millis());
        }
        assert_eq!(at, [0, 0, 500, 1000, 1500]);
        limiter.pause_for(Duration::from_secs(30));
        limiter.acquire().await;
        assert!(start.elapsed() >= Duration::from_millis(31_500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_delays_calls_that_wait_already() {
        let (limiter, start) = (RateLimiter::new(1), Instant::now());
        limiter.acquire().await;
        let waits = limiter.acquire();
        tokio::pin!(waits);
        assert!(poll_immediate(&mut waits).await.is_none());
        limiter.pause_for(Duration::from_secs(30));
        waits.await;
        assert!(start.elapsed() >= Duration::from_secs(30), "{:?}", start.elapsed());
    }

    /// When each of these callers, who all ask at once, gets its slot, in seconds.
    async fn order(limiter: &RateLimiter, priorities: &[Priority]) -> Vec<(Priority, u64)> {
        let start = Instant::now();
        let asks = priorities.iter().map(|priority| {
            priority.drive(async {
                limiter.acquire().await;
                (*priority, start.elapsed().as_secs())
            })
        });
        let mut at = join_all(asks).await;
        at.sort_by_key(|(_, at)| *at);
        at
    }

    #[tokio::test(start_paused = true)]
    async fn priorities_go_in_order_and_the_oldest_call_now_and_then() {
        use Priority::{Background, Interactive, Progressing};
        let limiter = RateLimiter::new(1);
        let priorities = [
            Background,
            Background,
            Progressing,
            Interactive,
            Progressing,
            Interactive,
            Interactive,
        ];
        let got = order(&limiter, &priorities).await;
        assert_eq!(
            got,
            [
                // No other call was waiting yet.
                (Background, 0),
                (Interactive, 1),
                (Interactive, 2),
                // Every fourth slot goes to the oldest.
                (Background, 3),
                (Interactive, 4),
                (Progressing, 5),
                (Progressing, 6),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_waiting_calls_do_not_delay_an_edit() {
        let limiter = Arc::new(RateLimiter::new(10));
        for _ in 0..1000 {
            let limiter = limiter.clone();
            tokio::spawn(Priority::Progressing.drive(async move { limiter.acquire().await }));
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let asked = Instant::now();
        Priority::Interactive.drive(limiter.acquire()).await;
        assert!(asked.elapsed() <= Duration::from_millis(200), "{:?}", asked.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_leaves_the_queue() {
        let (limiter, start) = (RateLimiter::new(1), Instant::now());
        limiter.acquire().await;
        {
            let given_up = Priority::Interactive.drive(limiter.acquire());
            tokio::pin!(given_up);
            assert!(poll_immediate(&mut given_up).await.is_none());
        }
        limiter.acquire().await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }
}
