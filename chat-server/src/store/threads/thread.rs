//! A thread's own row.

use chatkit_server::{StoreError, TurnStart, protocol::ThreadMetadata};
use chrono::{DateTime, Utc};
use todochat_database::{Transaction, on_each};

use super::{failed, rows::ThreadRow, sql};
use crate::{
    caller::Caller,
    store::{attachments, turns::at_once::named},
};

/// A new thread, named after its first message; yields that name.
pub(super) async fn insert(
    tx: &mut Transaction,
    user: &str,
    start: TurnStart<'_>,
) -> Result<Option<String>, StoreError> {
    let row = named(start)?;
    on_each!(tx, connection => {
        sqlx::query(sql::INSERT_THREAD)
            .bind(&row.id)
            .bind(user)
            .bind(&row.title)
            .bind(&row.status)
            .bind(&row.image_domains)
            .bind(&row.metadata)
            // The first place is the turn's.
            .bind(2_i64)
            .bind(row.created_at)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)?;
    Ok(row.title)
}

/// A thread's title, status, image domains and metadata.
pub(in crate::store) async fn save(
    tx: &mut Transaction,
    user: &str,
    thread: &ThreadMetadata,
) -> Result<(), StoreError> {
    let row = ThreadRow::of(thread)?;
    let saved = on_each!(tx, connection => {
        sqlx::query(sql::SAVE_THREAD)
            .bind(&row.id)
            .bind(user)
            .bind(&row.title)
            .bind(&row.status)
            .bind(&row.image_domains)
            .bind(&row.metadata)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    });
    if saved.map_err(failed)? == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// The thread, if it is this caller's.
pub(super) async fn load(
    tx: &mut Transaction,
    caller: &Caller,
    thread_id: &str,
) -> Result<ThreadMetadata, StoreError> {
    let row: Option<ThreadRow> = on_each!(tx, connection => {
        sqlx::query_as(sql::LOAD_THREAD)
            .bind(thread_id)
            .bind(caller.user.as_str())
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    row.ok_or(StoreError::NotFound)?.into_thread()
}

/// Deletes a thread with all that belongs to it. Its files are left to be swept.
pub(super) async fn delete(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let left = attachments::leave(tx, user, thread_id, now).await;
    left.map_err(StoreError::failed)?;
    on_each!(tx, connection => {
        sqlx::query(sql::DELETE_THREAD)
            .bind(thread_id)
            .bind(user)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)
}

/// Where a thread stands among its user's.
pub(super) async fn place_of(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
) -> Result<(DateTime<Utc>, String), StoreError> {
    let place: Option<(DateTime<Utc>, String)> = on_each!(tx, connection => {
        sqlx::query_as(sql::PLACE_OF_THREAD)
            .bind(thread_id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    place.ok_or_else(StoreError::unknown_cursor)
}
