//! The endpoint as a route of [axum](::axum).
//!
//! ```text
//! POST ─▶ identify: who is calling ─▶ body, up to its limit ─▶ Server::process ─▶ JSON or a stream
//! ```
//!
//! Errors are JSON, `{"error": {"code", "message"}}`, with the status of the [`Error`].

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use futures_util::StreamExt as _;
use serde_json::json;

use crate::{Error, EventStream, Responder, Server, Store};

/// The route that a ChatKit client talks to: `Router::new().route("/chatkit", route(server, …))`.
///
/// `identify` says from a request's head who is calling, before anything of the body is read. What
/// it refuses with is answered as it is; an [`Error`] is one way. An extractor does it too:
///
/// ```
/// # use axum::{Router, extract::FromRequestParts, http::{StatusCode, request::Parts}};
/// # use chatkit_server::{Error, Options, Server, responder, testing::MemoryStore};
/// # struct User(String);
/// # impl<S: Sync> FromRequestParts<S> for User {
/// #     type Rejection = StatusCode;
/// #     async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, StatusCode> {
/// #         Err(StatusCode::UNAUTHORIZED)
/// #     }
/// # }
/// # let server = Server::new(
/// #     MemoryStore::default(), responder(async |_, _| Ok(())), Options::default());
/// let chatkit = chatkit_server::axum::route(server, async |mut head| {
///     let User(name) = User::from_request_parts(&mut head, &()).await?;
///     Ok::<_, StatusCode>(name)
/// });
/// let app: Router = Router::new().route("/chatkit", chatkit);
/// ```
pub fn route<S, R, I, W, E, A>(server: Server<S, R>, identify: I) -> MethodRouter<A>
where
    S: Store,
    R: Responder<S::Context>,
    I: Fn(Parts) -> W + Send + Sync + 'static,
    W: Future<Output = Result<S::Context, E>> + Send + 'static,
    E: IntoResponse + 'static,
    A: Clone + Send + Sync + 'static,
{
    let identify = Arc::new(identify);
    let answer = move |request: Request| {
        let (server, identify) = (server.clone(), Arc::clone(&identify));
        async move {
            let (head, body) = request.into_parts();
            let context = match identify(head).await {
                Ok(context) => context,
                Err(refusal) => return refusal.into_response(),
            };
            answer(&server, body, context).await.into_response()
        }
    };
    post(answer).fallback(not_allowed)
}

async fn not_allowed() -> Error {
    Error::new(405, "method_not_allowed", "this is for POST only")
}

async fn answer<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    body: Body,
    context: S::Context,
) -> Result<Response, Error> {
    let body = read(body, server.options().limits.max_request_bytes).await?;
    Ok(match server.process_bytes(&body, context).await? {
        crate::Response::Json(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        crate::Response::Stream(events) => stream(events),
    })
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Error> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk
            .map_err(|_| Error::new(400, "unreadable_body", "the request did not arrive whole"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Error::new(413, "too_large", "the request is too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn stream(events: EventStream) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        // Proxies of the nginx family buffer what does not say so.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let body = Body::from_stream(events.into_sse().map(Ok::<_, Infallible>));
    (headers, body).into_response()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({"error": {"code": self.code(), "message": self.message()}}).to_string();
        let mut response = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(after) = self.retry_after() {
            // Whole seconds, and not before it is time.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests;
