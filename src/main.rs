//! The `fabric-operator` program: parses the command line and dispatches.

use std::process::ExitCode;

use clap::Parser;

use fabric_operator::{cli::Cli, install_crypto_provider};

#[tokio::main]
async fn main() -> ExitCode {
    install_crypto_provider();
    Cli::parse().execute().await
}
