//! `todochat-operator`: TodoChat objects become running chats.

use std::process::ExitCode;

use clap::Parser as _;
use todochat_operator::{command, config::Config};
use todochat_service::program;

fn main() -> ExitCode {
    let config = Config::parse();
    program::run(&config.log.clone(), command::execute(config.command))
}
