//! Tokens whose signature was found good before, so that it is not computed anew for each request of a client.
//!
//! Only what cannot change is remembered. Whether the issuer is trusted, whether its key is still the same, the audience and
//! the time are asked of each token each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::claims::{OwnClaims, RegisteredClaims};
use crate::key_set::Print;

/// How many are remembered at most: some two megabytes.
const MOST: usize = 4096;

/// Tokens by their hash: what was signed is compared whole, and none is kept that could be stolen.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<TokenHash, Arc<Known>>>);

/// A token's SHA-256.
pub(super) type TokenHash = [u8; 32];

/// What a good token says.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) issuer: String,
    pub(super) kid: String,
    /// The key that its signature was found good with.
    pub(super) key: Print,
    pub(super) claims: RegisteredClaims,
    pub(super) own: OwnClaims,
    pub(super) expires_at: DateTime<Utc>,
}

pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

impl Seen {
    pub(super) fn find(&self, token: &TokenHash) -> Option<Arc<Known>> {
        self.known().get(token).cloned()
    }

    /// Remembers it, in place of those that have expired, or of all others when there are too many.
    pub(super) fn remember(&self, token: TokenHash, known: Arc<Known>, now: DateTime<Utc>) {
        let mut all = self.known();
        if all.len() >= MOST {
            all.retain(|_, known| now < known.expires_at);
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(token, known);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<TokenHash, Arc<Known>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
