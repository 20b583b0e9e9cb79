//! When to look whether a file is still used. No user's rows: whoever sweeps is no user, and the ids alone tell nothing.

use chrono::{DateTime, Utc};
use todochat_database::{Error, Transaction, on_each};

use super::sql;

/// A file to look at.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    /// The file's id.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// Since when it is to be looked at.
    pub due_at: DateTime<Utc>,
}

/// The file is to be looked at when `at` has come.
pub async fn schedule(
    tx: &mut Transaction,
    user: &str,
    id: &str,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query(sql::SCHEDULE).bind(id).bind(user).bind(at).execute(connection).await.map(drop)
    })?;
    Ok(())
}

/// The first few files whose time has come.
pub async fn due(tx: &mut Transaction, now: DateTime<Utc>, most: i64) -> Result<Vec<Due>, Error> {
    let due = on_each!(tx, connection => {
        sqlx::query_as(sql::DUE).bind(now).bind(most).fetch_all(connection).await
    })?;
    Ok(due)
}

/// The file that was to be looked at at `due_at` needs not be looked at again. One that was scheduled anew stays so.
pub async fn settle(tx: &mut Transaction, id: &str, due_at: DateTime<Utc>) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query(sql::SETTLE).bind(id).bind(due_at).execute(connection).await.map(drop)
    })?;
    Ok(())
}

/// It did not work; the file is to be looked at again when `at` has come.
pub async fn hold_back(tx: &mut Transaction, due: &Due, at: DateTime<Utc>) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query(sql::HOLD_BACK)
            .bind(&due.id)
            .bind(due.due_at)
            .bind(at)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}
