//! All that is in a namespace, read at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    ResourceExt as _,
    api::{ApiResource, DynamicObject},
};
use serde_json::Value;
use todochat_operator::{
    crd::TodoChat,
    kinds::{ChildId, Kind},
};

use crate::scene::{Scene, all};

/// What the operator neither watches nor writes, and what others make of its objects: kind, group and version, plural.
const OTHERS: [(&str, &str, &str); 6] = [
    ("TodoChat", "todochat.dev/v1alpha1", "todochats"),
    ("ReplicaSet", "apps/v1", "replicasets"),
    ("ControllerRevision", "apps/v1", "controllerrevisions"),
    ("EndpointSlice", "discovery.k8s.io/v1", "endpointslices"),
    ("Lease", "coordination.k8s.io/v1", "leases"),
    ("Event", "events.k8s.io/v1", "events"),
];

/// All that is in a namespace.
pub(super) struct Everything {
    /// By kind and name.
    pub(super) objects: BTreeMap<(String, String), Found>,
}

/// One object.
pub(super) struct Found {
    pub(super) metadata: ObjectMeta,
    pub(super) json: Value,
}

impl Everything {
    /// Reads it.
    pub(super) async fn of(scene: &Scene<'_>) -> Self {
        let own = Kind::all().map(Kind::resource);
        let others = OTHERS.iter().map(|(kind, api_version, plural)| {
            let (group, version) = api_version.split_once('/').expect("none is of the core group");
            ApiResource {
                group: group.to_owned(),
                version: version.to_owned(),
                api_version: (*api_version).to_owned(),
                kind: (*kind).to_owned(),
                plural: (*plural).to_owned(),
            }
        });
        let lists = own.chain(others).map(async |resource| {
            let api = scene.namespace.any(&resource.kind, &resource.api_version, &resource.plural);
            let objects = all(&api).await;
            objects.into_iter().map(move |object| found(&resource, &object)).collect::<Vec<_>>()
        });
        Self { objects: join_all(lists).await.into_iter().flatten().collect() }
    }

    /// The `TodoChat` objects that can be read.
    pub(super) fn chats(&self) -> impl Iterator<Item = TodoChat> {
        let chats = self.all("TodoChat");
        chats.filter_map(|found| serde_json::from_value(found.json.clone()).ok())
    }

    /// All of a kind.
    pub(super) fn all(&self, kind: &str) -> impl Iterator<Item = &Found> {
        self.objects.iter().filter(move |((of, _), _)| of == kind).map(|(_, found)| found)
    }

    /// One object as JSON; `null` if it is not there.
    pub(super) fn get(&self, kind: Kind, name: &str) -> &Value {
        self.find(kind, name).map_or(&Value::Null, |found| &found.json)
    }

    /// One object, if it is there.
    pub(super) fn find(&self, kind: Kind, name: &str) -> Option<&Found> {
        self.objects.get(&(kind.as_str().to_owned(), name.to_owned()))
    }

    /// Whether it is there.
    pub(super) fn has(&self, id: &ChildId) -> bool {
        !self.get(id.kind, &id.name).is_null()
    }
}

fn found(resource: &ApiResource, object: &DynamicObject) -> ((String, String), Found) {
    let mut json = serde_json::to_value(object).expect("an object is JSON");
    json["kind"] = resource.kind.clone().into();
    json["apiVersion"] = resource.api_version.clone().into();
    let key = (resource.kind.clone(), object.name_any());
    (key, Found { metadata: object.metadata.clone(), json })
}
