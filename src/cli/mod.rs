//! The command line: what an administrator can set, and nothing else.

mod crd;
mod generated;
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
    Run(run::Args),
    /// Write the custom resource definitions, or check that the written ones are current.
    Crd(crd::Args),
    /// Write the reference pages on the API, states, errors, reasons and metrics, or check them.
    Reference(reference::Args),
}

/// Why a command did not do what was asked for. Each kind has an exit code of its own; 2 is what a
/// command line that cannot be read ends with.
#[derive(Debug)]
enum Failure {
    /// Whatever else: 1.
    Failed(String),
    /// Another process may lead by now: 3. To be started again.
    LostLeadership(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

impl Cli {
    /// Does what was asked for.
    pub async fn execute(self) -> ExitCode {
        let outcome = match self.command {
            Command::Run(args) => args.execute().await,
            Command::Crd(args) => args.execute().map_err(Failure::from),
            Command::Reference(args) => args.execute().map_err(Failure::from),
        };
        let (code, message) = match outcome {
            Ok(()) => return ExitCode::SUCCESS,
            Err(Failure::Failed(message)) => (1, message),
            Err(Failure::LostLeadership(message)) => (3, message),
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
