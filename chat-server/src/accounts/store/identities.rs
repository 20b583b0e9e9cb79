//! Which of our users an external issuer means.

use chrono::{DateTime, Utc};
use todochat_auth::UserId;
use todochat_database::{Database, Error, Transaction, on_each};
use todochat_service::Ids;

/// The user that `issuer` calls `subject`; made when they are seen for the first time. Never found
/// by e-mail: an issuer could name anybody's.
pub(crate) async fn user_for(
    database: &Database,
    ids: &Ids,
    (issuer, subject): (&str, &str),
    now: DateTime<Utc>,
) -> Result<Option<UserId>, Error> {
    let mut tx = database.read().await?;
    let mut found = find(&mut tx, issuer, subject).await?;
    drop(tx);
    if found.is_none() {
        let mut tx = database.write().await?;
        if link(&mut tx, &ids.next("usr_"), (issuer, subject), now).await? {
            tx.commit().await?;
        } else {
            // Somebody was faster; the user that we made goes with the transaction.
            drop(tx);
        }
        found = find(&mut database.read().await?, issuer, subject).await?;
    }
    Ok(found.and_then(|id| UserId::parse(&id)))
}

async fn find(tx: &mut Transaction, issuer: &str, subject: &str) -> Result<Option<String>, Error> {
    let found = on_each!(tx, connection => {
        sqlx::query_scalar("SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2")
            .bind(issuer)
            .bind(subject)
            .fetch_optional(connection)
            .await
    })?;
    Ok(found)
}

/// Makes a user for the pair, and says whether it was the first to do so.
async fn link(
    tx: &mut Transaction,
    user_id: &str,
    (issuer, subject): (&str, &str),
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    on_each!(tx, connection => {
        sqlx::query("INSERT INTO users (id, created_at) VALUES ($1, $2)")
            .bind(user_id)
            .bind(now)
            .execute(connection)
            .await
            .map(drop)
    })?;
    let linked = on_each!(tx, connection => {
        sqlx::query(
            "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (issuer, subject) DO NOTHING",
        )
        .bind(issuer)
        .bind(subject)
        .bind(user_id)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(linked == 1)
}
