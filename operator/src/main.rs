//! `todochat-operator`: TodoChat objects become running chats.

use std::process::ExitCode;

use clap::Parser as _;
use todochat_operator::{command, config::Config};
use todochat_service::program;

fn main() -> ExitCode {
    let config = Config::parse();
    let failed = ExitCode::from(config.command.failed());
    program::run_with_code(&config.log.clone(), command::execute(config.command), |_| failed)
}
