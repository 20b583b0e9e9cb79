//! What was committed, here and elsewhere.

use tokio::sync::broadcast;

use super::Database;
use crate::{Notice, notice::Line};

impl Database {
    /// What others and we ourselves have committed from now on, as far as it was announced with
    /// [`Transaction::notify`]; a server that dies may take what it has just committed with it. A
    /// receiver that lags, and one that is told [`Topic::Missed`], reads what it shows again.
    ///
    /// [`Transaction::notify`]: crate::Transaction::notify
    /// [`Topic::Missed`]: crate::Topic::Missed
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.outlet.subscribe()
    }

    /// Says on all replicas that notices may have been lost: for a server that starts, since its forerunner may have died between
    /// a commit and its announcement. Between replicas only; what is in one process ends with it.
    pub fn announce_start(&self) {
        if self.announcer.is_some() {
            self.outlet.announce(vec![Notice::missed()]);
        }
    }

    /// The same for those who need no news while the database is not used: they do not keep one awake that may sleep, and ask
    /// [`hears_others`](Self::hears_others) before they rely on what they know.
    pub fn subscribe_in_passing(&self) -> broadcast::Receiver<Notice> {
        self.outlet.subscribe_in_passing()
    }

    /// Whether what other replicas announce is heard at this moment. It is not while the line is cut, and never behind a
    /// transaction pooler, where only the database itself knows.
    pub fn hears_others(&self) -> bool {
        matches!(self.outlet.line(), Line::Needless | Line::Up)
    }
}
