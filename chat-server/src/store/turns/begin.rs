//! A turn begins.

use chatkit_server::{IdempotencyKey, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use todochat_database::{Transaction, on_each};

use super::{sql, sweep, text};
use crate::store::threads::failed;

/// How long a key is remembered.
pub(super) const DAY: TimeDelta = TimeDelta::days(1);

/// A turn that is to begin.
pub(in crate::store) struct NewTurn<'a> {
    pub(in crate::store) id: &'a str,
    pub(in crate::store) thread_id: &'a str,
    /// The server that runs it.
    pub(in crate::store) owner: &'a str,
    /// The place of its first item.
    pub(in crate::store) first: i64,
    pub(in crate::store) is_new: bool,
    pub(in crate::store) now: DateTime<Utc>,
}

/// Begins a turn in a thread that is locked. One that runs there already is in its way, unless its
/// server is dead.
pub(in crate::store) async fn insert(
    tx: &mut Transaction,
    user: &str,
    turn: &NewTurn<'_>,
) -> Result<(), StoreError> {
    if try_insert(tx, user, turn).await? {
        return Ok(());
    }
    let freed = sweep::interrupt(tx, user, turn.thread_id, turn.first - 1, turn.now).await?;
    if freed && try_insert(tx, user, turn).await? { Ok(()) } else { Err(StoreError::Busy) }
}

/// Ends the turn that runs in a thread that is locked, because its answer is dropped; says whether
/// there was one. `last` is the last place that was given out.
pub(in crate::store) async fn supersede(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    last: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let ended = on_each!(tx, connection => {
        sqlx::query(sql::SUPERSEDE)
            .bind(thread_id)
            .bind(user)
            .bind(last)
            .bind(now)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    });
    Ok(ended.map_err(failed)? > 0)
}

async fn try_insert(
    tx: &mut Transaction,
    user: &str,
    turn: &NewTurn<'_>,
) -> Result<bool, StoreError> {
    let statement = text(tx, sql::INSERT_TURN);
    let inserted = on_each!(tx, connection => {
        sqlx::query(statement)
            .bind(turn.now.timestamp_micros())
            .bind(turn.id)
            .bind(user)
            .bind(turn.thread_id)
            .bind(turn.owner)
            .bind(super::lease_micros())
            .bind(turn.first)
            .bind(turn.is_new)
            .bind(turn.now)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    });
    Ok(inserted.map_err(failed)? > 0)
}

/// Takes a key for a turn. Whoever sends the same one waits until this transaction has ended.
pub(in crate::store) async fn claim(
    tx: &mut Transaction,
    user: &str,
    key: &IdempotencyKey,
    turn_id: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let claimed = on_each!(tx, connection => {
        sqlx::query(sql::CLAIM_KEY)
            .bind(user)
            .bind(key.key())
            .bind(key.fingerprint())
            .bind(turn_id)
            .bind(now)
            .bind(now - DAY)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    });
    if claimed.map_err(failed)? > 0 {
        return forget_keys(tx, user, now).await;
    }
    let turn_id = turn_of_key(tx, user, key, now).await?.ok_or(StoreError::Busy)?;
    Err(StoreError::Repeated { turn_id })
}

async fn forget_keys(
    tx: &mut Transaction,
    user: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_each!(tx, connection => {
        sqlx::query(sql::FORGET_KEYS).bind(user).bind(now - DAY).execute(connection).await.map(drop)
    })
    .map_err(failed)
}

/// The turn that was begun with a key.
pub(in crate::store) async fn turn_of_key(
    tx: &mut Transaction,
    user: &str,
    key: &IdempotencyKey,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let found: Option<(String, String)> = on_each!(tx, connection => {
        sqlx::query_as(sql::FIND_KEY)
            .bind(user)
            .bind(key.key())
            .bind(now - DAY)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    match found {
        Some((fingerprint, _)) if fingerprint != key.fingerprint() => Err(StoreError::key_reused()),
        found => Ok(found.map(|(_, turn_id)| turn_id)),
    }
}
