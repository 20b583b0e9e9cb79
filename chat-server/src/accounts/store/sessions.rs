//! Sessions and the refresh tokens that they are renewed with.

mod renewal;

use chrono::{DateTime, TimeDelta, Utc};
use todochat_database::{Error, Notice, Topic, Transaction, on_each};

use crate::accounts::{email::Email, refresh_token::RefreshToken};

pub(in crate::accounts) use renewal::{Renewal, renew};

/// A session that is not used for so long has ended.
pub(in crate::accounts) const IDLE: TimeDelta = TimeDelta::days(14);

/// However much it is used, a session ends after so long.
const LIFETIME: TimeDelta = TimeDelta::days(90);

/// More are not shown to anybody.
const MOST_LISTED: i64 = 100;

/// A living session and whose it is.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::accounts) struct Session {
    pub(in crate::accounts) id: String,
    pub(in crate::accounts) user_id: String,
    pub(in crate::accounts) email: Option<String>,
}

/// A session to be.
pub(in crate::accounts) struct NewSession<'a> {
    pub(in crate::accounts) id: String,
    pub(in crate::accounts) user_id: String,
    pub(in crate::accounts) user_agent: Option<&'a str>,
    pub(in crate::accounts) now: DateTime<Utc>,
}

/// A session as its owner is shown it.
#[derive(sqlx::FromRow)]
pub(in crate::accounts) struct Listed {
    pub(in crate::accounts) id: String,
    pub(in crate::accounts) user_agent: Option<String>,
    pub(in crate::accounts) created_at: DateTime<Utc>,
    pub(in crate::accounts) last_used_at: DateTime<Utc>,
}

/// Begins a session that can be renewed with `token`.
pub(in crate::accounts) async fn begin(
    tx: &mut Transaction,
    new: NewSession<'_>,
    token: &RefreshToken,
    email: &Email,
) -> Result<Session, Error> {
    let NewSession { id, user_id, user_agent, now } = new;
    on_each!(tx, connection => {
        sqlx::query(
            "INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at, ends_at)
             VALUES ($1, $2, $3, $4, $4, $5)",
        )
        .bind(&id)
        .bind(&user_id)
        .bind(user_agent)
        .bind(now)
        .bind(now + LIFETIME)
        .execute(connection)
        .await
        .map(drop)
    })?;
    renewal::remember(tx, token, &id).await?;
    Ok(Session { id, user_id, email: Some(email.as_str().to_owned()) })
}

/// The user and the session that a token was given to, in this order, whether it is used up or not.
pub(in crate::accounts) async fn of_token(
    tx: &mut Transaction,
    token: &RefreshToken,
) -> Result<Option<(String, String)>, Error> {
    let found = on_each!(tx, connection => {
        sqlx::query_as(
            "SELECT sessions.user_id, sessions.id
               FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id
              WHERE refresh_tokens.hash = $1",
        )
        .bind(token.hash())
        .fetch_optional(connection)
        .await
    })?;
    Ok(found)
}

/// The user's living sessions, the last used first.
pub(in crate::accounts) async fn list(
    tx: &mut Transaction,
    user: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Listed>, Error> {
    let listed = on_each!(tx, connection => {
        sqlx::query_as(
            "SELECT id, user_agent, created_at, last_used_at
               FROM sessions
              WHERE user_id = $1 AND revoked_at IS NULL AND ends_at > $2 AND last_used_at > $3
              ORDER BY last_used_at DESC, id DESC
              LIMIT $4",
        )
        .bind(user)
        .bind(now)
        .bind(now - IDLE)
        .bind(MOST_LISTED)
        .fetch_all(connection)
        .await
    })?;
    Ok(listed)
}

/// Ends one session of the user, and tells the other replicas. Says whether there is such a
/// session; one that has ended already stays as it is.
pub(in crate::accounts) async fn revoke(
    tx: &mut Transaction,
    user: &str,
    session: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let found = on_each!(tx, connection => {
        sqlx::query(
            "UPDATE sessions SET revoked_at = COALESCE(revoked_at, $3)
              WHERE id = $2 AND user_id = $1",
        )
        .bind(user)
        .bind(session)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
    })?;
    if found > 0 {
        tx.notify(ended(user, session));
    }
    Ok(found > 0)
}

/// Ends all sessions of the user but `kept`, tells the other replicas, and returns them.
pub(in crate::accounts) async fn revoke_others(
    tx: &mut Transaction,
    user: &str,
    kept: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Error> {
    let others: Vec<String> = on_each!(tx, connection => {
        sqlx::query_scalar(
            "UPDATE sessions SET revoked_at = $3
              WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL
             RETURNING id",
        )
        .bind(user)
        .bind(kept.unwrap_or_default())
        .bind(now)
        .fetch_all(connection)
        .await
    })?;
    for session in &others {
        tx.notify(ended(user, session));
    }
    Ok(others)
}

/// The sessions that were ended after `since`.
pub(in crate::accounts) async fn revoked_since(
    tx: &mut Transaction,
    since: DateTime<Utc>,
) -> Result<Vec<String>, Error> {
    let revoked = on_each!(tx, connection => {
        sqlx::query_scalar("SELECT id FROM sessions WHERE revoked_at > $1")
            .bind(since)
            .fetch_all(connection)
            .await
    })?;
    Ok(revoked)
}

/// Lets go of the user's sessions that ended a while ago: their last tokens have ended too.
pub(in crate::accounts) async fn forget_ended(
    tx: &mut Transaction,
    user: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query(
            "DELETE FROM sessions
              WHERE user_id = $1 AND (revoked_at < $2 OR ends_at < $2 OR last_used_at < $3)",
        )
        .bind(user)
        .bind(now - TimeDelta::days(1))
        .bind(now - IDLE - TimeDelta::days(1))
        .execute(connection)
        .await
        .map(drop)
    })?;
    Ok(())
}

fn ended(user: &str, session: &str) -> Notice {
    Notice { topic: Topic::SessionsRevoked, user: user.to_owned(), subject: session.to_owned() }
}
