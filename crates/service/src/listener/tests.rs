//! Real sockets on loopback. A test makes only the limit it is about small, and waits for what the
//! server does, never for time to pass.

mod client;
mod ends;
mod http2;
mod slow;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use prometheus::{Registry, TextEncoder};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Limits, RemoteAddr, bind, serve};
use crate::json::Json;
use crate::{HttpMetrics, Ids, Shutdown, request_id};
use client::Client;

/// Short, and still longer than a busy machine keeps a test from running.
const SHORT: Duration = Duration::from_millis(250);

/// A program with a few handlers, served with the limits under test.
struct Program {
    address: SocketAddr,
    shutdown: Shutdown,
    registry: Registry,
}

impl Program {
    async fn start(limits: Limits) -> Self {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, registry) = (Shutdown::new(), Registry::new());
        let metrics = HttpMetrics::register(&registry, "t").unwrap();
        let router = router(&shutdown).layer(request_id::layer(Ids::sequence(), metrics.clone()));
        tokio::spawn(serve(listener, router, limits, metrics, shutdown.clone()));
        Self { address, shutdown, registry }
    }

    async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    fn metrics(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap()
    }

    /// Waits until the last connection has ended, without asking any of them to.
    async fn no_connections(&self) {
        self.shutdown.tracker().close();
        self.shutdown.tracker().wait().await;
        self.shutdown.tracker().reopen();
    }
}

fn router(shutdown: &Shutdown) -> Router {
    let hard = shutdown.hard().clone();
    Router::new()
        .route("/work", get(|| async move { work(hard) }))
        .route("/", get(|| async { "hello" }))
        .route("/echo", post(|Json(value): Json<Value>| async { Json(value) }))
        .route("/panic", get(|| async { panic!("a broken handler") as () }))
        .route("/events", get(|| async { events(10) }))
        .route("/forever", get(|| async { events(usize::MAX) }))
        .route("/flood", get(flood))
        .route(
            "/from",
            get(|Extension(RemoteAddr(from))| async move { SocketAddr::to_string(&from) }),
        )
}

/// `count` events, each some time after the one before.
fn events(count: usize) -> Response {
    let events = stream::unfold(0, move |sent| async move {
        if sent == count {
            return None;
        }
        tokio::time::sleep(SHORT / 5).await;
        Some((Ok::<_, Infallible>(Bytes::from(format!("event {sent}\n"))), sent + 1))
    });
    Response::new(Body::from_stream(events))
}

/// Something long that is put away in a few steps when it must stop, and then says that it did.
fn work(hard: CancellationToken) -> Response {
    let begun = stream::iter([Bytes::from("begun\n")]);
    let put_away = stream::once(async move {
        hard.cancelled().await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        Bytes::from("stopped\n")
    });
    Response::new(Body::from_stream(begun.chain(put_away).map(Ok::<_, Infallible>)))
}

/// Bytes without end, as fast as they are taken.
async fn flood() -> Body {
    let block = Bytes::from(vec![b'x'; 16 * 1024]);
    Body::from_stream(stream::repeat(Ok::<_, Infallible>(block)))
}
