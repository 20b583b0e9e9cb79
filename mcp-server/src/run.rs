//! The tool server as a program of its own.

use prometheus::Registry;
use todochat_service::{
    Clock, HttpMetrics, Ids, Shutdown, admin, chain, health::Readiness, listener, process,
};

use crate::{Config, Metrics, Parts, router};

/// Serves until a signal, then ends within the grace. Fails when something it needs is missing.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let public = listener::bind(config.listener.listen).await?;
    let operators = listener::bind(config.admin.admin_listen).await?;

    let registry = Registry::new();
    process::register(&registry, "todochat_mcp")?;
    let readiness = Readiness::new(&shutdown);
    let admin = admin::router(registry.clone(), readiness.clone());
    tokio::spawn(admin::serve(operators, admin, shutdown.clone()));

    let verifier = config.verifier()?;
    let database = config.database.connect().await?;
    database.count_in(&registry, "todochat_mcp")?;
    database.announce_start();
    let asked = database.clone();
    readiness.register("database", move || {
        let database = asked.clone();
        async move { database.check().await.map_err(|error| chain(&error)) }
    });

    let http_metrics = HttpMetrics::register(&registry, "todochat_mcp")?;
    let router = router(Parts {
        database: database.clone(),
        verifier,
        clock: Clock::system(),
        ids: Ids::random(),
        public_url: config.public_url,
        allowed_hosts: config.allowed_host,
        allowed_origins: config.allowed_origin,
        metrics: Metrics::new(&registry)?,
        http_metrics: http_metrics.clone(),
        hard_stop: shutdown.hard().clone(),
    });
    readiness.started();
    tracing::info!(listen = %config.listener.listen, "Serving tools on {}", config.listener.listen);
    listener::serve(public, router, config.listener.limits, http_metrics, shutdown.clone()).await;
    shutdown.finish(config.shutdown.shutdown_grace).await;
    database.close().await;
    Ok(())
}
