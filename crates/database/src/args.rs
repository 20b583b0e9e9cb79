//! The flags that say where the data is.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::Args;

use crate::{ConnectError, Database};

/// Where the data is kept.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full`. Has a
    /// password in it, so give it in the environment.
    #[arg(long, env = "TODOCHAT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// How many connections are held at most, besides one that listens for notices (Postgres) or
    /// writes (SQLite).
    #[arg(long, env = "TODOCHAT_DATABASE_CONNECTIONS", value_name = "N", default_value = "10",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_connections: u32,
}

impl DatabaseArgs {
    /// Connects to the database of the flags; without one it is an error.
    pub async fn connect(&self) -> Result<Database, ConnectError> {
        let url = self.database_url.as_ref().ok_or(ConnectError::NoUrl)?;
        Database::open(url, self.database_connections).await
    }

    /// Connects to the database of the flags, or to a SQLite file when they name none.
    pub async fn connect_or_file(&self, path: PathBuf) -> Result<Database, ConnectError> {
        let file = DatabaseUrl::Sqlite(path);
        let url = self.database_url.as_ref().unwrap_or(&file);
        Database::open(url, self.database_connections).await
    }
}

/// A database's address. Its `Debug` never shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, taken literally: nothing in the path is decoded.
    Sqlite(PathBuf),
    /// The whole URL, with its user, password and TLS parameters.
    Postgres(String),
}

/// The address is neither `sqlite:PATH` nor `postgres://…`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database url starts with `sqlite:` and a path, or with `postgres://`")]
pub struct UnknownScheme;

impl FromStr for DatabaseUrl {
    type Err = UnknownScheme;

    fn from_str(url: &str) -> Result<Self, UnknownScheme> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite:").ok_or(UnknownScheme)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        // A database in memory would be another one for each connection.
        if path.is_empty() || path.starts_with(':') || path.contains('\0') {
            return Err(UnknownScheme);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite:{}", path.display()),
            Self::Postgres(_) => out.write_str("postgres://…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_a_server() {
        let path = |path: &str| Ok(DatabaseUrl::Sqlite(PathBuf::from(path)));
        assert_eq!("sqlite:data/todo.db".parse(), path("data/todo.db"));
        assert_eq!("sqlite:///var/todo.db".parse(), path("/var/todo.db"));
        let server = "postgresql://ann:secret@db/todo";
        assert_eq!(server.parse(), Ok(DatabaseUrl::Postgres(server.to_owned())));
    }

    #[test]
    fn other_addresses_are_refused() {
        for url in ["", "mysql://db/todo", "sqlite:", "sqlite::memory:", "todo.db"] {
            assert_eq!(url.parse::<DatabaseUrl>(), Err(UnknownScheme), "{url}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://ann:secret@db/todo".parse().unwrap();
        assert_eq!(format!("{url:?}"), "postgres://…");
    }
}
