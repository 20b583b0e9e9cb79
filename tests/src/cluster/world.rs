//! What the kubelets would do, done by a test: in namespaces called `by-hand-…`, and on a server without
//! controllers.
//!
//! ```text
//! with controllers   pods are there ─ a status for each ─▶ controllers move what is above them
//! without            pods are made ─ a status for each ─ a status for the Deployment or Job too
//! ```
//!
//! - [`pods`]: what a pod's status says in each state
//! - [`workloads`]: what a Deployment's, StatefulSet's and Job's status say

mod pods;
mod workloads;

use std::collections::HashSet;

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt as _,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    runtime::{WatchStreamExt as _, watcher},
};
use serde_json::{Value, json};
use todochat_service::Clock;

use super::{Namespace, Parts, soon, until};
pub use pods::PodState;
pub use workloads::Workload;

/// Who the kubelet is to server-side apply.
const MANAGER: &str = "kubelet";

/// Whoever moves the pods of a namespace.
pub struct World<'n> {
    namespace: &'n Namespace,
    clock: Clock,
}

impl<'n> World<'n> {
    /// The pods' fate in `namespace` is the test's.
    pub fn of(namespace: &'n Namespace) -> Self {
        Self { namespace, clock: Clock::system() }
    }

    /// Puts every pod of a workload into a state, those that come in the meantime too, until it has as
    /// many as it wants and all are in it. Makes the pods where no controller does.
    pub async fn pods_of(&self, workload: Workload, name: &str, state: &PodState) {
        let object = self.get(workload, name).await;
        if self.namespace.parts() == Parts::Api {
            self.make_pods(workload, &object, state).await;
            return;
        }
        self.until_all(&object, state, true).await;
    }

    /// Waits until a workload has as many pods as it wants and all are in a state, without a hand in it.
    pub async fn see(&self, workload: Workload, name: &str, state: &PodState) {
        let object = self.get(workload, name).await;
        self.until_all(&object, state, false).await;
    }

    async fn until_all(&self, object: &DynamicObject, state: &PodState, move_them: bool) {
        let what = format!("every pod of {} in state {state:?}", object.name_any());
        let (mut there, wanted) = (HashSet::new(), workloads::wanted(object));
        let all = |pod| there.insert(pod) && there.len() >= wanted;
        soon(&what, self.play(object, state, move_them, all)).await;
    }

    /// A Deployment or StatefulSet is rolled out and all its pods are Ready, as its status says too.
    pub async fn available(&self, workload: Workload, name: &str) {
        self.settle(workload, name, &PodState::Ready, workloads::is_available).await;
    }

    /// A Job has done its work.
    pub async fn complete(&self, name: &str) {
        self.settle(Workload::Job, name, &PodState::Succeeded, workloads::is_complete).await;
    }

    /// A Job has given up. Where a controller runs, that takes it as many tries as it is allowed.
    pub async fn fail(&self, name: &str) {
        self.fail_with(name, 3).await;
    }

    /// The same with this exit code each time.
    pub async fn fail_with(&self, name: &str, code: i32) {
        let state = PodState::Failed { code };
        self.settle(Workload::Job, name, &state, workloads::is_failed).await;
    }

    async fn settle(
        &self,
        workload: Workload,
        name: &str,
        state: &PodState,
        settled: fn(Option<&DynamicObject>) -> bool,
    ) {
        let object = self.get(workload, name).await;
        if self.namespace.parts() == Parts::Api {
            self.make_pods(workload, &object, state).await;
            let status = workload.status(&object, state, &self.now());
            self.patch_status(&workload.api(self.namespace), name, status).await;
            return;
        }
        let api = workload.api(self.namespace);
        let done = until(name, api, name, settled);
        tokio::select! {
            _ = done => {}
            () = self.play(&object, state, true, |_| false) => unreachable!("it plays on"),
        }
    }

    /// Moves each pod of the workload, now and as they come, until `enough` says so of those in the state.
    async fn play(
        &self,
        object: &DynamicObject,
        state: &PodState,
        move_them: bool,
        mut enough: impl FnMut(String) -> bool,
    ) {
        let pods = self.namespace.api::<Pod>();
        let config = watcher::Config::default().labels(&workloads::selector(object));
        let mut seen = watcher(pods.clone(), config).default_backoff().applied_objects().boxed();
        while let Some(pod) = seen.next().await {
            let Ok(pod) = pod else { continue };
            let bound = pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some());
            if pod.metadata.deletion_timestamp.is_some() || !bound {
                continue;
            }
            if !state.is_of(&pod) {
                if !move_them {
                    continue;
                }
                let status = state.status(&pod, &self.now());
                self.patch_status(&pods, &pod.name_any(), status).await;
            }
            if enough(pod.name_any()) {
                return;
            }
        }
    }

    async fn make_pods(&self, workload: Workload, object: &DynamicObject, state: &PodState) {
        let pods = self.namespace.api::<Pod>();
        for number in 0..workloads::wanted(object) {
            let pod = workload.pod(object, number);
            let made = pods.create(&PostParams::default(), &pod).await;
            let pod = match made {
                Err(kube::Error::Api(status)) if status.is_already_exists() => {
                    pods.get(&pod.name_any()).await.unwrap()
                }
                made => made.unwrap(),
            };
            self.patch_status(&pods, &pod.name_any(), state.status(&pod, &self.now())).await;
        }
    }

    async fn get(&self, workload: Workload, name: &str) -> DynamicObject {
        let api = workload.api(self.namespace);
        let there = |object: Option<&DynamicObject>| object.is_some();
        until(name, api, name, there).await.expect("it is there")
    }

    async fn patch_status<K>(&self, api: &Api<K>, name: &str, status: Value)
    where
        K: Clone + serde::de::DeserializeOwned + std::fmt::Debug,
    {
        let params =
            PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let patch = Patch::Merge(json!({"status": status}));
        match api.patch_status(name, &params, &patch).await {
            // It went away in the meantime, as pods do.
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            patched => drop(patched.unwrap()),
        }
    }

    fn now(&self) -> String {
        self.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}
