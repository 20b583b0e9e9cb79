//! `todochat-operator run`: wires the parts together and ends them in order.
//!
//! ```text
//! watches ─ always ─▶ store ─▶ (stands by)
//! lease won, lists complete ─▶ workers ─ SIGTERM ─▶ let them end, 10 s at most ─▶ give the lease up
//!                                      └ lease lost ─▶ stop at once, exit with an error: begin anew
//! ```

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures_util::FutureExt as _;
use prometheus::Registry;
use todochat_service::{Clock, Shutdown, admin, health::Readiness, listener, process};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    client,
    config::RunArgs,
    controller::Controller,
    leading::Leading,
    metrics::{self, Live, Metrics, Sources},
    queue::{Ended, Queue},
    selfcheck,
    watching::{Health, Store, Watching},
};

/// Runs until a signal; fails when it cannot start, or when the Lease was lost.
pub async fn run(args: RunArgs) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let (client, own_namespace) = client::connect().await?;
    let namespace = args.pod_namespace.clone().unwrap_or(own_namespace);
    let identity = args.pod_name.clone().unwrap_or_else(nameless);

    let registry = Registry::new();
    process::register(&registry, metrics::PREFIX)?;
    let metrics = Metrics::register(&registry)?;
    let (store, queue) = (Arc::new(Store::default()), Arc::new(Queue::default()));
    let watching = Watching::new(
        client.clone(),
        &args.watch_namespace,
        args.watch_idle_limit,
        store.clone(),
        queue.clone(),
        shutdown.hard().clone(),
    );
    let leading = Leading::new(client.clone(), &namespace, identity.clone());
    tokio::spawn(selfcheck::run(
        client.clone(),
        args.watch_namespace.clone(),
        namespace.clone(),
        metrics.clone(),
    ));
    let settings = Arc::new(args.settings.settings(&namespace));
    let controller = Controller::new(
        &args,
        client,
        &registry,
        settings,
        store.clone(),
        queue.clone(),
        metrics,
        leading.fence(),
        identity,
    )?;
    Live::register(&registry, sources(&args, store, queue, &watching, &leading, &controller))?;
    // Before anybody can ask whether it is ready: what is not expected yet is not missed.
    watching.start();
    serve_admin(&args, &registry, &shutdown, watching.health()).await?;
    lead(&args, &shutdown, leading, watching.health(), Arc::new(controller)).await
}

/// Where what is asked for on `/metrics` is read.
fn sources(
    args: &RunArgs,
    store: Arc<Store>,
    queue: Arc<Queue>,
    watching: &Watching,
    leading: &Leading,
    controller: &Controller,
) -> Sources {
    Sources {
        queue,
        store,
        health: watching.health(),
        fence: leading.fence(),
        transitions: leading.transitions(),
        writer: controller.writer(),
        secrets: controller.secrets(),
        prober: controller.prober(),
        clock: Clock::system(),
        objects: args.object_metrics,
    }
}

/// What is alive is not only running: it also hears from the cluster.
async fn serve_admin(
    args: &RunArgs,
    registry: &Registry,
    shutdown: &Shutdown,
    health: Arc<Health>,
) -> anyhow::Result<()> {
    let operators = listener::bind(args.admin.admin_listen).await?;
    tracing::info!(listen = %operators.local_addr()?, "Serving operators on {}", operators.local_addr()?);
    let readiness = Readiness::new(shutdown);
    let listed = health.clone();
    readiness.register("watches", move || {
        let waiting = listed.unlisted();
        std::future::ready(match waiting.as_slice() {
            [] => Ok(()),
            waiting => Err(format!("no list yet of {}", waiting.join(", "))),
        })
    });
    readiness.started();
    let alive = move || match health.dead().as_slice() {
        [] => Ok(()),
        dead => Err(format!("nothing was heard for too long of {}", dead.join(", "))),
    };
    let router = admin::router_with_liveness(registry.clone(), readiness, alive);
    tokio::spawn(admin::serve(operators, router, shutdown.clone()));
    Ok(())
}

/// Works while it leads.
async fn lead(
    args: &RunArgs,
    shutdown: &Shutdown,
    leading: Leading,
    health: Arc<Health>,
    controller: Arc<Controller>,
) -> anyhow::Result<()> {
    let (leads, release) = (leading.leads(), CancellationToken::new());
    let mut election = tokio::spawn(leading.run(release.clone()));
    let working = work_while_leading(args, shutdown, leads, health, controller);
    let election = tokio::select! {
        () = working => {
            release.cancel();
            (&mut election).await
        }
        // Lost: the workers end where they stand.
        ended = &mut election => ended,
    };
    shutdown.finish(Duration::from_secs(1)).await;
    election.context("the election ended badly")?.map_err(Into::into)
}

async fn work_while_leading(
    args: &RunArgs,
    shutdown: &Shutdown,
    mut leads: watch::Receiver<bool>,
    health: Arc<Health>,
    controller: Arc<Controller>,
) {
    let started = async {
        let won = leads.wait_for(|leads| *leads).await.is_ok();
        while !health.may_begin() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        won
    };
    if shutdown.soft().run_until_cancelled(started).await != Some(true) {
        return;
    }
    tracing::info!(workers = args.workers, "Looking after all objects");
    controller.start_leading();
    let mut workers = JoinSet::new();
    for _ in 0..args.workers {
        workers.spawn(work(controller.clone(), shutdown.soft().clone()));
    }
    shutdown.soft().cancelled().await;
    let ending = async { while workers.join_next().await.is_some() {} };
    if tokio::time::timeout(args.drain, ending).await.is_err() {
        tracing::warn!("Work that had begun did not end in time");
    }
}

/// Takes one object after the other. A panic is one object's failure.
async fn work(controller: Arc<Controller>, stop: CancellationToken) {
    while let Some(key) = stop.run_until_cancelled(controller.queue().next()).await {
        let waited = controller.queue().waited(&key);
        controller.metrics().queue_wait_seconds.observe(waited.as_secs_f64());
        let looking = std::panic::AssertUnwindSafe(Box::pin(controller.look_at(&key)));
        let ended = looking.catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(object = %key, "Looking at {key} panicked");
            controller.metrics().panics.inc();
            Ended::Badly(None)
        });
        controller.queue().done(&key, ended);
    }
}

/// The name of a process that was given none.
fn nameless() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}-{:08x}", host.trim(), rand::random::<u32>())
}
