//! How many accounts an address may make: the generic cell rate algorithm, in one statement, as for
//! messages (`store/limit.rs`).

use std::time::Duration;

use chrono::{DateTime, Utc};
use todochat_database::{Error, Transaction, on_each};

use super::login_failures::hashed;

const HOUR: i64 = 3_600_000_000;

const TAKE: &str = "
    INSERT INTO signup_limits (address, arrival)
    VALUES ($1, $2 + $3)
    ON CONFLICT (address) DO UPDATE
       SET arrival = CASE WHEN signup_limits.arrival > $2 THEN signup_limits.arrival ELSE $2 END + $3
     WHERE signup_limits.arrival <= $2 + $4
    RETURNING arrival";

/// So many sign-ups an hour; as many may come at once.
#[derive(Clone, Copy, Debug)]
pub(in crate::accounts) struct SignupLimit {
    interval: i64,
    tolerance: i64,
}

impl SignupLimit {
    /// `signups` an hour, at least one.
    pub(in crate::accounts) fn per_hour(signups: u32) -> Self {
        let interval = HOUR / i64::from(signups.max(1));
        Self { interval, tolerance: HOUR - interval }
    }

    /// Counts one, if the transaction is committed. Otherwise says how long to wait.
    pub(in crate::accounts) async fn take(
        self,
        tx: &mut Transaction,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Duration>, Error> {
        let now = now.timestamp_micros();
        let address = hashed(&[address]);
        forget_old(tx, now).await?;
        let taken: Option<i64> = on_each!(tx, connection => {
            sqlx::query_scalar(TAKE)
                .bind(&address)
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
            sqlx::query_scalar("SELECT arrival FROM signup_limits WHERE address = $1")
                .bind(&address)
                .fetch_one(connection)
                .await
        })?;
        let wait = u64::try_from(arrival - self.tolerance - now).unwrap_or(0);
        Ok(Err(Duration::from_micros(wait)))
    }
}

/// Who has not signed up for so long that all is allowed again need not be kept.
async fn forget_old(tx: &mut Transaction, now: i64) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query("DELETE FROM signup_limits WHERE arrival < $1")
            .bind(now - HOUR)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}
