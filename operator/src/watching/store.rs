//! What the watches have seen, ready to be asked: the `TodoChat` objects as they stand in the API, the world of each, and
//! what their specs point at.
//!
//! Small on purpose. A child is kept as [`Seen`], a few hundred bytes; of people's Secrets and ConfigMaps only the version is
//! kept, and of ConfigMaps only those that a spec names.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{
    seen::{pod_seen, seen},
    watched::Watched,
};
use crate::{
    fetched::Readiness,
    kinds::{ChildId, Kind},
    names::{ALLOW_LABEL, OBJECT_LABEL, ObjectKey},
    queue::Lane,
    world::{PodSeen, Seen, State, World},
};

/// Objects that are to be looked at.
pub type Wakes = Vec<(ObjectKey, Lane)>;

/// An object that specs may name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
}

/// What is kept of an object that a spec names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its version.
    pub resource_version: Box<str>,
    /// The label that says which object may use it.
    pub allow: Option<Box<str>>,
    /// Whether it is ready, if its kind can tell.
    pub readiness: Option<Readiness>,
}

/// A `TodoChat` as it stands in the API.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The whole object without its managed fields, as JSON.
    pub json: Arc<str>,
    /// Its version.
    pub resource_version: Box<str>,
    generation: i64,
    deleting: bool,
}

/// The store. One for the process; its lock is held for moments only.
#[derive(Default)]
pub struct Store {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    objects: HashMap<ObjectKey, Stored>,
    worlds: HashMap<ObjectKey, World>,
    metas: HashMap<Named, Meta>,
    referers: HashMap<Named, BTreeSet<ObjectKey>>,
    references: HashMap<ObjectKey, Vec<Named>>,
    available: BTreeSet<Kind>,
}

/// Where the objects of a watch are, by namespace and name.
pub(super) type Names = HashSet<(Arc<str>, Box<str>)>;

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

    /// What is known of an object that a spec names.
    pub fn meta(&self, named: &Named) -> Option<Meta> {
        self.inner().metas.get(named).cloned()
    }

    /// The optional kinds that the cluster has.
    pub fn available(&self) -> BTreeSet<Kind> {
        self.inner().available.clone()
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
        let meta = meta(kind, object);
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
                    && number(&known.resource_version) > number(&seen.resource_version)
            });
            if !late {
                world.children.insert(id, seen);
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
        if let Some((key, stored)) = stored(object) {
            let mut inner = self.inner();
            let newer =
                |old: &Stored| number(&old.resource_version) < number(&stored.resource_version);
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
        if !changed {
            return Wakes::new();
        }
        inner.objects.keys().map(|key| (key.clone(), Lane::Other)).collect()
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
        let lost = |name: &(Arc<str>, Box<str>)| {
            scope.is_none_or(|scope| *scope == *name.0) && !listed.contains(name)
        };
        if let Watched::Children(kind) = watched {
            let known = inner.children(kind).into_iter();
            let gone: Vec<_> =
                known.filter(|(key, name)| lost(&(key.namespace.clone(), name.clone()))).collect();
            return gone
                .iter()
                .flat_map(|(key, name)| inner.remove_child(key, kind, name))
                .collect();
        }
        let gone: Vec<_> = inner.names(watched).into_iter().filter(lost).collect();
        gone.iter().flat_map(|(namespace, name)| inner.remove(watched, namespace, name)).collect()
    }
}

impl Inner {
    fn put_object(&mut self, object: &Value, late: bool) -> Wakes {
        let Some((key, stored)) = stored(object) else { return Wakes::new() };
        let woken = match self.objects.get(&key) {
            Some(old) if old.resource_version == stored.resource_version => return Wakes::new(),
            Some(old)
                if late && number(&old.resource_version) > number(&stored.resource_version) =>
            {
                return Wakes::new();
            }
            Some(old) if old.generation == stored.generation && old.deleting == stored.deleting => {
                Lane::Other
            }
            _ => Lane::Fresh,
        };
        self.objects.insert(key.clone(), stored);
        vec![(key, woken)]
    }

    fn put_child(&mut self, kind: Kind, object: &Value, late: bool) -> Wakes {
        let Some((key, name)) = owner_and_name(object) else { return Wakes::new() };
        let seen = seen(kind, object);
        let world = self.worlds.entry(key.clone()).or_default();
        let id = ChildId { kind, name };
        match world.children.get(&id) {
            Some(old) if old.resource_version == seen.resource_version => return Wakes::new(),
            Some(old)
                if late
                    && old.uid == seen.uid
                    && number(&old.resource_version) > number(&seen.resource_version) =>
            {
                return Wakes::new();
            }
            // The content of a Secret is not seen: any new version may be a new content.
            Some(old) if kind != Kind::Secret && same_but_version(old, &seen) => {
                world.children.insert(id, seen);
                return Wakes::new();
            }
            _ => {}
        }
        world.children.insert(id, seen);
        vec![(key, Lane::Other)]
    }

    fn put_pod(&mut self, object: &Value) -> Wakes {
        let Some((key, name)) = owner_and_name(object) else { return Wakes::new() };
        let pod = pod_seen(object);
        let pods = &mut self.worlds.entry(key.clone()).or_default().pods;
        match pods.iter_mut().find(|old| old.name == name) {
            Some(old) if *old == pod => return Wakes::new(),
            Some(old) => *old = pod,
            None => pods.push(pod),
        }
        pods.sort_by(|a: &PodSeen, b| a.name.cmp(&b.name));
        vec![(key, Lane::Other)]
    }

    fn put_meta(&mut self, kind: Kind, object: &Value, only_if_named: bool) -> Wakes {
        let Some((namespace, name)) = name_of(object) else { return Wakes::new() };
        let named = Named { kind, namespace, name };
        if only_if_named && !self.referers.contains_key(&named) {
            return Wakes::new();
        }
        let meta = meta(kind, object);
        if self.metas.get(&named) == Some(&meta) {
            return Wakes::new();
        }
        self.metas.insert(named.clone(), meta);
        self.wake_referers(&named)
    }

    fn wake_referers(&self, named: &Named) -> Wakes {
        let referers = self.referers.get(named).into_iter().flatten();
        referers.map(|key| (key.clone(), Lane::Other)).collect()
    }

    fn unrefer(&mut self, named: &Named, key: &ObjectKey) {
        if let Some(referers) = self.referers.get_mut(named) {
            referers.remove(key);
            if referers.is_empty() {
                self.referers.remove(named);
                // Labelled Secrets stay known: their watch will not tell them again.
                if named.kind != Kind::Secret {
                    self.metas.remove(named);
                }
            }
        }
    }

    fn remove(&mut self, watched: Watched, namespace: &Arc<str>, name: &str) -> Wakes {
        match watched {
            Watched::Objects => {
                self.remove_object(&ObjectKey { namespace: namespace.clone(), name: name.into() })
            }
            Watched::Secrets | Watched::ClusterSecrets => {
                self.remove_meta(Kind::Secret, namespace, name)
            }
            Watched::ConfigMaps => self.remove_meta(Kind::ConfigMap, namespace, name),
            Watched::Clusters => self.remove_meta(Kind::CnpgCluster, namespace, name),
            Watched::Children(_) | Watched::Definitions => Wakes::new(),
        }
    }

    fn remove_object(&mut self, key: &ObjectKey) -> Wakes {
        for named in self.references.remove(key).unwrap_or_default() {
            self.unrefer(&named, key);
        }
        match self.objects.remove(key) {
            Some(_) => vec![(key.clone(), Lane::Fresh)],
            None => Wakes::new(),
        }
    }

    fn remove_child(&mut self, key: &ObjectKey, kind: Kind, name: &str) -> Wakes {
        let Some(world) = self.worlds.get_mut(key) else { return Wakes::new() };
        if kind == Kind::Pod {
            world.pods.retain(|pod| *pod.name != *name);
        } else {
            world.children.remove(&ChildId::new(kind, name));
        }
        if world.children.is_empty() && world.pods.is_empty() {
            self.worlds.remove(key);
        }
        vec![(key.clone(), Lane::Other)]
    }

    fn remove_meta(&mut self, kind: Kind, namespace: &Arc<str>, name: &str) -> Wakes {
        let named = Named { kind, namespace: namespace.clone(), name: name.into() };
        match self.metas.remove(&named) {
            Some(_) => self.wake_referers(&named),
            None => Wakes::new(),
        }
    }

    fn names(&self, watched: Watched) -> Vec<(Arc<str>, Box<str>)> {
        let metas = |kind| {
            let named = self.metas.keys().filter(move |named| named.kind == kind);
            named.map(|named| (named.namespace.clone(), named.name.clone())).collect()
        };
        let secrets = |labelled: bool| {
            let secrets = self.metas.iter().filter(|(named, _)| named.kind == Kind::Secret);
            let of_watch = secrets.filter(|(_, meta)| meta.allow.is_some() == labelled);
            of_watch.map(|(named, _)| (named.namespace.clone(), named.name.clone())).collect()
        };
        match watched {
            Watched::Objects => {
                self.objects.keys().map(|key| (key.namespace.clone(), (*key.name).into())).collect()
            }
            Watched::Secrets => secrets(true),
            Watched::ClusterSecrets => secrets(false),
            Watched::ConfigMaps => metas(Kind::ConfigMap),
            Watched::Clusters => metas(Kind::CnpgCluster),
            Watched::Children(_) | Watched::Definitions => Vec::new(),
        }
    }

    fn children(&self, kind: Kind) -> Vec<(ObjectKey, Box<str>)> {
        let of = |world: &World| -> Vec<Box<str>> {
            match kind {
                Kind::Pod => world.pods.iter().map(|pod| pod.name.clone()).collect(),
                _ => world
                    .children
                    .keys()
                    .filter(|id| id.kind == kind)
                    .map(|id| id.name.clone())
                    .collect(),
            }
        };
        self.worlds
            .iter()
            .flat_map(|(key, world)| of(world).into_iter().map(|name| (key.clone(), name)))
            .collect()
    }
}

/// Nothing that anybody asks about has changed.
fn same_but_version(old: &Seen, new: &Seen) -> bool {
    Seen { resource_version: new.resource_version.clone(), ..old.clone() } == *new
}

fn stored(object: &Value) -> Option<(ObjectKey, Stored)> {
    let (namespace, name) = name_of(object)?;
    let metadata = object.get("metadata")?;
    let mut pruned = object.clone();
    pruned.get_mut("metadata")?.as_object_mut()?.remove("managedFields");
    let stored = Stored {
        json: pruned.to_string().into(),
        resource_version: metadata.get("resourceVersion")?.as_str()?.into(),
        generation: metadata.get("generation").and_then(Value::as_i64).unwrap_or_default(),
        deleting: metadata.get("deletionTimestamp").is_some(),
    };
    Some((ObjectKey { namespace, name: (*name).into() }, stored))
}

fn meta(kind: Kind, object: &Value) -> Meta {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let allow =
        object.pointer("/metadata/labels").and_then(|labels| labels.get(ALLOW_LABEL)?.as_str());
    let readiness = match seen(kind, object).state {
        State::Dependency { ready, why } => Some(Readiness { ready, why: why.into() }),
        _ => None,
    };
    Meta {
        resource_version: text("/metadata/resourceVersion").unwrap_or_default().into(),
        allow: allow.map(Into::into),
        readiness,
    }
}

fn name_of(object: &Value) -> Option<(Arc<str>, Box<str>)> {
    let metadata = object.get("metadata")?;
    let name = metadata.get("name")?.as_str()?;
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or_default();
    Some((namespace.into(), name.into()))
}

fn owner_and_name(object: &Value) -> Option<(ObjectKey, Box<str>)> {
    let (namespace, name) = name_of(object)?;
    let owner = object.pointer("/metadata/labels")?.get(OBJECT_LABEL)?.as_str()?;
    Some((ObjectKey { namespace, name: owner.into() }, name))
}

/// Versions of one server can be compared (Kubernetes 1.35 says so officially; etcd always did).
fn number(resource_version: &str) -> u64 {
    resource_version.parse().unwrap_or_default()
}
