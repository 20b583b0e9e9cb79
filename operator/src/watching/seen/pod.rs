//! A live pod → whether it serves, and what is wrong with it.

use serde_json::Value;

use super::{condition, count, holds, items, text, why};
use crate::{
    names::{COMPONENT_LABEL, TOOL_SERVER_LABEL},
    world::{PodSeen, Trouble},
};

/// What is remembered of a live pod.
pub fn pod_seen(live: &Value) -> PodSeen {
    let metadata = &live["metadata"];
    let labels = &metadata["labels"];
    let deleting = !metadata["deletionTimestamp"].is_null();
    let revisions = ["pod-template-hash", "controller-revision-hash"].map(|label| &labels[label]);
    let revision = revisions.into_iter().find(|hash| hash.is_string()).unwrap_or(&Value::Null);
    PodSeen {
        name: text(&metadata["name"]),
        component: text(&labels[COMPONENT_LABEL]),
        tool_server: labels[TOOL_SERVER_LABEL].as_str().map(Into::into),
        revision: text(revision),
        created: text(&metadata["creationTimestamp"]),
        ready: holds(&live["status"]["conditions"], "Ready").is_some(),
        deleting,
        trouble: if deleting { None } else { trouble(live) },
    }
}

fn trouble(live: &Value) -> Option<Trouble> {
    let status = &live["status"];
    let policy = live["spec"]["restartPolicy"].as_str().unwrap_or("Always");
    // A pod that was evicted stays behind as failed while another does its work.
    if status["phase"] == "Failed" && policy == "Always" {
        return None;
    }
    let containers = ["initContainerStatuses", "containerStatuses"];
    let mut containers = containers.iter().flat_map(|list| items(&status[*list]));
    containers
        .find_map(|container| container_trouble(container, policy))
        .or_else(|| unschedulable(&status["conditions"]))
}

fn container_trouble(status: &Value, policy: &str) -> Option<Trouble> {
    if status["ready"] == true {
        return None;
    }
    let (container, waiting) = (text(&status["name"]), text(&status["state"]["waiting"]["reason"]));
    match &*waiting {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => {
            Some(Trouble::ImagePull { container, image: text(&status["image"]) })
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            Some(Trouble::CannotStart { container, reason: waiting })
        }
        _ if status["started"] == true => None,
        _ => ended(status, policy, &*waiting == "CrashLoopBackOff"),
    }
}

/// What the last end of a container tells. Between two ends it runs for a while, or waits: until it has started, the same is
/// said about it all along, so that the status does not swing with it.
fn ended(status: &Value, policy: &str, backs_off: bool) -> Option<Trouble> {
    let (now, before) = (&status["state"]["terminated"], &status["lastState"]["terminated"]);
    let end = [now, before].into_iter().find(|end| end.is_object())?;
    let (container, exit_code) = (text(&status["name"]), count(&end["exitCode"]));
    if policy != "Always" && now["exitCode"] == 0 {
        return None;
    }
    match end["reason"].as_str() {
        Some("OOMKilled") => Some(Trouble::OutOfMemory { container }),
        Some("StartError" | "ContainerCannotRun") => {
            Some(Trouble::CannotStart { container, reason: "RunContainerError".into() })
        }
        _ if backs_off || policy == "Never" || count(&status["restartCount"]) >= 2 => {
            Some(Trouble::CrashLoop { container, exit_code })
        }
        _ => None,
    }
}

fn unschedulable(conditions: &Value) -> Option<Trouble> {
    let scheduled = condition(conditions, "PodScheduled")?;
    (scheduled["status"] == "False" && scheduled["reason"] == "Unschedulable")
        .then(|| Trouble::Unschedulable { message: why(scheduled) })
}
