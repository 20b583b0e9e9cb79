//! Why a credential was refused.

use thiserror::Error;

/// Why a token was refused. For logs and metrics: the client is told nothing but 401, so that an
/// attacker learns nothing from trying. The one exception is [`Rejected::IssuerUnavailable`],
/// which says nothing about the token and should be answered with 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejected {
    /// There is no `Authorization` header.
    #[error("no credential was sent")]
    Missing,
    /// The header is not one `Bearer` and one token.
    #[error("the authorization header is not one bearer token")]
    Scheme,
    /// Longer than any token that we would accept.
    #[error("the token is too long")]
    TooLong,
    /// Not three base64url parts holding JSON objects without duplicate members.
    #[error("the token is malformed")]
    Malformed,
    /// The header has a member that changes how a token is read, or lacks one that is needed.
    #[error("the token's header is not acceptable")]
    Header,
    /// The token is of another kind than the issuer's access tokens.
    #[error("the token is of the wrong type")]
    Type,
    /// Nobody we trust issued it.
    #[error("the token's issuer is not trusted")]
    Issuer,
    /// The issuer has no such key.
    #[error("the token's key is unknown")]
    Key,
    /// The header names another algorithm than the key's.
    #[error("the token's algorithm is not its key's")]
    Algorithm,
    /// The signature does not fit.
    #[error("the token's signature is wrong")]
    Signature,
    /// A required claim is missing or has the wrong type.
    #[error("the token's claims are not acceptable")]
    Claims,
    /// The token is meant for somebody else.
    #[error("the token's audience is not this service")]
    Audience,
    /// The token has ended.
    #[error("the token has expired")]
    Expired,
    /// The token begins later, or says that it was issued in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The token lives longer than its issuer's tokens may.
    #[error("the token's lifetime is too long")]
    Lifetime,
    /// The subject is not a name that a user can have.
    #[error("the token's subject is not acceptable")]
    Subject,
    /// The session that the token belongs to has ended; said by the server that keeps sessions.
    #[error("the token's session has ended")]
    SessionEnded,
    /// The issuer's keys have never been fetched, or are too old to be used.
    #[error("the token's issuer cannot be reached")]
    IssuerUnavailable,
}

impl Rejected {
    /// One of a fixed set of words, for a metric's label.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Scheme => "scheme",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::Type => "type",
            Self::Issuer => "issuer",
            Self::Key => "key",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Lifetime => "lifetime",
            Self::Subject => "subject",
            Self::SessionEnded => "session_ended",
            Self::IssuerUnavailable => "issuer_unavailable",
        }
    }
}
