//! Minting tokens.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::{CallBinding, KeyRing, SigningKeys};

/// The longest that a token of ours may live; [`Verifier`](crate::Verifier) refuses longer ones.
pub const MAX_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// Our own issuer: the keys and the URL that stands in `iss`.
#[derive(Clone, Debug)]
pub struct Issuer {
    keys: SigningKeys,
    url: Arc<str>,
}

/// What a token says, beside who issued it and when.
#[derive(Clone, Debug)]
pub struct Mint<'a> {
    /// Who may accept it (`aud`).
    pub audience: &'a str,
    /// Our user's id (`sub`).
    pub subject: &'a str,
    /// How long it lives; cut to [`MAX_LIFETIME`].
    pub lifetime: TimeDelta,
    /// The session that it belongs to and ends with (`sid`).
    pub session: Option<&'a str>,
    /// The one tool call that it is good for (`tool`, `args_sha256`).
    pub call: Option<CallBinding>,
    /// A name of its own (`jti`).
    pub token_id: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args_sha256: Option<&'a str>,
}

impl Issuer {
    /// An issuer that signs with the ring's current key. `url` is what verifiers compare `iss`
    /// with, byte for byte.
    pub fn new(keys: impl Into<SigningKeys>, url: String) -> Self {
        Self { keys: keys.into(), url: url.into() }
    }

    /// What stands in `iss`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key ring that it signs with at the moment.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.keys.ring()
    }

    /// The keys that it signs with.
    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// The public keys as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> Value {
        self.ring().jwks()
    }

    /// Signs a token (RFC 9068, `typ: at+jwt`).
    pub fn mint(&self, mint: &Mint<'_>, now: DateTime<Utc>) -> String {
        let issued = now.timestamp();
        let claims = Claims {
            iss: &self.url,
            sub: mint.subject,
            aud: mint.audience,
            iat: issued,
            exp: issued + mint.lifetime.min(MAX_LIFETIME).num_seconds(),
            jti: mint.token_id,
            sid: mint.session,
            tool: mint.call.as_ref().map(|call| call.tool.as_str()),
            args_sha256: mint.call.as_ref().map(|call| call.arguments_sha256.as_str()),
        };
        self.ring().sign(&claims)
    }
}
