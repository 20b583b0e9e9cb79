//! What can go wrong once connected.

/// A statement or a commit failed. The text says nothing of the values involved; the source does.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// All connections stayed in use, or none could be made, until the time to wait was over.
    #[error("no database connection became free in time")]
    Busy(#[source] sqlx::Error),
    /// The database went away, or never answered.
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// A constraint of the database refused a row.
    #[error("a constraint of the database refused a row")]
    Constraint(#[source] Box<dyn sqlx::error::DatabaseError>),
    /// Anything else: a statement that took too long, that is wrong, or a row that does not decode.
    #[error("a statement failed")]
    Statement(#[source] sqlx::Error),
}

impl Error {
    /// Whether a row with the same key was there already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Constraint(cause) if cause.is_unique_violation())
    }

    /// What was violated: the constraint's name on Postgres (`users_email_key`); on SQLite, which
    /// does not tell the name of a key, its columns (`users.email`).
    pub fn constraint(&self) -> Option<&str> {
        let Self::Constraint(cause) = self else {
            return None;
        };
        cause.constraint().or_else(|| {
            cause.message().split_once("constraint failed: ").map(|(_, columns)| columns)
        })
    }

    /// Whether the same call may succeed a moment later: the answer to the client is 503.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unreachable(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match error {
            sqlx::Error::PoolTimedOut => Self::Busy(error),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unreachable(error),
            // 57P01 to 57P03: the server is going down or coming up; 53300: it has no connection left.
            sqlx::Error::Database(cause)
                if cause.code().is_some_and(|code| code.starts_with("57P") || code == "53300") =>
            {
                Self::Unreachable(sqlx::Error::Database(cause))
            }
            sqlx::Error::Database(cause) if !matches!(cause.kind(), ErrorKind::Other) => {
                Self::Constraint(cause)
            }
            other => Self::Statement(other),
        }
    }
}
