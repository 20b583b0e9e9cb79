//! What a running turn writes.

use chatkit_server::{Change, StoreError, TurnEnd, TurnLease};
use chrono::{DateTime, TimeDelta, Utc};
use todochat_database::{Transaction, on_each};

use super::sql;
use crate::store::threads::{self, failed, items};

/// How long a turn that has ended can be come back to.
pub(super) const KEPT: TimeDelta = TimeDelta::days(1);

/// Locks a thread and takes as many places in it as these changes need; the first of them.
pub(in crate::store) async fn take_places(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    changes: &[Change<'_>],
) -> Result<i64, StoreError> {
    let wanted = changes.iter().filter(|change| adds(change)).count();
    let first: Option<i64> = on_each!(tx, connection => {
        sqlx::query_scalar(sql::TAKE_PLACES)
            .bind(thread_id)
            .bind(user)
            .bind(i64::try_from(wanted).unwrap_or(i64::MAX))
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    first.ok_or(StoreError::NotFound)
}

fn adds(change: &Change<'_>) -> bool {
    matches!(change, Change::Add(_) | Change::Checkpoint(_))
}

/// Whether a turn is still its holder's. The thread is locked, so it stays so until the commit.
pub(in crate::store) async fn check(
    tx: &mut Transaction,
    user: &str,
    owner: &str,
    turn: &TurnLease,
) -> Result<(), StoreError> {
    let held: Option<String> = on_each!(tx, connection => {
        sqlx::query_scalar(sql::IS_HELD)
            .bind(&turn.turn_id)
            .bind(user)
            .bind(owner)
            .bind(turn.fence)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    held.map(drop).ok_or(StoreError::Lost)
}

/// Makes changes, the new items from this place on; says which place is the next.
pub(in crate::store) async fn apply(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    first: i64,
    changes: &[Change<'_>],
) -> Result<i64, StoreError> {
    let mut place = first;
    for change in changes {
        match change {
            Change::Add(item) | Change::Checkpoint(item) => {
                items::put(tx, user, thread_id, place, item).await?;
                place += 1;
            }
            Change::Save(item) => items::save(tx, user, thread_id, item).await?,
            Change::Delete(id) => items::delete(tx, user, thread_id, id).await?,
            Change::Thread(thread) => threads::save(tx, user, thread).await?,
        }
    }
    Ok(place)
}

/// Ends a turn whose last place was `last`.
pub(in crate::store) async fn end(
    tx: &mut Transaction,
    (user, owner): (&str, &str),
    turn: &TurnLease,
    end: &TurnEnd,
    last: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let error = end.error.as_ref().map(serde_json::to_string).transpose();
    let error = error.map_err(StoreError::failed)?;
    let ended = on_each!(tx, connection => {
        sqlx::query(sql::END_TURN)
            .bind(&turn.turn_id)
            .bind(user)
            .bind(owner)
            .bind(turn.fence)
            .bind(end.state.as_str())
            .bind(&error)
            .bind(last)
            .bind(now)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    });
    if ended.map_err(failed)? == 0 { Err(StoreError::Lost) } else { Ok(()) }
}

/// Lets go of the thread's turns that nobody comes back to.
pub(in crate::store) async fn forget(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_each!(tx, connection => {
        sqlx::query(sql::FORGET_TURNS)
            .bind(thread_id)
            .bind(user)
            .bind(now - KEPT)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)
}
