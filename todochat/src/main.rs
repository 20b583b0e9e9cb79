//! `todochat`: the whole to-do chat in one process.

use std::process::ExitCode;

use clap::Parser as _;
use todochat::{Cli, run};
use todochat_service::program;

fn main() -> ExitCode {
    let cli = Cli::parse();
    program::run(&cli.log.clone(), run(cli))
}
