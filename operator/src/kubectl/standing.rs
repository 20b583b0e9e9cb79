//! Whether a child is as it should be, judged by what stands in it alone.

use serde_json::Value;

use crate::kinds::Kind;

/// The kinds that can be there and not be as they should.
pub(super) const KINDS: [Kind; 5] =
    [Kind::Deployment, Kind::StatefulSet, Kind::Job, Kind::PersistentVolumeClaim, Kind::Pod];

/// What is wrong with a child, if anything is.
pub(super) fn amiss(kind: Kind, child: &Value) -> Option<String> {
    match kind {
        Kind::Deployment | Kind::StatefulSet => workload(child),
        Kind::Job => condition(child, "Failed", "True").map(|why| format!("failed: {why}")),
        Kind::PersistentVolumeClaim => {
            let phase = text(child, "/status/phase");
            (phase != "Bound")
                .then(|| format!("is {}", if phase.is_empty() { "new" } else { phase }))
        }
        Kind::Pod => pod(child),
        _ => None,
    }
}

fn workload(child: &Value) -> Option<String> {
    let number = |pointer: &str| child.pointer(pointer).and_then(Value::as_i64);
    let wanted = number("/spec/replicas").unwrap_or(1);
    let ready = number("/status/readyReplicas").unwrap_or_default();
    let updated = number("/status/updatedReplicas").unwrap_or_default();
    if ready < wanted {
        Some(format!("{ready} of {wanted} pods are ready"))
    } else if updated < wanted {
        Some(format!("{updated} of {wanted} pods are of the last revision"))
    } else {
        None
    }
}

fn pod(child: &Value) -> Option<String> {
    let phase = text(child, "/status/phase");
    if phase == "Succeeded" || child.pointer("/metadata/deletionTimestamp").is_some() {
        return None;
    }
    let containers = child.pointer("/status/containerStatuses").and_then(Value::as_array);
    let waiting = containers.into_iter().flatten().find_map(|container| {
        let why = container.pointer("/state/waiting/reason")?.as_str()?;
        Some(format!("container {}: {why}", text(container, "/name")))
    });
    waiting
        .or_else(|| condition(child, "PodScheduled", "False"))
        .or_else(|| condition(child, "Ready", "False").map(|_| "is not ready".to_owned()))
        .or_else(|| (phase == "Failed").then(|| "has failed".to_owned()))
}

/// Why a condition has this status, if it has.
fn condition(child: &Value, kind: &str, status: &str) -> Option<String> {
    let conditions = child.pointer("/status/conditions").and_then(Value::as_array);
    let found = conditions
        .into_iter()
        .flatten()
        .find(|one| one["type"] == kind && one["status"] == status)?;
    let words = [text(found, "/reason"), text(found, "/message")];
    Some(words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(": "))
}

/// A text, empty where there is none.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(kind: Kind, child: &Value) -> String {
        amiss(kind, child).unwrap_or_default()
    }

    #[test]
    fn a_workload_wants_all_of_its_pods_ready_and_of_the_last_revision() {
        let of = |ready: i64, updated: i64| json!({"spec": {"replicas": 2}, "status": {"readyReplicas": ready, "updatedReplicas": updated}});
        assert_eq!(said(Kind::Deployment, &of(1, 2)), "1 of 2 pods are ready");
        assert_eq!(said(Kind::Deployment, &of(2, 1)), "1 of 2 pods are of the last revision");
        assert_eq!(said(Kind::StatefulSet, &of(2, 2)), "");
        assert_eq!(said(Kind::StatefulSet, &json!({})), "0 of 1 pods are ready");
        assert_eq!(said(Kind::Deployment, &json!({"spec": {"replicas": 0}})), "");
    }

    #[test]
    fn a_pod_that_waits_says_what_for() {
        let waits = json!({"status": {"phase": "Pending", "containerStatuses": [
            {"name": "chat", "state": {"waiting": {"reason": "ImagePullBackOff"}}},
        ]}});
        assert_eq!(said(Kind::Pod, &waits), "container chat: ImagePullBackOff");
        let unplaced = json!({"status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"},
        ]}});
        assert_eq!(said(Kind::Pod, &unplaced), "Unschedulable: 0/1 nodes");
        assert_eq!(said(Kind::Pod, &json!({"status": {"phase": "Failed"}})), "has failed");
    }

    #[test]
    fn a_pod_that_has_done_its_work_or_is_ending_is_as_it_should_be() {
        let unready = json!([{"type": "Ready", "status": "False"}]);
        let done = json!({"status": {"phase": "Succeeded", "conditions": unready}});
        let ending = json!({
            "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
            "status": {"phase": "Running", "conditions": unready},
        });
        let serving = json!({"status": {"phase": "Running"}});
        for pod in [done, ending, serving] {
            assert_eq!(amiss(Kind::Pod, &pod), None, "{pod}");
        }
    }

    #[test]
    fn a_job_says_why_it_failed_and_a_volume_that_it_waits() {
        let failed = json!({"status": {"conditions": [
            {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"},
        ]}});
        assert_eq!(said(Kind::Job, &failed), "failed: BackoffLimitExceeded");
        assert_eq!(amiss(Kind::Job, &json!({})), None);
        let pending = json!({"status": {"phase": "Pending"}});
        assert_eq!(said(Kind::PersistentVolumeClaim, &pending), "is Pending");
    }
}
