//! What can go wrong, and which exit code tells it.

use std::{io, process::ExitCode};

use todochat_service::exit;

use crate::place::PlaceError;

/// Why a backup was not taken, restored or verified.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no backup of that name, or none at all.
    #[error("there is no backup {name} in {place}")]
    NotThere {
        /// Which one.
        name: String,
        /// Where.
        place: String,
    },
    /// It holds the schema of a later release.
    #[error("the backup has the schema {schema}, and this release knows none after {known}")]
    TooNew {
        /// The newest migration in it.
        schema: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The database that it should start has tables already.
    #[error("the database {database} is not empty: nothing was changed")]
    NotEmpty {
        /// Its name.
        database: String,
    },
    /// The dump is not the one that its manifest tells of.
    #[error("the dump {name} has changed since it was taken: {what}")]
    Broken {
        /// Which one.
        name: String,
        /// What is different.
        what: String,
    },
    /// What came back is not what was dumped.
    #[error(
        "the table {table} had {was} rows when {name} was taken, and has {is} after restoring it (-1: no such table)"
    )]
    Counts {
        /// Which backup.
        name: String,
        /// Which table.
        table: String,
        /// How many there were.
        was: i64,
        /// How many there are.
        is: i64,
    },
    /// Where backups are kept cannot be used.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The database's address cannot be read; nothing of it is quoted.
    #[error("the address of the database cannot be read")]
    Url,
    /// It does not answer, or refuses a statement.
    #[error("the database refused: {what}")]
    Database {
        /// What was attempted.
        what: &'static str,
        /// What it said.
        source: sqlx::Error,
    },
    /// A program of PostgreSQL could not be run, or failed; what it said stands before.
    #[error("{program} failed: {how}")]
    Program {
        /// Which.
        program: &'static str,
        /// How it ended.
        how: String,
    },
    /// A file of this program's own.
    #[error("cannot write {what}")]
    File {
        /// Which.
        what: String,
        /// What the system says.
        source: io::Error,
    },
}

impl BackupError {
    /// Names what was attempted.
    pub(crate) fn database(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { what, source }
    }

    fn code(&self) -> u8 {
        match self {
            Self::NotThere { .. } => exit::NO_BACKUP,
            Self::TooNew { .. } => exit::BACKUP_TOO_NEW,
            Self::NotEmpty { .. } => exit::DATABASE_NOT_EMPTY,
            Self::Broken { .. } | Self::Counts { .. } => exit::BACKUP_BROKEN,
            Self::Place(_) => exit::BACKUP_PLACE,
            Self::Database { source, .. } => of_database(source),
            Self::Url | Self::Program { .. } | Self::File { .. } => 1,
        }
    }
}

fn of_database(error: &sqlx::Error) -> u8 {
    let state = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    match (error, state.as_deref()) {
        (sqlx::Error::Io(_) | sqlx::Error::Tls(_), _) => exit::UNREACHABLE,
        (_, Some(state)) if state.starts_with("57P") || state == "53300" => exit::UNREACHABLE,
        (_, Some(state)) if state.starts_with("28") => exit::LOGIN_REFUSED,
        _ => 1,
    }
}

/// The exit code of a command that failed like this.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let place = error.is::<PlaceError>().then_some(exit::BACKUP_PLACE);
    let code = error.downcast_ref::<BackupError>().map(BackupError::code);
    ExitCode::from(code.or(place).unwrap_or(1))
}
