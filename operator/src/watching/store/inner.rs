//! How what was seen is kept, and who is to be woken by what is new.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Wakes, migrated,
    named::{Meta, Named},
    offered::Offered,
    stored::{Stored, name_of, owner_and_name},
};
use crate::{
    kinds::{ChildId, Kind},
    names::ObjectKey,
    queue::Lane,
    watching::{
        seen::{pod_seen, seen},
        watched::Watched,
    },
    world::{Seen, World},
};

/// All of it.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) objects: HashMap<ObjectKey, Stored>,
    pub(super) worlds: HashMap<ObjectKey, World>,
    pub(super) metas: HashMap<Named, Meta>,
    pub(super) referers: HashMap<Named, BTreeSet<ObjectKey>>,
    pub(super) references: HashMap<ObjectKey, Vec<Named>>,
    pub(super) available: BTreeSet<Kind>,
    pub(super) offered: Offered,
    /// How many seconds the last migration took.
    pub(super) migrations: HashMap<ObjectKey, u32>,
}

impl Inner {
    /// The same key as it is kept already: its words are in memory once, whoever holds it.
    fn kept(&self, key: ObjectKey) -> ObjectKey {
        let object = self.objects.get_key_value(&key).map(|(kept, _)| kept);
        let kept = object.or_else(|| self.worlds.get_key_value(&key).map(|(kept, _)| kept));
        kept.cloned().unwrap_or(key)
    }

    pub(super) fn put_object(&mut self, object: &Value, late: bool) -> Wakes {
        let Some((key, stored)) = Stored::read(object) else { return Wakes::new() };
        let key = self.kept(key);
        let woken = match self.objects.get(&key) {
            Some(old) if old.resource_version == stored.resource_version => return Wakes::new(),
            Some(old)
                if late && old.resource_version.number() > stored.resource_version.number() =>
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

    pub(super) fn put_child(&mut self, kind: Kind, object: &Value, late: bool) -> Wakes {
        let Some((key, name)) = owner_and_name(object) else { return Wakes::new() };
        let key = self.kept(key);
        if kind == Kind::Job
            && let Some(seconds) = migrated::took(&key, &name, object)
        {
            self.migrations.insert(key.clone(), seconds);
        }
        let seen = seen(kind, object);
        let world = self.worlds.entry(key.clone()).or_default();
        let id = ChildId { kind, name };
        match world.children.get(&id) {
            Some(old) if old.resource_version == seen.resource_version => return Wakes::new(),
            Some(old)
                if late
                    && old.uid == seen.uid
                    && old.resource_version.number() > seen.resource_version.number() =>
            {
                return Wakes::new();
            }
            // The content of a Secret is not seen: any new version may be a new content.
            Some(old) if kind != Kind::Secret && same_but_version(old, &seen) => {
                world.keep(id, seen);
                return Wakes::new();
            }
            _ => {}
        }
        world.keep(id, seen);
        vec![(key, Lane::Other)]
    }

    pub(super) fn put_pod(&mut self, object: &Value) -> Wakes {
        let Some((key, _)) = owner_and_name(object) else { return Wakes::new() };
        let key = self.kept(key);
        let changed = self.worlds.entry(key.clone()).or_default().keep_pod(pod_seen(object));
        if changed { vec![(key, Lane::Other)] } else { Wakes::new() }
    }

    pub(super) fn put_meta(&mut self, kind: Kind, object: &Value, only_if_named: bool) -> Wakes {
        let Some((namespace, name)) = name_of(object) else { return Wakes::new() };
        let named = Named { kind, namespace, name };
        if only_if_named && !self.referers.contains_key(&named) {
            return Wakes::new();
        }
        let meta = Meta::of(kind, object);
        if self.metas.get(&named) == Some(&meta) {
            return Wakes::new();
        }
        self.metas.insert(named.clone(), meta);
        self.wake_referers(&named)
    }

    /// Wakes all objects, if what they may all make use of has changed.
    pub(super) fn everybody(&self, changed: bool) -> Wakes {
        let keys = self.objects.keys().filter(|_| changed);
        keys.map(|key| (key.clone(), Lane::Other)).collect()
    }

    pub(super) fn wake_referers(&self, named: &Named) -> Wakes {
        let referers = self.referers.get(named).into_iter().flatten();
        referers.map(|key| (key.clone(), Lane::Other)).collect()
    }

    pub(super) fn unrefer(&mut self, named: &Named, key: &ObjectKey) {
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

    pub(super) fn remove(&mut self, watched: Watched, namespace: &Arc<str>, name: &str) -> Wakes {
        match watched {
            Watched::Objects => {
                self.remove_object(&ObjectKey { namespace: namespace.clone(), name: name.into() })
            }
            Watched::Secrets | Watched::ClusterSecrets => {
                self.remove_meta(Kind::Secret, namespace, name)
            }
            Watched::ConfigMaps => self.remove_meta(Kind::ConfigMap, namespace, name),
            Watched::Clusters => self.remove_meta(Kind::CnpgCluster, namespace, name),
            Watched::IngressClasses | Watched::Apis => {
                let changed = self.offered.remove(watched, name);
                self.everybody(changed)
            }
            Watched::Children(_) | Watched::Definitions => Wakes::new(),
        }
    }

    pub(super) fn remove_object(&mut self, key: &ObjectKey) -> Wakes {
        for named in self.references.remove(key).unwrap_or_default() {
            self.unrefer(&named, key);
        }
        match self.objects.remove(key) {
            Some(_) => vec![(key.clone(), Lane::Fresh)],
            None => Wakes::new(),
        }
    }

    pub(super) fn remove_child(&mut self, key: &ObjectKey, kind: Kind, name: &str) -> Wakes {
        let Some(world) = self.worlds.get_mut(key) else { return Wakes::new() };
        if kind == Kind::Pod {
            world.pods.retain(|pod| *pod.name != *name);
        } else {
            world.children.remove(&ChildId::new(kind, name));
        }
        if kind == Kind::Job && migrated::is_migration(&key.name, name) {
            self.migrations.remove(key);
        }
        if world.children.is_empty() && world.pods.is_empty() {
            self.worlds.remove(key);
        }
        vec![(key.clone(), Lane::Other)]
    }

    pub(super) fn remove_meta(&mut self, kind: Kind, namespace: &Arc<str>, name: &str) -> Wakes {
        let named = Named { kind, namespace: namespace.clone(), name: name.into() };
        match self.metas.remove(&named) {
            Some(_) => self.wake_referers(&named),
            None => Wakes::new(),
        }
    }

    pub(super) fn names(&self, watched: Watched) -> Vec<(Arc<str>, Box<str>)> {
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
            Watched::IngressClasses | Watched::Apis => {
                let names = self.offered.names(watched).into_iter();
                names.map(|name| (Arc::from(""), name)).collect()
            }
            Watched::Children(_) | Watched::Definitions => Vec::new(),
        }
    }

    pub(super) fn children(&self, kind: Kind) -> Vec<(ObjectKey, Box<str>)> {
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
