//! `GET /api/events`: what changes while a page is open, as server-sent events.
//!
//! ```text
//! notice (a hint) ─▶ read task_changes after the last sequence sent ─▶ tasks.changed, id: sequence
//! ```
//!
//! A client that comes back with `Last-Event-ID` is told what it missed, and one that came without
//! is given the sequence it starts from. The stream ends when the server stops, when the token or
//! the session ends, and when notices were lost: the client comes back and is asked again who it is.

mod feed;

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension, Router,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::{StreamExt as _, future, stream};
use http::header::{CACHE_CONTROL, HeaderName};
use todochat_auth::{Principal, UserId};

use self::feed::Feed;
use super::refused::Refused;
use crate::state::AppState;

/// How long a client waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);
/// Tells nginx, and those that follow it, to pass each event on at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /api/events`.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/events", get(events))
}

async fn events(
    State(state): State<AppState>,
    user: UserId,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let principal = principal.map(|Extension(principal)| principal);
    let token_ends = principal.as_ref().map(|principal| principal.expires_at);
    let session = principal.and_then(|principal| principal.session);
    let left = token_ends.map(|end| (end - state.clock.now()).to_std().unwrap_or_default());

    let place = state.feeds.take()?;
    let feed = Feed::open(&state.database, user, session, last_event_id(&headers)).await?;
    let stop = state.shutdown.soft().clone();
    let first = stream::iter([Event::default().retry(RETRY).id(feed.position())]);
    let events = first.chain(feed.events()).take_until(ended(left, stop.cancelled_owned()));
    let events = place.held_by(events.map(Ok::<_, Infallible>));
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(state.settings.heartbeat));
    Ok(([(CACHE_CONTROL, "no-store"), (UNBUFFERED, "no")], stream).into_response())
}

/// When the token has no time left, or the server stops.
async fn ended(left: Option<Duration>, stop: impl Future<Output = ()>) {
    let token = async {
        match left {
            Some(left) => tokio::time::sleep(left).await,
            None => future::pending().await,
        }
    };
    tokio::select! {
        () = token => {}
        () = stop => {}
    }
}

/// The sequence that the client has seen last. What is no number is as good as none.
fn last_event_id(headers: &HeaderMap) -> Option<i64> {
    let id = headers.get("last-event-id")?.to_str().ok()?;
    id.parse().ok().filter(|sequence| *sequence >= 0)
}
