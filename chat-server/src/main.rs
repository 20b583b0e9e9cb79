//! `todochat-chat-server`: ChatKit, accounts, REST, the agent and the web app.

use std::process::ExitCode;

use clap::Parser as _;
use todochat_chat_server::{config::Config, run::run};
use todochat_service::program;

fn main() -> ExitCode {
    let config = Config::parse();
    program::run(&config.log.clone(), run(config))
}
