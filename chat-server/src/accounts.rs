//! Built-in accounts: signing up, logging in, and the sessions that come of it.
//!
//! ```text
//! signup, login ─▶ visitor (same origin, address) ─▶ throttle ─▶ password ─▶ session ─▶ access
//! refresh       ─▶ visitor ─▶ cookie ─▶ the token is replaced, a copy of it is noticed ─▶ access
//! logout, sessions ─▶ session ends ─▶ Revoked, on every replica
//! access = an access token of ten minutes in the body + the next refresh token in the cookie
//! ```
//!
//! A page keeps the access token in memory and the browser keeps the cookie where no script can
//! read it. All SQL is in `store/`; users and sessions are looked up before anybody is proven, so
//! these tables are not behind row-level security, and every statement names its user or session.

mod access;
mod cookie;
mod email;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod refresh_token;
mod revoked;
mod sessions;
mod signup;
mod store;
mod visitor;

use axum::{
    Router,
    extract::State,
    routing::{delete, get, post},
};
use serde_json::Value;
use todochat_auth::UserId;
use todochat_database::{Database, Error};
use todochat_service::{ApiError, json::Json};

use crate::state::AppState;

pub use revoked::Revoked;
pub(crate) use store::identities;

/// `/api/auth/*` and `/.well-known/jwks.json`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/auth/signup", post(signup::signup))
        .route("/api/auth/login", post(login::login))
        .route("/api/auth/refresh", post(refresh::refresh))
        .route("/api/auth/logout", post(logout::logout))
        .route("/api/auth/me", get(me::me))
        .route("/api/auth/sessions", get(sessions::list).delete(sessions::end_others))
        .route("/api/auth/sessions/{id}", delete(sessions::end))
        .route("/.well-known/jwks.json", get(jwks))
}

/// The user with this e-mail address, for scripts that act on behalf of one.
pub async fn user_by_email(database: &Database, email: &str) -> Result<Option<UserId>, Error> {
    let Ok(email) = email::Email::parse(email) else { return Ok(None) };
    let mut tx = database.read().await?;
    let found = store::users::by_email(&mut tx, &email).await?;
    Ok(found.and_then(|user| UserId::parse(&user.id)))
}

async fn jwks(State(state): State<AppState>) -> Json<Value> {
    Json(state.issuer.jwks())
}

/// The answer when the database failed: 503 when it may work a moment later, else 500.
pub(crate) fn database_failed(attempted: &'static str) -> impl FnOnce(Error) -> ApiError {
    move |error| {
        if error.is_unavailable() {
            tracing::warn!(error = todochat_service::chain(&error), "Could not {attempted}");
            return ApiError::unavailable("no_database", "The server is busy. Try again.");
        }
        ApiError::internal_because(attempted, &error)
    }
}
