//! Coming back to an answer after a reload: an addition to ChatKit, which has none.

use std::future::Future;

use axum::Router;
use axum::extract::Path;
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::{CONTENT_TYPE, Endpoint, stream};
use crate::{Error, Responder, Server, Store};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The route that a ChatKit client talks to with two more beside it, for
/// `Router::new().nest("/chatkit", router(server, …))`; stock clients do not need them.
///
/// | route | what |
/// |---|---|
/// | `POST /` | as [`route`](super::route) |
/// | `GET /threads/{thread_id}/turn` | the turn that runs in a conversation: `{"turn_id"}`, or 404 |
/// | `GET /turns/{turn_id}/events` | its events; with `Last-Event-ID` those after that one |
pub fn router<S, R, I, W, E, A>(server: Server<S, R>, identify: I) -> Router<A>
where
    S: Store,
    R: Responder<S::Context>,
    I: Fn(Parts) -> W + Send + Sync + 'static,
    W: Future<Output = Result<S::Context, E>> + Send + 'static,
    E: IntoResponse + 'static,
    A: Clone + Send + Sync + 'static,
{
    let endpoint = Endpoint::new(server, identify);
    let (running, events) = (endpoint.clone(), endpoint.clone());
    let running = move |Path(thread_id): Path<String>, head: Parts| {
        let endpoint = running.clone();
        async move { endpoint.running(&thread_id, head).await }
    };
    let events = move |Path(turn_id): Path<String>, head: Parts| {
        let endpoint = events.clone();
        async move { endpoint.events(&turn_id, head).await }
    };
    Router::new()
        .route("/", endpoint.post_route())
        .route("/threads/{thread_id}/turn", get(running))
        .route("/turns/{turn_id}/events", get(events))
}

impl<S: Store, R: Responder<S::Context>> Endpoint<S, R> {
    async fn running(&self, thread_id: &str, head: Parts) -> Result<Response, Response> {
        let context = (self.identify)(head).await?;
        let turn_id = self.server.running_turn(&context, thread_id).await;
        let turn_id = turn_id.map_err(Error::into_response)?;
        let body = json!({"turn_id": turn_id}).to_string();
        Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
    }

    async fn events(&self, turn_id: &str, head: Parts) -> Result<Response, Response> {
        let after = last_event_id(&head.headers);
        let context = (self.identify)(head).await?;
        let events = self.server.turn_events(context, turn_id, after).await;
        events.map(|events| stream(events, ())).map_err(Error::into_response)
    }
}

/// The event that the client has seen last: the header `Last-Event-ID`, for [`Server::turn_events`]. What
/// is no number is as good as none.
pub fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get(LAST_EVENT_ID)?.to_str().ok()?.parse().ok()
}
