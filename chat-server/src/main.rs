//! `todochat-chat-server`: ChatKit, accounts, REST, the agent and the web app.

use std::process::ExitCode;

use clap::Parser as _;
use todochat_chat_server::{
    config::Cli,
    migrate::{exit_code, migrate, rotate_login},
    run::run,
};
use todochat_service::program;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = cli.log().clone();
    match cli {
        Cli::Serve(config) => program::run(&log, run(*config)),
        Cli::Migrate(config) => program::run_with_code(&log, migrate(&config), exit_code),
        Cli::RotateLogin(config) => program::run_with_code(&log, rotate_login(&config), exit_code),
        Cli::Backup(config) => program::run_with_code(
            &log,
            todochat_backups::run(&config.backup),
            todochat_backups::exit_code,
        ),
    }
}
