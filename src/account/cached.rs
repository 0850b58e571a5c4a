//! What many passes need and one of them fetches.
//!
//! It keeps one answer in memory and decides nothing.

use std::time::Duration;

use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use fabric_client::Error;

/// How long a failure is told to others who ask for the same.
const FAILED: Duration = Duration::from_secs(2);

/// The last answer, and when it was given. A failure is told to all who wait for the same.
pub(crate) struct Cached<T>(AsyncMutex<Option<(Instant, Result<T, Error>)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(AsyncMutex::new(None))
    }
}

impl<T: Clone> Cached<T> {
    /// What was fetched no longer ago than `fresh`, or what is fetched now.
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
