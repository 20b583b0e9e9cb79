//! From an address to pools.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Connection as _, PgConnection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::Instant;
use url::Url;

/// How long a caller waits for a free connection before it is told that there is none.
pub(crate) const ACQUIRE: Duration = Duration::from_secs(5);
/// A connection that lay idle this long is asked whether it still lives before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);
/// How long one attempt may take while a server is waited for, and the pause after it.
const ATTEMPT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);

/// Why no connection could be made. Says where it was attempted, never with which password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No `--database-url` was given.
    #[error("no database url: set TODOCHAT_DATABASE_URL or TODOCHAT_DATABASE_URL_FILE")]
    NoUrl,
    /// The file that should hold the address does not.
    #[error(transparent)]
    UrlFile(#[from] crate::UrlFileError),
    /// The address is neither SQLite nor Postgres.
    #[error(transparent)]
    Scheme(#[from] crate::UnknownScheme),
    /// The part of the address after the scheme cannot be read.
    #[error("the postgres url cannot be read")]
    Url(#[source] url::ParseError),
    /// A parameter of the address is none that is known, or has a wrong value; which one is not
    /// said, because a password may have slipped in there.
    #[error("a parameter of the postgres url cannot be read")]
    UrlParameter,
    /// The database file cannot be made or opened.
    #[error("cannot open the database file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a SQLite database, or it is locked by another program.
    #[error("cannot use the database file {}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The server did not answer, or did not let us in.
    #[error("cannot connect to postgres at {host}:{port}")]
    Postgres {
        /// The server's name.
        host: String,
        /// The server's port.
        port: u16,
        /// Why.
        source: sqlx::Error,
    },
}

/// The two SQLite pools: writers queue for the one connection that writes, so that none of them
/// ever sees `SQLITE_BUSY`; readers have snapshots of their own and wait for nobody.
pub(crate) async fn sqlite(
    path: &Path,
    connections: u32,
) -> Result<(SqlitePool, SqlitePool), ConnectError> {
    prepare_file(path).map_err(|source| ConnectError::File { path: path.to_owned(), source })?;
    let options =
        SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(ACQUIRE);
    let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE).test_before_acquire(false);

    let writing =
        options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    // Nothing ends the one connection: the others may leave the write-ahead log to it.
    let writer = pool
        .clone()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writing)
        .await
        .map_err(|source| ConnectError::Sqlite { path: path.to_owned(), source })?;
    let readers =
        pool.max_connections(connections).connect_lazy_with(options.pragma("query_only", "on"));
    Ok((writer, readers))
}

/// Makes the file, and the folder it is in, for the owner's eyes only. SQLite gives its side files
/// the mode of the file.
fn prepare_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file =
        fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(mode & !0o077))?;
    }
    Ok(())
}

/// The Postgres pool, and the options it was made with (the listener makes its own connection).
/// TLS is as the URL says.
pub(crate) async fn postgres(
    url: &str,
    connections: u32,
) -> Result<(PgPool, PgConnectOptions), ConnectError> {
    let options = options(url)?;
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(
                async move { Ok(meta.idle_for < TRUSTED_IDLE || connection.ping().await.is_ok()) },
            )
        })
        .connect_with(options.clone())
        .await
        .map_err(|source| unreachable(&options, source))?;
    Ok((pool, options))
}

/// How a server is connected with. TLS is as the URL says.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, ConnectError> {
    Url::parse(url).map_err(ConnectError::Url)?;
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| ConnectError::UrlParameter)?
        // Poolers refuse start-up parameters they do not know, and no float is ever read.
        .extra_float_digits(None);
    match options.get_application_name() {
        Some(_) => Ok(options),
        None => Ok(options.application_name("todochat")),
    }
}

/// Waits until the server accepts connections, but no longer than `patience`.
pub(crate) async fn wait_for_postgres(url: &str, patience: Duration) -> Result<(), ConnectError> {
    let options = options(url)?;
    let deadline = Instant::now() + patience;
    loop {
        match attempt(&options).await {
            Ok(()) => return Ok(()),
            Err(error) if may_come_up(&error, &options) && Instant::now() + PAUSE < deadline => {
                tracing::debug!(%error, "Waiting for the database");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(unreachable(&options, error)),
        }
    }
}

async fn attempt(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    one(options).await?.close().await
}

/// A connection outside of the pool.
pub(crate) async fn one(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let connecting = tokio::time::timeout(ATTEMPT, PgConnection::connect_with(options));
    let late = || sqlx::Error::Io(io::ErrorKind::TimedOut.into());
    connecting.await.unwrap_or_else(|_| Err(late()))
}

/// Whether the server may only be starting; a wrong password or certificate will not get better.
fn may_come_up(error: &sqlx::Error, options: &PgConnectOptions) -> bool {
    match error {
        sqlx::Error::Io(cause) => match cause.kind() {
            // That is how rustls says it.
            io::ErrorKind::InvalidData => false,
            // Its socket may come; certificates to check it against are there or not.
            io::ErrorKind::NotFound => options.get_socket().is_some(),
            _ => true,
        },
        // 57P03: it is starting up; 53300: it has no connection left.
        sqlx::Error::Database(cause) => {
            cause.code().is_some_and(|code| code.starts_with("57P") || code == "53300")
        }
        _ => false,
    }
}

/// Names the server that could not be reached.
pub(crate) fn unreachable(options: &PgConnectOptions, source: sqlx::Error) -> ConnectError {
    ConnectError::Postgres { host: options.get_host().to_owned(), port: options.get_port(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_quoting_it() {
        for url in ["postgres://ann:hunter2@db:x/todo", "postgres://ann@db/todo?sslmode=hunter2"] {
            let error = options(url).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string);
            assert!(!format!("{error}{source:?}").contains("hunter2"), "{error}: {source:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_comes_is_waited_for_no_longer_than_said() {
        let began = Instant::now();
        let waited = wait_for_postgres("postgres://ann@127.0.0.1:1/todo", Duration::from_mins(1));
        let error = waited.await.unwrap_err();
        assert_eq!(error.to_string(), "cannot connect to postgres at 127.0.0.1:1");
        let took = began.elapsed();
        assert!(took > Duration::from_secs(55) && took <= Duration::from_mins(1), "{took:?}");
    }
}
