//! `todochat-mcp-server`: the to-do tools over MCP, and a bridge for other servers' tools.

use std::process::ExitCode;

use clap::Parser as _;
use todochat_mcp_server::{bridge, config::Cli, install, run};
use todochat_service::program;

fn main() -> ExitCode {
    let cli = Cli::parse();
    program::run(&cli.log().clone(), async {
        match cli {
            Cli::Serve(config) => run(*config).await,
            Cli::Bridge(config) => bridge::run(*config).await,
            Cli::Install(config) => Ok(install::install(&config.dir)?),
        }
    })
}
