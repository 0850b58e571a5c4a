//! Starts a replica of the operator again whenever it has ended, as a Deployment does.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{sleep, timeout},
};

use fabric_operator::{
    controllers::{Instruments, Settings},
    telemetry::Metrics,
};
use fabric_testkit::{apiserver::Apiserver, operator::Operator};

use crate::{
    net::{Net, Signal},
    seed::Seed,
};

/// One replica, and all that its processes are started with.
pub(super) struct Deployment {
    pub(super) replica: usize,
    pub(super) net: Net,
    pub(super) settings: Settings,
    pub(super) apiserver: Apiserver,
    pub(super) router: axum::Router,
    pub(super) seed: Seed,
    pub(super) signals: UnboundedSender<Signal>,
    pub(super) metrics: Arc<Mutex<Vec<Metrics>>>,
}

impl Deployment {
    /// Runs the replica until the run ends.
    pub(super) async fn keep(mut self, mut received: UnboundedReceiver<Signal>) {
        loop {
            let process = self.net.begin(self.replica, self.signals.clone());
            let (cluster, provider) =
                (process.cluster(&self.apiserver), process.provider(self.router.clone()));
            let instruments = Instruments::default();
            self.metrics.lock().unwrap().push(instruments.metrics.clone());
            let operator = Operator::start(self.settings.clone(), cluster, provider, instruments);
            match received.recv().await {
                Some(Signal::Kill) => operator.kill().await,
                // As long as `run` lets passes take to end.
                Some(Signal::Terminate) => {
                    let _ = timeout(Duration::from_secs(40), operator.stop()).await;
                }
                None => return,
            }
            process.end();
            // What the dead one has still said of its death.
            while received.try_recv().is_ok() {}
            sleep(self.seed.between(Duration::ZERO, Duration::from_secs(20))).await;
        }
    }
}
