//! `fabric-operator simulate`.

use std::{io::Write, net::SocketAddr, time::Duration};

use tokio::net::TcpListener;

use crate::simulator::{CONTROL, Config, World};

/// Options of `simulate`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = CONTROL)]
pub(super) struct Args {
    /// Address to listen on; only loopback is taken. Port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8480", value_parser = loopback)]
    listen: SocketAddr,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Have people accept by themselves after this simulated time, e.g. 10m; never if left out.
    #[arg(long, value_parser = humantime::parse_duration)]
    accept_after: Option<Duration>,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "expected an address such as 127.0.0.1:8480".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the simulator listens on loopback only, such as 127.0.0.1:8480".to_owned())
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.001..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("expected a number from 0.001 to 100000".to_owned()),
    }
}

impl Args {
    pub(super) async fn execute(self) -> Result<(), String> {
        let listener = TcpListener::bind(self.listen).await.map_err(|e| {
            format!("cannot listen on {}: {e}; choose another --listen", self.listen)
        })?;
        let address = listener.local_addr().map_err(|e| format!("cannot tell the address: {e}"))?;
        let origin = format!("http://{address}");
        let config = Config {
            speed: self.speed,
            accept_after: self.accept_after,
            base_url: origin.clone(),
            sample_connections: true,
            ..Config::default()
        };
        let mut stdout = std::io::stdout();
        // Whoever started it may have stopped reading; that is no reason to stop serving.
        let _ = writeln!(stdout, "listening on {origin}").and_then(|()| stdout.flush());
        let world = World::new(config);
        tokio::select! {
            served = world.serve(listener) => {
                served.map_err(|e| format!("cannot serve on {address}: {e}"))
            }
            () = super::run::interrupted() => Ok(()),
        }
    }
}
