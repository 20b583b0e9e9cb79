//! A place of one's own on a shared server. When a test fails, it tells what was there.

use std::{fmt::Write as _, thread};

use k8s_openapi::api::core::v1;
use kube::{
    Api, Client, Config, Resource, ResourceExt as _,
    api::{ApiResource, DeleteParams, DynamicObject, ObjectMeta, PostParams},
    core::NamespaceResourceScope,
};
use tokio::runtime;

use super::{ApiServer, Parts};

/// Told when a test fails: kind, group and version, plural.
const TOLD: [(&str, &str, &str); 8] = [
    ("TodoChat", "todochat.dev/v1alpha1", "todochats"),
    ("Deployment", "apps/v1", "deployments"),
    ("StatefulSet", "apps/v1", "statefulsets"),
    ("Job", "batch/v1", "jobs"),
    ("Pod", "v1", "pods"),
    ("Service", "v1", "services"),
    ("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
    ("Event", "events.k8s.io/v1", "events"),
];

/// A namespace, deleted at the end.
pub struct Namespace {
    /// Its name, which no other has.
    pub name: String,
    /// The administrator's client.
    pub client: Client,
    parts: Parts,
    config: Config,
}

impl Namespace {
    /// One where kwok plays the kubelets, if the server has them.
    pub async fn fresh(server: &ApiServer) -> Self {
        Self::called(server, "test-").await
    }

    /// One whose pods stay pending until [`World`](super::World) says otherwise.
    pub async fn by_hand(server: &ApiServer) -> Self {
        Self::called(server, "by-hand-").await
    }

    async fn called(server: &ApiServer, prefix: &str) -> Self {
        let config = server.config().await;
        let client = Client::try_from(config.clone()).unwrap();
        let wanted = v1::Namespace {
            metadata: ObjectMeta {
                generate_name: Some(prefix.to_owned()),
                ..ObjectMeta::default()
            },
            ..v1::Namespace::default()
        };
        let namespaces = Api::<v1::Namespace>::all(client.clone());
        let made = namespaces.create(&PostParams::default(), &wanted).await.unwrap();
        Self { name: made.name_any(), client, parts: server.parts(), config }
    }

    /// The objects of one kind in it.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// The objects of a kind that is only known by name, e.g. `("TodoChat", "todochat.dev/v1alpha1",
    /// "todochats")`.
    pub fn any(&self, kind: &str, api_version: &str, plural: &str) -> Api<DynamicObject> {
        any(&self.client, &self.name, (kind, api_version, plural))
    }

    pub(super) fn parts(&self) -> Parts {
        self.parts
    }
}

impl Drop for Namespace {
    /// With a runtime and a client of its own, since the test's runtime waits for this.
    fn drop(&mut self) {
        let failed = thread::panicking();
        let (config, name) = (self.config.clone(), self.name.clone());
        let farewell = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(leave(config, &name, failed));
        });
        _ = farewell.join();
    }
}

#[expect(
    clippy::print_stderr,
    reason = "what a failed test leaves behind is told beside its panic"
)]
async fn leave(config: Config, name: &str, failed: bool) {
    let client = Client::try_from(config).unwrap();
    if failed {
        eprintln!("{}", told(&client, name).await);
    }
    // Where the server is gone, so is the namespace.
    _ = Api::<v1::Namespace>::all(client).delete(name, &DeleteParams::background()).await;
}

async fn told(client: &Client, namespace: &str) -> String {
    let mut told = format!("--- what was in {namespace}\n");
    for kind in TOLD {
        let Ok(list) = any(client, namespace, kind).list(&kube::api::ListParams::default()).await
        else {
            continue; // Not every server has every kind.
        };
        for object in list {
            _ = writeln!(told, "{} {}: {}", kind.0, object.name_any(), gist(&object));
        }
    }
    told
}

/// An event's words; of all others generation, deletion and status.
fn gist(object: &DynamicObject) -> String {
    let data = &object.data;
    if let Some(note) = data.get("note") {
        return format!("{} {}: {note}", data["regarding"]["name"], data["reason"]);
    }
    let ObjectMeta { generation, deletion_timestamp, .. } = &object.metadata;
    let deleted = if deletion_timestamp.is_some() { ", being deleted" } else { "" };
    let status = data.get("status").map(ToString::to_string).unwrap_or_default();
    format!("generation {}{deleted} {status}", generation.unwrap_or_default())
}

fn any(client: &Client, namespace: &str, kind: (&str, &str, &str)) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), namespace, &resource(kind))
}

/// A kind, by its name, its group and version, and its plural.
pub(super) fn resource((kind, api_version, plural): (&str, &str, &str)) -> ApiResource {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}
