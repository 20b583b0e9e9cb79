//! Who is calling: token to user.
//!
//! [`layer`] stands before all routes. A request with a valid token goes on with a proven [`UserId`]
//! and the [`Principal`] behind it; one without goes on as nobody's. Which routes are for users
//! only is said by their handlers: one that takes a `UserId` is closed to nobody's requests with the
//! one 401 that says nothing. `issuers` knows whose tokens are good.

mod issuers;
mod known;

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderMap;
use todochat_auth::{Principal, Rejected, UserId, bearer};
use todochat_service::ApiError;

use crate::{
    accounts::{database_failed, identities},
    state::AppState,
};

pub use issuers::verifier;
pub use known::KnownUsers;

/// How soon to ask again while an issuer cannot be reached.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// Somebody whose credential was good.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) user: UserId,
    pub(crate) principal: Principal,
}

/// Leaves [`UserId`] and [`Principal`], or else the [`Rejected`], in the request's extensions.
///
/// Answers by itself only when it cannot tell whether a token is good: with 503, since a 401 would
/// log everybody out.
pub async fn layer(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match caller(&state, request.headers()).await? {
        Ok(Caller { user, principal }) => {
            request.extensions_mut().insert(user);
            request.extensions_mut().insert(principal);
        }
        Err(rejected) => {
            request.extensions_mut().insert(rejected);
        }
    }
    Ok(next.run(request).await)
}

/// Says who sent these headers. The inner error is a request of nobody's, the outer one a failure
/// to find out.
pub(crate) async fn caller(
    state: &AppState,
    headers: &HeaderMap,
) -> Result<Result<Caller, Rejected>, ApiError> {
    match verify(state, headers).await {
        Ok(principal) => {
            let user = match &principal.user {
                Some(user) => user.clone(),
                None => external_user(state, &principal).await?,
            };
            Ok(Ok(Caller { user, principal }))
        }
        Err(Rejected::IssuerUnavailable) => Err(ApiError::unavailable(
            "issuer_unavailable",
            "Your identity provider cannot be reached. Try again in a moment.",
        )
        .with_retry_after(TRY_AGAIN)),
        Err(rejected) => Ok(Err(rejected)),
    }
}

/// A good token of a session that has not ended. What is refused is counted by its reason.
async fn verify(state: &AppState, headers: &HeaderMap) -> Result<Principal, Rejected> {
    let verified = match bearer(headers) {
        Ok(token) => state.verifier.verify(token, state.clock.now()).await,
        Err(Rejected::Missing) => return Err(Rejected::Missing),
        Err(rejected) => Err(rejected),
    };
    let verified = match verified {
        Ok(principal) if has_ended(state, &principal).await => Err(Rejected::SessionEnded),
        verified => verified,
    };
    verified.inspect_err(|rejected| {
        state.metrics.tokens_refused.with_label_values(&[rejected.reason()]).inc();
    })
}

async fn has_ended(state: &AppState, principal: &Principal) -> bool {
    let Some(session) = &principal.session else { return false };
    state.revoked.contains_now(session, &state.database, state.clock.now()).await
}

async fn external_user(state: &AppState, principal: &Principal) -> Result<UserId, ApiError> {
    let name = (principal.issuer.as_str(), principal.subject.as_str());
    if let Some(user) = state.known_users.find(name) {
        return Ok(user);
    }
    let found = identities::user_for(&state.database, &state.ids, name, state.clock.now());
    // Once for each user: boxed, no other request carries it about.
    let found = Box::pin(found).await.map_err(database_failed("look up an external user"))?;
    let user = found.ok_or_else(ApiError::internal)?;
    state.known_users.remember(name, &user);
    Ok(user)
}
