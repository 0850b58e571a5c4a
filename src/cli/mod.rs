//! The command line: the commands, their options and the exit codes.
//!
//! It must not reconcile anything; `run` assembles what does.

mod crd;
mod generated;
mod guard;
mod ready;
mod reference;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Orders, watches and cancels Equinix Fabric connections from Kubernetes resources.
#[derive(Debug, Parser)]
#[command(name = "fabric-operator", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the operator against the cluster of KUBECONFIG, or of the Pod it runs in.
    Run(Box<run::RunArgs>),
    /// Ask a running operator whether it is ready, and wait until it is.
    Ready(ready::ReadyArgs),
    /// Fail while resources are left that need the operator, before it is uninstalled.
    Guard(guard::GuardArgs),
    /// Write the custom resource definitions, or check that the written ones are current.
    Crd(crd::CrdArgs),
    /// Write the reference pages on the API, states, errors, reasons and metrics, or check them.
    Reference(reference::ReferenceArgs),
}

/// Why a command failed. Each kind has its own exit code; clap uses 2 for a command line that it
/// cannot parse.
#[derive(Debug)]
enum CliError {
    /// Any other failure: exit code 1.
    Failed(String),
    /// Another process may lead now: exit code 3. The kubelet restarts the process as a standby.
    LostLeadership(String),
}

impl From<String> for CliError {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

impl Cli {
    /// Runs the command; returns its exit code.
    pub async fn execute(self) -> ExitCode {
        let result = match self.command {
            Command::Run(args) => args.execute().await,
            Command::Ready(args) => args.execute().await.map_err(CliError::from),
            Command::Guard(args) => args.execute().await.map_err(CliError::from),
            Command::Crd(args) => args.execute().map_err(CliError::from),
            Command::Reference(args) => args.execute().map_err(CliError::from),
        };
        let (code, message) = match result {
            Ok(()) => return ExitCode::SUCCESS,
            Err(CliError::Failed(message)) => (1, message),
            Err(CliError::LostLeadership(message)) => (3, message),
        };
        eprintln!("fabric-operator: {message}");
        ExitCode::from(code)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
