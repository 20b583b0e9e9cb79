//! A pod's status in each state that an operator has to tell apart.

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// What has become of a pod; all its containers share the fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodState {
    /// Runs and is Ready.
    Ready,
    /// Runs, and its readiness probe fails.
    Unready,
    /// Ended well.
    Succeeded,
    /// Ended with this code, and is not started again.
    Failed {
        /// The exit code.
        code: i32,
    },
    /// The image cannot be pulled.
    ImagePullBackOff,
    /// Ends with this code again and again.
    CrashLoopBackOff {
        /// The exit code.
        code: i32,
    },
    /// Is killed for memory again and again.
    OutOfMemory,
    /// No node takes it.
    Unschedulable {
        /// The scheduler's words.
        message: String,
    },
}

impl PodState {
    /// The status of `pod` in this state.
    pub(super) fn status(&self, pod: &Pod, now: &str) -> Value {
        if let Self::Unschedulable { message } = self {
            return json!({"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                 "message": message, "lastTransitionTime": now},
            ]});
        }
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let containers = containers.map(|container| {
            json!({
                "name": container.name, "image": container.image.as_deref().unwrap_or_default(),
                "imageID": "", "ready": *self == Self::Ready, "restartCount": self.restarts(),
                "started": self.runs(), "state": self.state(now),
                "lastState": self.last_state(now),
            })
        });
        json!({
            "phase": self.phase(), "startTime": now, "hostIP": "192.0.2.1",
            "conditions": self.conditions(now), "containerStatuses": containers.collect::<Vec<_>>(),
        })
    }

    /// Whether the pod is in this state, as far as the operator may see.
    pub(super) fn is_of(&self, pod: &Pod) -> bool {
        let status = serde_json::to_value(&pod.status).expect("a status is JSON");
        let wanted = self.status(pod, "");
        gist(&status) == gist(&wanted)
    }

    fn phase(&self) -> &'static str {
        match self {
            Self::Ready | Self::Unready | Self::CrashLoopBackOff { .. } | Self::OutOfMemory => {
                "Running"
            }
            Self::Succeeded => "Succeeded",
            Self::Failed { .. } => "Failed",
            Self::ImagePullBackOff | Self::Unschedulable { .. } => "Pending",
        }
    }

    /// Whether its containers run: one that waits for its next start has not started.
    fn runs(&self) -> bool {
        matches!(self, Self::Ready | Self::Unready)
    }

    fn restarts(&self) -> u32 {
        if matches!(self, Self::CrashLoopBackOff { .. } | Self::OutOfMemory) { 4 } else { 0 }
    }

    fn state(&self, now: &str) -> Value {
        match self {
            Self::Ready | Self::Unready => json!({"running": {"startedAt": now}}),
            Self::Succeeded => ended(0, "Completed", now),
            Self::Failed { code } => ended(*code, "Error", now),
            Self::ImagePullBackOff => waiting("ImagePullBackOff", "Back-off pulling image"),
            Self::CrashLoopBackOff { .. } | Self::OutOfMemory => {
                waiting("CrashLoopBackOff", "back-off 40s restarting failed container")
            }
            Self::Unschedulable { .. } => Value::Null,
        }
    }

    fn last_state(&self, now: &str) -> Value {
        match self {
            Self::CrashLoopBackOff { code } => ended(*code, "Error", now),
            Self::OutOfMemory => ended(137, "OOMKilled", now),
            _ => json!({}),
        }
    }

    fn conditions(&self, now: &str) -> Value {
        let ready = if *self == Self::Ready { "True" } else { "False" };
        let told = |name: &str, status: &str| json!({"type": name, "status": status, "lastTransitionTime": now});
        let conditions = [
            told("PodScheduled", "True"),
            told("Initialized", "True"),
            told("ContainersReady", ready),
            told("Ready", ready),
        ];
        json!(conditions)
    }
}

fn ended(code: i32, reason: &str, now: &str) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason, "startedAt": now, "finishedAt": now}})
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"waiting": {"reason": reason, "message": message}})
}

/// Phase, readiness, and what the first container does and did.
fn gist(status: &Value) -> [Option<String>; 5] {
    let container = |path: &str| status.pointer(&format!("/containerStatuses/0/{path}"));
    let scheduled = |status: &Value| {
        let conditions = status["conditions"].as_array().into_iter().flatten();
        let mut reasons = conditions.filter(|one| one["type"] == "PodScheduled");
        reasons.find_map(|one| one.get("reason").cloned())
    };
    let text = |value: Option<&Value>| value.map(ToString::to_string);
    [
        text(status.get("phase")),
        text(container("ready")),
        text(container("state/waiting/reason")),
        text(container("state/terminated/exitCode").or(container("lastState/terminated/exitCode"))),
        text(scheduled(status).as_ref()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [PodState; 7] = [
        PodState::Ready,
        PodState::Unready,
        PodState::Succeeded,
        PodState::Failed { code: 3 },
        PodState::ImagePullBackOff,
        PodState::CrashLoopBackOff { code: 3 },
        PodState::OutOfMemory,
    ];

    fn pod(status: &Value) -> Pod {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]}, "status": status,
        });
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn a_pod_in_one_state_is_in_no_other() {
        let blank = pod(&json!({}));
        for state in &STATES {
            let moved = pod(&state.status(&blank, "2026-01-01T00:00:00Z"));
            for other in &STATES {
                assert_eq!(other.is_of(&moved), state == other, "{state:?} {other:?}");
            }
        }
    }

    #[test]
    fn an_unschedulable_pod_has_no_containers_yet() {
        let state = PodState::Unschedulable { message: "0/1 nodes are available".to_owned() };
        let moved = pod(&state.status(&pod(&json!({})), "2026-01-01T00:00:00Z"));
        assert!(state.is_of(&moved) && moved.status.unwrap().container_statuses.is_none());
    }
}
