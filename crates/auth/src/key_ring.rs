//! The keys that our own issuer signs with.
//!
//! A ring has a `current` key that signs, perhaps a `next` one that is published before it is
//! used so that every verifier knows it in time, and `retired` ones whose tokens may still live.

mod file;
mod key;

use std::path::Path;

use jsonwebtoken::Header;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{Algorithm, KeySet};
use key::{PublicJwk, SigningKey};

pub(crate) const TOKEN_TYPE: &str = "at+jwt";

/// An Ed25519 key ring.
#[derive(Debug)]
pub struct KeyRing {
    current: SigningKey,
    next: Option<SigningKey>,
    retired: Vec<PublicJwk>,
}

/// The ring as it stands in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    current: key::PrivateJwk,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<key::PrivateJwk>,
    #[serde(default)]
    retired: Vec<PublicJwk>,
}

/// Why a key ring could not be read or made.
#[derive(Debug, Error)]
pub enum KeyRingError {
    /// The file could not be read.
    #[error("could not read the key ring {path}")]
    Read {
        /// The file.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("could not write the key ring {path}")]
    Write {
        /// The file.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The file is not a key ring.
    #[error("{path} is not a key ring: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong with it; never a part of a key.
        reason: &'static str,
    },
}

impl KeyRing {
    /// A ring with one new key.
    pub fn generate() -> Self {
        Self { current: SigningKey::generate(), next: None, retired: Vec::new() }
    }

    /// The same ring with a new key that is published and does not sign yet; one that waits already stays.
    #[must_use]
    pub fn with_next(mut self) -> Self {
        self.next.get_or_insert_with(SigningKey::generate);
        self
    }

    /// The key that was published signs from now on; the one before is good for verifying only. Without one nothing changes.
    #[must_use]
    pub fn promoted(mut self) -> Self {
        if let Some(next) = self.next.take() {
            let old = std::mem::replace(&mut self.current, next);
            self.retired.push(old.public().clone());
        }
        self
    }

    /// Without the keys that sign no more.
    #[must_use]
    pub fn without_retired(mut self) -> Self {
        self.retired.clear();
        self
    }

    /// Whether a key is published that does not sign yet.
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Whether there are keys that sign no more.
    pub fn has_retired(&self) -> bool {
        !self.retired.is_empty()
    }

    /// Reads a ring from its file, and warns when the file is open to everybody.
    pub fn load(path: &Path) -> Result<Self, KeyRingError> {
        let text = file::read(path)?;
        Self::from_json(&text)
            .map_err(|reason| KeyRingError::Invalid { path: path.display().to_string(), reason })
    }

    /// Reads a ring from its file, or makes one if there is no file. Never overwrites: of two
    /// processes that start at once one makes the file and both use it.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyRingError> {
        if !path.exists() {
            file::create(path, &Self::generate().to_json())?;
        }
        Self::load(path)
    }

    /// The public keys as a JSON Web Key Set (RFC 7517), the current one first.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.public().map(|(kid, jwk)| jwk.published(&kid)).collect::<Vec<_>>() })
    }

    /// The public keys, for verifying.
    pub fn key_set(&self) -> KeySet {
        KeySet::parse(self.jwks().to_string().as_bytes(), &[Algorithm::EdDSA])
            .expect("what we publish is a key set that we accept")
    }

    pub(crate) fn sign<T: Serialize>(&self, claims: &T) -> String {
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(self.current.public().thumbprint());
        jsonwebtoken::encode(&header, claims, self.current.for_signing())
            .expect("an Ed25519 key that was checked when it was loaded signs")
    }

    /// Signs any text as if it were a token of ours.
    #[cfg(test)]
    pub(crate) fn sign_parts(&self, header: &str, payload: &str) -> String {
        use base64::Engine;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", encode(header), encode(payload));
        let algorithm = jsonwebtoken::Algorithm::EdDSA;
        let key = self.current.for_signing();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    fn public(&self) -> impl Iterator<Item = (String, &PublicJwk)> {
        let live = [Some(&self.current), self.next.as_ref()];
        let live = live.into_iter().flatten().map(SigningKey::public);
        live.chain(&self.retired).map(|jwk| (jwk.thumbprint(), jwk))
    }

    /// The ring with its private keys, as it stands in its file: a secret.
    pub fn to_json(&self) -> String {
        let stored = Stored {
            current: self.current.stored(),
            next: self.next.as_ref().map(SigningKey::stored),
            retired: self.retired.clone(),
        };
        serde_json::to_string_pretty(&stored).expect("a ring of strings is JSON")
    }

    /// Reads what [`KeyRing::to_json`] wrote; otherwise says what is wrong with it, and never a part of a key.
    pub fn from_json(text: &str) -> Result<Self, &'static str> {
        let stored: Stored = crate::strict_json::from_slice(text.as_bytes())
            .ok_or("it is not JSON of the form {current, next, retired}")?;
        let ring = Self {
            current: SigningKey::from_stored(&stored.current)?,
            next: stored.next.as_ref().map(SigningKey::from_stored).transpose()?,
            retired: stored.retired,
        };
        KeySet::parse(ring.jwks().to_string().as_bytes(), &[Algorithm::EdDSA])
            .map_err(|_| "a key stands in it twice, or a retired key is not Ed25519")?;
        Ok(ring)
    }
}

#[cfg(test)]
mod tests;
