//! The wall time of one connection's lifecycle in the integration tests: order, provision, cancel,
//! with the real controllers, the in-memory API server and the simulator, on a paused clock.
//!
//! Run it with `make bench`. It prints times and asserts nothing.
#![allow(clippy::disallowed_methods, reason = "wall time is what is measured")]

use std::time::{Duration, Instant};

use fabric_testkit::{cluster::TestCluster, manifests};

const LIVES: usize = 50;

async fn life() -> Duration {
    let started = Instant::now();
    let cluster = TestCluster::start();
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_ready("aws").await;
    cluster.delete("aws").await;
    cluster.until_gone("aws").await;
    started.elapsed()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    tokio::time::pause();
    life().await;
    let mut times = vec![];
    for _ in 0..LIVES {
        times.push(life().await);
    }
    times.sort_unstable();
    println!(
        "order, provision, cancel: {:?} fastest, {:?} median, {:?} slowest of {LIVES}",
        times[0],
        times[LIVES / 2],
        times[LIVES - 1]
    );
}
