//! A write in one round trip: a function of the database does all of it, and that is its transaction.
//!
//! A transaction that is begun, told its caller and committed is asked for each statement, and holds its connection and its locks
//! while the answers travel. Such a function sets what row-level security compares itself, from its first argument.

use std::time::Instant;

use sqlx::{
    FromRow,
    postgres::{PgArguments, PgRow},
};

use crate::{
    Database, Error, Notice,
    database::{Pools, on_one_that_lives, was_cut},
    notice::Line,
    seats::Handed,
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
        let mut seat = self.writers.take_or_stand();
        let on = match seat.handed() {
            Some(handed) => Ok(handed),
            None => pool.with(|pool| on_one_that_lives(pool, Handed::of)).await,
        };
        let on = on.map_err(Error::from);
        self.needed(began.elapsed(), on.as_ref().err());
        let mut on = on?;
        let rows = sqlx::query_as_with(statement, arguments).fetch_all(&mut *on.connection).await;
        match rows {
            Ok(rows) => {
                seat.leave(on);
                Ok(Some(rows))
            }
            Err(error) if is_refused(&error) => Ok(None),
            Err(error) if was_cut(&error) => {
                self.writers.clear();
                Ok(None)
            }
            Err(error) => Err(error.into()),
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

fn is_refused(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == NOT_THIS_WAY)
}
