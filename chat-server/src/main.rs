//! `todochat-chat-server`: ChatKit, accounts, REST, the agent and the web app.

use std::process::ExitCode;

use clap::Parser as _;
use todochat_chat_server::{config::Cli, migrate::migrate, run::run};
use todochat_service::program;

fn main() -> ExitCode {
    let cli = Cli::parse();
    program::run(&cli.log().clone(), async {
        match cli {
            Cli::Serve(config) => run(*config).await,
            Cli::Migrate(config) => migrate(&config).await,
        }
    })
}
