//! One user's changes, as they happen.

use axum::response::sse::Event;
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::json;
use todochat_auth::UserId;
use todochat_database::{Database, Notice, Topic};
use todochat_service::chain;
use todochat_tasks::{self as tasks, Change, TaskError};
use tokio::sync::broadcast::Receiver;
use tracing::warn;

/// How many changes one event names at most.
const BATCH: u32 = 200;

/// One reader of the feed.
pub(super) struct Feed {
    database: Database,
    user: UserId,
    session: Option<String>,
    notices: Receiver<Notice>,
    /// The last sequence that was sent.
    sent: i64,
    /// Whether there were changes after it when the feed was opened.
    behind: bool,
}

/// What a notice means for this reader.
enum News {
    Tasks,
    Thread(String),
    End,
}

impl Feed {
    /// Begins after the last change that the client has seen, or with the next one.
    pub(super) async fn open(
        database: &Database,
        user: UserId,
        session: Option<String>,
        seen: Option<i64>,
    ) -> Result<Self, TaskError> {
        // Before the last sequence is read, so that no change falls between the two.
        let notices = database.subscribe();
        let mut tx = database.read_as(user.as_str()).await?;
        let last = tasks::last_change(&mut tx).await?;
        // More than there is was never sent by us: a database that was set back.
        let sent = seen.filter(|seen| *seen <= last).unwrap_or(last);
        let database = database.clone();
        Ok(Self { database, user, session, notices, sent, behind: sent < last })
    }

    /// The sequence that the client is at.
    pub(super) fn position(&self) -> String {
        self.sent.to_string()
    }

    /// Events for ever, or until there is a reason to ask again who the client is.
    pub(super) fn events(self) -> impl Stream<Item = Event> + Send {
        stream::unfold(self, async |mut feed| {
            let events = feed.next().await?;
            Some((stream::iter(events), feed))
        })
        .flatten()
    }

    /// Waits for what concerns this user. It may turn out to be nothing new.
    async fn next(&mut self) -> Option<Vec<Event>> {
        let news = if std::mem::take(&mut self.behind) { News::Tasks } else { self.news().await };
        match news {
            News::Thread(id) => {
                let event = Event::default().event("thread.changed");
                Some(vec![event.data(json!({ "id": id }).to_string())])
            }
            News::Tasks => match self.changes().await {
                Ok(events) => Some(events),
                Err(error) => {
                    warn!(error = chain(&error), "Ended a live feed that cannot be read");
                    None
                }
            },
            News::End => None,
        }
    }

    async fn news(&mut self) -> News {
        loop {
            // An error is a reader that was too slow, or the end of the database.
            let Ok(notice) = self.notices.recv().await else { return News::End };
            if notice.topic == Topic::Missed {
                return News::End;
            }
            if notice.user != self.user.as_str() {
                continue;
            }
            match notice.topic {
                Topic::TasksChanged => return News::Tasks,
                Topic::ThreadChanged => return News::Thread(notice.subject),
                Topic::SessionsRevoked if self.ends_with(&notice.subject) => return News::End,
                Topic::SessionsRevoked | Topic::TurnChanged | Topic::Missed => {}
            }
        }
    }

    /// No subject means all sessions of the user.
    fn ends_with(&self, session: &str) -> bool {
        session.is_empty() || self.session.as_deref() == Some(session)
    }

    /// All changes after the last one sent. Several notices may have announced them, or none is new.
    async fn changes(&mut self) -> Result<Vec<Event>, TaskError> {
        let mut tx = self.database.read_as(self.user.as_str()).await?;
        let mut events = Vec::new();
        loop {
            let changes = tasks::changes_after(&mut tx, self.sent, BATCH).await?;
            let Some(last) = changes.last() else { return Ok(events) };
            self.sent = last.sequence;
            events.push(tasks_changed(&changes, last.sequence));
        }
    }
}

/// The ids are each named once, in the order of their first change.
fn tasks_changed(changes: &[Change], sequence: i64) -> Event {
    let mut ids: Vec<&str> = Vec::new();
    for change in changes {
        if !ids.contains(&change.task_id.as_str()) {
            ids.push(&change.task_id);
        }
    }
    let data = json!({ "ids": ids, "seq": sequence }).to_string();
    Event::default().event("tasks.changed").id(sequence.to_string()).data(data)
}
