//! `todochat`: the whole to-do chat in one process.

use std::process::ExitCode;

use todochat::{Cli, run};
use todochat_service::program;

fn main() -> ExitCode {
    let cli = Cli::read();
    let failed = ExitCode::from(cli.command.failed());
    program::run_with_code(&cli.log.clone(), run(cli), |_| failed)
}
