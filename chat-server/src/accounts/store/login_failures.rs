//! Guessing gets slower: after some failures each next attempt has to wait twice as long.
//!
//! Three counts are kept. That of one account from one address stops a guesser soon. That of an
//! account stops guessers at many addresses, and that of an address one who tries many accounts;
//! both leave more room and block for a minute at most, since they also hit the innocent. There is
//! no hard lock: anybody could lock anybody out.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use todochat_database::{Error, Transaction, on_each};

/// Failures are forgotten after an hour without any.
const FORGOTTEN: TimeDelta = TimeDelta::hours(1);

/// An attempt to log in, under the three names that it is counted by. In each transaction they are
/// counted in this order, so that two attempts never wait for each other in a circle.
#[derive(Debug)]
pub(in crate::accounts) struct Attempt {
    counts: [Count; 3],
}

#[derive(Debug)]
struct Count {
    key: String,
    /// Failures that cost no waiting.
    free: i64,
    longest: TimeDelta,
}

impl Attempt {
    pub(in crate::accounts) fn new(email: &str, address: &str) -> Self {
        let account = email.trim().to_lowercase();
        let count = |kind: &str, names: &[&str], free, longest| Count {
            key: format!("{kind}:{}", hashed(names)),
            free,
            longest,
        };
        Self {
            counts: [
                count("pair", &[&account, address], 30, TimeDelta::minutes(5)),
                count("account", &[&account], 100, TimeDelta::minutes(1)),
                count("address", &[address], 300, TimeDelta::minutes(1)),
            ],
        }
    }

    /// Counts a failure, if the transaction is committed; or says how long to wait.
    pub(in crate::accounts) async fn count(
        &self,
        tx: &mut Transaction,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Duration>, Error> {
        forget_old(tx, now).await?;
        for count in &self.counts {
            let Some(failures) = count.add(tx, now).await? else {
                return count.wait(tx, now).await.map(Err);
            };
            count.block_until(tx, now + count.delay(failures)).await?;
        }
        Ok(Ok(()))
    }

    /// Takes the failure back. The pair's are forgiven altogether: this is the owner at home.
    pub(in crate::accounts) async fn succeeded(
        &self,
        tx: &mut Transaction,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let [pair, account, address] = &self.counts;
        on_each!(tx, connection => {
            sqlx::query("DELETE FROM login_failures WHERE key = $1")
                .bind(&pair.key)
                .execute(connection)
                .await
                .map(drop)
        })?;
        account.take_back(tx, now).await?;
        address.take_back(tx, now).await
    }
}

impl Count {
    /// One failure more and how many there are now; `None` while it is blocked.
    async fn add(&self, tx: &mut Transaction, now: DateTime<Utc>) -> Result<Option<i64>, Error> {
        let failures = on_each!(tx, connection => {
            sqlx::query_scalar(
                "INSERT INTO login_failures (key, failures, failed_at, blocked_until)
                 VALUES ($1, 1, $2, $2)
                 ON CONFLICT (key) DO UPDATE
                    SET failures = login_failures.failures + 1, failed_at = $2
                  WHERE login_failures.blocked_until <= $2
                 RETURNING failures",
            )
            .bind(&self.key)
            .bind(now)
            .fetch_optional(connection)
            .await
        })?;
        Ok(failures)
    }

    async fn block_until(&self, tx: &mut Transaction, until: DateTime<Utc>) -> Result<(), Error> {
        on_each!(tx, connection => {
            sqlx::query("UPDATE login_failures SET blocked_until = $2 WHERE key = $1")
                .bind(&self.key)
                .bind(until)
                .execute(connection)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    async fn wait(&self, tx: &mut Transaction, now: DateTime<Utc>) -> Result<Duration, Error> {
        let until: DateTime<Utc> = on_each!(tx, connection => {
            sqlx::query_scalar("SELECT blocked_until FROM login_failures WHERE key = $1")
                .bind(&self.key)
                .fetch_one(connection)
                .await
        })?;
        Ok((until - now).to_std().unwrap_or_default())
    }

    async fn take_back(&self, tx: &mut Transaction, now: DateTime<Utc>) -> Result<(), Error> {
        on_each!(tx, connection => {
            sqlx::query(
                "UPDATE login_failures SET failures = failures - 1, blocked_until = $2
                  WHERE key = $1 AND failures > 0",
            )
            .bind(&self.key)
            .bind(now)
            .execute(connection)
            .await
            .map(drop)
        })?;
        Ok(())
    }

    /// One second after the first failure that is not free, then twice as long each time.
    fn delay(&self, failures: i64) -> TimeDelta {
        match failures.saturating_sub(self.free) {
            beyond @ 1.. => TimeDelta::seconds(1 << (beyond - 1).min(20)).min(self.longest),
            _ => TimeDelta::zero(),
        }
    }
}

async fn forget_old(tx: &mut Transaction, now: DateTime<Utc>) -> Result<(), Error> {
    on_each!(tx, connection => {
        sqlx::query("DELETE FROM login_failures WHERE failed_at < $1")
            .bind(now - FORGOTTEN)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Names that cannot be read back, and that no separator within a name can mix up.
pub(super) fn hashed(names: &[&str]) -> String {
    let hash = names.iter().fold(Sha256::new(), |hash, name| {
        hash.chain_update(name.len().to_be_bytes()).chain_update(name)
    });
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_a_limit() {
        let attempt = Attempt::new("ann@example.com", "192.0.2.1");
        let [pair, account, _] = &attempt.counts;
        let waits = [1, 30, 31, 32, 33, 39, 40, i64::MAX].map(|n| pair.delay(n).num_seconds());
        assert_eq!(waits, [0, 0, 1, 2, 4, 256, 300, 300]);
        assert_eq!(account.delay(200), TimeDelta::minutes(1));
    }

    #[test]
    fn spellings_of_one_address_are_one_account() {
        let keys = |email| Attempt::new(email, "192.0.2.1").counts.map(|count| count.key);
        assert_eq!(keys("ann@example.com"), keys(" ANN@example.com"));
        assert_ne!(keys("ann@example.com"), keys("bob@example.com"));
        assert_ne!(hashed(&["ab", "c"]), hashed(&["a", "bc"]));
    }
}
