//! Small announcements that follow a commit: hints to read again, never the data itself.
//!
//! In one process (SQLite) they go straight to the subscribers. Between replicas (Postgres) they are
//! `NOTIFY` in the transaction itself, and one task of each replica listens and passes them on, its
//! own included.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tracing::{info, warn};

use crate::{ConnectError, connect};

/// The channel of `LISTEN` and `NOTIFY`.
pub(crate) const CHANNEL: &str = "todochat";

/// Something of a user has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What kind of thing.
    pub topic: Topic,
    /// Whose, `usr_…`. An id, so without blanks.
    pub user: String,
    /// Which one: the id of the task, the thread or the session; may be empty.
    pub subject: String,
}

/// What kind of thing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A task.
    TasksChanged,
    /// A thread or its items.
    ThreadChanged,
    /// What a running turn has written so far, or that it has ended; the subject is its thread. For
    /// those who wait for it, not for pages: these changes come every second.
    TurnChanged,
    /// A session (or, without a subject, all sessions of the user) has ended.
    SessionsRevoked,
    /// The line to the database was cut, so notices of any user may have been lost. Never sent by
    /// hand; has neither user nor subject.
    Missed,
}

const NAMES: [(Topic, &str); 5] = [
    (Topic::TasksChanged, "tasks.changed"),
    (Topic::ThreadChanged, "thread.changed"),
    (Topic::TurnChanged, "turn.changed"),
    (Topic::SessionsRevoked, "sessions.revoked"),
    (Topic::Missed, "missed"),
];

impl Notice {
    /// `topic user subject`: ids have no blanks, and Postgres allows 8,000 bytes.
    pub(crate) fn to_payload(&self) -> String {
        let name = NAMES.iter().find(|(topic, _)| *topic == self.topic).map_or("", |name| name.1);
        format!("{name} {} {}", self.user, self.subject)
    }

    /// The inverse; a payload of a later version that is not understood is `None`.
    fn from_payload(payload: &str) -> Option<Self> {
        let mut parts = payload.splitn(3, ' ');
        let name = parts.next()?;
        let (topic, _) = NAMES.iter().find(|(_, known)| *known == name)?;
        let (user, subject) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        Some(Self { topic: *topic, user, subject })
    }

    fn missed() -> Self {
        Self { topic: Topic::Missed, user: String::new(), subject: String::new() }
    }
}

/// How long a line that is left must be silent before nothing more is expected of it.
const SILENCE: Duration = Duration::from_millis(200);

/// How long it is listened to at most: what comes all the while comes on the next line too.
const LEAVING: Duration = Duration::from_secs(1);

/// The task that listens; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    task: JoinHandle<()>,
    line: watch::Sender<PgConnectOptions>,
}

impl Listener {
    /// Where it is told to listen with another login.
    pub(crate) fn line(&self) -> watch::Sender<PgConnectOptions> {
        self.line.clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens from now on, on a connection of its own.
pub(crate) async fn listen(
    options: PgConnectOptions,
    outlet: broadcast::Sender<Notice>,
) -> Result<Listener, ConnectError> {
    let first =
        subscribe(&options).await.map_err(|source| connect::unreachable(&options, source))?;
    let (line, lines) = watch::channel(options);
    Ok(Listener { task: tokio::spawn(pass_on(first, lines, outlet)), line })
}

async fn subscribe(options: &PgConnectOptions) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Passes notices on for ever. Each time the line was cut it says so once it is up again: what was
/// announced meanwhile is lost, and only its readers know what to read again.
async fn pass_on(
    mut listener: PgListener,
    mut lines: watch::Receiver<PgConnectOptions>,
    outlet: broadcast::Sender<Notice>,
) {
    loop {
        let received = tokio::select! {
            received = listener.try_recv() => received,
            Ok(()) = lines.changed() => {
                let old = std::mem::replace(&mut listener, subscribe_again(&mut lines).await);
                finish(old, &outlet).await;
                continue;
            }
        };
        match received {
            Ok(Some(notification)) => {
                send(&outlet, notification.payload());
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                warn!(%error, "Lost the line on which changes are announced");
                listener = subscribe_again(&mut lines).await;
            }
        }
        info!("Listening for changes again");
        let _ = outlet.send(Notice::missed());
    }
}

fn send(outlet: &broadcast::Sender<Notice>, payload: &str) {
    if let Some(notice) = Notice::from_payload(payload) {
        // Nobody listening is no error.
        let _ = outlet.send(notice);
    }
}

/// What has already come on a line that is left. Another listens already, so a notice may be passed on twice, but none is
/// lost.
async fn finish(mut old: PgListener, outlet: &broadcast::Sender<Notice>) {
    let deadline = Instant::now() + LEAVING;
    while Instant::now() < deadline
        && let Ok(Ok(Some(notification))) = timeout(SILENCE, old.try_recv()).await
    {
        send(outlet, notification.payload());
    }
}

/// With the login of the moment, which may become another while it does not work.
async fn subscribe_again(lines: &mut watch::Receiver<PgConnectOptions>) -> PgListener {
    let mut wait = Duration::from_millis(100);
    loop {
        let options = lines.borrow_and_update().clone();
        match subscribe(&options).await {
            Ok(listener) => return listener,
            Err(error) => warn!(%error, "Cannot listen for changes"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_survives_the_wire() {
        for (topic, _) in NAMES {
            let notice = Notice { topic, user: "usr_1".into(), subject: "tsk_2".into() };
            assert_eq!(Notice::from_payload(&notice.to_payload()), Some(notice));
        }
        assert_eq!(Notice::from_payload(&Notice::missed().to_payload()), Some(Notice::missed()));
    }

    #[test]
    fn what_a_later_version_says_is_passed_over() {
        assert_eq!(Notice::from_payload("lists.changed usr_1 lst_2"), None);
        assert_eq!(Notice::from_payload(""), None);
    }
}
