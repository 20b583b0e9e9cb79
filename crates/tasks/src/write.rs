//! What may be done to a task. Each is one change in the log, or none when nothing would change:
//! doing a thing again is no error and leaves no trace.

use todochat_database::{Transaction, on_each};

use crate::{
    ChangeKind, Description, NewTask, Stamp, Task, TaskError, Title,
    changes::{Record, lock, record},
    find,
    task::{Content, Row, caller},
    words,
};

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Another title.
    pub title: Option<Title>,
    /// Another description; the empty one clears it.
    pub description: Option<Description>,
    /// Done, or to be done again.
    pub completed: Option<bool>,
}

/// Adds a task, with the user's next number.
pub async fn add(tx: &mut Transaction, new: NewTask, at: Stamp) -> Result<Task, TaskError> {
    let number = next_number(tx).await?;
    let row = Row {
        task: Task {
            id: new.id,
            number,
            title: new.title.as_str().to_owned(),
            description: new.description.as_str().to_owned(),
            completed: false,
            version: 1,
            created_at: at.now,
            updated_at: at.now,
        },
        deleted_at: None,
    };
    insert(tx, &row.task).await?;
    let change =
        Record { task_id: &row.task.id, kind: ChangeKind::Added, before: None, undoes: None };
    record(tx, change, &at).await?;
    Ok(row.task)
}

/// Changes what the edit names. With `expected`, only if that is still the task's version.
pub async fn update(
    tx: &mut Transaction,
    id: &str,
    edit: Edit,
    expected: Option<i64>,
    at: Stamp,
) -> Result<Task, TaskError> {
    let row = lock_present(tx, id).await?;
    check_version(&row, expected)?;
    let mut after = row.content();
    if let Some(title) = &edit.title {
        title.as_str().clone_into(&mut after.title);
    }
    if let Some(description) = &edit.description {
        description.as_str().clone_into(&mut after.description);
    }
    after.completed = edit.completed.unwrap_or(after.completed);
    let kind = match (&row.task, &after) {
        (was, is) if was.title != is.title || was.description != is.description => {
            ChangeKind::Edited
        }
        (_, is) if is.completed => ChangeKind::Completed,
        _ => ChangeKind::Reopened,
    };
    Ok(change(tx, row, after, kind, None, &at).await?.task)
}

/// Marks a task as done. It is never a toggle: again changes nothing.
pub async fn complete(tx: &mut Transaction, id: &str, at: Stamp) -> Result<Task, TaskError> {
    let edit = Edit { completed: Some(true), ..Edit::default() };
    update(tx, id, edit, None, at).await
}

/// Marks a task as to be done again.
pub async fn reopen(tx: &mut Transaction, id: &str, at: Stamp) -> Result<Task, TaskError> {
    let edit = Edit { completed: Some(false), ..Edit::default() };
    update(tx, id, edit, None, at).await
}

/// Deletes a task; it can be restored. What is deleted is not found, so again is an error. Answers
/// what was deleted.
pub async fn delete(tx: &mut Transaction, id: &str, at: Stamp) -> Result<Task, TaskError> {
    let row = lock_present(tx, id).await?;
    let after = Content { deleted: true, ..row.content() };
    Ok(change(tx, row, after, ChangeKind::Deleted, None, &at).await?.task)
}

/// Brings a deleted task back; one that is there stays as it is.
pub async fn restore(tx: &mut Transaction, id: &str, at: Stamp) -> Result<Task, TaskError> {
    lock(tx).await?;
    let row = find::row(tx, id).await?.ok_or(TaskError::NotFound)?;
    let after = Content { deleted: false, ..row.content() };
    Ok(change(tx, row, after, ChangeKind::Restored, None, &at).await?.task)
}

/// Refuses with a conflict unless the task is at this version, and keeps it there until the
/// transaction ends.
pub async fn require_version(
    tx: &mut Transaction,
    id: &str,
    version: i64,
) -> Result<(), TaskError> {
    let row = lock_present(tx, id).await?;
    check_version(&row, Some(version))
}

fn check_version(row: &Row, expected: Option<i64>) -> Result<(), TaskError> {
    match expected {
        Some(version) if version != row.task.version => {
            Err(TaskError::Conflict { current: Box::new(row.task.clone()) })
        }
        _ => Ok(()),
    }
}

/// A task that is not deleted, which nobody else changes until the transaction ends.
async fn lock_present(tx: &mut Transaction, id: &str) -> Result<Row, TaskError> {
    lock(tx).await?;
    find::row(tx, id).await?.filter(|row| row.deleted_at.is_none()).ok_or(TaskError::NotFound)
}

/// Gives a row other content and writes it down, unless it has it already. The row is locked.
pub(crate) async fn change(
    tx: &mut Transaction,
    row: Row,
    after: Content,
    kind: ChangeKind,
    undoes: Option<i64>,
    at: &Stamp,
) -> Result<Row, TaskError> {
    let before = row.content();
    if before == after {
        return Ok(row);
    }
    let Content { title, description, completed, deleted } = after;
    let row = Row {
        task: Task {
            title,
            description,
            completed,
            version: row.task.version + 1,
            updated_at: at.now,
            ..row.task
        },
        deleted_at: if deleted { row.deleted_at.or(Some(at.now)) } else { None },
    };
    save(tx, &row).await?;
    let change = Record { task_id: &row.task.id, kind, before: Some(&before), undoes };
    record(tx, change, at).await?;
    Ok(row)
}

/// The user's next number. Locks the user's row.
async fn next_number(tx: &mut Transaction) -> Result<i64, TaskError> {
    let user = caller(tx);
    let number = on_each!(tx, connection => {
        sqlx::query_scalar(
            "INSERT INTO task_counters (user_id, last_number, last_change) VALUES ($1, 1, 0)
             ON CONFLICT (user_id) DO UPDATE SET last_number = task_counters.last_number + 1
             RETURNING last_number",
        )
        .bind(&user)
        .fetch_one(connection)
        .await
    })?;
    Ok(number)
}

async fn insert(tx: &mut Transaction, task: &Task) -> Result<(), TaskError> {
    let user = caller(tx);
    on_each!(tx, connection => {
        sqlx::query(
            "INSERT INTO tasks (user_id, id, number, title, description, title_words,
                                description_words, completed, version, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&user)
        .bind(&task.id)
        .bind(task.number)
        .bind(&task.title)
        .bind(&task.description)
        .bind(words::stored(&words::of(&task.title)))
        .bind(words::stored(&words::of(&task.description)))
        .bind(task.completed)
        .bind(task.version)
        .bind(task.created_at)
        .bind(task.updated_at)
        .execute(connection)
        .await
        .map(drop)
    })?;
    Ok(())
}

async fn save(tx: &mut Transaction, row: &Row) -> Result<(), TaskError> {
    let user = caller(tx);
    let Row { task, deleted_at } = row;
    on_each!(tx, connection => {
        sqlx::query(
            "UPDATE tasks
             SET title = $3, description = $4, title_words = $5, description_words = $6,
                 completed = $7, version = $8, updated_at = $9, deleted_at = $10
             WHERE user_id = $1 AND id = $2",
        )
        .bind(&user)
        .bind(&task.id)
        .bind(&task.title)
        .bind(&task.description)
        .bind(words::stored(&words::of(&task.title)))
        .bind(words::stored(&words::of(&task.description)))
        .bind(task.completed)
        .bind(task.version)
        .bind(task.updated_at)
        .bind(deleted_at)
        .execute(connection)
        .await
        .map(drop)
    })?;
    Ok(())
}
