//! Handshakes with tool servers: that a pod is ready does not say that its tools can be called.
//!
//! ```text
//! watch ─▶ schedule: who is due when ─▶ one task, at most 16 handshakes at once ─▶ probe
//!                         ▲                 └ wire: one client for all, bounded answers │
//!                         └──────────── result, next time ◀──────────────────────────────┤
//!                                                        changed: the object is looked at again
//! ```
//!
//! It is a task beside the reconciles: a server that does not answer keeps nobody waiting. A server that answers is spoken to
//! again after a while, one that does not sooner, a changed one at once.

mod clients;
mod handshake;
mod probe;
mod schedule;
mod target;
mod wire;

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
use ipnet::IpNet;
use todochat_service::outgoing::Outgoing;
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, sleep_until},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{
    clients::Clients,
    handshake::Greeter,
    schedule::{Appointment, Pace, Schedule},
};
pub use self::{
    probe::{Handshake, Probe, ProbeError},
    target::{Credential, Target},
};
use crate::names::ObjectKey;

/// How many handshakes are under way at once.
const AT_ONCE: usize = 16;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Speaks to tool servers, until it is dropped.
pub struct Prober {
    shared: Arc<Shared>,
    _until_dropped: DropGuard,
}

struct Shared {
    schedule: Mutex<Schedule>,
    woken: Notify,
    greeter: Greeter,
    limit: Duration,
    changed: Box<dyn Fn(ObjectKey) + Send + Sync>,
}

impl Prober {
    /// Speaks to servers that answer every `interval`, within a fifth of it. Remote ones may have public addresses and those
    /// of `outgoing_allow`. `changed` is told of each object for which [`results`](Self::results) has changed by itself.
    pub fn new(
        interval: Duration,
        outgoing_allow: &[IpNet],
        changed: impl Fn(ObjectKey) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        Self::with_pace(LIMIT, Pace::every(interval), outgoing_allow, changed)
    }

    fn with_pace(
        limit: Duration,
        pace: Pace,
        outgoing_allow: &[IpNet],
        changed: impl Fn(ObjectKey) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let clients = Clients::new(Outgoing::with_networks(outgoing_allow))?;
        let shared = Arc::new(Shared {
            schedule: Mutex::new(Schedule::new(pace)),
            woken: Notify::new(),
            greeter: Greeter::new(clients),
            limit,
            changed: Box::new(changed),
        });
        let ends = CancellationToken::new();
        tokio::spawn(ends.clone().run_until_cancelled_owned(keep_appointments(shared.clone())));
        Ok(Self { shared, _until_dropped: ends.drop_guard() })
    }

    /// From now on these are the tool servers of the object. Those that are new or otherwise than before are spoken to at
    /// once; what is known of the others stays.
    pub fn watch(&self, key: &ObjectKey, targets: Vec<Target>) {
        self.shared.schedule().watch(key, targets, Instant::now());
        self.shared.woken.notify_one();
    }

    /// The object has no tool servers any more.
    pub fn forget(&self, key: &ObjectKey) {
        self.shared.schedule().forget(key);
    }

    /// What the handshakes with the object's tool servers came to, by their names; nothing of those that were not spoken to
    /// yet.
    pub fn results(&self, key: &ObjectKey) -> BTreeMap<String, Probe> {
        self.shared.schedule().results(key)
    }

    /// How long the last handshake with each of the object's tool servers took, whatever came of it.
    pub fn durations(&self, key: &ObjectKey) -> Vec<(String, Duration)> {
        self.shared.schedule().durations(key)
    }
}

impl Shared {
    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next handshake, once its time has come.
    async fn next(&self) -> Appointment {
        loop {
            let due = match self.schedule().take(Instant::now()) {
                Ok(appointment) => return appointment,
                Err(due) => due,
            };
            match due {
                Some(due) => tokio::select! {
                    () = self.woken.notified() => {}
                    () = sleep_until(due) => {}
                },
                None => self.woken.notified().await,
            }
        }
    }

    async fn keep(&self, appointment: Appointment) {
        let greeting = self.greeter.greet(&appointment.target);
        let greeting = AssertUnwindSafe(tokio::time::timeout(self.limit, greeting)).catch_unwind();
        let outcome = match greeting.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ProbeError::TimedOut),
            // What another program says may not stop the handshakes with it for ever.
            Err(_) => Err(ProbeError::NotMcp),
        };
        let jitter = rand::random_range(0.8..1.2);
        let key = appointment.key.clone();
        let changed = self.schedule().finished(&appointment, outcome, Instant::now(), jitter);
        self.woken.notify_one();
        if changed {
            (self.changed)(key);
        }
    }
}

async fn keep_appointments(shared: Arc<Shared>) {
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let seat = seats.clone().acquire_owned().await.expect("the semaphore is never closed");
        let appointment = shared.next().await;
        let shared = shared.clone();
        tokio::spawn(async move {
            shared.keep(appointment).await;
            drop(seat);
        });
    }
}

#[cfg(test)]
mod tests;
