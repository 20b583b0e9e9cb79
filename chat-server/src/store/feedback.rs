//! What users think of answers: the last verdict on each item.

use chatkit_server::protocol::FeedbackKind;
use chrono::{DateTime, Utc};
use todochat_database::{Database, Error, on_each};
use todochat_service::Clock;

/// Only of items that are there, and the user's: others are passed over.
const GIVE: &str = "
    INSERT INTO feedback (user_id, thread_id, item_id, kind, given_at)
    SELECT user_id, thread_id, id, $4, $5
      FROM thread_items
     WHERE thread_id = $1
       AND id = $2
       AND user_id = $3
       AND NOT hidden
    ON CONFLICT (thread_id, item_id) DO UPDATE
       SET kind = excluded.kind, given_at = excluded.given_at
     WHERE feedback.user_id = excluded.user_id";

/// What users thought of answers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Verdicts {
    database: Database,
    clock: Clock,
}

impl Verdicts {
    /// Kept in `database`.
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// The user's verdict on these items of a conversation that is known to be theirs. Ids that name nothing are passed over.
    pub async fn give(
        &self,
        user: &str,
        thread_id: &str,
        item_ids: &[String],
        kind: FeedbackKind,
    ) -> Result<(), Error> {
        let now: DateTime<Utc> = self.clock.now();
        let mut tx = self.database.write_as(user).await?;
        for item_id in item_ids {
            on_each!(tx, connection => {
                sqlx::query(GIVE)
                    .bind(thread_id)
                    .bind(item_id)
                    .bind(user)
                    .bind(word(kind))
                    .bind(now)
                    .execute(connection)
                    .await
                    .map(drop)
            })?;
        }
        tx.commit().await
    }
}

/// As the protocol says it; also the metric's label.
pub fn word(kind: FeedbackKind) -> &'static str {
    match kind {
        FeedbackKind::Positive => "positive",
        FeedbackKind::Negative => "negative",
    }
}
