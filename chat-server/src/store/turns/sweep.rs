//! Turns whose server died.

use chatkit_server::{
    StoreError,
    protocol::{ErrorCode, ErrorEvent},
};
use chrono::{DateTime, Utc};
use todochat_database::{Transaction, on_each};

use super::{sql, text, tidy};
use crate::store::threads::failed;

/// A turn that gave no sign of life.
pub(in crate::store) struct Dead {
    pub(in crate::store) user: String,
    pub(in crate::store) thread_id: String,
}

/// Turns of all users that gave no sign of life. The transaction is a server's.
pub(in crate::store) async fn dead(
    tx: &mut Transaction,
    now: DateTime<Utc>,
) -> Result<Vec<Dead>, StoreError> {
    let statement = text(tx, sql::DEAD);
    let found: Vec<(String, String, String)> = on_each!(tx, connection => {
        sqlx::query_as(statement).bind(now.timestamp_micros()).fetch_all(connection).await
    })
    .map_err(failed)?;
    Ok(found.into_iter().map(|(_, user, thread_id)| Dead { user, thread_id }).collect())
}

/// Ends the turn of a thread that is locked, if it gave no sign of life, and puts its items in order.
/// `last` is the last place that was given out.
pub(in crate::store) async fn interrupt(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    last: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let error = ErrorEvent { code: ErrorCode::StreamError, message: None, allow_retry: true };
    let error = serde_json::to_string(&error).map_err(StoreError::failed)?;
    let statement = text(tx, sql::INTERRUPT);
    let first: Option<i64> = on_each!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(now.timestamp_micros())
            .bind(thread_id)
            .bind(user)
            .bind(&error)
            .bind(last)
            .bind(now)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    let Some(first) = first else { return Ok(false) };
    tidy(tx, user, thread_id, first, now).await?;
    Ok(true)
}
