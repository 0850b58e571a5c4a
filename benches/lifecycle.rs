//! How long one connection's life takes the fast suite: order, provision, cancel, with the real
//! controllers, the in-memory apiserver and the simulator in process, on a paused clock.
//!
//! Run with `make bench`; it prints wall time a life and asserts nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]
#![allow(clippy::disallowed_methods, reason = "wall time is what is measured")]

use std::time::{Duration, Instant};

use fabric_testkit::{cluster::TestCluster, manifests};

const LIVES: usize = 50;

async fn life() -> Duration {
    let started = Instant::now();
    let lab = TestCluster::start();
    lab.apply("aws", manifests::aws_dot1q("default"));
    lab.until_ready("aws").await;
    lab.delete("aws").await;
    lab.until_gone("aws").await;
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
