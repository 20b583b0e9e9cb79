//! `POST /api/auth/logout`.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use todochat_database::Error;
use todochat_service::ApiError;

use super::{access, cookie, database_failed, store::sessions, visitor::Visitor};
use crate::{identity, state::AppState};

/// Ends the session of the cookie and that of the access token, whichever is there: 204. To end
/// what has ended already is no error.
pub(super) async fn logout(
    State(state): State<AppState>,
    _: Visitor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let now = state.clock.now();
    let bearer = identity::caller(&state, &headers).await.ok().and_then(Result::ok);
    let session = bearer
        .and_then(|caller| Some((caller.user.as_str().to_owned(), caller.principal.session?)));
    let ended = end(&state, &headers, session, now).await;
    for session in ended.map_err(database_failed("end a session"))? {
        state.revoked.add(&session, now);
    }
    Ok(access::forgetting(&state, StatusCode::NO_CONTENT.into_response()))
}

async fn end(
    state: &AppState,
    headers: &HeaderMap,
    of_token: Option<(String, String)>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Error> {
    let mut tx = state.database.write().await?;
    let of_cookie = match cookie::read(state.settings.secure(), headers) {
        Some(token) => sessions::of_token(&mut tx, &token).await?,
        None => None,
    };
    let mut ended = Vec::new();
    for (user, session) in of_cookie.into_iter().chain(of_token) {
        sessions::revoke(&mut tx, &user, &session, now).await?;
        ended.push(session);
    }
    tx.commit().await?;
    Ok(ended)
}
