//! The chat server as a program of its own.

use anyhow::Context as _;
use prometheus::Registry;
use todochat_auth::SigningKeys;
use todochat_database::Database;
use todochat_service::{
    Clock, HttpMetrics, Ids, Shutdown, admin, chain, health::Readiness, listener, process,
};

use crate::{
    app::{self, Parts},
    config::Config,
    outgoing::Outgoing,
};

/// Serves until a signal, then ends within the grace. Fails when something it needs is missing.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let outgoing = Outgoing::new(&config.chat.outgoing_allow).context("--outgoing-allow")?;
    let tool_servers = config.tools.servers(&outgoing)?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let public = listener::bind(config.listener.listen).await?;
    let operators = listener::bind(config.admin.admin_listen).await?;

    let registry = Registry::new();
    process::register(&registry, "todochat_chat")?;
    let readiness = Readiness::new(&shutdown);
    let admin = admin::router(registry.clone(), readiness.clone());
    tokio::spawn(admin::serve(operators, admin, shutdown.clone()));

    let address = public.local_addr()?;
    let public_url = config.chat.public_url(address);
    let keys = SigningKeys::follow(&config.signing_keys_file)?;
    let database = database(&config, &readiness).await?;
    database.count_in(&registry, "todochat_chat")?;
    database.announce_start();
    let http_metrics = HttpMetrics::register(&registry, "todochat_chat")?;
    let router = app::router(Parts {
        args: config.chat,
        public_url,
        tool_servers,
        database: database.clone(),
        keys,
        clock: Clock::system(),
        ids: Ids::random(),
        registry,
        http_metrics: http_metrics.clone(),
        shutdown: shutdown.clone(),
    })
    .await?;
    readiness.started();
    tracing::info!(listen = %address, "Serving the chat on {address}");
    listener::serve(public, router, config.listener.limits, http_metrics, shutdown.clone()).await;
    shutdown.finish(config.shutdown.shutdown_grace).await;
    database.close().await;
    Ok(())
}

async fn database(config: &Config, readiness: &Readiness) -> anyhow::Result<Database> {
    let database = config.database.connect().await?;
    if config.migrate {
        database.migrate().await?;
    }
    let asked = database.clone();
    readiness.register("database", move || {
        let database = asked.clone();
        async move { database.check().await.map_err(|error| chain(&error)) }
    });
    Ok(database)
}
