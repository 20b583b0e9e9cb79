//! Connections that wait a moment for whoever comes next.

use std::{
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{Handed, Taken, lock};

/// How long a connection waits, at least; twice as long at most.
const MOMENT: Duration = Duration::from_millis(500);

/// The connections that rest, the newest last.
#[derive(Debug)]
pub(super) struct Resting {
    most: usize,
    rested: Vec<(Instant, Handed)>,
    /// Whether somebody gives them back when their time has come.
    is_watched: bool,
}

impl Resting {
    pub(super) fn at_most(most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { most, rested: Vec::new(), is_watched: false }
    }

    pub(super) fn len(&self) -> usize {
        self.rested.len()
    }

    /// The one that was used last: it is the likeliest to be alive, and the others get old.
    pub(super) fn newest(&mut self) -> Option<Handed> {
        self.rested.pop().map(|(_, handed)| handed)
    }

    pub(super) fn take_all(&mut self) -> Vec<(Instant, Handed)> {
        mem::take(&mut self.rested)
    }

    /// Takes the connection if there is one and there is room; says whether it has to be watched from now on.
    pub(super) fn add(&mut self, handed: &mut Option<Handed>) -> bool {
        if self.rested.len() >= self.most {
            return false;
        }
        let Some(handed) = handed.take() else { return false };
        self.rested.push((Instant::now(), handed));
        !mem::replace(&mut self.is_watched, true)
    }

    /// Those whose time has come.
    fn rested_enough(&mut self) -> Vec<(Instant, Handed)> {
        let enough = self.rested.partition_point(|(since, _)| since.elapsed() >= MOMENT);
        self.rested.drain(..enough).collect()
    }
}

/// Gives those back to the pool whose time has come, until none is left.
pub(super) fn watch(taken: &Arc<Mutex<Taken>>) {
    let taken = Arc::downgrade(taken);
    tokio::spawn(async move {
        loop {
            sleep(MOMENT).await;
            let Some(taken) = taken.upgrade() else { return };
            let mut taken = lock(&taken);
            let rested = taken.resting.rested_enough();
            let is_over = taken.resting.rested.is_empty();
            taken.resting.is_watched = !is_over;
            drop(taken);
            drop(rested);
            if is_over {
                return;
            }
        }
    });
}
