//! `POST /api/auth/signup`.

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use todochat_auth::PasswordError;
use todochat_service::{ApiError, json::Json};

use super::{
    access, database_failed,
    email::Email,
    login, password,
    refresh_token::RefreshToken,
    store::{self, sessions::NewSession, signup_limit::SignupLimit},
    visitor::Visitor,
};
use crate::{config::Signup, state::AppState};

const INVALID_EMAIL: ApiError =
    ApiError::unprocessable("invalid_email", "This is not an e-mail address.");
const TAKEN: ApiError =
    ApiError::conflict("email_taken", "There is an account with this e-mail address already.");
const CLOSED: ApiError = ApiError::forbidden("signup_closed", "Nobody can sign up here.");
const NOT_INVITED: ApiError =
    ApiError::forbidden("invite_needed", "A valid invitation code is needed to sign up here.");

#[derive(Deserialize)]
pub(super) struct Application {
    email: String,
    password: String,
    #[serde(default, alias = "invite_code")]
    invite: Option<String>,
}

/// Makes an account and logs its owner in: 201. What is refused before the limit is asked costs
/// nothing; what is counted is whatever could tell whether an address has an account.
pub(super) async fn signup(
    State(state): State<AppState>,
    visitor: Visitor,
    Json(application): Json<Application>,
) -> Result<Response, ApiError> {
    let Application { email, password, invite } = application;
    admit(&state, invite.as_deref())?;
    let email = Email::parse(&email).map_err(|_| INVALID_EMAIL)?;
    password::check(&password, state.settings.password_min_length)?;
    count(&state, &visitor).await?;
    let hash = state.passwords.hash(password).await.map_err(|error| match error {
        PasswordError::TooLong => password::too_long(),
        other => login::not_now(other),
    })?;
    create(&state, &visitor, &email, &hash).await
}

fn admit(state: &AppState, invite: Option<&str>) -> Result<(), ApiError> {
    // Hashes are compared, so that the time tells nothing about a code that is nearly right.
    let hash = |code: &str| Sha256::digest(code.as_bytes());
    let codes = &state.settings.invite_codes;
    match state.settings.signup {
        Signup::Open => Ok(()),
        Signup::Disabled => Err(CLOSED),
        Signup::Invite => {
            let given = invite.map(hash);
            let invited = codes.iter().any(|code| Some(hash(code)) == given);
            if invited { Ok(()) } else { Err(NOT_INVITED) }
        }
    }
}

async fn count(state: &AppState, visitor: &Visitor) -> Result<(), ApiError> {
    let failed = database_failed("count a sign-up");
    let limit = SignupLimit::per_hour(state.settings.signups_per_hour);
    let taken = async {
        let mut tx = state.database.write().await?;
        let taken = limit.take(&mut tx, &visitor.address, state.clock.now()).await?;
        tx.commit().await?;
        Ok(taken)
    };
    taken.await.map_err(failed)?.map_err(ApiError::too_many_requests)
}

async fn create(
    state: &AppState,
    visitor: &Visitor,
    email: &Email,
    hash: &str,
) -> Result<Response, ApiError> {
    let now = state.clock.now();
    let token = RefreshToken::random();
    let created = async {
        let mut tx = state.database.write().await?;
        let user_id = state.ids.next("usr_");
        store::users::create(&mut tx, &user_id, email, hash, now).await?;
        let session = NewSession {
            id: state.ids.next("ses_"),
            user_id,
            user_agent: visitor.user_agent.as_deref(),
            now,
        };
        let session = store::sessions::begin(&mut tx, session, &token, email).await?;
        tx.commit().await?;
        Ok(session)
    };
    let session = created.await.map_err(|error: todochat_database::Error| {
        if error.is_unique_violation() { TAKEN } else { database_failed("make an account")(error) }
    })?;
    tracing::info!(user.id = session.user_id, "User {} signed up", session.user_id);
    Ok(access::grant(state, StatusCode::CREATED, &session, &token, now))
}
