//! Public keys, by name, each with the one algorithm that it may be used with.

mod fitness;

use std::collections::{HashMap, HashSet};

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{Algorithm, strict_json};

/// More keys than any issuer rotates through.
const MAX_KEYS: usize = 64;

/// Members that only a private key has (RFC 7518 sections 6.2.2 and 6.3.2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];

/// The public keys of one issuer.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: HashMap<String, VerifyingKey>,
}

/// A key and the algorithm that is a property of it: what a token's header says is compared with
/// this and never believed.
#[derive(Clone, Debug)]
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
    pub(crate) print: Print,
}

/// The SHA-256 of a key as it was published: another key has another one, whatever its name.
pub(crate) type Print = [u8; 32];

/// Why a whole key set was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeySetError {
    /// Not `{"keys": [{…}, …]}`.
    #[error("not a JSON Web Key Set")]
    Malformed,
    /// More keys than we look at.
    #[error("more than {MAX_KEYS} keys")]
    TooMany,
    /// Two keys have the same name, so it is open which one a token means.
    #[error("two keys have the same kid")]
    DuplicateKid,
    /// The issuer published a private key: everybody can sign as it.
    #[error("a private key was published")]
    Private,
    /// Not one key is fit for the issuer's algorithms.
    #[error("no usable key")]
    Empty,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Map<String, Value>>,
}

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517) and keeps the keys that are fit for one of `allowed`.
    ///
    /// A key is dropped if it has no `kid`, is symmetric, too weak, on the wrong curve, not for
    /// signatures, or for another algorithm. The whole set is refused when it cannot be trusted.
    pub fn parse(json: &[u8], allowed: &[Algorithm]) -> Result<Self, KeySetError> {
        let document: Document = strict_json::from_slice(json).ok_or(KeySetError::Malformed)?;
        if document.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        if document.keys.iter().any(|key| PRIVATE.iter().any(|member| key.contains_key(*member))) {
            return Err(KeySetError::Private);
        }
        let mut kids = HashSet::new();
        if !document
            .keys
            .iter()
            .filter_map(|key| key.get("kid")?.as_str())
            .all(|kid| kids.insert(kid))
        {
            return Err(KeySetError::DuplicateKid);
        }
        let keys: HashMap<_, _> =
            document.keys.iter().filter_map(|key| fitness::fit(key, allowed)).collect();
        if keys.is_empty() { Err(KeySetError::Empty) } else { Ok(Self { keys }) }
    }

    pub(crate) fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }
}

/// Whether this can be the name of a key: names are looked up in a map and go nowhere else. The
/// alphabet is that of base64 and of the dotted names that issuers use.
pub(crate) fn is_kid(kid: &str) -> bool {
    (1..=128).contains(&kid.len())
        && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~:-+/=".contains(&byte))
}

#[cfg(test)]
mod tests;
