//! Renewing a session: each refresh token works once.
//!
//! A token that comes twice was copied, and the session ends, for its thief as for its owner. Only
//! within a short time it is let pass: two tabs renew at once, or the answer got lost on its way.
//! Whoever comes again then gets the same successor as the first, so there is never more than one
//! token that can be renewed.

use chrono::{DateTime, TimeDelta, Utc};
use todochat_database::{Error, Transaction, on_each};

use super::{IDLE, Session, revoke};
use crate::accounts::refresh_token::{RefreshToken, Salt};

/// How long a used token still leads to its successor.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// No chain of successors grows longer within the grace, unless somebody is at play.
const MOST_STEPS: usize = 100;

/// What became of a renewal.
#[derive(Debug)]
pub(in crate::accounts) enum Renewal {
    /// The session goes on with this token.
    Renewed { session: Session, token: RefreshToken },
    /// The token was used before, so the session was ended.
    Stolen { session: Session },
    /// There is no such token, or its session has ended.
    Unknown,
}

/// A token as it is kept.
#[derive(sqlx::FromRow)]
struct Kept {
    replaced_at: Option<DateTime<Utc>>,
    successor_salt: Option<String>,
}

/// Uses a token up and gives out the next one.
pub(in crate::accounts) async fn renew(
    tx: &mut Transaction,
    presented: &RefreshToken,
    now: DateTime<Utc>,
) -> Result<Renewal, Error> {
    // The session's row is the lock: two renewals of one session never meet further down.
    let Some(session) = touch(tx, presented, now).await? else { return Ok(Renewal::Unknown) };
    let mut token = presented.clone();
    for _ in 0..MOST_STEPS {
        let Some(kept) = find(tx, &token).await? else { return Ok(Renewal::Unknown) };
        let salt = kept.successor_salt.as_deref().and_then(Salt::parse);
        let (Some(replaced), Some(salt)) = (kept.replaced_at, salt) else {
            let token =
                if token == *presented { replace(tx, &token, &session, now).await? } else { token };
            return Ok(Renewal::Renewed { session, token });
        };
        if now - replaced > GRACE {
            break;
        }
        token = token.successor(&salt);
    }
    revoke(tx, &session.user_id, &session.id, now).await?;
    Ok(Renewal::Stolen { session })
}

/// Marks the token's session as used now, unless it has ended.
async fn touch(
    tx: &mut Transaction,
    token: &RefreshToken,
    now: DateTime<Utc>,
) -> Result<Option<Session>, Error> {
    let session = on_each!(tx, connection => {
        sqlx::query_as(
            "UPDATE sessions SET last_used_at = $2
              WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1)
                AND revoked_at IS NULL AND ends_at > $2 AND last_used_at > $3
             RETURNING id, user_id, (SELECT email_norm FROM users WHERE users.id = user_id) AS email",
        )
        .bind(token.hash())
        .bind(now)
        .bind(now - IDLE)
        .fetch_optional(connection)
        .await
    })?;
    Ok(session)
}

async fn find(tx: &mut Transaction, token: &RefreshToken) -> Result<Option<Kept>, Error> {
    let kept = on_each!(tx, connection => {
        sqlx::query_as("SELECT replaced_at, successor_salt FROM refresh_tokens WHERE hash = $1")
            .bind(token.hash())
            .fetch_optional(connection)
            .await
    })?;
    Ok(kept)
}

/// Gives the token a successor, and lets go of those whose reuse no longer matters: they are older
/// than a session may rest, so nothing that was made with them still works.
async fn replace(
    tx: &mut Transaction,
    token: &RefreshToken,
    session: &Session,
    now: DateTime<Utc>,
) -> Result<RefreshToken, Error> {
    let salt = Salt::random();
    on_each!(tx, connection => {
        sqlx::query("UPDATE refresh_tokens SET replaced_at = $2, successor_salt = $3 WHERE hash = $1")
            .bind(token.hash())
            .bind(now)
            .bind(salt.as_text())
            .execute(connection)
            .await
            .map(drop)
    })?;
    on_each!(tx, connection => {
        sqlx::query("DELETE FROM refresh_tokens WHERE session_id = $1 AND replaced_at < $2")
            .bind(&session.id)
            .bind(now - IDLE)
            .execute(connection)
            .await
            .map(drop)
    })?;
    let successor = token.successor(&salt);
    remember(tx, &successor, &session.id).await?;
    Ok(successor)
}

/// Keeps a token of the session.
pub(super) async fn remember(
    tx: &mut Transaction,
    token: &RefreshToken,
    session: &str,
) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query("INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)")
            .bind(token.hash())
            .bind(session)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}
