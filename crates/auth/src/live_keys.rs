//! Keys that are replaced while they are used: a ring that signs, and the public keys alone. Each can follow a file.
//!
//! ```text
//! keys.json ─▶ SigningKeys ─▶ Issuer ─▶ tokens
//!                  └─ PublicKeys ─▶ Verifier
//! jwks.json ─▶ PublicKeys ─▶ Verifier
//! ```
//!
//! What replaces them knows a key before anybody signs with it, and for as long as its tokens live: so the moment in which
//! somebody takes over a new file does not matter.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use thiserror::Error;
use tokio::task::JoinHandle;

use crate::{Algorithm, KeyRing, KeyRingError, KeySet, KeySetError, key_set::VerifyingKey};

/// How often a file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A key ring, as it is at the moment. Clones share it.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    ring: Arc<RwLock<Arc<KeyRing>>>,
    public: PublicKeys,
}

/// Public keys of our own issuer, as they are at the moment. Clones share them.
#[derive(Clone, Debug)]
pub struct PublicKeys {
    keys: Arc<RwLock<KeySet>>,
    follower: Option<Arc<Follower>>,
}

/// Why a file of public keys could not be used.
#[derive(Debug, Error)]
pub enum PublicKeysError {
    /// The file is not there, or may not be read.
    #[error("could not read the issuer's keys from {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no usable key set.
    #[error("could not use the issuer's keys in {}", file.display())]
    Parse {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: KeySetError,
    },
}

/// The task that follows a file; it ends with the last that uses its keys.
#[derive(Debug)]
struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl From<Arc<KeyRing>> for SigningKeys {
    /// A ring that stays.
    fn from(ring: Arc<KeyRing>) -> Self {
        let public = ring.key_set().into();
        Self { ring: Arc::new(RwLock::new(ring)), public }
    }
}

impl SigningKeys {
    /// The ring in the file, and each that comes after it. Needs a runtime.
    pub fn follow(path: &Path) -> Result<Self, KeyRingError> {
        let mut keys = Self::from(Arc::new(KeyRing::load(path)?));
        let current = keys.clone();
        let follower = follow(path, move |text| {
            KeyRing::from_json(text).map(|ring| current.replace(ring.into())).map_err(str::to_owned)
        });
        keys.public.follower = Some(Arc::new(follower));
        Ok(keys)
    }

    /// The ring of this moment.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The public halves.
    pub fn public(&self) -> &PublicKeys {
        &self.public
    }

    /// From now on this ring signs and verifies.
    pub fn replace(&self, ring: Arc<KeyRing>) {
        // What is signed must be known to whoever verifies, so that comes first.
        self.public.replace(ring.key_set());
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }
}

impl From<KeySet> for PublicKeys {
    /// Keys that stay.
    fn from(keys: KeySet) -> Self {
        Self { keys: Arc::new(RwLock::new(keys)), follower: None }
    }
}

impl PublicKeys {
    /// The key set (RFC 7517) in the file, and each that comes after it. Needs a runtime.
    pub fn follow(path: &Path) -> Result<Self, PublicKeysError> {
        let file = path.to_owned();
        let text = std::fs::read_to_string(path)
            .map_err(|source| PublicKeysError::Read { file: file.clone(), source })?;
        let mut keys =
            Self::from(read(&text).map_err(|source| PublicKeysError::Parse { file, source })?);
        let current = keys.clone();
        let follower = follow(path, move |text| {
            read(text).map(|keys| current.replace(keys)).map_err(|error| error.to_string())
        });
        keys.follower = Some(Arc::new(follower));
        Ok(keys)
    }

    fn replace(&self, keys: KeySet) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    pub(crate) fn find(&self, kid: &str) -> Option<VerifyingKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).find(kid).cloned()
    }
}

fn read(text: &str) -> Result<KeySet, KeySetError> {
    KeySet::parse(text.as_bytes(), &[Algorithm::EdDSA])
}

/// Takes over what the file says whenever that is something else. What cannot be used is told once, and passed over.
fn follow(path: &Path, take: impl Fn(&str) -> Result<(), String> + Send + 'static) -> Follower {
    let path = path.to_owned();
    // What was read a moment ago is read once more: it may have changed since.
    let mut last = String::new();
    Follower(tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let Ok(text) = tokio::fs::read_to_string(&path).await else { continue };
            if text == last {
                continue;
            }
            match take(&text) {
                Ok(()) => tracing::debug!(path = %path.display(), "Read the keys again"),
                Err(reason) => {
                    let path = path.display();
                    tracing::warn!(%path, reason, "The last good keys of {path} stay: {reason}");
                }
            }
            last = text;
        }
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn kids(ring: &KeyRing) -> Vec<String> {
        let keys = ring.jwks()["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_changes_is_followed_and_one_that_cannot_be_used_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let [private, public] = ["keys.json", "jwks.json"].map(|name| folder.path().join(name));
        let put = |ring: &KeyRing| {
            fs::write(&private, ring.to_json()).unwrap();
            fs::write(&public, ring.jwks().to_string()).unwrap();
        };
        let (first, second) = (KeyRing::generate(), KeyRing::generate());
        put(&first);
        let signing = SigningKeys::follow(&private).unwrap();
        let verifying = PublicKeys::follow(&public).unwrap();
        let [old, new] = [&first, &second].map(|ring| kids(ring)[0].clone());
        assert!(verifying.find(&old).is_some() && verifying.find(&new).is_none());

        put(&second);
        while verifying.find(&new).is_none() || signing.public().find(&new).is_none() {
            tokio::time::advance(LOOK).await;
        }
        assert_eq!(kids(&signing.ring()), std::slice::from_ref(&new));
        assert!(signing.public().find(&old).is_none());

        fs::write(&private, "{}").unwrap();
        fs::write(&public, "{}").unwrap();
        for _ in 0..8 {
            tokio::time::advance(LOOK).await;
        }
        assert!(verifying.find(&new).is_some() && signing.public().find(&new).is_some());
    }
}
