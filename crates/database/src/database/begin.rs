//! A transaction begins, and is told who it is for.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, PgPool};

use super::{Database, Pools, on_one_that_lives};
use crate::{Error, PostgresTransaction, Transaction, notice::Line};

/// Set at the start of each transaction rather than on the connection: behind a transaction pooler
/// a connection is nobody's, and start-up options are refused.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL statement_timeout = '10s'; \
     SET LOCAL idle_in_transaction_session_timeout = '30s'";
const BEGIN_WRITE: &str = "BEGIN; \
     SET LOCAL statement_timeout = '10s'; \
     SET LOCAL lock_timeout = '5s'; \
     SET LOCAL idle_in_transaction_session_timeout = '30s'";

impl Database {
    /// A snapshot of what this user may see. Writing in it fails.
    pub async fn read_as(&self, user: &str) -> Result<Transaction, Error> {
        self.begin(false, Caller::User(user)).await
    }

    /// A transaction that changes this user's rows. Dropped without a commit, it changes nothing.
    pub async fn write_as(&self, user: &str) -> Result<Transaction, Error> {
        self.begin(true, Caller::User(user)).await
    }

    /// A snapshot for tables that are no user's: accounts, sessions. Sees no user's rows on Postgres.
    pub async fn read(&self) -> Result<Transaction, Error> {
        self.begin(false, Caller::Nobody).await
    }

    /// A transaction on tables that are no user's: accounts, sessions, rate limits.
    pub async fn write(&self) -> Result<Transaction, Error> {
        self.begin(true, Caller::Nobody).await
    }

    /// A snapshot of the few rows of all users that their tables show a server of this name.
    pub async fn read_as_server(&self, name: &str) -> Result<Transaction, Error> {
        self.begin(false, Caller::Server(name)).await
    }

    /// A transaction on the few rows of all users that their tables let a server of this name change.
    pub async fn write_as_server(&self, name: &str) -> Result<Transaction, Error> {
        self.begin(true, Caller::Server(name)).await
    }

    async fn begin(&self, write: bool, caller: Caller<'_>) -> Result<Transaction, Error> {
        let began = Instant::now();
        self.outlet.wake();
        let transaction = self.begin_uncounted(write, caller).await;
        self.needed(began.elapsed(), transaction.as_ref().err());
        transaction
    }

    /// It was needed, and waited for; or it was not there.
    pub(crate) fn needed(&self, waited: Duration, error: Option<&Error>) {
        self.is_missed.store(error.is_some_and(Error::is_unavailable), Ordering::Relaxed);
        if let Some(metrics) = self.counted.get() {
            metrics.began(waited, error.is_none());
        }
    }

    async fn begin_uncounted(&self, write: bool, caller: Caller<'_>) -> Result<Transaction, Error> {
        let connection = match &self.pools {
            Pools::Postgres(pool) => {
                let begin = if write { BEGIN_WRITE } else { BEGIN_READ };
                let begin = caller.introduced(begin)?;
                let begin = |pool: PgPool| {
                    let begin = AssertSqlSafe(Arc::clone(&begin));
                    async move { pool.begin_with(begin).await }
                };
                let connection = pool.with(|pool| on_one_that_lives(pool, begin)).await?;
                let is_pooled = self.outlet.line() == Line::Pooled;
                crate::Connection::Postgres(PostgresTransaction::new(connection, is_pooled))
            }
            // IMMEDIATE takes the lock now: a transaction that reads first and writes later could
            // otherwise find its snapshot outdated by another program, and fail.
            Pools::Sqlite { writer, .. } if write => {
                crate::Connection::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Sqlite { readers, .. } => crate::Connection::Sqlite(readers.begin().await?),
        };
        Ok(Transaction::new(connection, caller.user(), self.outlet.clone()))
    }
}

/// Who a transaction is for: what row-level security compares.
#[derive(Clone, Copy)]
enum Caller<'a> {
    Nobody,
    User(&'a str),
    Server(&'a str),
}

impl<'a> Caller<'a> {
    fn user(self) -> Option<&'a str> {
        if let Self::User(user) = self { Some(user) } else { None }
    }

    /// How a transaction begins that Postgres is told this of, in one go.
    fn introduced(self, begin: &str) -> Result<Arc<str>, Error> {
        let (setting, name) = match self {
            Self::Nobody => return Ok(begin.into()),
            Self::User(user) => ("app.user_id", user),
            Self::Server(name) => ("app.server", name),
        };
        // It cannot be a parameter here. All our ids are like that.
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            let refused = "a caller's name has letters, digits, _ and - only";
            return Err(Error::Statement(sqlx::Error::Encode(refused.into())));
        }
        Ok(format!("{begin}; SET LOCAL {setting} = '{name}'").into())
    }
}
