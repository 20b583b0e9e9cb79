//! The listener for operators: is it alive, is it ready, what does it count.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use tokio::net::TcpListener;

use crate::health::Readiness;
use crate::listener::{self, Limits};
use crate::{ApiError, HttpMetrics, Shutdown};

/// Where operators may ask.
#[derive(Clone, Debug, clap::Args)]
pub struct AdminArgs {
    /// Address of the admin listener: /livez, /readyz and /metrics
    #[arg(
        long,
        value_name = "ADDR",
        env = "TODOCHAT_ADMIN_LISTEN",
        default_value = "127.0.0.1:9090"
    )]
    pub admin_listen: SocketAddr,
}

/// `/livez`, `/readyz` and `/metrics`.
pub fn router(registry: Registry, readiness: Readiness) -> Router {
    router_with_liveness(registry, readiness, || Ok(()))
}

/// The same for a program that can run and yet be dead: `alive` says in a sentence what has stopped.
pub fn router_with_liveness(
    registry: Registry,
    readiness: Readiness,
    alive: impl Fn() -> Result<(), String> + Clone + Send + Sync + 'static,
) -> Router {
    Router::new()
        .route("/livez", get(move || std::future::ready(livez(alive()))))
        .route("/readyz", get(readyz).with_state(readiness))
        .route("/metrics", get(metrics).with_state(registry))
        .fallback(|| async { ApiError::not_found() })
}

/// Serves `router` until the process ends: during a shutdown operators still want to look.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) {
    let limits = Limits { max_connections: 256, ..Limits::default() };
    listener::serve(listener, router, limits, HttpMetrics::detached(), shutdown.to_the_end()).await;
}

fn livez(alive: Result<(), String>) -> (StatusCode, String) {
    match alive {
        Ok(()) => (StatusCode::OK, "alive\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

async fn readyz(State(readiness): State<Readiness>) -> (StatusCode, String) {
    let report = readiness.report().await;
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, report.to_string())
}

async fn metrics(State(registry): State<Registry>) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => ApiError::internal_because("encode the metrics", &error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use http_body_util::BodyExt as _;
    use prometheus::IntCounter;
    use tower::ServiceExt as _;

    use super::*;

    async fn get(router: &Router, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn operators_see_life_readiness_and_numbers() {
        let shutdown = Shutdown::new();
        let registry = Registry::new();
        let counter = IntCounter::new("things_total", "Things.").unwrap();
        registry.register(Box::new(counter.clone())).unwrap();
        counter.inc();
        let readiness = Readiness::new(&shutdown);
        let router = router(registry, readiness.clone());
        assert_eq!(get(&router, "/readyz").await.0, 503, "it has not started");
        readiness.started();
        assert_eq!(get(&router, "/livez").await, (200, "alive\n".to_owned()));
        assert_eq!(get(&router, "/readyz").await, (200, "ready\n".to_owned()));
        assert!(get(&router, "/metrics").await.1.contains("\nthings_total 1\n"));
        assert_eq!(get(&router, "/").await.0, 404);
    }

    #[tokio::test]
    async fn a_stopping_program_is_alive_but_not_ready() {
        let shutdown = Shutdown::new();
        let router = router(Registry::new(), Readiness::new(&shutdown));
        shutdown.soft().cancel();
        assert_eq!(get(&router, "/livez").await.0, 200);
        assert_eq!(get(&router, "/readyz").await.0, 503);
    }
}
