//! `POST /api/auth/refresh`.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use todochat_database::Error;
use todochat_service::ApiError;

use super::{
    access, cookie, database_failed,
    refresh_token::RefreshToken,
    store::sessions::{self, Renewal},
    visitor::Visitor,
};
use crate::state::AppState;

/// Renews a session by its cookie: 200 with a new access token, and the next refresh token in the
/// cookie. Without a living session 401, and the cookie is taken away.
pub(super) async fn refresh(
    State(state): State<AppState>,
    _: Visitor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Some(presented) = cookie::read(state.settings.secure(), &headers) else {
        return Ok(refused(&state));
    };
    let now = state.clock.now();
    let renewal = renew(&state, &presented, now).await;
    match renewal.map_err(database_failed("renew a session"))? {
        Renewal::Renewed { session, token } => {
            Ok(access::grant(&state, StatusCode::OK, &session, &token, now))
        }
        Renewal::Stolen { session } => {
            state.revoked.add(&session.id, now);
            tracing::warn!(
                user.id = session.user_id,
                session.id = session.id,
                "Session {} was ended: a refresh token was used twice",
                session.id
            );
            Ok(refused(&state))
        }
        Renewal::Unknown => Ok(refused(&state)),
    }
}

async fn renew(
    state: &AppState,
    presented: &RefreshToken,
    now: DateTime<Utc>,
) -> Result<Renewal, Error> {
    let mut tx = state.database.write().await?;
    let renewal = sessions::renew(&mut tx, presented, now).await?;
    tx.commit().await?;
    Ok(renewal)
}

fn refused(state: &AppState) -> Response {
    access::forgetting(state, ApiError::unauthorized().into_response())
}
