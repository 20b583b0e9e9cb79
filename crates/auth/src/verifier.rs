//! The strict wrapper around `jsonwebtoken`.
//!
//! The order matters, each step being cheaper than the next or guarding it: length → exactly three
//! parts → our own strict header → the issuer, read unverified and only to choose by exact match →
//! type → the key by (issuer, kid), which alone decides the algorithm → the signature → claims. A token that was good before
//! skips what cannot have changed (`seen`).

mod claims;
mod parts;
mod seen;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Validation;

use crate::external::{ExternalIssuer, Fetch, FetchedKeys, TokenType};
use crate::key_set::VerifyingKey;
use crate::{CallBinding, KeyRing, MAX_LIFETIME, PublicKeys, Rejected, UserId};
use claims::{Judge, OwnClaims, RegisteredClaims};
use parts::{MAX_TOKEN_BYTES, Parts};
use seen::{Known, Seen, TokenHash};

const MAX_EXTERNAL_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Verifies tokens that are meant for one audience.
#[derive(Clone, Debug)]
pub struct Verifier {
    audience: String,
    issuers: Arc<HashMap<String, Trusted>>,
    seen: Arc<Seen>,
}

/// Who a token speaks for: the pair of issuer and subject, never the subject alone and never an
/// e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// `iss`, one of those that the verifier was told to trust.
    pub issuer: String,
    /// `sub`, unique within the issuer only.
    pub subject: String,
    /// Our user, if the token is from our own issuer; for an external one the pair above has to
    /// be looked up.
    pub user: Option<UserId>,
    /// The session that it ends with; only from our own issuer.
    pub session: Option<String>,
    /// The one tool call that it is good for; only from our own issuer.
    pub call: Option<CallBinding>,
    /// `jti`.
    pub token_id: Option<String>,
    /// `exp`.
    pub expires_at: DateTime<Utc>,
}

/// What is expected of one issuer's tokens.
#[derive(Clone, Debug)]
struct Trusted {
    audience: String,
    token_type: Option<TokenType>,
    max_lifetime: TimeDelta,
    keys: Keys,
}

#[derive(Clone, Debug)]
enum Keys {
    /// Ours, and only ours: these tokens carry our user ids, sessions and call bindings.
    Own(PublicKeys),
    Fetched(Arc<FetchedKeys>),
}

impl Verifier {
    /// A verifier that trusts nobody yet.
    pub fn new(audience: String) -> Self {
        Self { audience, issuers: Arc::default(), seen: Arc::default() }
    }

    /// Trusts our own issuer by its key ring.
    #[must_use]
    pub fn trust_ring(self, issuer: &str, ring: &KeyRing) -> Self {
        self.trust_keys(issuer, ring.key_set())
    }

    /// Trusts our own issuer by its public keys alone, for a server that must not mint, and for keys that are replaced.
    #[must_use]
    pub fn trust_keys(self, issuer: &str, keys: impl Into<PublicKeys>) -> Self {
        let trusted = Trusted {
            audience: self.audience.clone(),
            token_type: Some(TokenType::AccessToken),
            max_lifetime: MAX_LIFETIME,
            keys: Keys::Own(keys.into()),
        };
        self.trust(issuer, trusted)
    }

    /// Trusts an external issuer, whose keys are fetched when they are first needed. One with the
    /// name of our own issuer is ignored: it could speak for any of our users.
    #[must_use]
    pub fn trust_external(self, issuer: &ExternalIssuer, fetch: Fetch) -> Self {
        let trusted = Trusted {
            audience: issuer.audience.clone(),
            token_type: issuer.typ,
            max_lifetime: MAX_EXTERNAL_LIFETIME,
            keys: Keys::Fetched(Arc::new(FetchedKeys::new(issuer, fetch))),
        };
        self.trust(&issuer.issuer, trusted)
    }

    fn trust(mut self, issuer: &str, trusted: Trusted) -> Self {
        let issuers = Arc::make_mut(&mut self.issuers);
        let taken = issuers.get(issuer).is_some_and(|known| matches!(known.keys, Keys::Own(_)));
        if taken && matches!(trusted.keys, Keys::Fetched(_)) {
            tracing::error!("An external issuer has the name of our own and is ignored");
        } else {
            issuers.insert(issuer.to_owned(), trusted);
            // What was good may not be good under other conditions.
            self.seen = Arc::default();
        }
        self
    }

    /// Says whom `token` speaks for at the time `now`, or why it is refused.
    ///
    /// Waits only for an external issuer whose keys are not known yet.
    pub async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Principal, Rejected> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Rejected::TooLong);
        }
        let hash = seen::hash(token);
        match self.seen.find(&hash) {
            Some(known) => self.verify_again(&known, token, hash, now).await,
            // Once for each token: boxed, no other request carries it about.
            None => Box::pin(self.verify_whole(token, hash, now)).await,
        }
    }

    /// Judges what may have changed since the token was good.
    async fn verify_again(
        &self,
        known: &Known,
        token: &str,
        hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Principal, Rejected> {
        let trusted = self.issuers.get(&known.issuer).ok_or(Rejected::Issuer)?;
        if trusted.key(&known.kid, now).await?.print != known.key {
            return Box::pin(self.verify_whole(token, hash, now)).await;
        }
        let expires_at = trusted.judge(now).claims(&known.claims)?;
        Ok(known.principal(expires_at))
    }

    async fn verify_whole(
        &self,
        token: &str,
        hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Principal, Rejected> {
        let parts = Parts::split(token)?;
        let (issuer, trusted) =
            self.issuers.get_key_value(parts.issuer.as_str()).ok_or(Rejected::Issuer)?;
        trusted.check_type(&parts.header)?;
        let key = trusted.key(&parts.header.kid, now).await?;
        if key.algorithm.name() != parts.header.alg {
            return Err(Rejected::Algorithm);
        }
        let claims = check_signature(token, issuer, &key)?;
        let expires_at = trusted.judge(now).claims(&claims)?;
        let own = match trusted.keys {
            Keys::Own(_) => OwnClaims::read(&parts.payload, &claims.sub)?,
            Keys::Fetched(_) => OwnClaims::default(),
        };
        let (issuer, kid) = (issuer.clone(), parts.header.kid);
        let known = Arc::new(Known { issuer, kid, key: key.print, claims, own, expires_at });
        let principal = known.principal(expires_at);
        // One that is good for one call does not come again.
        if known.own.call.is_none() {
            self.seen.remember(hash, known, now);
        }
        Ok(principal)
    }
}

impl Known {
    fn principal(&self, expires_at: DateTime<Utc>) -> Principal {
        Principal {
            issuer: self.issuer.clone(),
            subject: self.claims.sub.clone(),
            user: self.own.user.clone(),
            session: self.own.session.clone(),
            call: self.own.call.clone(),
            token_id: self.claims.jti.clone(),
            expires_at,
        }
    }
}

impl Trusted {
    fn check_type(&self, header: &parts::TokenHeader) -> Result<(), Rejected> {
        let fits = self
            .token_type
            .is_none_or(|expected| header.typ.as_deref().is_some_and(|typ| expected.is_named(typ)));
        if fits { Ok(()) } else { Err(Rejected::Type) }
    }

    async fn key(&self, kid: &str, now: DateTime<Utc>) -> Result<VerifyingKey, Rejected> {
        match &self.keys {
            Keys::Own(keys) => keys.find(kid).ok_or(Rejected::Key),
            Keys::Fetched(keys) => keys.find(kid, now).await,
        }
    }

    fn judge(&self, now: DateTime<Utc>) -> Judge<'_> {
        Judge {
            audience: &self.audience,
            lists_allowed: matches!(self.keys, Keys::Fetched(_)),
            max_lifetime: self.max_lifetime,
            now,
        }
    }
}

/// The crate's part: the signature, with the key's algorithm and no other. It judges `iss` too,
/// but no time and no audience: it would read the wall clock, and take one good member of many.
fn check_signature(
    token: &str,
    issuer: &str,
    key: &VerifyingKey,
) -> Result<RegisteredClaims, Rejected> {
    use jsonwebtoken::errors::ErrorKind;

    let mut validation = Validation::new(key.algorithm.for_crate());
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.validate_exp = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode::<RegisteredClaims>(token, &key.key, &validation) {
        Ok(decoded) => Ok(decoded.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) => Rejected::Claims,
            ErrorKind::InvalidIssuer => Rejected::Issuer,
            _ => Rejected::Signature,
        }),
    }
}

#[cfg(test)]
mod tests;
