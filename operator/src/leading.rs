//! Which of several operators acts: the one that holds the Lease.
//!
//! ```text
//! follower ─ watches the Lease ─ not renewed for its duration, or given up ─▶ takes it (by its version)
//! leader   ─ renews every 5 s, one request ─ not renewed for 7 s ─▶ stops acting, before anybody can take it
//! ```
//!
//! Whether a Lease has run out is judged by how long it was seen unchanged, on one's own clock; the clocks of two machines are
//! never compared (client-go's rule). Taking and renewing name the version that was seen, so of two that try one fails. The
//! leader stops by itself a second before others may take over, also when it was stopped and goes on later: every write
//! asks the [`Fence`] first.

mod fence;
mod lease;
mod transitions;

use std::time::Duration;

use futures_util::{TryStreamExt as _, stream::BoxStream};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use self::lease::{Change, Rival, claim, holder, released};
pub use self::{fence::Fence, transitions::Transitions};

/// The name of the Lease.
pub const LEASE: &str = "todochat-operator";
/// How long the Lease lives without being renewed.
const DURATION: Duration = Duration::from_secs(8);
/// How often it is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How long after the last renewal the leader still acts.
const ACTS_FOR: Duration = Duration::from_secs(7);
/// How long one request may take.
const REQUEST: Duration = Duration::from_millis(1500);
/// How long to wait after a request has failed.
const RETRY: Duration = Duration::from_millis(500);

/// Taking part in the election.
pub struct Leading {
    api: Api<Lease>,
    identity: String,
    fence: Fence,
    transitions: Transitions,
    leads: watch::Sender<bool>,
}

/// Why the Lease could not be had or kept.
#[derive(Debug, thiserror::Error)]
enum LeaseError {
    /// Somebody else was faster.
    #[error("somebody else has changed the lease")]
    Conflict,
    /// There is none.
    #[error("somebody has deleted the lease")]
    Gone,
    /// The request failed.
    #[error("the lease could not be written")]
    Failed(#[source] Box<kube::Error>),
    /// The request took too long.
    #[error("the lease could not be written in time")]
    TimedOut,
}

impl From<kube::Error> for LeaseError {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) if status.code == 409 => Self::Conflict,
            kube::Error::Api(status) if status.code == 404 => Self::Gone,
            _ => Self::Failed(Box::new(error)),
        }
    }
}

impl Leading {
    /// Takes part as `identity`. `client` must not retry by itself.
    pub fn new(client: Client, namespace: &str, identity: String) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            identity,
            fence: Fence::closed(),
            transitions: Transitions::default(),
            leads: watch::Sender::new(false),
        }
    }

    /// Says whether this process may write now.
    pub fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// How often the Lease has changed hands.
    pub fn transitions(&self) -> Transitions {
        self.transitions.clone()
    }

    /// Whether this process leads, whenever that changes.
    pub fn leads(&self) -> watch::Receiver<bool> {
        self.leads.subscribe()
    }

    /// Takes part until `stop`; then gives the Lease up at once, so that another need not wait. Ends early when the Lease was
    /// lost: a process that led and does not know what has happened since begins anew.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Lost> {
        let Some(mut lease) = stop.run_until_cancelled(self.win()).await else { return Ok(()) };
        tracing::info!(lease.holder = self.identity, "Leading as {}", self.identity);
        self.leads.send_replace(true);
        let kept = stop.run_until_cancelled(self.keep(&mut lease)).await;
        self.fence.close();
        self.leads.send_replace(false);
        if kept.is_some() {
            return Err(Lost);
        }
        self.release(lease).await;
        Ok(())
    }

    /// Follows until the Lease is ours.
    async fn win(&self) -> Lease {
        loop {
            match self.try_to_win().await {
                Ok(lease) => return lease,
                Err(LeaseError::Conflict) => {}
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "Could not take part in the election"
                    );
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    async fn try_to_win(&self) -> Result<Lease, LeaseError> {
        let seen = match within(self.api.get_opt(LEASE)).await? {
            Some(seen) => self.until_free(Rival::seen(seen, DURATION)).await,
            None => None,
        };
        self.take(seen).await
    }

    /// Waits until the Lease is given up, or nothing was heard of it for as long as it lives: its holder is gone, or will have
    /// stopped acting. That holds for one that was deleted too.
    async fn until_free(&self, mut rival: Rival) -> Option<Lease> {
        let mut changes = None;
        while rival.is_held(&self.identity) {
            self.transitions.note(rival.lease());
            let until = rival.until;
            match tokio::time::timeout_at(until, self.next(&mut changes, &rival)).await {
                Err(_) => break,
                Ok(Ok(Some(change))) => rival.take_in(change, DURATION),
                Ok(ended) => {
                    changes = None;
                    self.look_again(ended.err(), &mut rival).await;
                }
            }
        }
        rival.left()
    }

    /// The watch has ended: what it may have missed is read.
    async fn look_again(&self, error: Option<kube::Error>, rival: &mut Rival) {
        if let Some(error) = error {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "The watch of the lease begins anew"
            );
        }
        tokio::time::sleep_until(rival.until.min(Instant::now() + RETRY)).await;
        match within(self.api.get_opt(LEASE)).await {
            Ok(Some(lease)) => rival.take_in(Change::Written(Box::new(lease)), DURATION),
            Ok(None) => rival.take_in(Change::Gone, DURATION),
            Err(_) => {}
        }
    }

    async fn next(
        &self,
        changes: &mut Option<BoxStream<'static, Result<Change, kube::Error>>>,
        rival: &Rival,
    ) -> Result<Option<Change>, kube::Error> {
        let changes = match changes {
            Some(changes) => changes,
            None => changes.insert(lease::changes(&self.api, rival.lease()).await?),
        };
        changes.try_next().await
    }

    async fn take(&self, seen: Option<Lease>) -> Result<Lease, LeaseError> {
        let lease = claim(seen.as_ref(), &self.identity, DURATION, true);
        self.write(&lease, seen.is_none()).await
    }

    /// Renews until that has not succeeded for too long, or somebody else has the Lease.
    async fn keep(&self, lease: &mut Lease) {
        loop {
            tokio::time::sleep_until(self.fence.renewed_at() + RENEW_EVERY).await;
            while let Err(error) = self.renew(lease).await {
                let lost = matches!(error, LeaseError::Conflict) && !self.is_ours(lease).await;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    lost,
                    "Could not renew the lease"
                );
                if lost || !self.fence.is_open() {
                    return;
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    async fn renew(&self, lease: &mut Lease) -> Result<(), LeaseError> {
        let renewed = self.write(&claim(Some(lease), &self.identity, DURATION, false), false).await;
        *lease = match renewed {
            // Somebody has deleted it. Of all who make it again one succeeds.
            Err(LeaseError::Gone) => self.take(None).await?,
            renewed => renewed?,
        };
        Ok(())
    }

    /// After a conflict: somebody may have labelled the Lease, and then it is still ours.
    async fn is_ours(&self, lease: &mut Lease) -> bool {
        match within(self.api.get_opt(LEASE)).await {
            Ok(Some(now)) if holder(&now).is_some_and(|holder| holder == self.identity) => {
                *lease = now;
                true
            }
            Ok(_) => false,
            // Not known: the fence decides.
            Err(_) => true,
        }
    }

    /// What is written counts from before it was sent.
    async fn write(&self, lease: &Lease, create: bool) -> Result<Lease, LeaseError> {
        let sent = Instant::now();
        let written = if create {
            within(self.api.create(&kube::api::PostParams::default(), lease)).await?
        } else {
            within(self.api.replace(LEASE, &kube::api::PostParams::default(), lease)).await?
        };
        self.fence.open(sent, ACTS_FOR);
        self.transitions.note(&written);
        Ok(written)
    }

    async fn release(&self, lease: Lease) {
        let released = released(lease);
        match within(self.api.replace(LEASE, &kube::api::PostParams::default(), &released)).await {
            Ok(_) => tracing::info!("Gave the lease up"),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "Could not give the lease up"
            ),
        }
    }
}

/// The Lease was lost.
#[derive(Debug, thiserror::Error)]
#[error("the lease was lost: somebody else may be leading")]
pub struct Lost;

async fn within<T>(request: impl Future<Output = Result<T, kube::Error>>) -> Result<T, LeaseError> {
    match tokio::time::timeout(REQUEST, request).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(LeaseError::TimedOut),
    }
}
