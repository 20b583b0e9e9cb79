//! The ledger of tool calls: a call that is sent again, because its answer got lost, gets the first
//! answer and changes nothing.
//!
//! All in one transaction: [`recall`], and if that knows nothing, the change, [`remember`], commit.

use chrono::{DateTime, Duration, Utc};
use todochat_database::{Transaction, on_each};

use crate::{Invalid, TaskError, changes::lock, task::caller};

const KEY_MAX: usize = 200;
/// Nobody sends a call again after a day.
const KEPT: Duration = Duration::days(1);

/// One call, as its sender names it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The same for each time it is sent, and for no other call of this user.
    pub key: &'a str,
    /// The tool and a hash of its arguments.
    pub fingerprint: &'a str,
}

/// The first result of this call, if it was done. Until the transaction ends the same call waits, so
/// that it cannot be done twice at once.
pub async fn recall(tx: &mut Transaction, call: &Call<'_>) -> Result<Option<String>, TaskError> {
    if call.key.is_empty()
        || call.key.chars().count() > KEY_MAX
        || call.key.chars().any(char::is_control)
    {
        return Err(Invalid::CallKey.into());
    }
    lock(tx).await?;
    let user = caller(tx);
    let first: Option<(String, String)> = on_each!(tx, connection => {
        sqlx::query_as("SELECT fingerprint, result FROM tool_calls WHERE user_id = $1 AND key = $2")
            .bind(&user)
            .bind(call.key)
            .fetch_optional(connection)
            .await
    })?;
    match first {
        Some((fingerprint, _)) if fingerprint != call.fingerprint => {
            Err(Invalid::CallKeyReused.into())
        }
        first => Ok(first.map(|(_, result)| result)),
    }
}

/// Keeps the result (JSON) of a call for a day, and lets go of the user's older ones.
pub async fn remember(
    tx: &mut Transaction,
    call: &Call<'_>,
    result: &str,
    now: DateTime<Utc>,
) -> Result<(), TaskError> {
    let user = caller(tx);
    on_each!(tx, connection => {
        sqlx::query("DELETE FROM tool_calls WHERE user_id = $1 AND created_at < $2")
            .bind(&user)
            .bind(now - KEPT)
            .execute(connection)
            .await
            .map(drop)
    })?;
    on_each!(tx, connection => {
        sqlx::query(
            "INSERT INTO tool_calls (user_id, key, fingerprint, result, created_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&user)
        .bind(call.key)
        .bind(call.fingerprint)
        .bind(result)
        .bind(now)
        .execute(connection)
        .await
        .map(drop)
    })?;
    Ok(())
}
