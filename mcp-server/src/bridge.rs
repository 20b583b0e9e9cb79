//! `todochat-mcp-server bridge -- COMMAND`: serves over HTTP the tools of a program that speaks MCP over
//! its standard input and output.
//!
//! ```text
//! POST /mcp ─▶ gate (token) ─▶ rmcp, stateless ─▶ relay ─ ids of its own ─▶ child's standard input
//!                                                   ▲                        │ standard output
//!                                                   └────────────────────────┘
//! keeper: starts the child, greets it, tells relay and /readyz, starts it again when it has ended
//! ```
//!
//! All clients share the one child. Each request to it has an id that only the relay knows, so that no
//! client sees the answer to another's.

mod child;
mod gate;
mod keeper;
mod relay;

use std::sync::Arc;

use axum::{Router, middleware, routing::post_service};
use prometheus::Registry;
use rmcp::transport::streamable_http_server::{
    StreamableHttpService, session::never::NeverSessionManager,
};
use todochat_service::{
    ApiError, HttpMetrics, Ids, Shutdown, admin, health::Readiness, listener, process, request_id,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::gate::TokenError;
use self::{gate::Gate, keeper::Keeper, relay::Relay};
use crate::{
    config::BridgeConfig,
    router::{hosts, stateless},
};

/// The longest request. Other servers' tools may take files.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Serves until a signal, then ends within the grace, and the child after that.
pub async fn run(config: BridgeConfig) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let public = listener::bind(config.listener.listen).await?;
    let operators = listener::bind(config.admin.admin_listen).await?;
    serve(config, public, operators, shutdown).await
}

/// The same on sockets that are there already, until `shutdown` begins.
pub async fn serve(
    config: BridgeConfig,
    public: TcpListener,
    operators: TcpListener,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let gate = config.token_file.as_deref().map(Gate::open).transpose()?;
    let registry = Registry::new();
    process::register(&registry, "todochat_mcp")?;
    let keeper = Keeper::new(config.command, &registry)?;
    let readiness = Readiness::new(&shutdown);
    let live = keeper.live();
    readiness.register("child", move || {
        let is_live = live.borrow().is_some();
        async move { if is_live { Ok(()) } else { Err("it is being started".to_owned()) } }
    });
    let admin = admin::router(registry.clone(), readiness.clone());
    tokio::spawn(admin::serve(operators, admin, shutdown.clone()));

    let http_metrics = HttpMetrics::register(&registry, "todochat_mcp")?;
    let relay = Relay::new(keeper.live(), config.request_timeout);
    // With a token no list is needed: a web page whose name points at us has none to show.
    let hosts = match (&gate, config.allowed_host) {
        (Some(_), named) if named.is_empty() => Vec::new(),
        (_, named) => hosts("", named),
    };
    let router = router(relay, gate, hosts, shutdown.hard().clone())
        .layer(request_id::layer(Ids::random(), http_metrics.clone()));
    let end_of_child = CancellationToken::new();
    let keeping = tokio::spawn(keeper.keep(end_of_child.clone()));
    readiness.started();
    let address = public.local_addr()?;
    tracing::info!(listen = %address, "Bridging on {address}");
    listener::serve(public, router, config.listener.limits, http_metrics, shutdown.clone()).await;
    shutdown.finish(config.shutdown.shutdown_grace).await;
    end_of_child.cancel();
    Ok(keeping.await?)
}

fn router(
    relay: Relay,
    gate: Option<Gate>,
    hosts: Vec<String>,
    hard_stop: CancellationToken,
) -> Router {
    let service = StreamableHttpService::new(
        move || Ok(relay.clone()),
        Arc::new(NeverSessionManager::default()),
        stateless(hosts, hard_stop).with_max_request_body_bytes(MAX_BODY_BYTES),
    );
    let mut route = post_service(service);
    if let Some(gate) = gate {
        route = route.route_layer(middleware::from_fn_with_state(gate, gate::require));
    }
    Router::new().route("/mcp", route).fallback(async || ApiError::not_found())
}
