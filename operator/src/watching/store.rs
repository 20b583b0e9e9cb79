//! What the watches have seen, ready to be asked: the `TodoChat` objects as they stand in the API, the world of each, and
//! what their specs point at.
//!
//! Small on purpose. A child is kept as [`Seen`], a few hundred bytes; of people's Secrets and ConfigMaps only the version is
//! kept, and of ConfigMaps only those that a spec names.
//!
//! - [`inner`]: how each is kept
//! - [`migrated`]: how long migrations took
//! - [`names`]: what a list had
//! - [`stored`]: a `TodoChat`
//! - [`named`]: what specs point at
//! - [`offered`]: what the cluster offers to everybody

mod inner;
mod migrated;
mod named;
mod names;
mod offered;
mod stored;

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

pub(super) use self::names::Names;
pub(crate) use self::offered::{Offered, POD_METRICS};
use self::{
    inner::Inner,
    stored::{name_of, owner_and_name},
};
pub use self::{
    named::{Meta, Named},
    stored::Stored,
};
use super::watched::Watched;
use crate::{
    fetched::Readiness,
    kinds::{ChildId, Kind},
    names::ObjectKey,
    queue::Lane,
    world::{Seen, World},
};

/// Objects that are to be looked at.
pub type Wakes = Vec<(ObjectKey, Lane)>;

/// The store. One for the process; its lock is held for moments only.
#[derive(Default)]
pub struct Store {
    inner: Mutex<Inner>,
}

impl Store {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object as it stands in the API.
    pub fn object(&self, key: &ObjectKey) -> Option<Stored> {
        self.inner().objects.get(key).cloned()
    }

    /// Every object there is.
    pub fn keys(&self) -> Vec<ObjectKey> {
        self.inner().objects.keys().cloned().collect()
    }

    /// The world of an object.
    pub fn world(&self, key: &ObjectKey) -> World {
        self.inner().worlds.get(key).cloned().unwrap_or_default()
    }

    /// How many seconds the last migration of an object took, while its Job is there.
    pub fn migration_seconds(&self, key: &ObjectKey) -> Option<u32> {
        self.inner().migrations.get(key).copied()
    }

    /// What is known of an object that a spec names.
    pub fn meta(&self, named: &Named) -> Option<Meta> {
        self.inner().metas.get(named).cloned()
    }

    /// The optional kinds that the cluster has.
    pub fn available(&self) -> BTreeSet<Kind> {
        self.inner().available.clone()
    }

    /// The controller of a class of Ingress, as the class tells it; without a name, of the cluster's default.
    pub fn ingress_controller(&self, class: Option<&str>) -> Option<String> {
        self.inner().offered.controller(class).map(str::to_owned)
    }

    /// Whether autoscalers can have metrics of pods.
    pub fn has_pod_metrics(&self) -> bool {
        self.inner().offered.has_metrics()
    }

    /// Where nothing tells of it but an answer: whether autoscalers can have metrics of pods.
    pub(super) fn set_pod_metrics(&self, available: bool) -> Wakes {
        let name = format!("any.{POD_METRICS}");
        let object = serde_json::json!({ "metadata": { "name": name } });
        let mut inner = self.inner();
        let changed = if available {
            inner.offered.put(Watched::Apis, &object)
        } else {
            inner.offered.remove(Watched::Apis, &name)
        };
        inner.everybody(changed)
    }

    /// How many objects of a kind are kept.
    pub fn count(&self, watched: Watched) -> usize {
        let inner = self.inner();
        match watched {
            Watched::Objects => inner.objects.len(),
            Watched::Children(Kind::Pod) => {
                inner.worlds.values().map(|world| world.pods.len()).sum()
            }
            Watched::Children(kind) => {
                let of_kind =
                    |world: &World| world.children.keys().filter(|id| id.kind == kind).count();
                inner.worlds.values().map(of_kind).sum()
            }
            Watched::Secrets => {
                inner.metas.keys().filter(|named| named.kind == Kind::Secret).count()
            }
            Watched::ConfigMaps => {
                inner.metas.keys().filter(|named| named.kind == Kind::ConfigMap).count()
            }
            Watched::Clusters => {
                inner.metas.keys().filter(|named| named.kind == Kind::CnpgCluster).count()
            }
            Watched::ClusterSecrets => 0,
            Watched::IngressClasses | Watched::Apis => inner.offered.names(watched).len(),
            Watched::Definitions => inner.available.len(),
        }
    }

    /// Says what the spec of `key` points at, so that a change there wakes it. What nobody points at any more is forgotten.
    pub fn refer(&self, key: &ObjectKey, named: Vec<Named>) {
        let mut inner = self.inner();
        if inner.references.get(key) == Some(&named) {
            return;
        }
        for old in inner.references.remove(key).unwrap_or_default() {
            inner.unrefer(&old, key);
        }
        for new in &named {
            inner.referers.entry(new.clone()).or_default().insert(key.clone());
        }
        if !named.is_empty() {
            inner.references.insert(key.clone(), named);
        }
    }

    /// Keeps what a direct look at a referenced object has shown, until the watch says otherwise.
    pub fn remember(&self, named: Named, meta: Meta) {
        self.inner().metas.insert(named, meta);
    }

    /// The same for a whole object; says whether it is ready, if its kind can tell.
    pub fn remember_object(&self, kind: Kind, object: &Value) -> Option<Readiness> {
        let (namespace, name) = name_of(object)?;
        let meta = Meta::of(kind, object);
        self.remember(Named { kind, namespace, name }, meta.clone());
        meta.readiness
    }

    /// Takes over what a write has answered, so that the event that follows tells nothing new.
    pub fn wrote(
        &self,
        key: &ObjectKey,
        written: Vec<(ChildId, Seen)>,
        deleted: &[ChildId],
        gone: &[ChildId],
    ) {
        let mut inner = self.inner();
        let world = inner.worlds.entry(key.clone()).or_default();
        for (id, seen) in written {
            // The watch may have been faster, and have seen a later version.
            let late = world.children.get(&id).is_some_and(|known| {
                known.uid == seen.uid
                    && known.resource_version.number() > seen.resource_version.number()
            });
            if !late {
                world.keep(id, seen);
            }
        }
        for id in deleted {
            if let Some(seen) = world.children.get_mut(id) {
                seen.deleting = true;
            }
        }
        world.children.retain(|id, _| !gone.contains(id));
    }

    /// Takes over the answer to a write of the object itself.
    pub fn wrote_object(&self, object: &Value) {
        if let Some((key, stored)) = Stored::read(object) {
            let mut inner = self.inner();
            let newer =
                |old: &Stored| old.resource_version.number() < stored.resource_version.number();
            if inner.objects.get(&key).is_some_and(newer) {
                inner.objects.insert(key, stored);
            }
        }
    }

    /// The cluster has got or lost an optional kind.
    pub(super) fn set_available(&self, kind: Kind, available: bool) -> Wakes {
        let mut inner = self.inner();
        let changed =
            if available { inner.available.insert(kind) } else { inner.available.remove(&kind) };
        inner.everybody(changed)
    }

    /// An object is there, or has changed. `late` says that it may be older than what is known.
    pub(super) fn put(&self, watched: Watched, object: &Value, late: bool) -> Wakes {
        let mut inner = self.inner();
        match watched {
            Watched::Objects => inner.put_object(object, late),
            Watched::Children(Kind::Pod) => inner.put_pod(object),
            Watched::Children(kind) => inner.put_child(kind, object, late),
            Watched::Secrets => inner.put_meta(Kind::Secret, object, false),
            Watched::ConfigMaps => inner.put_meta(Kind::ConfigMap, object, true),
            Watched::Clusters => inner.put_meta(Kind::CnpgCluster, object, true),
            Watched::ClusterSecrets => inner.put_meta(Kind::Secret, object, true),
            Watched::IngressClasses | Watched::Apis => {
                let changed = inner.offered.put(watched, object);
                inner.everybody(changed)
            }
            Watched::Definitions => Wakes::new(),
        }
    }

    /// An object is gone.
    pub(super) fn gone(&self, watched: Watched, object: &Value) -> Wakes {
        let mut inner = self.inner();
        match watched {
            Watched::Children(kind) => owner_and_name(object)
                .map_or_else(Wakes::new, |(key, name)| inner.remove_child(&key, kind, &name)),
            _ => name_of(object).map_or_else(Wakes::new, |(namespace, name)| {
                inner.remove(watched, &namespace, &name)
            }),
        }
    }

    /// A list has ended: of `watched` in `scope` (a namespace, or all) there is nothing but `listed`.
    pub(super) fn only(&self, watched: Watched, scope: Option<&str>, listed: &Names) -> Wakes {
        let mut inner = self.inner();
        let lost = |namespace: &str, name: &str| {
            scope.is_none_or(|scope| scope == namespace) && !listed.has(namespace, name)
        };
        if let Watched::Children(kind) = watched {
            let known = inner.children(kind).into_iter();
            let gone: Vec<_> = known.filter(|(key, name)| lost(&key.namespace, name)).collect();
            return gone
                .iter()
                .flat_map(|(key, name)| inner.remove_child(key, kind, name))
                .collect();
        }
        let known = inner.names(watched).into_iter();
        let gone: Vec<_> = known.filter(|(namespace, name)| lost(namespace, name)).collect();
        gone.iter().flat_map(|(namespace, name)| inner.remove(watched, namespace, name)).collect()
    }
}
