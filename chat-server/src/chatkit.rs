//! The ChatKit endpoint: the one URL that the panel talks to, and the two by which it comes back to an
//! answer (`turns.rs`).

mod turns;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::post,
};
use chatkit_server::{EventStream, IdempotencyKey, Server, protocol::Operation};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use todochat_auth::UserId;
use todochat_service::{ApiError, json::Whole};

use crate::{
    caller::Caller, respond::AgentResponder, state::AppState, store::threads::Threads,
    streams::Place,
};

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

/// What the client calls its request, if it calls it anything.
pub fn idempotency_key(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<IdempotencyKey>, ApiError> {
    chatkit_server::axum::idempotency_key(headers, body).map_err(|error| refused(&error))
}

/// The answer that a turn is; it keeps its place until it is dropped.
fn stream(events: EventStream, place: Option<Place>) -> Response {
    let mut response = chatkit_server::axum::stream(events, place);
    // It is one person's, and for nobody's disk.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
