//! What happens in the cluster, as far as it concerns `TodoChat` objects.
//!
//! ```text
//! stream (one task a kind and namespace, each with a backoff of its own)
//!    ─▶ store: objects, worlds, what specs point at ─▶ queue
//! optional: CustomResourceDefinitions come and go ─▶ streams of their kinds start and stop
//! ```
//!
//! No stream waits for another: one that fails, or whose kind the cluster lacks, is one sleeping task.

mod health;
mod optional;
pub mod seen;
mod store;
mod stream;
mod watched;

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio_util::sync::CancellationToken;

pub(crate) use self::store::{Offered, POD_METRICS};
use self::stream::{Ended, Stream, Told};
pub use self::{
    health::{Health, StreamHealth},
    store::{Meta, Named, Store, Stored, Wakes},
    watched::Watched,
};
use crate::queue::{Lane, Queue};

/// The first wait after a watch has failed, before jitter.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait after a watch has failed.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A watch that lived this long before it failed is not counted as failing.
const LIVED: Duration = Duration::from_secs(30);

/// The watches of the process, and what they feed.
#[derive(Clone)]
pub struct Watching {
    client: Client,
    namespaces: Arc<[String]>,
    idle_limit: Duration,
    store: Arc<Store>,
    queue: Arc<Queue>,
    health: Arc<Health>,
    stop: CancellationToken,
}

impl Watching {
    /// Watches `namespaces`, or all if there are none. Nothing is asked before [`start`](Self::start).
    pub fn new(
        client: Client,
        namespaces: &[String],
        idle_limit: Duration,
        store: Arc<Store>,
        queue: Arc<Queue>,
        stop: CancellationToken,
    ) -> Self {
        let health = Arc::new(Health::new(idle_limit));
        Self { client, namespaces: namespaces.into(), idle_limit, store, queue, health, stop }
    }

    /// How the watches are.
    pub fn health(&self) -> Arc<Health> {
        self.health.clone()
    }

    /// Starts them; they run until they are stopped.
    pub fn start(&self) {
        let of_cluster = Watched::of_cluster().into_iter().filter(|_| self.namespaces.is_empty());
        for watched in Watched::at_start().into_iter().chain(of_cluster) {
            self.start_one(watched, &self.stop);
        }
        // Expected from the first moment on: what the cluster has is known before anything is looked after.
        self.health.expect(Watched::Definitions, None);
        tokio::spawn(optional::follow(self.clone()));
    }

    fn start_one(&self, watched: Watched, stop: &CancellationToken) {
        let scopes: Vec<Option<String>> = match &*self.namespaces {
            [] => vec![None],
            namespaces => namespaces.iter().cloned().map(Some).collect(),
        };
        for namespace in scopes {
            let (watching, stop) = (self.clone(), stop.clone());
            watching.health.expect(watched, namespace.as_deref());
            tokio::spawn(async move {
                stop.run_until_cancelled(watching.keep_watching(watched, namespace)).await
            });
        }
    }

    /// One stream after the other, for ever.
    async fn keep_watching(self, watched: Watched, namespace: Option<String>) {
        let stream = Stream {
            client: self.client.clone(),
            watched,
            namespace: namespace.clone(),
            idle_limit: self.idle_limit,
        };
        let mut failures = 0u32;
        loop {
            let began = tokio::time::Instant::now();
            let ended = stream.run(|told| self.take_in(watched, namespace.as_deref(), told)).await;
            self.health.ended(watched, namespace.as_deref(), ended.label());
            failures = if began.elapsed() > LIVED { 1 } else { failures + 1 };
            report(watched, &ended, failures);
            tokio::time::sleep(wait(failures)).await;
        }
    }

    fn take_in(&self, watched: Watched, namespace: Option<&str>, told: Told) {
        let listed = matches!(told, Told::Listed(_));
        let wakes = match told {
            Told::Put { object, late } => self.store.put(watched, &object, late),
            Told::Gone(object) => self.store.gone(watched, &object),
            Told::Listed(names) => self.store.only(watched, namespace, &names),
            Told::Alive => Wakes::new(),
        };
        if self.health.heard(watched, namespace, listed) {
            // The last list has come: only now is anything absent that is not in the store.
            wakes_of(self.store.keys()).for_each(|(key, lane)| self.queue.add(key, lane));
        }
        for (key, lane) in wakes {
            self.queue.add(key, lane);
        }
    }
}

fn wakes_of(
    keys: Vec<crate::names::ObjectKey>,
) -> impl Iterator<Item = (crate::names::ObjectKey, Lane)> {
    keys.into_iter().map(|key| (key, Lane::Other))
}

/// Doubles with each failure in a row; half of it is left to chance.
fn wait(failures: u32) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_WAIT).mul_f64(rand::random_range(0.5..1.0))
}

/// A watch that ends now and then is the way of the world; what needs somebody's hand is said once.
fn report(watched: Watched, ended: &Ended, failures: u32) {
    let kind = watched.label();
    match (watched, ended) {
        (Watched::Objects, Ended::Absent) if failures == 1 => {
            tracing::error!(
                "The cluster has no TodoChat resource: install it with `todochat-operator crds | kubectl apply --server-side -f -`"
            );
        }
        (_, Ended::Forbidden) if failures == 1 => {
            tracing::error!(
                watch.kind = kind,
                "May not watch {kind}: compare the rights with `todochat-operator rbac`"
            );
        }
        _ => tracing::debug!(
            watch.kind = kind,
            error = ended as &dyn std::error::Error,
            "The watch of {kind} begins anew"
        ),
    }
}
