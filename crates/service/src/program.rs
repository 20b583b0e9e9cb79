//! The frame of every `main`.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

use crate::telemetry::{self, LogArgs};

/// More threads than this would only wait for the database and the model.
const MOST_WORKERS: usize = 8;
/// Files, names and password hashes; each is a thread while it lasts.
const MOST_BLOCKING: usize = 32;

/// Runs `program` on a runtime of its own, with logs as `log` says. If it fails, standard error
/// says why in one line and the exit code is 1.
pub fn run(log: &LogArgs, program: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    match start(log).and_then(|runtime| runtime.block_on(program)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn start(log: &LogArgs) -> anyhow::Result<Runtime> {
    telemetry::init(log)?;
    let workers = available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    Ok(Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(MOST_BLOCKING)
        .enable_all()
        .build()?)
}

fn complain(error: &anyhow::Error) {
    // When even this cannot be said there is nobody left to tell.
    let _ = writeln!(io::stderr(), "error: {error:#}");
}
