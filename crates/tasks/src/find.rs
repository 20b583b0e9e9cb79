//! From what a user calls a task to the task.

use todochat_database::{Transaction, on_each};

use crate::{
    Task, TaskError,
    task::{Row, caller},
    words,
};

/// A longer reference is no title, and not worth a search.
const REFERENCE_MAX: usize = 300;

/// Words around a number that say no more than that it is one.
const NUMBER_WORDS: [&str; 4] = ["number", "no", "nr", "num"];

/// Which tasks win when a title fits several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefer {
    /// None.
    #[default]
    Either,
    /// Those that are to be done: for completing.
    Open,
    /// Those that are done: for reopening.
    Completed,
}

/// The task with this id. Any text may be asked for; a deleted task is not found.
pub async fn get(tx: &mut Transaction, id: &str) -> Result<Task, TaskError> {
    let row = row(tx, id).await?.filter(|row| row.deleted_at.is_none());
    Ok(row.ok_or(TaskError::NotFound)?.task)
}

/// The task that is meant by an id, a number ("12", "#12", "task 12") or words of a title.
///
/// Each word must be a word of the title or the beginning of one, in any case and order; words like
/// "my" and "task" are not counted. The whole title wins over a part of it, then the preferred state
/// wins. If several are left, they are all in the error.
pub async fn find(
    tx: &mut Transaction,
    reference: &str,
    prefer: Prefer,
) -> Result<Task, TaskError> {
    let reference = reference.trim();
    if reference.starts_with("tsk_") {
        return get(tx, reference).await;
    }
    if reference.chars().count() > REFERENCE_MAX {
        return Err(TaskError::NotFound);
    }
    let words = words::of(reference);
    // "-1" is no way to say 1: what does not exist must not hit the first task.
    if !reference.starts_with('-')
        && let Some(number) = number(&words)
        && let Some(task) = by_number(tx, number).await?
    {
        return Ok(task);
    }
    // Without a word every title would do.
    if words.is_empty() {
        return Err(TaskError::NotFound);
    }
    by_words(tx, &words, prefer).await
}

fn number(words: &[String]) -> Option<i64> {
    let mut rest = words::telling(words);
    rest.retain(|word| !NUMBER_WORDS.contains(&word.as_str()));
    let [number] = rest.as_slice() else { return None };
    number.parse().ok()
}

#[derive(Clone, sqlx::FromRow)]
struct Candidate {
    #[sqlx(flatten)]
    task: Task,
    title_words: String,
}

async fn by_words(
    tx: &mut Transaction,
    words: &[String],
    prefer: Prefer,
) -> Result<Task, TaskError> {
    let telling = words::telling(words);
    let whole = [words::stored(words), words::stored(&telling)];
    let mut candidates = candidates(tx, &telling, &whole).await?;
    for title in &whole {
        narrow(&mut candidates, |candidate| candidate.title_words == *title);
    }
    match prefer {
        Prefer::Either => {}
        Prefer::Open => narrow(&mut candidates, |candidate| !candidate.task.completed),
        Prefer::Completed => narrow(&mut candidates, |candidate| candidate.task.completed),
    }
    let mut tasks: Vec<_> = candidates.into_iter().map(|candidate| candidate.task).collect();
    match tasks.len() {
        0 => Err(TaskError::NotFound),
        1 => Ok(tasks.remove(0)),
        _ => Err(TaskError::Ambiguous(tasks)),
    }
}

/// Keeps those that fit better, if there are any.
fn narrow(candidates: &mut Vec<Candidate>, better: impl Fn(&Candidate) -> bool) {
    if candidates.iter().any(&better) {
        candidates.retain(better);
    }
}

/// Those that fit best come first, so that the limit cannot cut them off.
async fn candidates(
    tx: &mut Transaction,
    telling: &[String],
    whole: &[String; 2],
) -> Result<Vec<Candidate>, TaskError> {
    let user = caller(tx);
    let patterns = words::patterns(telling);
    let candidates = on_each!(tx, connection => {
        let mut query = sqlx::query_as(
            "SELECT id, number, title, description, completed, version, created_at, updated_at,
                    title_words
             FROM tasks
             WHERE user_id = $1 AND deleted_at IS NULL
               AND title_words LIKE $4 AND title_words LIKE $5 AND title_words LIKE $6
               AND title_words LIKE $7 AND title_words LIKE $8 AND title_words LIKE $9
               AND title_words LIKE $10 AND title_words LIKE $11
             ORDER BY CASE WHEN title_words IN ($2, $3) THEN 0 ELSE 1 END, number DESC
             LIMIT 200",
        )
        .bind(&user)
        .bind(&whole[0])
        .bind(&whole[1]);
        for pattern in &patterns {
            query = query.bind(pattern);
        }
        query.fetch_all(connection).await
    })?;
    Ok(candidates)
}

async fn by_number(tx: &mut Transaction, number: i64) -> Result<Option<Task>, TaskError> {
    let user = caller(tx);
    let task = on_each!(tx, connection => {
        sqlx::query_as(
            "SELECT id, number, title, description, completed, version, created_at, updated_at
             FROM tasks
             WHERE user_id = $1 AND number = $2 AND deleted_at IS NULL",
        )
        .bind(&user)
        .bind(number)
        .fetch_optional(connection)
        .await
    })?;
    Ok(task)
}

/// The row with this id, deleted or not.
pub(crate) async fn row(tx: &mut Transaction, id: &str) -> Result<Option<Row>, TaskError> {
    // A text that cannot be an id is not asked for: Postgres refuses a NUL with an error.
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(None);
    }
    let user = caller(tx);
    let row = on_each!(tx, connection => {
        sqlx::query_as(
            "SELECT id, number, title, description, completed, version, created_at, updated_at,
                    deleted_at
             FROM tasks
             WHERE user_id = $1 AND id = $2",
        )
        .bind(&user)
        .bind(id)
        .fetch_optional(connection)
        .await
    })?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_said_in_many_ways() {
        for text in ["12", "#12", " task 12", "the task #12", "number 12", "no. 12", "Task no 12"] {
            assert_eq!(number(&words::of(text)), Some(12), "{text}");
        }
        for text in ["twelve", "12 eggs", "12 13", "", "99999999999999999999", "1.5"] {
            assert_eq!(number(&words::of(text)), None, "{text}");
        }
    }
}
