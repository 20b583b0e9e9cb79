//! A workload's status as its controller would write it, and a pod as it would make it.

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::OwnerReference};
use kube::{Api, ResourceExt as _, api::DynamicObject};
use serde_json::{Value, json};

use super::{Namespace, PodState};

/// What makes pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A Job.
    Job,
}

impl Workload {
    /// Its kind, group and version, plural.
    pub(in crate::cluster) fn kind(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Deployment => ("Deployment", "apps/v1", "deployments"),
            Self::StatefulSet => ("StatefulSet", "apps/v1", "statefulsets"),
            Self::Job => ("Job", "batch/v1", "jobs"),
        }
    }

    pub(super) fn api(self, namespace: &Namespace) -> Api<DynamicObject> {
        let (kind, api_version, plural) = self.kind();
        namespace.any(kind, api_version, plural)
    }

    /// Whether its status says that all its pods are as they shall be, or have done their work.
    pub(in crate::cluster) fn is_settled(self, object: &DynamicObject) -> bool {
        match self {
            Self::Deployment | Self::StatefulSet => is_available(Some(object)),
            Self::Job => is_complete(Some(object)),
        }
    }

    /// Its `number`th pod.
    pub(super) fn pod(self, owner: &DynamicObject, number: usize) -> Pod {
        let template = &owner.data["spec"]["template"];
        let mut spec = template["spec"].clone();
        spec["nodeName"] = "by-hand".into();
        let claims = owner.data["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
        let volumes = claims.map(|claim| {
            let name = &claim["metadata"]["name"];
            json!({"name": name, "persistentVolumeClaim": {"claimName": name}})
        });
        let mut all = spec["volumes"].as_array().cloned().unwrap_or_default();
        all.extend(volumes);
        spec["volumes"] = all.into();
        let name = format!("{}-{number}", owner.name_any());
        let mut metadata = template["metadata"].clone();
        metadata["name"] = name.into();
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
        let mut pod: Pod = serde_json::from_value(pod).expect("a template is a pod's");
        pod.metadata.owner_references = Some(vec![self.reference(owner)]);
        pod
    }

    fn reference(self, owner: &DynamicObject) -> OwnerReference {
        let (kind, api_version, _) = self.kind();
        OwnerReference {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            name: owner.name_any(),
            uid: owner.uid().expect("a stored object has one"),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }

    /// What its status says when all its pods are in `state`.
    pub(in crate::cluster) fn status(
        self,
        object: &DynamicObject,
        state: &PodState,
        now: &str,
    ) -> Value {
        let generation = object.metadata.generation;
        let wanted = wanted(object);
        let told = |name: &str, status: &str, reason: &str| {
            json!({"type": name, "status": status, "reason": reason, "message": "",
                   "lastUpdateTime": now, "lastTransitionTime": now})
        };
        let condition = |name: &str| {
            json!({"type": name, "status": "True", "reason": "", "message": "",
                   "lastProbeTime": now, "lastTransitionTime": now})
        };
        match (self, state) {
            (Self::Job, PodState::Succeeded) => json!({
                "startTime": now, "completionTime": now, "succeeded": wanted, "ready": 0,
                "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
            }),
            (Self::Job, _) => json!({
                "startTime": now, "failed": wanted, "ready": 0,
                "conditions": [condition("FailureTarget"), condition("Failed")],
            }),
            (Self::StatefulSet, _) => json!({
                "observedGeneration": generation, "replicas": wanted, "readyReplicas": wanted,
                "updatedReplicas": wanted, "currentReplicas": wanted, "availableReplicas": wanted,
                "currentRevision": "by-hand", "updateRevision": "by-hand",
            }),
            (Self::Deployment, _) => json!({
                "observedGeneration": generation, "replicas": wanted, "readyReplicas": wanted,
                "updatedReplicas": wanted, "availableReplicas": wanted,
                "conditions": [
                    told("Available", "True", "MinimumReplicasAvailable"),
                    told("Progressing", "True", "NewReplicaSetAvailable"),
                ],
            }),
        }
    }
}

/// How many pods it wants at once.
pub(super) fn wanted(object: &DynamicObject) -> usize {
    let spec = &object.data["spec"];
    let wanted = spec.get("replicas").or_else(|| spec.get("parallelism")).and_then(Value::as_u64);
    usize::try_from(wanted.unwrap_or(1)).expect("no more pods than fit")
}

/// Its pods' labels as a selector.
pub(super) fn selector(object: &DynamicObject) -> String {
    let labels = object.data["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let labels = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    labels.collect::<Vec<_>>().join(",")
}

/// Rolled out, and every pod counts as available.
pub(super) fn is_available(object: Option<&DynamicObject>) -> bool {
    object.is_some_and(|object| {
        let status = &object.data["status"];
        let wanted = wanted(object);
        let count = |name: &str| status[name].as_u64().unwrap_or_default();
        status["observedGeneration"].as_i64() == object.metadata.generation
            && ["replicas", "updatedReplicas", "availableReplicas"]
                .iter()
                .all(|name| usize::try_from(count(name)) == Ok(wanted))
    })
}

/// Has the condition `Complete`.
pub(super) fn is_complete(object: Option<&DynamicObject>) -> bool {
    has(object, "Complete")
}

/// Has the condition `Failed`.
pub(super) fn is_failed(object: Option<&DynamicObject>) -> bool {
    has(object, "Failed")
}

fn has(object: Option<&DynamicObject>, condition: &str) -> bool {
    let conditions = object.and_then(|object| object.data["status"]["conditions"].as_array());
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|one| one["type"] == condition && one["status"] == "True")
}
