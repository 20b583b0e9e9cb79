//! A login that changes while the program runs: the file with the URL is read again and again, and when it says something
//! else, a new pool takes the place of the old one.
//!
//! ```text
//! file ─▶ Follower ─▶ a new pool, once it has a connection ─▶ Pool (what transactions begin on)
//!                 └─▶ the line that listens (notice.rs)        old pool: ends with its last transaction
//! ```
//!
//! A file in a cluster is behind the Secret it is made of by a minute or more. So a login that is refused meanwhile is no
//! failure yet: whoever wanted a connection waits for a while for the next one.

use std::{path::PathBuf, time::Duration};

use sqlx::PgPool;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tracing::{info, warn};

use crate::{
    ConnectError, DatabaseUrl, connect,
    database::Terms,
    notice::{self, Listener, Outlet},
};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long a refused login is waited out.
const PATIENCE: Duration = Duration::from_secs(30);

/// The pool of the moment.
#[derive(Clone, Debug)]
pub(crate) struct Pool(watch::Receiver<PgPool>);

/// The task that follows the file; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Follower(JoinHandle<()>);

impl Follower {
    /// Stops following: what is open now is the last.
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Pool {
    /// One that stays.
    pub(crate) fn fixed(pool: PgPool) -> Self {
        Self(watch::channel(pool).1)
    }

    /// The pool of this moment.
    pub(crate) fn now(&self) -> PgPool {
        self.0.borrow().clone()
    }

    /// Does `work`, once more with the next pool when this one has just been replaced, or is about to be because its login is
    /// refused. `work` must have changed nothing when it fails so.
    pub(crate) async fn with<T, W>(&self, work: impl Fn(PgPool) -> W) -> Result<T, sqlx::Error>
    where
        W: Future<Output = Result<T, sqlx::Error>>,
    {
        let mut pools = self.0.clone();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let pool = pools.borrow_and_update().clone();
            match work(pool).await {
                Err(error) if is_outlived(&error) => {
                    match timeout_at(deadline, pools.changed()).await {
                        Ok(Ok(())) => {}
                        _ => return Err(error),
                    }
                }
                done => return done,
            }
        }
    }
}

/// Whether there may be another login or pool by now.
fn is_outlived(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolClosed) || is_refused(error)
}

/// Whether the login was refused: a wrong password, or a role that may not log in.
fn is_refused(error: &sqlx::Error) -> bool {
    let code =
        error.as_database_error().and_then(|cause| cause.code().map(std::borrow::Cow::into_owned));
    code.is_some_and(|code| code.starts_with("28"))
}

/// Connects with the URL in `file`, and with each that comes after it.
pub(crate) async fn open(
    file: PathBuf,
    Terms { connections, may_sleep }: Terms,
    outlet: Outlet,
) -> Result<(Pool, Listener, Follower), ConnectError> {
    let first = first(&file, connections).await?;
    let listener = notice::listen(first.options, outlet, may_sleep).await?;
    let (sender, pools) = watch::channel(first.pool);
    let following = Following {
        file,
        connections,
        url: first.url,
        sender,
        logins: listener.logins(),
        failed: None,
    };
    Ok((Pool(pools), listener, Follower(tokio::spawn(following.follow()))))
}

struct Opened {
    url: String,
    pool: PgPool,
    options: sqlx::postgres::PgConnectOptions,
}

async fn opened(url: String, connections: u32) -> Result<Opened, ConnectError> {
    let (pool, options) = connect::postgres(&url, connections).await?;
    Ok(Opened { url, pool, options })
}

/// The first connection. A program that starts while logins are replaced may be shown the one before.
async fn first(file: &std::path::Path, connections: u32) -> Result<Opened, ConnectError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let DatabaseUrl::Postgres(url) = DatabaseUrl::read(file)? else {
            return Err(crate::UnknownScheme.into());
        };
        match opened(url, connections).await {
            Err(ConnectError::Postgres { source, host, port })
                if is_refused(&source) && Instant::now() + LOOK < deadline =>
            {
                warn!(error = %source, "The database at {host}:{port} refuses the login; waiting for another");
                tokio::time::sleep(LOOK).await;
            }
            done => return done,
        }
    }
}

struct Following {
    file: PathBuf,
    connections: u32,
    /// The URL that is in use.
    url: String,
    sender: watch::Sender<PgPool>,
    logins: watch::Sender<sqlx::postgres::PgConnectOptions>,
    /// The URL that could not be used: it is told once.
    failed: Option<String>,
}

impl Following {
    async fn follow(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let text = tokio::fs::read_to_string(&self.file).await.unwrap_or_default();
            let Ok(DatabaseUrl::Postgres(url)) = text.trim_end_matches(['\n', '\r']).parse() else {
                continue; // It is being replaced, or is gone: what is in use stays.
            };
            if url != self.url {
                self.change_to(url).await;
            }
        }
    }

    /// Nothing changes before the new login has a connection.
    async fn change_to(&mut self, url: String) {
        match opened(url.clone(), self.connections).await {
            Ok(Opened { url, pool, options }) => {
                (self.url, self.failed) = (url, None);
                let old = self.sender.send_replace(pool);
                self.logins.send_replace(options);
                // Waits for the transactions that run on it.
                tokio::spawn(async move { old.close().await });
                info!("Connecting to the database with another login from now on");
            }
            Err(error) if self.failed.as_ref() != Some(&url) => {
                warn!(%error, "Cannot connect with the new database url; the one before stays in use");
                self.failed = Some(url);
            }
            Err(_) => {}
        }
    }
}
