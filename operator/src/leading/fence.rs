//! Whether this process may write now.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Open while the Lease was renewed lately. It closes by the clock alone, so that it is closed for a process that was stopped
/// and goes on after its time. Clones are one fence.
#[derive(Clone, Debug)]
pub struct Fence(Arc<Mutex<Times>>);

#[derive(Debug)]
struct Times {
    renewed_at: Instant,
    until: Option<Instant>,
}

impl Fence {
    /// A fence that is closed.
    pub fn closed() -> Self {
        Self(Arc::new(Mutex::new(Times { renewed_at: Instant::now(), until: None })))
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process may write now.
    pub fn is_open(&self) -> bool {
        self.times().until.is_some_and(|until| Instant::now() < until)
    }

    /// When the Lease was last renewed.
    pub fn renewed_at(&self) -> Instant {
        self.times().renewed_at
    }

    /// Opens it: the Lease was renewed at `renewed_at`, and is good for this long.
    pub fn open(&self, renewed_at: Instant, good_for: Duration) {
        *self.times() = Times { renewed_at, until: Some(renewed_at + good_for) };
    }

    /// Closes it for good, or until it is opened.
    pub fn close(&self) {
        self.times().until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_closes_by_the_clock() {
        let fence = Fence::closed();
        assert!(!fence.is_open());
        fence.open(Instant::now(), Duration::from_secs(7));
        tokio::time::advance(Duration::from_millis(6999)).await;
        assert!(fence.is_open());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!fence.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn it_counts_from_before_the_renewal_was_sent() {
        let fence = Fence::closed();
        let sent = Instant::now();
        tokio::time::advance(Duration::from_secs(2)).await;
        fence.open(sent, Duration::from_secs(7));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(!fence.is_open());
    }
}
