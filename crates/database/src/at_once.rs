//! A read in one round trip: a statement that tells Postgres itself for whom it is.
//!
//! A transaction that names its caller takes three more. The caller of such a statement is its first parameter, and it begins to
//! read from [`at_once!`](crate::at_once), which sets what row-level security compares until the statement ends and yields the
//! caller as `caller.id`. What is read is joined to that, so it is looked for after it; if it were not, it would not be found.

use std::time::{Duration, Instant};

use sqlx::{
    FromRow, PgPool,
    postgres::{PgArguments, PgRow},
};
use tokio::time::timeout;

use crate::{
    Database, Error,
    database::{Pools, on_one_that_lives, was_cut},
    notice::Line,
    seats::{Handed, Seats},
};

/// As long as a transaction gives its statements.
const PATIENCE: Duration = Duration::from_secs(10);

/// A statement that reads in one round trip: between what is selected and what it is selected from, which is joined to `caller`.
///
/// Its other parameters are columns of `caller` too, and `joined` names none by its number. So the planner cannot look at their
/// values: it finds that a plan for all of them costs what one for these does, and stops to make a new one each time.
///
/// ```
/// let titles = todochat_database::at_once!(
///     "SELECT task.title",
///     "$2::text AS task",
///     "CROSS JOIN LATERAL (SELECT title FROM tasks WHERE user_id = caller.id AND id = caller.task) task"
/// );
/// assert!(titles.starts_with("SELECT task.title FROM (SELECT set_config('app.user_id', $1, true)"));
/// ```
#[macro_export]
macro_rules! at_once {
    ($selected:expr, $parameters:expr, $joined:expr) => {
        concat!(
            $selected,
            " FROM (SELECT set_config('app.user_id', $1, true) AS id, ",
            $parameters,
            " OFFSET 0) caller ",
            $joined
        )
    };
}

impl Database {
    /// The rows of a statement made with [`at_once!`](crate::at_once). `None` where there is no such thing, on SQLite and behind a
    /// pooler: then they are read with [`read_as`](Self::read_as).
    pub async fn read_at_once<T>(
        &self,
        statement: &'static str,
        arguments: PgArguments,
    ) -> Result<Option<Vec<T>>, Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let Pools::Postgres(pool) = &self.pools else { return Ok(None) };
        if self.outlet.line() != Line::Up {
            return Ok(None);
        }
        let began = Instant::now();
        self.outlet.wake();
        let read = |pool| fetch(pool, &self.readers, began, statement, arguments.clone());
        let read = pool.with(|pool| on_one_that_lives(pool, read)).await.map_err(Error::from);
        let waited = read.as_ref().map_or_else(|_| began.elapsed(), |(waited, _)| *waited);
        self.needed(waited, read.as_ref().err());
        Ok(Some(read?.1))
    }
}

/// The rows, and how long it took from `began` until there was a connection.
async fn fetch<T>(
    pool: PgPool,
    seats: &Seats,
    began: Instant,
    statement: &'static str,
    arguments: PgArguments,
) -> sqlx::Result<(Duration, Vec<T>)>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let mut seat = seats.take().await?;
    let mut on = match seat.handed() {
        Some(handed) => handed,
        None => Handed::of(pool).await?,
    };
    let waited = began.elapsed();
    let rows = sqlx::query_as_with(statement, arguments).fetch_all(&mut *on.connection);
    let late = |_| sqlx::Error::Protocol(format!("no answer within {PATIENCE:?}"));
    let rows = timeout(PATIENCE, rows).await.unwrap_or_else(|error| Err(late(error)));
    match rows {
        Ok(rows) => {
            seat.leave(on);
            Ok((waited, rows))
        }
        Err(error) => {
            if was_cut(&error) {
                seats.clear();
            }
            Err(error)
        }
    }
}
