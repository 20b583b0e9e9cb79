//! A task, as it is stored and as everybody sees it.

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use todochat_database::Transaction;

use crate::{Description, Title};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Task {
    /// Opaque, `tsk_…`; never changes.
    pub id: String,
    /// Short number that people say ("task 12"); counted per user.
    pub number: i64,
    /// What is to be done: one line of 1 to 255 characters.
    pub title: String,
    /// Anything more there is to say, up to 10,000 characters; may be empty.
    pub description: String,
    /// Whether it is done.
    pub completed: bool,
    /// Goes up with each change.
    pub version: i64,
    /// When it was added (RFC 3339, UTC).
    #[serde(serialize_with = "rfc3339")]
    pub created_at: DateTime<Utc>,
    /// When it was last changed (RFC 3339, UTC).
    #[serde(serialize_with = "rfc3339")]
    pub updated_at: DateTime<Utc>,
}

/// What is needed to add a task. The id is handed in: `tsk_` and lower-case letters and digits.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// The task's id to be.
    pub id: String,
    /// Its title.
    pub title: Title,
    /// Its description; empty by default.
    pub description: Description,
}

/// A row of `tasks`: the task, and whether it is there or deleted.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Row {
    #[sqlx(flatten)]
    pub(crate) task: Task,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
}

/// The part of a row that changes, and so what undo goes back to. Kept as JSON in `task_changes`;
/// a field that is added later needs a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) completed: bool,
    pub(crate) deleted: bool,
}

impl Row {
    pub(crate) fn content(&self) -> Content {
        Content {
            title: self.task.title.clone(),
            description: self.task.description.clone(),
            completed: self.task.completed,
            deleted: self.deleted_at.is_some(),
        }
    }
}

/// The user a transaction was begun for.
pub(crate) fn caller(tx: &Transaction) -> String {
    tx.user().expect("tasks are reached through read_as and write_as only").to_owned()
}

/// Whole seconds without a fraction, all others with six digits.
pub(crate) fn rfc3339<S: Serializer>(time: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
    let digits = if time.nanosecond() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    out.serialize_str(&time.to_rfc3339_opts(digits, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_shown_with_plain_times() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let task = Task {
            id: "tsk_1".into(),
            number: 12,
            title: "Buy milk".into(),
            description: String::new(),
            completed: false,
            version: 1,
            created_at: time("2026-11-21T10:00:00Z"),
            updated_at: time("2026-11-21T10:00:00.120Z"),
        };
        assert_eq!(
            serde_json::to_value(task).unwrap(),
            serde_json::json!({
                "id": "tsk_1", "number": 12, "title": "Buy milk", "description": "",
                "completed": false, "version": 1,
                "created_at": "2026-11-21T10:00:00Z", "updated_at": "2026-11-21T10:00:00.120000Z",
            })
        );
    }
}
