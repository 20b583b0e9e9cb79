//! Controllers and kubelets in one, for a server that has neither: what shall run runs at once, and without a
//! pod. Thousands of objects can so be brought about in a test.

use futures_util::StreamExt as _;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
    runtime::{WatchStreamExt as _, watcher},
};
use serde_json::{Value, json};
use todochat_service::Clock;
use tokio::task::JoinSet;

use super::{PodState, Workload, namespace::resource};

/// Who it is to the API server.
const MANAGER: &str = "controllers";

/// How many objects of a kind it moves at once.
const AT_ONCE: usize = 8;

/// Moves every workload and every Ingress of a server until it is dropped.
pub struct Eager {
    _tasks: JoinSet<()>,
}

impl Eager {
    /// Starts it.
    pub fn start(client: &Client) -> Self {
        let mut tasks = JoinSet::new();
        for workload in [Workload::Deployment, Workload::StatefulSet, Workload::Job] {
            let (clock, client) = (Clock::system(), client.clone());
            let status = move |object: &DynamicObject| {
                let now = clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                (!workload.is_settled(object))
                    .then(|| workload.status(object, &run(workload), &now))
            };
            tasks.spawn(play(client, resource(workload.kind()), status));
        }
        let ingress = ("Ingress", "networking.k8s.io/v1", "ingresses");
        tasks.spawn(play(client.clone(), resource(ingress), address));
        Self { _tasks: tasks }
    }
}

async fn play(
    client: Client,
    resource: ApiResource,
    status: impl Fn(&DynamicObject) -> Option<Value>,
) {
    let all = Api::<DynamicObject>::all_with(client.clone(), &resource);
    let seen = watcher(all, watcher::Config::default()).default_backoff().applied_objects();
    let moved = seen.for_each_concurrent(AT_ONCE, async |object| {
        let Ok(object) = object else { return };
        let Some(status) = status(&object) else { return };
        let namespace = object.namespace().unwrap_or_default();
        let api = Api::<DynamicObject>::namespaced_with(client.clone(), &namespace, &resource);
        let params =
            PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        // What has gone or changed meanwhile comes again, or not at all.
        let patch = Patch::Merge(json!({"status": status}));
        _ = api.patch_status(&object.name_any(), &params, &patch).await;
    });
    moved.await;
}

fn run(workload: Workload) -> PodState {
    match workload {
        Workload::Job => PodState::Succeeded,
        Workload::Deployment | Workload::StatefulSet => PodState::Ready,
    }
}

/// An Ingress without an address gets one.
fn address(ingress: &DynamicObject) -> Option<Value> {
    let has = ingress.data.pointer("/status/loadBalancer/ingress/0").is_some();
    (!has).then(|| json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}))
}
