//! Signs of life.

use std::collections::HashSet;

use chatkit_server::{StoreError, TurnLease};
use chrono::{DateTime, Utc};
use todochat_database::{Connection, Transaction, on_each};

use super::{lease_micros, sql, text};
use crate::store::threads::failed;

/// How long a reader on another server counts without a sign, in microseconds.
const WATCHED: i64 = 3_000_000;

/// Renews the leases of a server's turns in one statement; the ids of those that are not its own any
/// more. The transaction is the server's.
pub(in crate::store) async fn renew(
    tx: &mut Transaction,
    owner: &str,
    turns: &[TurnLease],
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let ids: Vec<&str> = turns.iter().map(|turn| turn.turn_id.as_str()).collect();
    let ids = serde_json::to_string(&ids).map_err(StoreError::failed)?;
    let statement = text(tx, sql::RENEW);
    if let Connection::Postgres(transaction) = tx.connection() {
        sqlx::query(sql::BY_HASH).execute(&mut *transaction).await.map_err(failed)?;
    }
    let renewed: Vec<String> = on_each!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(now.timestamp_micros())
            .bind(owner)
            .bind(lease_micros())
            .bind(&ids)
            .fetch_all(connection)
            .await
    })
    .map_err(failed)?;
    let renewed: HashSet<String> = renewed.into_iter().collect();
    let lost = turns.iter().filter(|turn| !renewed.contains(&turn.turn_id));
    Ok(lost.map(|turn| turn.turn_id.clone()).collect())
}

/// Somebody reads a turn on a server that does not run it.
pub(in crate::store) async fn watch(
    tx: &mut Transaction,
    user: &str,
    turn_id: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let statement = text(tx, sql::WATCH);
    on_each!(tx, connection => {
        sqlx::query(statement)
            .bind(now.timestamp_micros())
            .bind(turn_id)
            .bind(user)
            .bind(WATCHED)
            .execute(connection)
            .await
            .map(drop)
    })
    .map_err(failed)
}

/// Whether somebody does.
pub(in crate::store) async fn is_watched(
    tx: &mut Transaction,
    user: &str,
    turn_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let statement = text(tx, sql::IS_WATCHED);
    let watched: Option<String> = on_each!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(now.timestamp_micros())
            .bind(turn_id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)?;
    Ok(watched.is_some())
}
