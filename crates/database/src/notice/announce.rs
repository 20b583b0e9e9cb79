//! Announcements on their way to the replicas: after the commit, many at once.
//!
//! A `NOTIFY` in a transaction takes one lock of the whole server until the commit has reached the disk, so that such commits come
//! one after another and never share a write. So a commit only leaves its notices here, and one task sends all there are in a
//! transaction of their own, which nobody waits for.
//!
//! A server that dies in between takes some with it. They are hints: whoever waits for one looks by himself now and then, or is told
//! by [`Database::announce_start`](crate::Database::announce_start) that he may have missed some.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::PgPool;
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tracing::warn;

use super::{CHANNEL, Line, Notice, Outlet};
use crate::{Error, following::Pool};

/// How long notices are gathered before they are sent.
const GATHER: Duration = Duration::from_millis(10);
/// How soon after they could not be sent.
const AGAIN: Duration = Duration::from_secs(1);
/// How many wait at most; beyond that all are told to read again.
const MOST: usize = 10_000;
/// How long a server that stops goes on trying to send the last ones.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Nobody waits for these to be on the disk.
const SEND: &str = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload)
      FROM unnest($2::text[]) payload";

/// What is to be announced. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(Arc<(Mutex<Waiting>, Notify)>);

#[derive(Debug, Default)]
struct Waiting {
    payloads: Vec<String>,
    known: HashSet<String>,
    /// No more will come.
    is_last: bool,
}

impl Queue {
    /// The same notice twice is one.
    pub(super) fn push(&self, notices: &[Notice]) {
        let mut waiting = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        for notice in notices {
            waiting.add(notice.to_payload());
        }
        if !waiting.payloads.is_empty() {
            self.0.1.notify_one();
        }
    }

    /// Those that could not be sent, before what has come since.
    fn put_back(&self, payloads: Vec<String>) {
        let mut waiting = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = waiting.take();
        payloads.into_iter().chain(since).for_each(|payload| waiting.add(payload));
        self.0.1.notify_one();
    }

    /// All, and whether they are the last.
    fn take(&self) -> (Vec<String>, bool) {
        let mut waiting = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        (waiting.take(), waiting.is_last)
    }

    fn close(&self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).is_last = true;
        self.0.1.notify_one();
    }
}

impl Waiting {
    fn take(&mut self) -> Vec<String> {
        self.known.clear();
        std::mem::take(&mut self.payloads)
    }

    fn add(&mut self, payload: String) {
        if self.payloads.len() >= MOST {
            self.take();
            return self.add(Notice::missed().to_payload());
        }
        if self.known.insert(payload.clone()) {
            self.payloads.push(payload);
        }
    }
}

/// The task that sends them; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Announcer {
    queue: Queue,
    task: tokio::sync::Mutex<JoinHandle<()>>,
}

impl Announcer {
    pub(crate) fn start(outlet: &Outlet, pool: &Pool) -> Self {
        let queue = outlet.queue();
        let (outlet, pool) = (outlet.clone(), pool.clone());
        let announcing = Announcing { queue: queue.clone(), outlet, pool };
        Self { queue, task: tokio::sync::Mutex::new(tokio::spawn(announcing.run())) }
    }

    /// Sends what is left, and nothing more.
    pub(crate) async fn finish(&self) {
        self.queue.close();
        let mut task = self.task.lock().await;
        if !task.is_finished() && timeout(LAST_WORD, &mut *task).await.is_err() {
            warn!("The last changes could not be announced");
            task.abort();
        }
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.task.get_mut().abort();
    }
}

struct Announcing {
    queue: Queue,
    outlet: Outlet,
    pool: Pool,
}

impl Announcing {
    async fn run(self) {
        let mut failed = false;
        loop {
            self.queue.0.1.notified().await;
            sleep(GATHER).await;
            let (payloads, is_last) = self.queue.take();
            match self.send(&payloads).await {
                Ok(()) if is_last => return,
                Ok(()) => failed = false,
                Err(error) => {
                    if !failed {
                        warn!(%error, "Cannot announce changes; trying again");
                    }
                    failed = true;
                    self.queue.put_back(payloads);
                    sleep(AGAIN).await;
                }
            }
        }
    }

    async fn send(&self, payloads: &[String]) -> Result<(), Error> {
        if payloads.is_empty() {
            return Ok(());
        }
        // Behind a pooler a statement cannot keep its name.
        let is_direct = self.outlet.line() != Line::Pooled;
        let send = |pool: PgPool| async move {
            let sending = sqlx::query(SEND).bind(CHANNEL).bind(payloads).persistent(is_direct);
            sending.execute(&pool).await.map(drop)
        };
        Ok(self.pool.with(send).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Topic;

    fn notice(subject: &str) -> Notice {
        Notice { topic: Topic::TasksChanged, user: "usr_1".into(), subject: subject.into() }
    }

    #[test]
    fn a_notice_waits_once_and_in_its_place() {
        let queue = Queue::default();
        queue.push(&[notice("one"), notice("two")]);
        queue.push(&[notice("one"), notice("three")]);
        let first = queue.take().0;
        assert_eq!(first, ["one", "two", "three"].map(|subject| notice(subject).to_payload()));

        queue.push(&[notice("two"), notice("four")]);
        queue.put_back(first);
        let again = ["one", "two", "three", "four"].map(|subject| notice(subject).to_payload());
        assert_eq!(queue.take().0, again);
    }

    #[test]
    fn when_too_many_wait_all_are_told_to_read_again() {
        let queue = Queue::default();
        for number in 0..=MOST {
            queue.push(&[notice(&number.to_string())]);
        }
        assert_eq!(queue.take().0, [Notice::missed().to_payload()]);
    }
}
