//! The ChatKit endpoint: the one URL that the panel talks to, and the two by which it comes back to an
//! answer (`turns.rs`).

mod turns;

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::post,
};
use chatkit_server::{EventStream, Server, protocol::Operation};
use futures_util::StreamExt as _;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use todochat_auth::UserId;
use todochat_service::{ApiError, json::Whole};

use crate::{
    caller::Caller, respond::AgentResponder, state::AppState, store::threads::Threads,
    streams::Place,
};

pub use self::turns::idempotency_key;

/// Says which turn a stream is of.
const TURN_ID: HeaderName = HeaderName::from_static("chatkit-turn-id");

/// The ChatKit server as this program has it.
pub type ChatKit = Server<Threads, AgentResponder>;

/// `POST /api/chatkit`, `GET /api/chatkit/…`.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/chatkit", post(chatkit)).merge(turns::router())
}

async fn chatkit(
    State(state): State<AppState>,
    user: UserId,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, ApiError> {
    let key = idempotency_key(&headers, &body)?;
    let request = state.chat.parse(&body).map_err(|error| refused(&error))?;
    let place = match request.operation {
        Operation::Streaming(_) => Some(Box::pin(place(&state, &user)).await?),
        Operation::Plain(_) => None,
    };
    // Boxed: it is large, and the layers around this move what is in here.
    let answer = Box::pin(state.chat.process_request_once(request, Caller::new(user), key)).await;
    match answer.map_err(|error| refused(&error))? {
        chatkit_server::Response::Json(json) => {
            Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
        }
        chatkit_server::Response::Stream(events) => Ok(stream(events, place)),
    }
}

/// A place for an answer that can begin; otherwise 503, and nothing was kept.
pub async fn place(state: &AppState, user: &UserId) -> Result<Place, ApiError> {
    let place = state.answers.take()?;
    ready(state, user).await?;
    Ok(place)
}

/// What must be there before an answer can begin.
async fn ready(state: &AppState, user: &UserId) -> Result<(), ApiError> {
    let Some(agent) = &state.agent else {
        return Err(ApiError::unavailable("no_model", "No language model is configured."));
    };
    agent.ready(user).await.map_err(|error| {
        tracing::warn!(error = %todochat_service::chain(&error), "The tools cannot be listed");
        ApiError::unavailable("no_tools", "The assistant's tools cannot be reached. Try again.")
    })
}

/// The ChatKit server's refusal in the shape of all our errors.
pub fn refused(error: &chatkit_server::Error) -> ApiError {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            ApiError::too_many_requests(error.retry_after().unwrap_or_default())
        }
        StatusCode::NOT_FOUND => ApiError::not_found(),
        StatusCode::INTERNAL_SERVER_ERROR => ApiError::internal(),
        status => {
            let refusal =
                ApiError::new(status, error.code(), "").with_message(error.message().to_owned());
            match error.retry_after() {
                Some(after) => refusal.with_retry_after(after),
                None => refusal,
            }
        }
    }
}

fn stream(events: EventStream, place: Option<Place>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        // Proxies of the nginx family buffer what does not say so.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    // A stream of a refusal has no turn.
    let turn_id = Some(events.turn_id()).filter(|id| !id.is_empty());
    let turn_id = turn_id.and_then(|id| HeaderValue::from_str(id).ok());
    let events = events.into_sse().map(Ok::<_, Infallible>);
    let body = match place {
        Some(place) => Body::from_stream(place.held_by(events)),
        None => Body::from_stream(events),
    };
    let mut response = (headers, body).into_response();
    if let Some(turn_id) = turn_id {
        response.headers_mut().insert(TURN_ID, turn_id);
    }
    response
}
