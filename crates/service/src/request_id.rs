//! What happens around every request: an id, a net for panics, one log line, the metrics.
//!
//! ```text
//! request ─▶ new id (a client's own is never trusted) ─▶ handler, inside a span and a panic net
//!         ◀─ `x-request-id` ◀─ counted and logged ◀─ errors brought into one shape
//! ```

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::{ApiError, HttpMetrics, Ids, error};

/// The header that carries the id out.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request this task is answering; none outside of one.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// A layer for [`axum::Router::layer`]; the outermost one, so that it sees every answer.
pub fn layer(ids: Ids, metrics: HttpMetrics) -> RequestLayer {
    RequestLayer { ids, metrics }
}

/// See [`layer`].
#[derive(Clone, Debug)]
pub struct RequestLayer {
    ids: Ids,
    metrics: HttpMetrics,
}

impl<S> Layer<S> for RequestLayer {
    type Service = Requests<S>;

    fn layer(&self, inner: S) -> Requests<S> {
        Requests { inner, ids: self.ids.clone(), metrics: self.metrics.clone() }
    }
}

/// The service that [`layer`] puts around another.
#[derive(Clone, Debug)]
pub struct Requests<S> {
    inner: S,
    ids: Ids,
    metrics: HttpMetrics,
}

impl<S> Service<Request> for Requests<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let id = self.ids.next("req_");
        let header = HeaderValue::from_str(&id).expect("ids are letters, digits and underscores");
        let span = tracing::info_span!("request", request.id = %id);
        let about = About::of(&request);
        let metrics = self.metrics.clone();
        // The service that said it is ready must be the one that is called.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let answer = async move {
            let mut response = caught(async move { inner.call(request).await }, &metrics).await;
            response = error::reshape(response).await;
            about.answered(&response, &metrics);
            response.headers_mut().insert(HEADER, header);
            Ok(response)
        };
        Box::pin(CURRENT.scope(id, answer).instrument(span))
    }
}

/// Runs a handler. A panic in it is our fault, told to the client as such, and ends nothing else.
async fn caught(
    handler: impl Future<Output = Result<Response, Infallible>>,
    metrics: &HttpMetrics,
) -> Response {
    match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(Ok(response)) => response,
        Err(_panic) => {
            metrics.panicked();
            ApiError::internal().into_response()
        }
    }
}

/// What a request is called in the log and the metrics.
struct About {
    method: Method,
    route: Option<MatchedPath>,
    began: Instant,
}

impl About {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            began: Instant::now(),
        }
    }

    fn answered(&self, response: &Response, metrics: &HttpMetrics) {
        let status = response.status();
        let took = self.began.elapsed();
        let route = self.route.as_ref().map_or("unmatched", MatchedPath::as_str);
        metrics.answered(&self.method, route, status, took);
        tracing::info!(
            http.method = %self.method,
            http.route = route,
            http.status = status.as_u16(),
            duration_ms = milliseconds(took),
            "Answered {} {route} with {}",
            self.method,
            status.as_u16(),
        );
    }
}

/// To the microsecond; more digits say nothing.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::StatusCode;
    use http_body_util::BodyExt as _;
    use prometheus::{Registry, TextEncoder};
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;

    const FIRST: &str = "req_00000000000000000000000000000001";

    struct Program {
        registry: Registry,
        router: Router,
    }

    fn program() -> Program {
        let registry = Registry::new();
        let metrics = HttpMetrics::register(&registry, "t").unwrap();
        let router = Router::new()
            .route("/id", get(|| async { current().unwrap() }))
            .route("/panic/{id}", get(|| async { panic!("a broken handler") as () }))
            .route("/missing", get(|| async { ApiError::not_found() }))
            .layer(layer(Ids::sequence(), metrics));
        Program { registry, router }
    }

    impl Program {
        async fn get(&self, path: &str) -> Response {
            let request = Request::builder()
                .uri(path)
                .header("x-request-id", "chosen by the client")
                .body(Body::empty())
                .unwrap();
            self.router.clone().oneshot(request).await.unwrap()
        }

        fn metrics(&self) -> String {
            TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap()
        }
    }

    async fn json_of(response: Response) -> Value {
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn the_id_is_ours_and_the_same_inside_and_out() {
        let response = program().get("/id").await;
        assert_eq!(response.headers()[HEADER], FIRST);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, FIRST);
    }

    #[tokio::test]
    async fn an_error_names_the_request() {
        let body = json_of(program().get("/missing").await).await;
        assert_eq!(body["error"]["request_id"], json!(FIRST));
    }

    #[tokio::test]
    async fn a_panic_is_counted_and_answered() {
        let program = program();
        let response = program.get("/panic/7").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(json_of(response).await["error"]["code"], "internal");
        let metrics = program.metrics();
        assert!(metrics.contains("t_http_panics_total 1"), "{metrics}");
        assert!(metrics.contains(r#"route="/panic/{id}",status="500"} 1"#), "{metrics}");
    }

    #[tokio::test]
    async fn an_unknown_route_is_an_error_in_our_shape() {
        let program = program();
        let response = program.get("/nowhere").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(json_of(response).await["error"]["code"], "not_found");
        assert!(program.metrics().contains(r#"route="unmatched",status="404"} 1"#));
    }

    #[test]
    fn there_is_no_id_outside_of_a_request() {
        assert_eq!(current(), None);
    }
}
