//! Issuers that are not ours: any identity provider, by the keys that it publishes.
//!
//! This crate has no HTTP client: who builds a [`Verifier`](crate::Verifier) hands in a [`Fetch`]
//! that knows which addresses may be called.

mod fetched_keys;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use thiserror::Error;

use crate::{Algorithm, strict_json};
pub(crate) use fetched_keys::FetchedKeys;

/// One external issuer, as it stands in the issuers file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalIssuer {
    /// What its tokens have in `iss`, byte for byte.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_url: String,
    /// What its tokens for us have in `aud`.
    pub audience: String,
    /// The algorithms that it signs with.
    pub algorithms: Vec<Algorithm>,
    /// What its tokens have in `typ`; `null` means that it is not checked, and leaving it out
    /// means `at+jwt`.
    #[serde(default = "access_token")]
    pub typ: Option<TokenType>,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn access_token() -> Option<TokenType> {
    Some(TokenType::AccessToken)
}

/// What kind of token a header may claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TokenType {
    /// An access token of RFC 9068, so that no ID token passes for one.
    #[serde(rename = "at+jwt")]
    AccessToken,
    /// Any JSON Web Token.
    #[serde(rename = "JWT")]
    Jwt,
}

impl TokenType {
    pub(crate) fn is_named(self, typ: &str) -> bool {
        match self {
            // RFC 9068 section 4 names both forms.
            Self::AccessToken => typ == "at+jwt" || typ == "application/at+jwt",
            Self::Jwt => typ == "JWT",
        }
    }
}

/// Why an issuers file was refused.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum InvalidIssuers {
    /// Not a list of issuers, or a field or an algorithm that does not exist.
    #[error("not a list of {{issuer, jwks_url, audience, algorithms, typ}}: {0}")]
    Malformed(String),
    /// The same issuer stands in it twice.
    #[error("the issuer {0} stands in the list twice")]
    Duplicate(String),
    /// A field that must say something is empty.
    #[error("the issuer {0:?} has an empty issuer, jwks_url, audience or algorithms")]
    Empty(String),
}

/// Reads an issuers file.
pub fn parse_issuers(json: &str) -> Result<Vec<ExternalIssuer>, InvalidIssuers> {
    let issuers: Vec<ExternalIssuer> =
        serde_json::from_str(json).map_err(|error| InvalidIssuers::Malformed(error.to_string()))?;
    if strict_json::from_slice::<serde::de::IgnoredAny>(json.as_bytes()).is_none() {
        return Err(InvalidIssuers::Malformed("a member stands in it twice".to_owned()));
    }
    let mut seen = HashSet::new();
    for issuer in &issuers {
        let texts = [&issuer.issuer, &issuer.jwks_url, &issuer.audience];
        if texts.iter().any(|text| text.is_empty()) || issuer.algorithms.is_empty() {
            return Err(InvalidIssuers::Empty(issuer.issuer.clone()));
        }
        if !seen.insert(&issuer.issuer) {
            return Err(InvalidIssuers::Duplicate(issuer.issuer.clone()));
        }
    }
    Ok(issuers)
}

/// How keys are fetched: the URL in, the document out. It has to bound the time and the size
/// itself; whatever it returns is judged here.
#[derive(Clone)]
pub struct Fetch(
    Arc<dyn Fn(String) -> BoxFuture<'static, Result<Fetched, FetchError>> + Send + Sync>,
);

/// A document that was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The bytes of the answer.
    pub body: Vec<u8>,
    /// How long it may be kept, if the server said so (`Cache-Control: max-age`).
    pub max_age: Option<Duration>,
}

/// Why a document could not be fetched.
#[derive(Debug, Error)]
#[error("could not fetch the issuer's keys")]
pub struct FetchError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl Fetch {
    /// Wraps an asynchronous function.
    pub fn new<F, A>(fetch: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Fetched, FetchError>> + Send + 'static,
    {
        Self(Arc::new(move |url| Box::pin(fetch(url))))
    }

    pub(crate) async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        (self.0)(url.to_owned()).await
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fetch")
    }
}

#[cfg(test)]
mod tests;
