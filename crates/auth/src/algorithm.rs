//! The signature algorithms that we verify.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A signature algorithm. Only asymmetric ones exist here, so nothing that can verify can mint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037); the one that our own issuer uses.
    EdDSA,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
}

impl Algorithm {
    /// The name in a token's header (RFC 7518).
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::EdDSA, Self::ES256, Self::ES384, Self::RS256, Self::PS256]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    pub(crate) fn is_rsa(self) -> bool {
        matches!(self, Self::RS256 | Self::PS256)
    }

    pub(crate) fn for_crate(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDSA => jsonwebtoken::Algorithm::EdDSA,
            Self::ES256 => jsonwebtoken::Algorithm::ES256,
            Self::ES384 => jsonwebtoken::Algorithm::ES384,
            Self::RS256 => jsonwebtoken::Algorithm::RS256,
            Self::PS256 => jsonwebtoken::Algorithm::PS256,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
