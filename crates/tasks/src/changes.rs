//! The log of changes: what undo goes back through, and what the live feed goes on from.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use todochat_database::{Notice, Topic, Transaction, on_each};

use crate::{
    TaskError,
    task::{Content, caller, rfc3339},
};

/// When a change is made, and the id it is to have: both are handed in.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The time, to the microsecond.
    pub now: DateTime<Utc>,
    /// `chg_…`.
    pub change_id: String,
}

/// What was done to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has another title or description.
    Edited,
    /// It is done.
    Completed,
    /// It is to be done after all.
    Reopened,
    /// It is gone, but can be restored.
    Deleted,
    /// It is back.
    Restored,
    /// An earlier change was taken back.
    Undone,
}

const KINDS: [(ChangeKind, &str); 7] = [
    (ChangeKind::Added, "added"),
    (ChangeKind::Edited, "edited"),
    (ChangeKind::Completed, "completed"),
    (ChangeKind::Reopened, "reopened"),
    (ChangeKind::Deleted, "deleted"),
    (ChangeKind::Restored, "restored"),
    (ChangeKind::Undone, "undone"),
];

impl ChangeKind {
    fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

impl TryFrom<String> for ChangeKind {
    type Error = UnknownKind;

    fn try_from(name: String) -> Result<Self, UnknownKind> {
        KINDS
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
            .ok_or(UnknownKind(name))
    }
}

/// A kind of change in the database that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("task_changes has a kind `{0}`, which is not known")]
pub struct UnknownKind(String);

/// One change of one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Change {
    /// Its place among the user's changes: 1, 2, 3 … without a gap.
    pub sequence: i64,
    /// The task.
    pub task_id: String,
    /// What was done.
    #[sqlx(try_from = "String")]
    pub kind: ChangeKind,
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub at: DateTime<Utc>,
}

/// The user's changes after the one with this sequence, oldest first, at most `limit`.
pub async fn changes_after(
    tx: &mut Transaction,
    sequence: i64,
    limit: u32,
) -> Result<Vec<Change>, TaskError> {
    let user = caller(tx);
    let changes = on_each!(tx, connection => {
        sqlx::query_as(
            "SELECT sequence, task_id, kind, at
             FROM task_changes
             WHERE user_id = $1 AND sequence > $2
             ORDER BY sequence
             LIMIT $3",
        )
        .bind(&user)
        .bind(sequence)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
    })?;
    Ok(changes)
}

/// The sequence of the user's last change; 0 before the first.
pub async fn last_change(tx: &mut Transaction) -> Result<i64, TaskError> {
    let user = caller(tx);
    let last: Option<i64> = on_each!(tx, connection => {
        sqlx::query_scalar("SELECT last_change FROM task_counters WHERE user_id = $1")
            .bind(&user)
            .fetch_optional(connection)
            .await
    })?;
    Ok(last.unwrap_or(0))
}

/// Makes this user's other writers wait until this transaction ends. Always the first lock that is
/// taken, so that no two can wait for each other.
pub(crate) async fn lock(tx: &mut Transaction) -> Result<(), TaskError> {
    let user = caller(tx);
    on_each!(tx, connection => {
        sqlx::query(
            "INSERT INTO task_counters (user_id, last_number, last_change) VALUES ($1, 0, 0)
             ON CONFLICT (user_id) DO UPDATE SET last_change = task_counters.last_change",
        )
        .bind(&user)
        .execute(connection)
        .await
        .map(drop)
    })?;
    Ok(())
}

/// What is to be remembered of a change.
pub(crate) struct Record<'a> {
    pub(crate) task_id: &'a str,
    pub(crate) kind: ChangeKind,
    pub(crate) before: Option<&'a Content>,
    pub(crate) undoes: Option<i64>,
}

/// Adds the change to the log, and announces it once it is committed. The user's row is locked.
pub(crate) async fn record(
    tx: &mut Transaction,
    change: Record<'_>,
    at: &Stamp,
) -> Result<(), TaskError> {
    let user = caller(tx);
    let before = change
        .before
        .map(|before| serde_json::to_string(before).expect("a plain struct has a JSON form"));
    let sequence: i64 = on_each!(tx, connection => {
        sqlx::query_scalar(
            "UPDATE task_counters SET last_change = last_change + 1
             WHERE user_id = $1
             RETURNING last_change",
        )
        .bind(&user)
        .fetch_one(connection)
        .await
    })?;
    on_each!(tx, connection => {
        sqlx::query(
            "INSERT INTO task_changes (user_id, sequence, id, task_id, kind, before, undoes, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&user)
        .bind(sequence)
        .bind(&at.change_id)
        .bind(change.task_id)
        .bind(change.kind.name())
        .bind(&before)
        .bind(change.undoes)
        .bind(at.now)
        .execute(connection)
        .await
        .map(drop)
    })?;
    let subject = change.task_id.to_owned();
    tx.notify(Notice { topic: Topic::TasksChanged, user, subject });
    Ok(())
}
