//! Sessions that ended while access tokens of theirs are still good.
//!
//! A token is verified without asking the database, so every replica remembers which sessions have
//! ended within the life of a token. It hears of them by notices, and reads them again whenever it
//! may have missed one. While no notices come, because the line is cut or there can be none, the
//! database is asked each time.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use todochat_database::{Database, Error, Notice, Topic};
use todochat_service::{Clock, Shutdown};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{access::ACCESS_LIFETIME, store};

/// How long after its end a session is remembered: its last token has ended everywhere by then,
/// however much the clocks differ.
const REMEMBERED: TimeDelta = ACCESS_LIFETIME.checked_add(&TimeDelta::minutes(1)).unwrap();

const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The sessions that ended lately. Clones share what they know.
#[derive(Clone, Debug, Default)]
pub struct Revoked(Arc<RwLock<HashMap<String, DateTime<Utc>>>>);

impl Revoked {
    /// Reads which sessions have ended and keeps hearing of others until the server stops.
    pub async fn watch(
        database: &Database,
        clock: Clock,
        shutdown: &Shutdown,
    ) -> Result<Self, Error> {
        // Subscribed first, so that what ends while it reads is in one of the two.
        let notices = database.subscribe_in_passing();
        let revoked = Self::default();
        revoked.read(database, clock.now()).await?;
        let following = revoked.clone().listen(notices, database.clone(), clock);
        let stop = shutdown.hard().clone();
        tokio::spawn(async move { stop.run_until_cancelled(following).await });
        Ok(revoked)
    }

    /// Whether tokens of this session are to be refused, as far as is known here.
    pub fn contains(&self, session: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(session)
    }

    /// The same, with what others ended a moment ago and could not tell. A database that does not answer is no reason to
    /// refuse anybody: nothing can be done without it anyway.
    pub async fn contains_now(
        &self,
        session: &str,
        database: &Database,
        now: DateTime<Utc>,
    ) -> bool {
        if !database.hears_others()
            && let Err(error) = self.read(database, now).await
        {
            tracing::warn!(
                error = todochat_service::chain(&error),
                "Cannot read which sessions have ended"
            );
        }
        self.contains(session)
    }

    /// Refuses tokens of this session from now on, on this replica.
    pub(super) fn add(&self, session: &str, now: DateTime<Utc>) {
        let mut ended = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, at| now - *at < REMEMBERED);
        ended.insert(session.to_owned(), now);
    }

    async fn read(&self, database: &Database, now: DateTime<Utc>) -> Result<(), Error> {
        let mut tx = database.read().await?;
        for session in store::sessions::revoked_since(&mut tx, now - REMEMBERED).await? {
            self.add(&session, now);
        }
        Ok(())
    }

    async fn listen(self, mut notices: Receiver<Notice>, database: Database, clock: Clock) {
        loop {
            match notices.recv().await {
                Ok(Notice { topic: Topic::SessionsRevoked, subject, .. })
                    if !subject.is_empty() =>
                {
                    self.add(&subject, clock.now());
                }
                Ok(Notice { topic: Topic::SessionsRevoked | Topic::Missed, .. })
                | Err(RecvError::Lagged(_)) => self.read_again(&database, &clock).await,
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Until it works: a session that is not known to have ended would stay alive here.
    async fn read_again(&self, database: &Database, clock: &Clock) {
        while let Err(error) = self.read(database, clock.now()).await {
            let error = todochat_service::chain(&error);
            tracing::warn!(error, "Cannot read which sessions have ended");
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_remembered_for_the_life_of_its_tokens() {
        let revoked = Revoked::default();
        let ended = DateTime::UNIX_EPOCH;
        revoked.add("ses_1", ended);
        revoked.add("ses_2", ended + ACCESS_LIFETIME);
        assert!(revoked.contains("ses_1") && revoked.contains("ses_2"));
        revoked.add("ses_3", ended + REMEMBERED);
        assert!(!revoked.contains("ses_1") && revoked.contains("ses_2"));
    }
}
