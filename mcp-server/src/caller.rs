//! Who is calling: the layer in front of MCP that turns the bearer token into a [`Caller`].

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, header::AUTHORIZATION};
use todochat_auth::{CallBinding, Rejected, UserId, Verifier, bearer};
use todochat_service::{ApiError, Clock};

use crate::metrics::Metrics;

/// A proven caller, and what the token allows besides being that person.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Whose tasks these are.
    pub(crate) user: UserId,
    /// The one call the token was minted for, if it was minted for one.
    pub(crate) bound_to: Option<CallBinding>,
    /// The token's `jti`.
    pub(crate) token_id: Option<String>,
    /// When the token ends.
    pub(crate) expires_at: DateTime<Utc>,
}

/// What the layer needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) verifier: Verifier,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

/// Lets a request through with its [`Caller`] in the extensions, or answers 401. The token goes no
/// further than this layer.
pub(crate) async fn require(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Response {
    match gate.admit(request.headers()).await {
        Ok(caller) => {
            request.headers_mut().remove(AUTHORIZATION);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(rejected) => {
            let reason = rejected.reason();
            tracing::debug!(auth.reason = reason, "Refused a credential: {rejected}");
            gate.metrics.token_refused(reason);
            ApiError::unauthorized().into_response()
        }
    }
}

impl Gate {
    async fn admit(&self, headers: &HeaderMap) -> Result<Caller, Rejected> {
        let principal = self.verifier.verify(bearer(headers)?, self.clock.now()).await?;
        Ok(Caller {
            // Only our own issuer knows our users; nobody else's subject is looked up here.
            user: principal.user.ok_or(Rejected::Subject)?,
            bound_to: principal.call,
            token_id: principal.token_id,
            expires_at: principal.expires_at,
        })
    }
}
