//! `GET /api/auth/me`.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use todochat_auth::UserId;
use todochat_database::Error;
use todochat_service::{ApiError, json::Json};

use super::{
    access::Person,
    database_failed,
    store::{self, users::Profile},
};
use crate::state::AppState;

/// Who the caller is. A user who has been removed is nobody: 401.
pub(super) async fn me(State(state): State<AppState>, user: UserId) -> Result<Response, ApiError> {
    let profile = async {
        let mut tx = state.database.read().await?;
        store::users::by_id(&mut tx, user.as_str()).await
    };
    let profile: Result<Option<Profile>, Error> = profile.await;
    let profile = profile.map_err(database_failed("look up a user"))?;
    let Profile { email_norm } = profile.ok_or_else(ApiError::unauthorized)?;
    Ok(Json(Person { id: user.as_str(), email: email_norm.as_deref() }).into_response())
}
