//! Who there is.

use chrono::{DateTime, Utc};
use todochat_database::{Error, Transaction, on_each};

use crate::accounts::email::Email;

/// A user with a password.
#[derive(sqlx::FromRow)]
pub(in crate::accounts) struct User {
    pub(in crate::accounts) id: String,
    pub(in crate::accounts) password_hash: String,
}

/// Makes a user; fails with a unique violation if the address is taken.
pub(in crate::accounts) async fn create(
    tx: &mut Transaction,
    id: &str,
    email: &Email,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query(
            "INSERT INTO users (id, email_norm, password_hash, created_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(id)
        .bind(email.as_str())
        .bind(password_hash)
        .bind(now)
        .execute(connection)
        .await
        .map(drop)
    })?;
    Ok(())
}

/// The user with this address.
pub(in crate::accounts) async fn by_email(
    tx: &mut Transaction,
    email: &Email,
) -> Result<Option<User>, Error> {
    let user = on_each!(tx, connection => {
        sqlx::query_as("SELECT id, password_hash FROM users WHERE email_norm = $1")
            .bind(email.as_str())
            .fetch_optional(connection)
            .await
    })?;
    Ok(user)
}

/// What a user is shown of themselves.
#[derive(sqlx::FromRow)]
pub(in crate::accounts) struct Profile {
    /// None for a user who comes from an external issuer.
    pub(in crate::accounts) email_norm: Option<String>,
}

/// The user with this id.
pub(in crate::accounts) async fn by_id(
    tx: &mut Transaction,
    id: &str,
) -> Result<Option<Profile>, Error> {
    let user = on_each!(tx, connection => {
        sqlx::query_as("SELECT email_norm FROM users WHERE id = $1")
            .bind(id)
            .fetch_optional(connection)
            .await
    })?;
    Ok(user)
}

/// Replaces the hash of a user's password.
pub(in crate::accounts) async fn set_password(
    tx: &mut Transaction,
    id: &str,
    password_hash: &str,
) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
            .bind(id)
            .bind(password_hash)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}
