//! `todochat-mcp-server`: the to-do tools over MCP.

use std::process::ExitCode;

use clap::Parser as _;
use todochat_mcp_server::{Config, run};
use todochat_service::program;

fn main() -> ExitCode {
    let config = Config::parse();
    program::run(&config.log.clone(), run(config))
}
