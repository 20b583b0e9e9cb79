//! A write in one round trip: a function of the database does all of it, and that is its transaction.
//!
//! A transaction that is begun, told its caller and committed is asked for each statement, and holds its connection and its locks
//! while the answers travel. Such a function sets what row-level security compares itself, from its first argument.

use std::time::Instant;

use sqlx::{
    FromRow, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
};

use crate::{
    Database, Error, Notice,
    database::{Pools, on_one_that_lives, was_cut},
    notice::Line,
};

/// What a function raises that has come upon something it does not do, and has changed nothing.
const NOT_THIS_WAY: &str = "TD000";

impl Database {
    /// Calls a function that writes; when this returns rows, that is committed. `None` where it cannot be called, on SQLite and
    /// behind a pooler, where it refused (SQLSTATE `TD000`), and where the connection turned out to be cut: then the same is to be
    /// done in a transaction. It may have been done already in the last case, as with every commit whose answer is lost.
    ///
    /// The answer is waited for as long as it takes: a write that was given up might be done after what comes next.
    pub async fn write_at_once<T>(
        &self,
        statement: &'static str,
        arguments: PgArguments,
    ) -> Result<Option<Vec<T>>, Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let Pools::Postgres(pool) = &self.pools else { return Ok(None) };
        if !self.can_write_at_once() {
            return Ok(None);
        }
        let began = Instant::now();
        let acquire = |pool: PgPool| async move { pool.acquire().await };
        let connection = pool.with(|pool| on_one_that_lives(pool, acquire)).await;
        let connection = connection.map_err(Error::from);
        self.needed(began.elapsed(), connection.as_ref().err());
        match call(connection?, statement, arguments).await {
            Err(error) if was_cut(&error) || is_refused(&error) => Ok(None),
            called => Ok(Some(called?)),
        }
    }

    /// Whether [`write_at_once`](Self::write_at_once) would try: otherwise there is no need to put together what it sends.
    pub fn can_write_at_once(&self) -> bool {
        matches!(self.pools, Pools::Postgres(_)) && self.outlet.line() == Line::Up
    }

    /// Announces what [`write_at_once`](Self::write_at_once) has committed.
    pub fn announce(&self, notices: Vec<Notice>) {
        self.outlet.announce(notices);
    }
}

async fn call<T>(
    mut connection: PoolConnection<Postgres>,
    statement: &'static str,
    arguments: PgArguments,
) -> sqlx::Result<Vec<T>>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    sqlx::query_as_with(statement, arguments).fetch_all(&mut *connection).await
}

fn is_refused(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == NOT_THIS_WAY)
}
