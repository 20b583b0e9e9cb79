//! `POST /api/auth/login`.

use std::time::Duration;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use todochat_auth::{PasswordError, Passwords};
use todochat_database::Error;
use todochat_service::{ApiError, json::Json};

use super::{
    access, database_failed,
    email::Email,
    refresh_token::RefreshToken,
    store::{
        self,
        login_failures::Attempt,
        sessions::{NewSession, Session},
        users::User,
    },
    visitor::Visitor,
};
use crate::state::AppState;

#[derive(Deserialize)]
pub(super) struct Credentials {
    email: String,
    password: String,
}

/// Begins a session: 200. A wrong password and an unknown address get the same 401 after the same
/// time; after many of them each next one has to wait longer.
pub(super) async fn login(
    State(state): State<AppState>,
    visitor: Visitor,
    Json(Credentials { email, password }): Json<Credentials>,
) -> Result<Response, ApiError> {
    let attempt = Attempt::new(&email, &visitor.address);
    // What is no address is nobody's, but takes the same time to say so.
    let email = Email::parse(&email).ok();
    let user = attempt_for(&state, &attempt, email.as_ref()).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let fits = state.passwords.verify(password.clone(), hash).await.map_err(not_now)?;
    let (Some(user), Some(email), true) = (user, email, fits) else {
        return Err(ApiError::unauthorized());
    };
    let rehashed = rehash(&state, &user, password).await?;
    let now = state.clock.now();
    let token = RefreshToken::random();
    let admitted = Admitted { user: &user, email: &email, rehashed, attempt: &attempt };
    let session = begin(&state, admitted, &visitor, &token)
        .await
        .map_err(database_failed("begin a session"))?;
    tracing::info!(user.id = session.user_id, "User {} logged in", session.user_id);
    Ok(access::grant(&state, StatusCode::OK, &session, &token, now))
}

/// Counts the attempt as a failure, which is taken back if it succeeds: so no number of attempts at
/// once gets past the limit.
async fn attempt_for(
    state: &AppState,
    attempt: &Attempt,
    email: Option<&Email>,
) -> Result<Option<User>, ApiError> {
    let looked_up = async {
        let mut tx = state.database.write().await?;
        if let Err(wait) = attempt.count(&mut tx, state.clock.now()).await? {
            return Ok(Err(wait));
        }
        let user = match email {
            Some(email) => store::users::by_email(&mut tx, email).await?,
            None => None,
        };
        tx.commit().await?;
        Ok(Ok(user))
    };
    let looked_up: Result<Result<_, Duration>, Error> = looked_up.await;
    looked_up.map_err(database_failed("look up a user"))?.map_err(ApiError::too_many_requests)
}

/// The parameters of hashing rise over the years, and only now is the password here.
async fn rehash(
    state: &AppState,
    user: &User,
    password: String,
) -> Result<Option<String>, ApiError> {
    if !Passwords::is_outdated(&user.password_hash) {
        return Ok(None);
    }
    state.passwords.hash(password).await.map(Some).map_err(not_now)
}

/// Somebody whose password was right.
struct Admitted<'a> {
    user: &'a User,
    email: &'a Email,
    rehashed: Option<String>,
    attempt: &'a Attempt,
}

async fn begin(
    state: &AppState,
    admitted: Admitted<'_>,
    visitor: &Visitor,
    token: &RefreshToken,
) -> Result<Session, Error> {
    let Admitted { user, email, rehashed, attempt } = admitted;
    let now = state.clock.now();
    let mut tx = state.database.write().await?;
    attempt.succeeded(&mut tx, now).await?;
    if let Some(hash) = rehashed {
        store::users::set_password(&mut tx, &user.id, &hash).await?;
    }
    store::sessions::forget_ended(&mut tx, &user.id, now).await?;
    let session = NewSession {
        id: state.ids.next("ses_"),
        user_id: user.id.clone(),
        user_agent: visitor.user_agent.as_deref(),
        now,
    };
    let session = store::sessions::begin(&mut tx, session, token, email).await?;
    tx.commit().await?;
    Ok(session)
}

/// The answer when a password could be neither hashed nor verified.
pub(super) fn not_now(error: PasswordError) -> ApiError {
    match error {
        PasswordError::Busy => {
            ApiError::unavailable("busy", "Too many people are logging in. Try again in a moment.")
                .with_retry_after(Duration::from_secs(2))
        }
        other => ApiError::internal_because("check a password", &other),
    }
}
