//! The optional kinds: a cluster may get or lose the Gateway API, cert-manager, CloudNativePG or the monitoring operator at
//! any time. Where definitions of resources may be watched their coming and going is seen at once; a namespaced operator may
//! not watch them, and asks at start and on SIGHUP.

use std::collections::HashMap;

use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{
    POD_METRICS, Watching,
    store::Names,
    stream::{Ended, Stream, Told},
    wait,
    watched::Watched,
};
use crate::{discovery, kinds::Kind};

/// Starts and stops the watches of the optional kinds as the cluster gets and loses them.
pub(super) async fn follow(watching: Watching) {
    let stop = watching.stop.clone();
    let mut running = Running { watching: watching.clone(), stops: HashMap::new() };
    if watching.namespaces.is_empty() {
        stop.run_until_cancelled(running.by_definitions()).await;
    } else {
        stop.run_until_cancelled(running.by_asking()).await;
    }
}

struct Running {
    watching: Watching,
    stops: HashMap<Kind, CancellationToken>,
}

impl Running {
    async fn by_definitions(&mut self) {
        let watching = self.watching.clone();
        let stream = Stream {
            client: watching.client.clone(),
            watched: Watched::Definitions,
            namespace: None,
            idle_limit: watching.idle_limit,
        };
        let mut failures = 0;
        loop {
            let ended = stream.run(|told| self.take_in(told)).await;
            watching.health.ended(Watched::Definitions, None, ended.label());
            failures = if matches!(ended, Ended::Expired) { 1 } else { failures + 1 };
            tokio::time::sleep(wait(failures)).await;
        }
    }

    fn take_in(&mut self, told: Told) {
        let listed = matches!(told, Told::Listed(_));
        match told {
            Told::Put { object, .. } => self.set(kind_of(&object), true),
            Told::Gone(object) => self.set(kind_of(&object), false),
            Told::Listed(names) => {
                for kind in Kind::all().filter(|kind| kind.is_optional()) {
                    let definition = kind.definition().unwrap_or_default();
                    self.set(Some(kind), names.has("", &definition));
                }
            }
            Told::Alive => {}
        }
        self.watching.health.heard(Watched::Definitions, None, listed);
    }

    async fn by_asking(&mut self) {
        let mut hangups = signal(SignalKind::hangup()).ok();
        loop {
            for kind in Kind::all().filter(|kind| kind.is_optional()) {
                let served = self.is_served(kind).await;
                self.set(Some(kind), served);
            }
            let metrics = self.group(POD_METRICS).await.is_some();
            for (key, lane) in self.watching.store.set_pod_metrics(metrics) {
                self.watching.queue.add(key, lane);
            }
            // The picture is complete, and nothing more is to be heard until somebody asks.
            self.watching.health.forget(Watched::Definitions);
            match &mut hangups {
                Some(hangups) => drop(hangups.recv().await),
                None => std::future::pending().await,
            }
        }
    }

    /// Whether the server serves the kind.
    async fn is_served(&self, kind: Kind) -> bool {
        let group = self.group(&kind.resource().api_version).await;
        group.is_some_and(|group| discovery::lists(&group, kind))
    }

    /// What the server says of a group, or of a version of it, if it has that. No answer is no answer: it is asked again.
    async fn group(&self, name: &str) -> Option<Value> {
        let mut failures = 0;
        loop {
            match discovery::group(&self.watching.client, name).await {
                Ok(group) => return group,
                Err(error) => tracing::debug!(
                    group = name,
                    error = &error as &dyn std::error::Error,
                    "Whether the cluster has {name} is asked again"
                ),
            }
            failures += 1;
            tokio::time::sleep(wait(failures)).await;
        }
    }

    fn set(&mut self, kind: Option<Kind>, available: bool) {
        let Some(kind) = kind.filter(|kind| available != self.stops.contains_key(kind)) else {
            return;
        };
        if available {
            let stop = self.watching.stop.child_token();
            for watched in Watched::of_optional(kind) {
                self.watching.start_one(watched, &stop);
            }
            self.stops.insert(kind, stop);
        } else if let Some(stop) = self.stops.remove(&kind) {
            stop.cancel();
            for watched in Watched::of_optional(kind) {
                self.watching.health.forget(watched);
                self.watching.store.only(watched, None, &Names::default());
            }
        }
        tracing::info!(
            watch.kind = kind.as_str(),
            available,
            "The cluster's {} kind is there: {available}",
            kind.as_str()
        );
        for (key, lane) in self.watching.store.set_available(kind, available) {
            self.watching.queue.add(key, lane);
        }
    }
}

fn kind_of(definition: &Value) -> Option<Kind> {
    let name = definition.pointer("/metadata/name")?.as_str()?;
    Kind::all().find(|kind| kind.definition().as_deref() == Some(name))
}
