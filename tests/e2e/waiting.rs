//! Waiting for what the operator, the API server or the simulator does.
//!
//! No test measures time. The limit only ends a test that has failed, so it is generous: a test
//! passes on a busy machine as well as on an idle one.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a test waits for one thing before it has failed.
pub const LIMIT: Duration = Duration::from_secs(300);
/// The pause between two looks.
const POLL: Duration = Duration::from_millis(250);

/// Looks until it finds what the test waits for, and returns that. `look` returns as an error what
/// there is instead, for the message of the failed test.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        let instead = match look().await {
            Ok(found) => return found,
            Err(instead) => instead,
        };
        assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}; instead: {instead}");
        sleep(POLL).await;
    }
}
