//! `/api/auth/sessions`: where somebody is logged in, and how to end it from elsewhere.

use axum::{
    Extension,
    extract::{Path, State},
};
use chrono::{DateTime, SecondsFormat, Timelike as _, Utc};
use http::StatusCode;
use serde::{Serialize, Serializer};
use todochat_auth::{Principal, UserId};
use todochat_database::Error;
use todochat_service::{ApiError, json::Json};

use super::{
    database_failed,
    store::sessions::{self, Listed},
};
use crate::state::AppState;

/// The answer to a list.
#[derive(Serialize)]
pub(super) struct Sessions {
    sessions: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    #[serde(serialize_with = "rfc3339")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "rfc3339")]
    last_used_at: DateTime<Utc>,
    user_agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

/// `GET`: the caller's living sessions, the last used first.
pub(super) async fn list(
    State(state): State<AppState>,
    user: UserId,
    Extension(caller): Extension<Principal>,
) -> Result<Json<Sessions>, ApiError> {
    let listed = async {
        let mut tx = state.database.read().await?;
        sessions::list(&mut tx, user.as_str(), state.clock.now()).await
    };
    let listed: Result<Vec<Listed>, Error> = listed.await;
    let listed = listed.map_err(database_failed("list sessions"))?;
    let shown = |session: Listed| Shown {
        current: caller.session.as_deref() == Some(&session.id),
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        user_agent: session.user_agent,
    };
    Ok(Json(Sessions { sessions: listed.into_iter().map(shown).collect() }))
}

/// `DELETE`: ends all the caller's sessions but the one that asks. 204.
pub(super) async fn end_others(
    State(state): State<AppState>,
    user: UserId,
    Extension(caller): Extension<Principal>,
) -> Result<StatusCode, ApiError> {
    let now = state.clock.now();
    let ended = async {
        let mut tx = state.database.write().await?;
        let kept = caller.session.as_deref();
        let ended = sessions::revoke_others(&mut tx, user.as_str(), kept, now).await?;
        tx.commit().await?;
        Ok(ended)
    };
    for session in ended.await.map_err(database_failed("end sessions"))? {
        state.revoked.add(&session, now);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /{id}`: ends one of the caller's sessions. 204, or 404 for one that is not theirs.
pub(super) async fn end(
    State(state): State<AppState>,
    user: UserId,
    Path(session): Path<String>,
) -> Result<StatusCode, ApiError> {
    if !is_id(&session) {
        return Err(ApiError::not_found());
    }
    let now = state.clock.now();
    let ended = async {
        let mut tx = state.database.write().await?;
        let ended = sessions::revoke(&mut tx, user.as_str(), &session, now).await?;
        tx.commit().await?;
        Ok(ended)
    };
    if !ended.await.map_err(database_failed("end a session"))? {
        return Err(ApiError::not_found());
    }
    state.revoked.add(&session, now);
    Ok(StatusCode::NO_CONTENT)
}

/// Anything else is no session of anybody, and may hold what a database cannot.
fn is_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let digits = if time.nanosecond() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    serializer.serialize_str(&time.to_rfc3339_opts(digits, true))
}
