//! Where notices come out, and how the line stands on which they come from other replicas.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, broadcast};

use super::{Notice, announce::Queue};

/// How many notices a slow subscriber may be behind before it is told that it missed some.
const BACKLOG: usize = 1024;

/// Where notices come out. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Outlet {
    /// For those who wait for news.
    waiting: broadcast::Sender<Notice>,
    /// For those who need them only when the database is used.
    passing: broadcast::Sender<Notice>,
    line: Arc<(Mutex<Line>, Notify)>,
    /// For other replicas.
    queue: Queue,
}

/// How the line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// None is needed: all who change something are in this process.
    Needless,
    /// What others announce is heard.
    Up,
    /// It was cut, and is about to be made again.
    Cut,
    /// It was cut while nobody waited for news, and is left so until the database is used.
    Asleep,
    /// There can be none: a pooler stands between.
    Pooled,
}

impl Outlet {
    pub(crate) fn new(line: Line) -> Self {
        let [waiting, passing] = [(); 2].map(|()| broadcast::channel(BACKLOG).0);
        let line = Arc::new((Mutex::new(line), Notify::new()));
        Self { waiting, passing, line, queue: Queue::default() }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.waiting.subscribe()
    }

    pub(crate) fn subscribe_in_passing(&self) -> broadcast::Receiver<Notice> {
        self.passing.subscribe()
    }

    pub(crate) fn is_waited_at(&self) -> bool {
        self.waiting.receiver_count() > 0
    }

    /// To all. Nobody listening is no error.
    pub(crate) fn send(&self, notice: Notice) {
        let _ = self.passing.send(notice.clone());
        let _ = self.waiting.send(notice);
    }

    /// To all on every replica, soon.
    pub(crate) fn announce(&self, notices: Vec<Notice>) {
        self.queue.push(&notices);
        // They do not come back to us by themselves.
        if self.line() == Line::Pooled {
            for notice in notices {
                self.send(notice);
            }
        }
    }

    pub(super) fn queue(&self) -> Queue {
        self.queue.clone()
    }

    /// To those who wait for news.
    pub(crate) fn send_to_waiting(&self, notice: Notice) {
        let _ = self.waiting.send(notice);
    }

    pub(crate) fn line(&self) -> Line {
        *self.line.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_line(&self, line: Line) {
        *self.line.0.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    /// The database is used: whoever sleeps wakes.
    pub(crate) fn wake(&self) {
        if self.line() == Line::Asleep {
            self.line.1.notify_one();
        }
    }

    /// Sleeps until the database is used.
    pub(crate) async fn sleep(&self) {
        self.set_line(Line::Asleep);
        self.line.1.notified().await;
    }
}
