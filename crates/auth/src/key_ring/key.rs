//! One Ed25519 key (RFC 8037).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410 section 7).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum KeyType {
    #[serde(rename = "OKP")]
    OctetKeyPair,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Curve {
    Ed25519,
}

/// The public half.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicJwk {
    kty: KeyType,
    crv: Curve,
    x: String,
}

impl PublicJwk {
    fn new(x: String) -> Self {
        Self { kty: KeyType::OctetKeyPair, crv: Curve::Ed25519, x }
    }

    /// The key's own name: RFC 7638, the required members in order, hashed.
    pub(super) fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x);
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
    }

    pub(super) fn published(&self, kid: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": kid, "alg": "EdDSA", "use": "sig" })
    }
}

/// Both halves, as they stand in the ring's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrivateJwk {
    kty: KeyType,
    crv: Curve,
    x: String,
    d: String,
}

/// A key that can sign.
pub(super) struct SigningKey {
    private: EncodingKey,
    public: PublicJwk,
}

impl SigningKey {
    pub(super) fn generate() -> Self {
        Self::from_seed(&rand::random()).expect("any 32 bytes are an Ed25519 key")
    }

    pub(super) fn from_stored(stored: &PrivateJwk) -> Result<Self, &'static str> {
        let seed = URL_SAFE_NO_PAD
            .decode(&stored.d)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or("d is not 32 bytes of base64url")?;
        let key = Self::from_seed(&seed)?;
        if key.public.x == stored.x { Ok(key) } else { Err("x is not the public half of d") }
    }

    fn from_seed(seed: &[u8; 32]) -> Result<Self, &'static str> {
        let private = EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], seed].concat());
        match Jwk::from_encoding_key(&private, jsonwebtoken::Algorithm::EdDSA)
            .map(|jwk| jwk.algorithm)
        {
            Ok(AlgorithmParameters::OctetKeyPair(pair)) => {
                Ok(Self { private, public: PublicJwk::new(pair.x) })
            }
            _ => Err("d is not an Ed25519 key"),
        }
    }

    pub(super) fn for_signing(&self) -> &EncodingKey {
        &self.private
    }

    pub(super) fn public(&self) -> &PublicJwk {
        &self.public
    }

    pub(super) fn stored(&self) -> PrivateJwk {
        let seed = &self.private.as_bytes()[PKCS8_PREFIX.len()..];
        let PublicJwk { kty, crv, x } = self.public.clone();
        PrivateJwk { kty, crv, x, d: URL_SAFE_NO_PAD.encode(seed) }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}
