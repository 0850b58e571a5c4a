//! A single-flight cache with a time to live: many passes need a value, and one of them fetches it.
//!
//! It keeps one answer in memory and decides nothing.

use std::time::Duration;

use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use fabric_client::Error;

/// How long a failure is returned to others that ask for the same.
const FAILED: Duration = Duration::from_secs(2);

/// The last answer, and when it came. A failure is returned to all that wait for the same.
pub(crate) struct SingleFlight<T>(AsyncMutex<Option<(Instant, Result<T, Error>)>>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(AsyncMutex::new(None))
    }
}

impl<T: Clone> SingleFlight<T> {
    /// The value that was fetched no longer ago than `fresh`, or one that is fetched now.
    pub(crate) async fn get<F: Future<Output = Result<T, Error>>>(
        &self,
        fresh: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<T, Error> {
        let mut cached = self.0.lock().await;
        if let Some((at, known)) = &*cached {
            let fresh = if known.is_ok() { fresh } else { FAILED };
            if at.elapsed() < fresh {
                return known.clone();
            }
        }
        let fetched = fetch().await;
        *cached = Some((Instant::now(), fetched.clone()));
        fetched
    }
}
