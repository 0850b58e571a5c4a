//! A list that many passes need and one of them fetches.
//!
//! It keeps one answer in memory and decides nothing.

use std::time::Duration;

use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use crate::provider::Error;

/// The last answer, and when it was given.
pub(super) struct Cached<T>(AsyncMutex<Option<(Instant, T)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(AsyncMutex::new(None))
    }
}

impl<T: Clone> Cached<T> {
    pub(super) async fn get<F: Future<Output = Result<T, Error>>>(
        &self,
        fresh: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Result<T, Error> {
        let mut cached = self.0.lock().await;
        match &*cached {
            Some((at, value)) if at.elapsed() < fresh => Ok(value.clone()),
            _ => {
                let value = fetch().await?;
                *cached = Some((Instant::now(), value.clone()));
                Ok(value)
            }
        }
    }
}
