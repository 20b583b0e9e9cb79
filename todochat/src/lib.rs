//! The whole to-do chat in one process, and what one needs around it.
//!
//! ```text
//! todochat up     data.rs (folder, lock, secrets) ─▶ up.rs: SQLite ─▶ chat server ─▶ tool server
//! todochat token  data.rs (as `up` left it)       ─▶ token.rs: a token for scripts
//! kubectl todochat, todochat kubectl                 the operator's library: what people do in a cluster
//! ```

mod addresses;
mod data;
mod token;
mod up;

#[cfg(feature = "kubectl")]
mod plugin;

use clap::{Parser, Subcommand};
#[cfg(feature = "kubectl")]
use todochat_operator::kubectl;
use todochat_service::telemetry::LogArgs;

/// A chat that manages to-dos, on one machine
#[derive(Debug, Parser)]
#[command(name = "todochat", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,
}

/// What `todochat` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the chat, its tools and its web app here, on SQLite
    Up(Box<up::UpArgs>),
    /// Print an access token for a user of `todochat up`, for scripts
    Token(token::TokenArgs),
    /// Look after TodoChat objects in a cluster; the same as `kubectl todochat` where this program is called `kubectl-todochat`
    #[cfg(feature = "kubectl")]
    Kubectl(Box<kubectl::KubectlArgs>),
}

impl Command {
    /// The exit code when it fails.
    pub fn failed(&self) -> u8 {
        match self {
            Self::Up(_) | Self::Token(_) => 1,
            #[cfg(feature = "kubectl")]
            Self::Kubectl(args) => args.failed(),
        }
    }
}

impl Cli {
    /// What the command line says, under either name of the program.
    pub fn read() -> Self {
        #[cfg(feature = "kubectl")]
        if plugin::is_called_so(std::env::args_os().next()) {
            return plugin::Plugin::parse().into();
        }
        Self::parse()
    }
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Up(args) => up::run(*args).await,
        Command::Token(args) => token::run(&args).await,
        #[cfg(feature = "kubectl")]
        Command::Kubectl(args) => kubectl::run(*args).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_of_both_servers_go_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn logs_may_be_asked_for_after_the_subcommand() {
        let cli = Cli::parse_from(["todochat", "up", "--log", "todochat=debug"]);
        assert_eq!(cli.log.log, "todochat=debug");
    }
}
