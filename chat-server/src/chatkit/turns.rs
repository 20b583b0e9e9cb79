//! Coming back to an answer: an addition to ChatKit, which has none.
//!
//! ```text
//! GET /api/chatkit/threads/{id}/turn ─▶ which turn runs
//! GET /api/chatkit/turns/{id}/events ─▶ its events; with Last-Event-ID those after it
//! ```

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use chatkit_server::IdempotencyKey;
use http::{HeaderMap, HeaderName};
use serde::Serialize;
use todochat_auth::UserId;
use todochat_service::{ApiError, json::Json};

use super::{refused, stream};
use crate::{caller::Caller, state::AppState};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The two routes.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/chatkit/threads/{id}/turn", get(running))
        .route("/api/chatkit/turns/{id}/events", get(events))
}

#[derive(Debug, Serialize)]
struct Running {
    turn_id: String,
}

async fn running(
    State(state): State<AppState>,
    user: UserId,
    Path(thread_id): Path<String>,
) -> Result<Json<Running>, ApiError> {
    let turn_id = state.chat.running_turn(&Caller::new(user), &thread_id).await;
    turn_id.map(|turn_id| Json(Running { turn_id })).map_err(|error| refused(&error))
}

async fn events(
    State(state): State<AppState>,
    user: UserId,
    Path(turn_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let place = state.answers.take()?;
    let after = last_event_id(&headers);
    let events = state.chat.turn_events(Caller::new(user), &turn_id, after).await;
    let events = events.map_err(|error| refused(&error))?;
    Ok(stream(events, Some(place)))
}

/// The event that the client has seen last. What is no number is as good as none.
fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get(LAST_EVENT_ID)?.to_str().ok()?.parse().ok()
}

/// What the client calls its request, if it calls it anything.
pub fn idempotency_key(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    // Two of them are no key: joined as they would be, they have a blank.
    let key = if keys.next().is_some() { &b", "[..] } else { key.as_bytes() };
    IdempotencyKey::new(key, body).map(Some).map_err(|error| refused(&error))
}
