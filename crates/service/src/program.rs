//! The frame of every `main`.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread::available_parallelism;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};

use crate::telemetry::{self, LogArgs};

/// More threads than this would only wait for the database and the model.
const MOST_WORKERS: usize = 8;
/// Files, names and password hashes; each is a thread while it lasts.
const MOST_BLOCKING: usize = 32;

/// Runs `program` on a runtime of its own, with logs as `log` says. If it fails, standard error
/// says why in one line and the exit code is 1.
pub fn run(log: &LogArgs, program: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    run_with_code(log, program, |_| ExitCode::FAILURE)
}

/// The same for a program whose exit code tells more: `code` makes one of what went wrong.
pub fn run_with_code(
    log: &LogArgs,
    program: impl Future<Output = anyhow::Result<()>>,
    code: impl FnOnce(&anyhow::Error) -> ExitCode,
) -> ExitCode {
    match start(log).and_then(|runtime| runtime.block_on(program)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            code(&error)
        }
    }
}

fn start(log: &LogArgs) -> anyhow::Result<Runtime> {
    telemetry::init(log)?;
    allow_many_files();
    let workers = available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    Ok(Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(MOST_BLOCKING)
        .enable_all()
        .build()?)
}

/// Each connection is an open file, and the usual limit of 1,024 is there only for programs that use
/// `select(2)`: takes what the system lets this process have.
fn allow_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "Could not raise the limit of open files");
    }
}

fn complain(error: &anyhow::Error) {
    // When even this cannot be said there is nobody left to tell.
    let _ = writeln!(io::stderr(), "error: {error:#}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_may_be_open_as_the_system_allows() {
        allow_many_files();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
