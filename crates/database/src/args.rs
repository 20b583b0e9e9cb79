//! The flags that say where the data is.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use clap::Args;

use crate::{ConnectError, Database, connect, database::Terms};

/// Where the data is kept.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full`. Has a
    /// password in it, so give it in the environment or in a file.
    #[arg(long, env = "TODOCHAT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// File that holds the database's URL and nothing else. A server goes over to another login when
    /// the file changes; no statement is lost by it.
    #[arg(
        long,
        env = "TODOCHAT_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub database_url_file: Option<PathBuf>,
    /// How many connections are held at most, besides one that listens for notices (Postgres) or
    /// writes (SQLite).
    #[arg(long, env = "TODOCHAT_DATABASE_CONNECTIONS", value_name = "N", default_value = "10",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_connections: u32,
    /// The database may be stopped while nobody uses it, and is then not asked for anything: readiness goes by its last use,
    /// and a line that was cut is made again when it is needed.
    #[arg(long, env = "TODOCHAT_DATABASE_MAY_SLEEP")]
    pub database_may_sleep: bool,
}

/// How long a server that starts waits for a database that does not answer yet.
const STARTING: Duration = Duration::from_mins(1);

impl DatabaseArgs {
    /// Connects to the database of the flags; without one it is an error. The URL of a file is followed as the file changes.
    /// A server that does not answer is waited for: to end, and be started again and again, would not make it come sooner.
    pub async fn connect(&self) -> Result<Database, ConnectError> {
        let url = self.named()?;
        if let DatabaseUrl::Postgres(url) = &url {
            // What else stands in the way is told below.
            let _ = connect::wait_for_postgres(url, STARTING).await;
        }
        match &self.database_url_file {
            Some(file) => Database::follow(file.clone(), self.terms()).await,
            None => Database::open(&url, self.terms()).await,
        }
    }

    fn terms(&self) -> Terms {
        Terms { connections: self.database_connections, may_sleep: self.database_may_sleep }
    }

    /// The same for a server that may still be starting: waits until it accepts connections, but no
    /// longer than `patience`. A login that is refused is not waited for.
    pub async fn connect_within(&self, patience: Duration) -> Result<Database, ConnectError> {
        let url = self.named()?;
        if let DatabaseUrl::Postgres(url) = &url {
            connect::wait_for_postgres(url, patience).await?;
        }
        Database::open(&url, self.terms()).await
    }

    fn named(&self) -> Result<DatabaseUrl, ConnectError> {
        self.url()?.ok_or(ConnectError::NoUrl)
    }

    fn url(&self) -> Result<Option<DatabaseUrl>, UrlFileError> {
        match &self.database_url_file {
            Some(file) => DatabaseUrl::read(file).map(Some),
            None => Ok(self.database_url.clone()),
        }
    }
}

/// A file holds no address that can be used. Says which file, never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum UrlFileError {
    /// The file is not there, may not be read, or is no text.
    #[error("cannot read the database url in {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} holds no database url", path.display())]
    NotAUrl {
        /// Which file.
        path: PathBuf,
        /// What a URL looks like.
        source: UnknownScheme,
    },
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

impl DatabaseUrl {
    /// Reads the address from a file that holds nothing else but perhaps a line end.
    pub fn read(path: &Path) -> Result<Self, UrlFileError> {
        let text = fs::read_to_string(path)
            .map_err(|source| UrlFileError::Read { path: path.to_owned(), source })?;
        text.trim_end_matches(['\n', '\r'])
            .parse()
            .map_err(|source| UrlFileError::NotAUrl { path: path.to_owned(), source })
    }
}

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
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        database: DatabaseArgs,
    }

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn a_file_holds_the_url_and_perhaps_a_line_end() {
        let server = "postgres://ann:secret@db/todo ";
        for end in ["", "\n", "\r\n"] {
            let file = file(format!("{server}{end}").as_bytes());
            let url = DatabaseUrl::read(file.path()).unwrap();
            assert_eq!(url, DatabaseUrl::Postgres(server.to_owned()));
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_not_quoted() {
        let secret = file(b"hunter2");
        let [binary, gone] = [file(b"\xff"), file(b"")];
        let gone_path = gone.path().to_owned();
        drop(gone);
        for (path, says) in [
            (secret.path(), "holds no database url"),
            (binary.path(), "cannot read the database url in"),
            (&*gone_path, "cannot read the database url in"),
        ] {
            let error = DatabaseUrl::read(path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(error.contains(&*path.to_string_lossy()) && !error.contains("hunter2"));
        }
    }

    #[test]
    fn a_url_and_a_file_are_not_given_together() {
        let both = ["program", "--database-url=sqlite:a.db", "--database-url-file=b"];
        let error = Program::try_parse_from(both).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict);
        assert!(Program::try_parse_from(&both[..2]).is_ok());
        assert!(Program::try_parse_from(["program", "--database-url-file=b"]).is_ok());
    }

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
