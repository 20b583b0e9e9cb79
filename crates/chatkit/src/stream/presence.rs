//! How many read a turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How many read a turn. Clones count the same.
#[derive(Clone, Default)]
pub(crate) struct Presence(Arc<watch::Sender<usize>>);

/// One reader's place.
pub(super) struct Seat {
    presence: Presence,
    is_free: AtomicBool,
}

impl Presence {
    pub(super) fn take(&self) -> Seat {
        self.0.send_modify(|readers| *readers += 1);
        Seat { presence: self.clone(), is_free: AtomicBool::new(false) }
    }

    /// Resolves when nobody reads.
    pub(crate) async fn nobody(&self) {
        // The sender is in here, so there is one.
        let _ = self.0.subscribe().wait_for(|readers| *readers == 0).await;
    }

    /// Whether somebody comes within this time.
    pub(crate) async fn anybody(&self, within: Duration) -> bool {
        timeout(within, self.0.subscribe().wait_for(|readers| *readers > 0)).await.is_ok()
    }
}

impl Seat {
    /// Nobody sits here any more; said again, it changes nothing.
    pub(super) fn leave(&self) {
        if !self.is_free.swap(true, Ordering::AcqRel) {
            self.presence.0.send_modify(|readers| *readers = readers.saturating_sub(1));
        }
    }
}
