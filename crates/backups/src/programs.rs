//! The programs of PostgreSQL, and how they end.

use std::process::ExitStatus;

use tokio::process::{Child, Command};

use crate::BackupError;

/// Starts it.
pub(crate) fn start(program: &'static str, command: &mut Command) -> Result<Child, BackupError> {
    let started = command.spawn();
    started.map_err(|error| BackupError::Program { program, how: error.to_string() })
}

/// Waits for its end, which must be a good one.
pub(crate) async fn end(program: &'static str, child: &mut Child) -> Result<(), BackupError> {
    match child.wait().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(program, status)),
        Err(error) => Err(BackupError::Program { program, how: error.to_string() }),
    }
}

fn failed(program: &'static str, status: ExitStatus) -> BackupError {
    BackupError::Program { program, how: status.to_string() }
}
