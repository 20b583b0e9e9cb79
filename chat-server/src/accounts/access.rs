//! What somebody who is logged in gets: a token for the page and one for the cookie.

use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, SET_COOKIE},
};
use serde::Serialize;
use todochat_auth::Mint;
use todochat_service::json::Json;

use super::{
    cookie,
    refresh_token::RefreshToken,
    store::sessions::{IDLE, Session},
};
use crate::state::AppState;

/// How long an access token lives.
pub(super) const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(10);

#[derive(Serialize)]
struct Granted<'a> {
    access_token: String,
    /// Seconds.
    expires_in: i64,
    user: Person<'a>,
}

/// A user as their own page is told.
#[derive(Serialize)]
pub(super) struct Person<'a> {
    pub(super) id: &'a str,
    /// None for a user who comes from an external issuer.
    pub(super) email: Option<&'a str>,
}

/// Answers with an access token for the session, and puts its refresh token into the cookie.
pub(super) fn grant(
    state: &AppState,
    status: StatusCode,
    session: &Session,
    token: &RefreshToken,
    now: DateTime<Utc>,
) -> Response {
    let mint = Mint {
        audience: &state.settings.api_audience(),
        subject: &session.user_id,
        lifetime: ACCESS_LIFETIME,
        session: Some(&session.id),
        call: None,
        token_id: &state.ids.next("tok_"),
    };
    let granted = Granted {
        access_token: state.issuer.mint(&mint, now),
        expires_in: ACCESS_LIFETIME.num_seconds(),
        user: Person { id: &session.user_id, email: session.email.as_deref() },
    };
    let cookie = cookie::keep(state.settings.secure(), token, IDLE);
    let headers = [(SET_COOKIE, cookie), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, headers, Json(granted)).into_response()
}

/// Adds the header that makes the browser forget its refresh token.
pub(super) fn forgetting(state: &AppState, mut response: Response) -> Response {
    response.headers_mut().append(SET_COOKIE, cookie::forget(state.settings.secure()));
    response
}
