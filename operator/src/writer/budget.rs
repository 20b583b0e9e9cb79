//! How fast the operator may write, so that a change of all objects at once does not take the API server from others.
//!
//! A token bucket of one second's worth, kept as one moment: when the next write may go. Who comes takes the next place in
//! line, so nobody is overtaken.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How many writes may come at once after a rest, as the time in which they come back.
const BURST: Duration = Duration::from_secs(1);

/// The longest pause that is taken at its word.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The budget of writes.
#[derive(Debug)]
pub(super) struct Budget {
    /// The time between two writes; zero is without limit.
    interval: Duration,
    line: Mutex<Line>,
}

#[derive(Debug)]
struct Line {
    /// When the next write would go if there were no burst.
    next: Instant,
    /// Until when the API server wants to hear nothing.
    paused: Instant,
}

impl Budget {
    /// `per_second` writes a second on average; 0 is without limit.
    pub(super) fn new(per_second: u32) -> Self {
        let interval = if per_second == 0 { Duration::ZERO } else { BURST / per_second };
        let now = Instant::now();
        Self { interval, line: Mutex::new(Line { next: now, paused: now }) }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its turn and says how long that took.
    pub(super) async fn take(&self) -> Duration {
        let came = Instant::now();
        let turn = self.place(came);
        tokio::time::sleep_until(turn).await;
        // A pause may have been asked for while this one stood in line.
        let paused = self.line().paused;
        tokio::time::sleep_until(paused).await;
        came.elapsed()
    }

    fn place(&self, now: Instant) -> Instant {
        let mut line = self.line();
        let earliest = now.checked_sub(BURST.saturating_sub(self.interval)).unwrap_or(now);
        let turn = line.next.max(earliest);
        line.next = turn + self.interval;
        turn
    }

    /// The API server has asked for a pause: nothing is written before it is over.
    pub(super) fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause.min(LONGEST_PAUSE);
        let mut line = self.line();
        line.paused = line.paused.max(until);
    }

    /// How many writes could go now; `None` is without limit.
    pub(super) fn remaining(&self) -> Option<u32> {
        if self.interval.is_zero() {
            return None;
        }
        let taken = self.line().next.saturating_duration_since(Instant::now() - BURST);
        let left = BURST.saturating_sub(taken).as_nanos() / self.interval.as_nanos();
        Some(u32::try_from(left).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn time_for(budget: &Budget, writes: u32) -> Duration {
        let began = Instant::now();
        for _ in 0..writes {
            budget.take().await;
        }
        began.elapsed()
    }

    fn is_about(time: Duration, milliseconds: u64) -> bool {
        time.abs_diff(Duration::from_millis(milliseconds)) <= Duration::from_millis(5)
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_s_worth_goes_at_once_and_the_rest_at_the_rate() {
        let budget = Budget::new(10);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(is_about(time_for(&budget, 10).await, 0));
        assert!(is_about(time_for(&budget, 5).await, 500));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_used_is_not_saved_beyond_a_second() {
        let budget = Budget::new(10);
        time_for(&budget, 20).await;
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(budget.remaining(), Some(10));
        assert!(is_about(time_for(&budget, 20).await, 1000));
        assert_eq!(budget.remaining(), Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nobody_waits() {
        let budget = Budget::new(0);
        assert_eq!(time_for(&budget, 10_000).await, Duration::ZERO);
        assert_eq!(budget.remaining(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_those_who_come_and_those_in_line() {
        let budget = std::sync::Arc::new(Budget::new(1));
        tokio::time::advance(Duration::from_secs(2)).await;
        budget.take().await;
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.take().await }
        });
        tokio::task::yield_now().await;
        budget.pause(Duration::from_secs(30));
        assert!(is_about(waiting.await.unwrap(), 30_000));
        assert!(is_about(budget.take().await, 0), "its turn came long ago");
    }

    #[tokio::test(start_paused = true)]
    async fn an_absurd_pause_is_cut() {
        let budget = Budget::new(0);
        budget.pause(Duration::from_secs(1 << 40));
        assert!(is_about(budget.take().await, 60_000));
    }
}
