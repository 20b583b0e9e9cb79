//! What is known of files that users add to messages, and when to look whether they are still used.
//!
//! A file is announced, then somebody claims the right to store its bytes, then they are there. A message that has it makes it
//! part of a conversation; until then, and after the conversation was deleted, it waits to be swept.

mod sql;
mod sweeps;

use chatkit_server::{StoreError, protocol::Attachment};
use chrono::{DateTime, TimeDelta, Utc};
use todochat_database::{Connection, Error, Transaction, on_each};

pub use self::sweeps::{Due, due, hold_back, schedule, settle};

/// How long a file waits for a message that has it.
pub const ORPHANED: TimeDelta = TimeDelta::hours(24);

/// Who claimed to store a file and has not come to an end after so long has died.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// What each file counts besides its bytes: its row, and the room that file systems round up to.
const OVERHEAD: i64 = 4096;

/// Serialises one user's announcements, so that two at once cannot both be the last that fits.
const LOCK: i32 = 0x0a77;

/// A row of `attachments`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// The file's id.
    pub id: String,
    /// The conversation that has a message with it.
    pub thread_id: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub mime_type: String,
    /// Its length in bytes.
    pub size: i64,
    /// Since when it is there.
    pub uploaded_at: Option<DateTime<Utc>>,
}

/// A file to be.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// What it is.
    pub mime_type: &'a str,
    /// Its length in bytes.
    pub size: i64,
}

/// Announces a file, and that it is to be swept when no message has it by then. Says whether it fits into what the user may have.
pub async fn add(
    tx: &mut Transaction,
    user: &str,
    new: &New<'_>,
    quota: i64,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if let Connection::Postgres(transaction) = tx.connection() {
        sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext($2))")
            .bind(LOCK)
            .bind(user)
            .execute(transaction)
            .await?;
    }
    let added = on_each!(tx, connection => {
        sqlx::query(sql::ADD)
            .bind(new.id)
            .bind(user)
            .bind(new.name)
            .bind(new.mime_type)
            .bind(new.size)
            .bind(now)
            .bind(OVERHEAD)
            .bind(quota)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    if added == 1 {
        schedule(tx, user, new.id, now + ORPHANED).await?;
    }
    Ok(added == 1)
}

/// What is known of a file.
pub async fn load(tx: &mut Transaction, user: &str, id: &str) -> Result<Option<Row>, Error> {
    let row = on_each!(tx, connection => {
        sqlx::query_as(sql::LOAD).bind(id).bind(user).fetch_optional(connection).await
    })?;
    Ok(row)
}

/// Takes the right to store the bytes, if they are not there and nobody else is at it.
pub async fn claim(
    tx: &mut Transaction,
    user: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let claimed = on_each!(tx, connection => {
        sqlx::query(sql::CLAIM)
            .bind(id)
            .bind(user)
            .bind(now)
            .bind(now - CLAIM)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(claimed == 1)
}

/// The bytes could not be stored after all.
pub async fn give_up(tx: &mut Transaction, user: &str, id: &str) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query(sql::GIVE_UP).bind(id).bind(user).execute(connection).await.map(drop)
    })?;
    Ok(())
}

/// The bytes are there. Says whether the file still was.
pub async fn uploaded(
    tx: &mut Transaction,
    user: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let marked = on_each!(tx, connection => {
        sqlx::query(sql::UPLOADED)
            .bind(id)
            .bind(user)
            .bind(now)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(marked == 1)
}

/// Forgets a file, and says whether there was one. Its bytes are still to be removed: `schedule` that in the same transaction.
pub async fn delete(tx: &mut Transaction, user: &str, id: &str) -> Result<bool, Error> {
    delete_by(sql::DELETE, tx, user, id).await
}

/// Forgets a file that no message has; says whether it did.
pub async fn delete_orphan(tx: &mut Transaction, user: &str, id: &str) -> Result<bool, Error> {
    delete_by(sql::DELETE_ORPHAN, tx, user, id).await
}

async fn delete_by(
    statement: &'static str,
    tx: &mut Transaction,
    user: &str,
    id: &str,
) -> Result<bool, Error> {
    let deleted = on_each!(tx, connection => {
        sqlx::query(statement)
            .bind(id)
            .bind(user)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(deleted == 1)
}

/// Makes files part of the conversation whose message has them. All must be the user's, and there.
pub async fn join(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    attachments: &[Attachment],
) -> Result<(), StoreError> {
    for attachment in attachments {
        let joined = on_each!(tx, connection => {
            sqlx::query(sql::JOIN)
                .bind(attachment.id())
                .bind(user)
                .bind(thread_id)
                .execute(connection)
                .await
                .map(|done| done.rows_affected())
        });
        if joined.map_err(|error| StoreError::failed(Error::from(error)))? == 0 {
            let known = load(tx, user, attachment.id()).await.map_err(StoreError::failed)?;
            return Err(known.map_or(StoreError::NotFound, |_| not_uploaded()));
        }
    }
    Ok(())
}

/// The files of a conversation that is being deleted are to be swept.
pub async fn leave(
    tx: &mut Transaction,
    user: &str,
    thread_id: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query(sql::LEAVE)
            .bind(thread_id)
            .bind(user)
            .bind(now)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

fn not_uploaded() -> StoreError {
    StoreError::Refused {
        status: 422,
        code: "attachment_not_uploaded",
        message: "A file of this message has not arrived. Add it again.".to_owned(),
        retry_after: None,
    }
}
