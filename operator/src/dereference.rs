//! What an object points at, as it is now: the first of the five steps.
//!
//! The watches tell the versions; content is read only when a version moves. So a look at an object that has not changed asks
//! the API server nothing, however much it points at.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    api_error::ApiError,
    apply::{SecretReader, canonical::hex},
    crd::TodoChat,
    fetched::{ConfigMapFacts, Fetched, Readiness, Reference, SecretFacts},
    ingress_controllers,
    kinds::Kind,
    names::{ALLOW_LABEL, ObjectKey, Part},
    references::{References, allows, cnpg_login, references},
    rotating::Wishes,
    watching::{Meta, Named, Store},
    world::World,
    writer::Writer,
};

/// Reads what objects point at.
pub struct Dereference {
    api: Writer,
    store: Arc<Store>,
    secrets: SecretReader,
    config_maps: Mutex<HashMap<Named, (Box<str>, ConfigMapFacts)>>,
}

impl Dereference {
    /// Reads by `api` what `store` does not know.
    pub fn new(api: Writer, store: Arc<Store>, secrets: SecretReader) -> Self {
        Self { api, store, secrets, config_maps: Mutex::default() }
    }

    /// What `object` points at, and its world.
    pub async fn fetch(&self, key: &ObjectKey, object: &TodoChat) -> Result<Fetched, ApiError> {
        let references = references(&object.spec);
        let mut pointed_at = named(key, &references);
        pointed_at.extend(login_of_made_cluster(key, object));
        self.store.refer(key, pointed_at);
        self.follow_made_login(key, object).await?;
        let world = self.store.world(key);
        let own_secrets = self.own_secrets(key, &world).await?;
        let mut secrets = BTreeMap::new();
        for name in &references.secrets {
            secrets.insert(name.clone(), self.secret(key, name, &references).await?);
        }
        let mut config_maps = BTreeMap::new();
        for name in &references.config_maps {
            config_maps.insert(name.clone(), self.config_map(key, name).await?);
        }
        let cnpg_cluster = self.cluster(key, &references).await?;
        let available = self.store.available();
        let ingress_controller = ingress_controllers::wanted(&object.spec.exposure, |class| {
            self.store.ingress_controller(class)
        });
        let pod_metrics = self.store.has_pod_metrics();
        let rotations = self.secrets.rotations(key);
        let wishes = Wishes::default();
        Ok(Fetched {
            secrets,
            config_maps,
            own_secrets,
            available,
            ingress_controller,
            pod_metrics,
            cnpg_cluster,
            world,
            rotations,
            wishes,
        })
    }

    /// The digests of the operator's own Secrets that are there.
    async fn own_secrets(
        &self,
        key: &ObjectKey,
        world: &World,
    ) -> Result<BTreeMap<String, String>, ApiError> {
        let mut digests = BTreeMap::new();
        let there = world.children.iter().filter(|(_, seen)| !seen.deleting);
        for (id, seen) in there.filter(|(id, _)| id.kind == Kind::Secret) {
            let digest =
                self.secrets.digest(key, &id.name, &seen.resource_version.to_string()).await?;
            digests.extend(digest.map(|digest| (id.name.to_string(), digest)));
        }
        Ok(digests)
    }

    async fn secret(
        &self,
        key: &ObjectKey,
        name: &str,
        references: &References,
    ) -> Result<Reference<SecretFacts>, ApiError> {
        let named =
            Named { kind: Kind::Secret, namespace: key.namespace.clone(), name: name.into() };
        let meta = match self.store.meta(&named) {
            Some(meta) => meta,
            None => match self.look(key, Kind::Secret, name).await? {
                Reference::Found(found) => meta_of(&found),
                other => return Ok(other.map(|_| SecretFacts::default())),
            },
        };
        // CloudNativePG makes its own: nobody has labelled it, and another watch tells of it.
        if references.cnpg_cluster.as_deref().is_some_and(|cluster| cnpg_login(cluster) == name) {
            self.store.remember(named, meta.clone());
        } else if !allows(&labels(&meta), &key.name) {
            return Ok(Reference::NotAllowed);
        }
        self.secrets.facts(key, name, &meta.resource_version).await
    }

    async fn config_map(
        &self,
        key: &ObjectKey,
        name: &str,
    ) -> Result<Reference<ConfigMapFacts>, ApiError> {
        let named =
            Named { kind: Kind::ConfigMap, namespace: key.namespace.clone(), name: name.into() };
        if let Some(known) = self.known(&named) {
            return Ok(Reference::Found(known));
        }
        let found = match self.look(key, Kind::ConfigMap, name).await? {
            Reference::Found(found) => found,
            other => return Ok(other.map(|_| ConfigMapFacts::default())),
        };
        let meta = meta_of(&found);
        let facts = facts(&found);
        let read = (meta.resource_version.clone(), facts.clone());
        self.config_maps.lock().unwrap_or_else(PoisonError::into_inner).insert(named.clone(), read);
        self.store.remember(named, meta);
        Ok(Reference::Found(facts))
    }

    /// What was read of the ConfigMap, if it is still at that version.
    fn known(&self, named: &Named) -> Option<ConfigMapFacts> {
        let mut read = self.config_maps.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.store.meta(named);
        let (version, facts) = read.get(named)?;
        if current.is_some_and(|meta| meta.resource_version == *version) {
            return Some(facts.clone());
        }
        read.remove(named);
        None
    }

    /// The login of a cluster that the operator makes is read again once it is another one: nothing in the spec names it.
    async fn follow_made_login(&self, key: &ObjectKey, object: &TodoChat) -> Result<(), ApiError> {
        if let Some(named) = login_of_made_cluster(key, object)
            && let Some(meta) = self.store.meta(&named)
        {
            self.secrets.facts(key, &named.name, &meta.resource_version).await?;
        }
        Ok(())
    }

    async fn cluster(
        &self,
        key: &ObjectKey,
        references: &References,
    ) -> Result<Option<Readiness>, ApiError> {
        let Some(name) = &references.cnpg_cluster else { return Ok(None) };
        if !self.store.available().contains(&Kind::CnpgCluster) {
            return Ok(None);
        }
        let (kind, namespace) = (Kind::CnpgCluster, key.namespace.clone());
        if let Some(meta) = self.store.meta(&Named { kind, namespace, name: name.as_str().into() })
        {
            return Ok(meta.readiness);
        }
        match self.look(key, kind, name).await? {
            Reference::Found(found) => Ok(self.store.remember_object(kind, &found)),
            _ => Ok(None),
        }
    }

    /// An object that no watch tells of.
    async fn look(
        &self,
        key: &ObjectKey,
        kind: Kind,
        name: &str,
    ) -> Result<Reference<Value>, ApiError> {
        let found = match kind {
            Kind::Secret => self.api.get_metadata(kind, &key.namespace, name).await,
            _ => self.api.get(kind, &key.namespace, name).await,
        };
        match found {
            Ok(Some(found)) => Ok(Reference::Found(found)),
            Ok(None) => Ok(Reference::Missing),
            Err(ApiError::Forbidden { .. }) => Ok(Reference::Forbidden),
            Err(error) => Err(error),
        }
    }
}

fn named(key: &ObjectKey, references: &References) -> Vec<Named> {
    let of = |kind| {
        move |name: &String| Named {
            kind,
            namespace: key.namespace.clone(),
            name: name.as_str().into(),
        }
    };
    let secrets = references.secrets.iter().map(of(Kind::Secret));
    let config_maps = references.config_maps.iter().map(of(Kind::ConfigMap));
    let clusters = references.cnpg_cluster.iter().map(of(Kind::CnpgCluster));
    secrets.chain(config_maps).chain(clusters).collect()
}

/// A cluster of CloudNativePG that the operator makes has its login made by others, and replaced by them.
fn login_of_made_cluster(key: &ObjectKey, object: &TodoChat) -> Option<Named> {
    object.spec.database.cnpg.as_ref()?.create.as_ref()?;
    let name = cnpg_login(&Part::Database.name(&key.name));
    Some(Named { kind: Kind::Secret, namespace: key.namespace.clone(), name: name.into() })
}

fn labels(meta: &Meta) -> BTreeMap<String, String> {
    meta.allow.iter().map(|allow| (ALLOW_LABEL.to_owned(), allow.to_string())).collect()
}

fn meta_of(found: &Value) -> Meta {
    let metadata = &found["metadata"];
    Meta {
        resource_version: metadata["resourceVersion"].as_str().unwrap_or_default().into(),
        allow: metadata["labels"][ALLOW_LABEL].as_str().map(Into::into),
        readiness: None,
    }
}

fn facts(found: &Value) -> ConfigMapFacts {
    let data = found["data"].as_object().into_iter().flatten();
    let entries: BTreeMap<&String, &str> =
        data.filter_map(|(key, value)| Some((key, value.as_str()?))).collect();
    let mut hash = Sha256::new();
    for text in entries.iter().flat_map(|(key, value)| [key.as_str(), value]) {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    let digest = hex(&hash.finalize()[..16]);
    ConfigMapFacts { digest, keys: entries.into_keys().cloned().collect() }
}
