//! Turns as they are kept.

use chatkit_server::{
    StoreError, TurnState,
    protocol::{ErrorEvent, ThreadItem},
};
use todochat_database::{Transaction, on_each};

use super::sql;
use crate::store::threads::{
    failed,
    items::read,
    rows::{Unreadable, unreadable},
};

/// A row of `turns`, as far as readers need it.
pub(in crate::store) struct Kept {
    pub(in crate::store) thread_id: String,
    pub(in crate::store) state: TurnState,
    pub(in crate::store) error: Option<ErrorEvent>,
    pub(in crate::store) is_new: bool,
    /// From its first place to its last, if that is known.
    pub(in crate::store) places: (i64, i64),
}

#[derive(sqlx::FromRow)]
struct Row {
    thread_id: String,
    state: String,
    error: Option<String>,
    is_new: bool,
    first_sequence: i64,
    last_sequence: Option<i64>,
}

/// One turn.
pub(in crate::store) async fn turn(
    tx: &mut Transaction,
    user: &str,
    turn_id: &str,
) -> Result<Kept, StoreError> {
    let row: Option<Row> = on_each!(tx, connection => {
        sqlx::query_as(sql::LOAD_TURN).bind(turn_id).bind(user).fetch_optional(connection).await
    })
    .map_err(failed)?;
    let row = row.ok_or(StoreError::NotFound)?;
    let error = row.error.as_deref().map(serde_json::from_str).transpose();
    let error = error.map_err(|source| {
        let id = turn_id.to_owned();
        StoreError::failed(Unreadable { table: "turns", column: "error", id, source })
    })?;
    Ok(Kept {
        thread_id: row.thread_id,
        state: TurnState::from_word(&row.state)
            .ok_or_else(|| unreadable("turns", "state", turn_id))?,
        error,
        is_new: row.is_new,
        places: (row.first_sequence, row.last_sequence.unwrap_or(i64::MAX)),
    })
}

/// The items of a turn that is known to be the user's, without hidden ones.
pub(in crate::store) async fn items(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    (first, last): (i64, i64),
) -> Result<Vec<ThreadItem>, StoreError> {
    let texts: Vec<String> = on_each!(tx, connection => {
        sqlx::query_scalar(sql::ITEMS_OF_TURN)
            .bind(thread_id)
            .bind(user)
            .bind(first)
            .bind(last)
            .fetch_all(connection)
            .await
    })
    .map_err(failed)?;
    texts.iter().map(|text| read(thread_id, text)).collect()
}

/// The turn that runs in a thread.
pub(in crate::store) async fn running(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
) -> Result<Option<String>, StoreError> {
    on_each!(tx, connection => {
        sqlx::query_scalar(sql::RUNNING_TURN)
            .bind(thread_id)
            .bind(user)
            .fetch_optional(connection)
            .await
    })
    .map_err(failed)
}
