//! The content of Secrets: the operator's own, which it makes once and keeps, and that of other people, of which it knows
//! no more than whether it has changed.
//!
//! ```text
//! own      SecretPlan ─▶ fill: what is there stays, what is missing is made ─▶ one write   (visit/secret)
//!          own Secret ─▶ read when its version moves ─▶ own: hashes, and what could not be made again
//! people's SecretFacts: a keyed hash, the names of the entries; the content is forgotten at once
//! ```
//!
//! Values live in [`Hidden`], which prints as `…`. What leaves this module besides them is a digest: an HMAC keyed with the
//! `salt` of the object's signing keys, so that a digest in an annotation tells nobody whether a guess is right.

mod content;
mod digest;
mod fill;
mod own;
mod seen;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use todochat_auth::KeyRing;

pub use self::content::Hidden;
pub(super) use self::{
    content::Content,
    fill::{Lacking, fill},
    own::Own,
};
use crate::{
    api_error::ApiError,
    fetched::{Reference, SecretFacts},
    kinds::Kind,
    names::{ObjectKey, login_secret, signing_keys_secret},
    rotating::{Records, Rotations},
    writer::Writer,
};

/// The entry that keys the digests.
const SALT: &str = "salt";
/// The entry with the keys that tokens are signed with.
const KEYS: &str = "keys.json";
/// The entry of a model's Secret that is not secret.
const BASE_URL: &str = "base-url";

/// A Secret by its namespace and name.
type Name = (Arc<str>, Box<str>);

/// Reads Secrets. Clones share what they know.
#[derive(Clone)]
pub struct SecretReader {
    writer: Writer,
    own: Arc<Mutex<HashMap<Name, Own>>>,
    theirs: Arc<Mutex<HashMap<Name, Theirs>>>,
}

/// What is kept of other people's Secrets.
struct Theirs {
    version: Box<str>,
    hash: [u8; 32],
    facts: SecretFacts,
}

impl SecretReader {
    pub(super) fn new(writer: Writer) -> Self {
        Self { writer, own: Arc::default(), theirs: Arc::default() }
    }

    fn own(&self) -> MutexGuard<'_, HashMap<Name, Own>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn theirs(&self) -> MutexGuard<'_, HashMap<Name, Theirs>> {
        self.theirs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be known of other people's Secret `secret`, which is at `resource_version`.
    pub async fn facts(
        &self,
        key: &ObjectKey,
        secret: &str,
        resource_version: &str,
    ) -> Result<Reference<SecretFacts>, ApiError> {
        let name = name(key, secret);
        let known =
            self.theirs().get(&name).is_some_and(|known| *known.version == *resource_version);
        if !known {
            match self.look(key, secret).await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(Reference::Missing),
                Err(ApiError::Forbidden { .. }) => return Ok(Reference::Forbidden),
                Err(error) => return Err(error),
            }
        }
        let salt = self.salt(key).await?;
        let theirs = self.theirs();
        let Some(known) = theirs.get(&name) else { return Ok(Reference::Missing) };
        let digest = match salt {
            Some(salt) => digest::keyed(&salt, &known.hash),
            // Nothing can be told of the content before there is a salt; that it may have changed can.
            None => digest::of_version(&name.0, &name.1, &known.version),
        };
        Ok(Reference::Found(SecretFacts { digest, ..known.facts.clone() }))
    }

    /// The digest of the operator's own Secret `secret` of the object, which is at `resource_version`; `None` while it is not
    /// there or there is no salt. A change by others, which is about to be put right, does not show.
    pub async fn digest(
        &self,
        key: &ObjectKey,
        secret: &str,
        resource_version: &str,
    ) -> Result<Option<String>, ApiError> {
        let Some(salt) = self.salt(key).await? else { return Ok(None) };
        let own = self.own_at(key, secret, Some(resource_version)).await?;
        Ok(own.map(|own| digest::keyed(&salt, &own.hash_in_use())))
    }

    /// How far the object's login and signing keys are, by what was last read of them. One that was taken away is made anew as
    /// it was.
    pub fn rotations(&self, key: &ObjectKey) -> Rotations {
        let login = self.remembered(key, &login_secret(&key.name));
        let keys = self.remembered(key, &signing_keys_secret(&key.name));
        let salt = keys.as_ref().and_then(|own| own.value(SALT)).cloned();
        Rotations {
            login: login.map(|own| seen::login(&own, salt.as_ref())),
            keys: keys.map(|own| seen::keys(&own)),
        }
    }

    /// No more of that than the records, which costs next to nothing.
    pub fn records(&self, key: &ObjectKey) -> Records {
        let own = self.own();
        let record = |secret: &str| own.get(&name(key, secret)).map(seen::record);
        Records {
            login: record(&login_secret(&key.name)),
            keys: record(&signing_keys_secret(&key.name)),
        }
    }

    /// The keys that the object's tokens are signed with, once there are any.
    pub async fn signing_keys(&self, key: &ObjectKey) -> Result<Option<Arc<KeyRing>>, ApiError> {
        let text = self.own_entry(key, &signing_keys_secret(&key.name), KEYS).await?;
        let ring = text.and_then(|text| KeyRing::from_json(text.as_str()?).ok());
        Ok(ring.map(Arc::new))
    }

    /// An entry of the operator's own Secret that was made at random, such as a token.
    pub async fn own_entry(
        &self,
        key: &ObjectKey,
        secret: &str,
        entry: &str,
    ) -> Result<Option<Hidden>, ApiError> {
        let own = self.own_at(key, secret, None).await?;
        Ok(own.and_then(|own| own.value(entry).cloned()))
    }

    /// An entry of other people's Secret. It is not kept.
    pub async fn their_entry(
        &self,
        key: &ObjectKey,
        secret: &str,
        entry: &str,
    ) -> Result<Option<Hidden>, ApiError> {
        let content = self.look(key, secret).await?;
        Ok(content.and_then(|content| content.get(entry).cloned()))
    }

    /// Forgets the object's own Secrets.
    pub(super) fn forget(&self, key: &ObjectKey) {
        let prefix = format!("{}-", key.name);
        self.own().retain(|(namespace, name), _| {
            *namespace != key.namespace || !name.starts_with(&prefix)
        });
    }

    async fn salt(&self, key: &ObjectKey) -> Result<Option<Hidden>, ApiError> {
        self.own_entry(key, &signing_keys_secret(&key.name), SALT).await
    }

    /// Reads other people's Secret, and keeps what may be known of it.
    pub(super) async fn look(
        &self,
        key: &ObjectKey,
        secret: &str,
    ) -> Result<Option<Content>, ApiError> {
        let live = self.writer.get(Kind::Secret, &key.namespace, secret).await?;
        let Some(live) = live else {
            self.theirs().remove(&name(key, secret));
            return Ok(None);
        };
        let content = Content::of(&live);
        let base_url = content.get(BASE_URL).and_then(Hidden::as_str).map(str::to_owned);
        let facts = SecretFacts { digest: String::new(), keys: content.texts(), base_url };
        let version = live["metadata"]["resourceVersion"].as_str().unwrap_or_default().into();
        self.theirs().insert(name(key, secret), Theirs { version, hash: content.hash(), facts });
        Ok(Some(content))
    }

    /// A hash of what is known of other people's Secrets, for telling whether anything made from them is still right.
    pub(super) async fn hashes(
        &self,
        key: &ObjectKey,
        secrets: &[&str],
    ) -> Result<Vec<Option<[u8; 32]>>, ApiError> {
        let mut hashes = Vec::new();
        for secret in secrets {
            let known = self.theirs().get(&name(key, secret)).map(|known| known.hash);
            hashes.push(match known {
                Some(hash) => Some(hash),
                None => self.look(key, secret).await?.map(|content| content.hash()),
            });
        }
        Ok(hashes)
    }

    /// The operator's own Secret at this version, or at the last known one.
    pub(super) async fn own_at(
        &self,
        key: &ObjectKey,
        secret: &str,
        resource_version: Option<&str>,
    ) -> Result<Option<Own>, ApiError> {
        let known = self.remembered(key, secret);
        if let Some(known) = &known
            && resource_version.is_none_or(|version| known.is_at(version))
        {
            return Ok(Some(known.clone()));
        }
        let live = self.writer.get(Kind::Secret, &key.namespace, secret).await?;
        Ok(live.map(|live| self.take_in(key, secret, &live)))
    }

    /// Takes a live Secret of the operator's own in.
    pub(super) fn take_in(&self, key: &ObjectKey, secret: &str, live: &Value) -> Own {
        let own = Own::read(live, self.remembered(key, secret).as_ref());
        self.remember(key, secret, own.clone());
        own
    }

    /// What is known of the operator's own Secret, whether it is still there or not.
    pub(super) fn remembered(&self, key: &ObjectKey, secret: &str) -> Option<Own> {
        self.own().get(&name(key, secret)).cloned()
    }

    pub(super) fn remember(&self, key: &ObjectKey, secret: &str, own: Own) {
        self.own().insert(name(key, secret), own);
    }
}

fn name(key: &ObjectKey, secret: &str) -> Name {
    (key.namespace.clone(), secret.into())
}

/// The content of several Secrets of other people, by their names.
pub(super) type Sources = BTreeMap<String, Content>;
