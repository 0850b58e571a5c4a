//! The `fabric-simulator` program: serves a simulated Equinix Fabric API on loopback.
//!
//! It parses options and handles signals; everything else is in the library.

use std::{io::Write, net::SocketAddr, process::ExitCode, time::Duration};

use clap::Parser;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use fabric_simulator::{CONTROL, Config, World};

/// Serves a simulated Equinix Fabric API on loopback: OAuth2, ECX v3 and Fabric v4.
///
/// It behaves like the documented API, bills nothing, and keeps nothing when it ends. Sign in with
/// client id ABCDE12345 and client secret FGHIJ67890, for grant Password also with user
/// john.doe@example.com and password jd1@#$. A connection stays 60 simulated seconds in each state
/// that it leaves automatically.
///
/// /control has calls that no real API has, for loopback callers only. They are listed below.
#[derive(Debug, Parser)]
#[command(name = "fabric-simulator", version, about, after_long_help = CONTROL, max_term_width = 100)]
struct SimulatorArgs {
    /// Address to listen on, which must be a loopback address. Port 0 picks a free port.
    #[arg(long, default_value = "127.0.0.1:8480", value_parser = loopback)]
    listen: SocketAddr,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Accept automatically what waits for a decision after this simulated time, e.g. 10m; never if
    /// absent.
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

#[tokio::main]
async fn main() -> ExitCode {
    match SimulatorArgs::parse().serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("fabric-simulator: {message}");
            ExitCode::FAILURE
        }
    }
}

impl SimulatorArgs {
    async fn serve(self) -> Result<(), String> {
        let listener = TcpListener::bind(self.listen).await.map_err(|e| {
            format!("cannot listen on {}: {e}; choose another --listen", self.listen)
        })?;
        let address = listener.local_addr().map_err(|e| format!("cannot read the address: {e}"))?;
        let origin = format!("http://{address}");
        let config = Config {
            speed: self.speed,
            accept_after: self.accept_after,
            base_url: origin.clone(),
            sample_connections: true,
            ..Config::default()
        };
        let mut stdout = std::io::stdout();
        // A reader that has closed the pipe is no reason to stop serving.
        let _ = writeln!(stdout, "listening on {origin}").and_then(|()| stdout.flush());
        let world = World::new(config);
        tokio::select! {
            served = world.serve(listener) => {
                served.map_err(|e| format!("cannot serve on {address}: {e}"))
            }
            () = interrupted() => Ok(()),
        }
    }
}

/// Completes on SIGINT or SIGTERM.
async fn interrupted() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
