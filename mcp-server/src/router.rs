//! `POST /mcp`: what stands between the network and the tools.

use std::sync::Arc;

use axum::{Router, middleware, routing::post_service};
use http::Uri;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use todochat_auth::Verifier;
use todochat_database::Database;
use todochat_service::{ApiError, Clock, HttpMetrics, Ids, request_id};
use tokio_util::sync::CancellationToken;

use crate::{
    caller::{self, Gate},
    metrics::Metrics,
    tools::TodoTools,
};

/// The longest request. The longest a tool takes is a title and a description of 10,000
/// characters, some 120 kB of JSON when every character is escaped as a surrogate pair.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What the tool server is put together from.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where the tasks are.
    pub database: Database,
    /// Whose tokens are good; its audience is the server's public URL.
    pub verifier: Verifier,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// The address clients use, e.g. `http://127.0.0.1:8081/mcp`. Its host is an allowed one.
    pub public_url: String,
    /// Further values of `Host` that are served, each with a port or for any port.
    pub allowed_hosts: Vec<String>,
    /// Values of `Origin` that are served; a request without one is no browser's and always is.
    pub allowed_origins: Vec<String>,
    /// What is counted of tools.
    pub metrics: Metrics,
    /// What is counted of HTTP.
    pub http_metrics: HttpMetrics,
    /// Ends what is still running; the second stage of a shutdown.
    pub hard_stop: CancellationToken,
}

/// The routes of the public listener.
pub fn router(parts: Parts) -> Router {
    let Parts {
        database,
        verifier,
        clock,
        ids,
        public_url,
        allowed_hosts,
        allowed_origins,
        metrics,
        http_metrics,
        hard_stop,
    } = parts;
    let config = stateless(hosts(&public_url, allowed_hosts), hard_stop)
        .with_allowed_origins(allowed_origins)
        .with_max_request_body_bytes(MAX_BODY_BYTES);
    let gate = Gate { verifier, clock: clock.clone(), metrics: metrics.clone() };
    let tools = TodoTools::new(database, clock, ids.clone(), metrics);
    let service = StreamableHttpService::new(
        move || Ok(tools.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    // On the route and not on its fallback: another method is answered 405, whoever asks.
    let gate = middleware::from_fn_with_state(gate, caller::require);
    Router::new()
        .route("/mcp", post_service(service).route_layer(gate))
        .fallback(async || ApiError::not_found())
        .layer(request_id::layer(ids, http_metrics))
}

/// Streamable HTTP without sessions, for these hosts (none named: all) and no web page.
pub(crate) fn stateless(
    hosts: Vec<String>,
    hard_stop: CancellationToken,
) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(hosts)
        .enforce_origin_validation()
        .with_cancellation_token(hard_stop)
}

/// The hosts that are served: the public one, loopback, and what was configured. Any other is a
/// web page that has its name point at us (DNS rebinding).
pub(crate) fn hosts(public_url: &str, mut allowed: Vec<String>) -> Vec<String> {
    let public = public_url.parse::<Uri>().ok();
    allowed.extend(public.as_ref().and_then(Uri::host).map(str::to_owned));
    allowed.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_host_and_loopback_are_served_on_any_port() {
        assert_eq!(
            hosts("https://tools.example.org:8443/mcp", vec!["todo-tool:8081".to_owned()]),
            ["todo-tool:8081", "tools.example.org", "localhost", "127.0.0.1", "[::1]"]
        );
    }
}
