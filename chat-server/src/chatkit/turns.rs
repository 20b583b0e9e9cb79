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
use chatkit_server::axum::last_event_id;
use http::HeaderMap;
use serde::Serialize;
use todochat_auth::UserId;
use todochat_service::{ApiError, json::Json};

use super::{refused, stream};
use crate::{caller::Caller, state::AppState};

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
