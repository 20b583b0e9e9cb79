//! Taking changes back, the last one first.

use serde::Serialize;
use todochat_database::{Transaction, on_each};

use crate::{
    ChangeKind, Stamp, Task, TaskError,
    changes::lock,
    find,
    task::{Content, caller},
    write::change,
};

/// What was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// What had been done.
    pub kind: ChangeKind,
    /// The task as it is now.
    pub task: Task,
    /// Whether the task is gone: its adding, or its restoring, was taken back.
    pub deleted: bool,
}

#[derive(sqlx::FromRow)]
struct Last {
    sequence: i64,
    task_id: String,
    #[sqlx(try_from = "String")]
    kind: ChangeKind,
    before: Option<String>,
}

/// Takes back the user's last change that has not been taken back. Called again, it goes on with the
/// one before. As all later changes are gone by then, the task is exactly as the change left it.
pub async fn undo(tx: &mut Transaction, at: Stamp) -> Result<Undone, TaskError> {
    lock(tx).await?;
    let last = last_standing(tx).await?.ok_or(TaskError::NothingToUndo)?;
    let row = find::row(tx, &last.task_id).await?.ok_or(TaskError::NotFound)?;
    let after = match &last.before {
        Some(before) => {
            serde_json::from_str(before).map_err(|error| sqlx::Error::Decode(Box::new(error)))?
        }
        None => Content { deleted: true, ..row.content() },
    };
    let row = change(tx, row, after, ChangeKind::Undone, Some(last.sequence), &at).await?;
    Ok(Undone { kind: last.kind, deleted: row.deleted_at.is_some(), task: row.task })
}

async fn last_standing(tx: &mut Transaction) -> Result<Option<Last>, TaskError> {
    let user = caller(tx);
    let last = on_each!(tx, connection => {
        sqlx::query_as(
            "SELECT sequence, task_id, kind, before
             FROM task_changes AS one
             WHERE user_id = $1
               AND undoes IS NULL
               AND NOT EXISTS (
                   SELECT 1 FROM task_changes AS other
                   WHERE other.user_id = $1 AND other.undoes = one.sequence
               )
             ORDER BY sequence DESC
             LIMIT 1",
        )
        .bind(&user)
        .fetch_optional(connection)
        .await
    })?;
    Ok(last)
}
