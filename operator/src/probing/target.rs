//! Whom to speak to, and with what.

use std::sync::Arc;

use todochat_auth::KeyRing;

use crate::apply::secrets::Hidden;

/// A tool server as it is to be spoken to.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its name.
    pub server: String,
    /// Its MCP endpoint.
    pub url: String,
    /// How the operator proves itself.
    pub credential: Credential,
    /// Whether it runs elsewhere: then only addresses that are allowed are called.
    pub remote: bool,
    /// The certificates that its own is checked against, in PEM, if not the public ones.
    pub certificates: Option<Arc<str>>,
    /// The tools that it must offer.
    pub expected: Vec<String>,
}

/// How the operator proves itself to a tool server.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Not at all.
    None,
    /// It cannot: what it needs is not there.
    Missing,
    /// With a token that is minted for the handshake.
    Minted {
        /// The keys that it is signed with.
        keys: Arc<KeyRing>,
        /// The issuer that stands in it.
        issuer: String,
    },
    /// With this bearer token.
    Bearer(Hidden),
    /// With these headers.
    Headers(Vec<(String, Hidden)>),
}

impl PartialEq for Credential {
    /// Key rings are read anew each time; they are the same when their public keys are.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) | (Self::Missing, Self::Missing) => true,
            (Self::Minted { keys, issuer }, Self::Minted { keys: other, issuer: theirs }) => {
                issuer == theirs && (Arc::ptr_eq(keys, other) || keys.jwks() == other.jwks())
            }
            (Self::Bearer(token), Self::Bearer(other)) => token == other,
            (Self::Headers(headers), Self::Headers(others)) => headers == others,
            _ => false,
        }
    }
}

impl Target {
    /// Whether what was found out about `other` is true of this one too: only what it is spoken to with differs.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        self.server == other.server
            && self.url == other.url
            && self.remote == other.remote
            && self.expected == other.expected
    }
}
