//! How many messages a minute: the generic cell rate algorithm (GCRA), in one statement.
//!
//! What is kept is the theoretical arrival time: when the next message would be due if all so far
//! had come evenly. A message is accepted while that is not too far ahead of the clock.

use std::time::Duration;

use chrono::{DateTime, Utc};
use todochat_database::{Error, Transaction, on_each};

/// A message adds one interval, unless that would be more than a burst ahead of now.
const TAKE: &str = "
    INSERT INTO rate_limits (user_id, arrival)
    VALUES ($1, $2 + $3)
    ON CONFLICT (user_id) DO UPDATE
       SET arrival = CASE WHEN rate_limits.arrival > $2 THEN rate_limits.arrival ELSE $2 END + $3
     WHERE rate_limits.arrival <= $2 + $4
    RETURNING arrival";

const ARRIVAL: &str = "SELECT arrival FROM rate_limits WHERE user_id = $1";

/// So many messages a minute for each user; as many may come at once.
#[derive(Clone, Copy, Debug)]
pub struct MessageLimit {
    /// Microseconds between messages that come evenly.
    pub(super) interval: i64,
    /// Microseconds that the arrival may be ahead for one more message.
    pub(super) tolerance: i64,
}

impl MessageLimit {
    /// `messages` a minute, at least one.
    pub fn per_minute(messages: u32) -> Self {
        let interval = 60_000_000 / i64::from(messages.max(1));
        Self { interval, tolerance: interval * (i64::from(messages.max(1)) - 1) }
    }

    /// Counts one message of the user, if the transaction is committed. Otherwise says how long to
    /// wait.
    pub(super) async fn take(
        self,
        tx: &mut Transaction,
        user: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Duration>, Error> {
        let now = now.timestamp_micros();
        let taken: Option<i64> = on_each!(tx, connection => {
            sqlx::query_scalar(TAKE)
                .bind(user)
                .bind(now)
                .bind(self.interval)
                .bind(self.tolerance)
                .fetch_optional(connection)
                .await
        })?;
        if taken.is_some() {
            return Ok(Ok(()));
        }
        let arrival: i64 = on_each!(tx, connection => {
            sqlx::query_scalar(ARRIVAL).bind(user).fetch_one(connection).await
        })?;
        let wait = u64::try_from(arrival - self.tolerance - now).unwrap_or(0);
        Ok(Err(Duration::from_micros(wait)))
    }
}
