//! The endpoint as a route of [axum].
//!
//! ```text
//! POST ─▶ identify: who is calling ─▶ body, up to its limit ─▶ Server::process_once ─▶ JSON or a stream
//! GET  ─▶ identify ─▶ Server::running_turn, Server::turn_events     coming back to an answer (turns.rs)
//! ```
//!
//! Errors are JSON, `{"error": {"code", "message"}}`, with the status of the [`Error`].
//!
//! An endpoint of your own around [`Server`], with errors of another shape or checks of its own, has the rest
//! here too: [`idempotency_key`], [`last_event_id`], [`stream`].

mod turns;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::json;

pub use self::turns::{last_event_id, router};
use crate::{Error, EventStream, IdempotencyKey, Responder, Server, Store};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TURN_ID: HeaderName = HeaderName::from_static("chatkit-turn-id");

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
///
/// A request with the header `Idempotency-Key` begins one turn, however often it is sent within a
/// day. A stream says in the header `chatkit-turn-id` which turn it is of; [`router`] has the
/// routes to come back to it.
pub fn route<S, R, I, W, E, A>(server: Server<S, R>, identify: I) -> MethodRouter<A>
where
    S: Store,
    R: Responder<S::Context>,
    I: Fn(Parts) -> W + Send + Sync + 'static,
    W: Future<Output = Result<S::Context, E>> + Send + 'static,
    E: IntoResponse + 'static,
    A: Clone + Send + Sync + 'static,
{
    Endpoint::new(server, identify).post_route()
}

/// What all routes need.
struct Endpoint<S: Store, R> {
    server: Server<S, R>,
    identify: Arc<Identify<S::Context>>,
}

/// Who is calling, or what to answer instead.
type Identify<C> = dyn Fn(Parts) -> BoxFuture<'static, Result<C, Response>> + Send + Sync;

impl<S: Store, R: Responder<S::Context>> Endpoint<S, R> {
    fn new<I, W, E>(server: Server<S, R>, identify: I) -> Self
    where
        I: Fn(Parts) -> W + Send + Sync + 'static,
        W: Future<Output = Result<S::Context, E>> + Send + 'static,
        E: IntoResponse + 'static,
    {
        let identify = move |head| {
            let known = identify(head);
            async move { known.await.map_err(E::into_response) }.boxed()
        };
        Self { server, identify: Arc::new(identify) }
    }

    fn post_route<A: Clone + Send + Sync + 'static>(self) -> MethodRouter<A> {
        let answer = move |request: Request| {
            let endpoint = self.clone();
            async move { endpoint.answer(request).await }
        };
        post(answer).fallback(not_allowed)
    }

    async fn answer(&self, request: Request) -> Result<Response, Response> {
        let (head, body) = request.into_parts();
        let headers = head.headers.clone();
        let context = (self.identify)(head).await?;
        self.process(&headers, body, context).await.map_err(Error::into_response)
    }

    async fn process(
        &self,
        headers: &HeaderMap,
        body: Body,
        context: S::Context,
    ) -> Result<Response, Error> {
        let body = read(body, self.server.options().limits.max_request_bytes).await?;
        let key = idempotency_key(headers, &body)?;
        Ok(match self.server.process_once(&body, context, key).await? {
            crate::Response::Json(json) => {
                ([(CONTENT_TYPE, "application/json")], json).into_response()
            }
            crate::Response::Stream(events) => stream(events, ()),
        })
    }
}

impl<S: Store, R> Clone for Endpoint<S, R> {
    fn clone(&self) -> Self {
        Self { server: self.server.clone(), identify: Arc::clone(&self.identify) }
    }
}

async fn not_allowed() -> Error {
    Error::new(405, "method_not_allowed", "this is for POST only")
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

/// What the client calls its request, if it calls it anything: the header `Idempotency-Key`, for
/// [`Server::process_once`].
pub fn idempotency_key(headers: &HeaderMap, body: &[u8]) -> Result<Option<IdempotencyKey>, Error> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    // Two of them are no key: joined as they would be, they have a blank.
    let key = if keys.next().is_some() { &b", "[..] } else { key.as_bytes() };
    IdempotencyKey::new(key, body).map(Some)
}

/// The answer that a turn is: server-sent events, and the header `chatkit-turn-id`. `held` is dropped
/// with its body, such as a permit.
pub fn stream(events: EventStream, held: impl Send + 'static) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        // Proxies of the nginx family buffer what does not say so.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    // A stream of a refusal has no turn.
    let turn_id = Some(events.turn_id()).filter(|id| !id.is_empty());
    let turn_id = turn_id.and_then(|id| HeaderValue::from_str(id).ok());
    let chunks = events.into_sse().map(move |chunk| {
        let _held = &held;
        Ok::<_, Infallible>(chunk)
    });
    let body = Body::from_stream(chunks);
    let mut response = (headers, body).into_response();
    if let Some(turn_id) = turn_id {
        response.headers_mut().insert(TURN_ID, turn_id);
    }
    response
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
