use serde_json::json;

use super::*;
use crate::world::{JobState, State, Trouble, Workload};

fn state_of(kind: Kind, live: &Value) -> State {
    seen(kind, live).state
}

#[test]
fn an_object_is_told_by_its_metadata() {
    let live = json!({
        "metadata": {
            "uid": "u", "resourceVersion": "7", "deletionTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"uid": "other"}, {"uid": "ours", "controller": true}],
            "labels": {"todochat.dev/retained": "true"},
            "annotations": {"todochat.dev/applied": "abc"},
        },
    });
    let expected = Seen {
        uid: "u".into(),
        resource_version: "7".into(),
        controller: Some("ours".into()),
        deleting: true,
        retained: true,
        applied: Some("abc".into()),
        shape: shape(&live),
        state: State::Plain,
    };
    assert_eq!(seen(Kind::Service, &live), expected);
}

#[test]
fn nothing_that_is_missing_or_malformed_is_refused() {
    for live in [
        json!(null),
        json!("x"),
        json!({"metadata": 1, "spec": [], "status": "x"}),
        json!({"metadata": {"labels": [], "ownerReferences": {}}, "status": {"conditions": {}, "parents": [1]}}),
        json!({"spec": {"replicas": "many"}, "status": {"replicas": 1e300, "containerStatuses": [null, 1, {}]}}),
    ] {
        for kind in Kind::all() {
            assert!(!seen(kind, &live).deleting);
        }
        assert_eq!(pod_seen(&live).trouble, None);
    }
}

#[test]
fn a_deployment_tells_how_far_its_rollout_is() {
    let live = json!({
        "metadata": {"generation": 3},
        "spec": {"replicas": 2},
        "status": {
            "observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "availableReplicas": 1,
            "conditions": [
                {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"},
                {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"},
            ],
        },
    });
    let expected = Workload {
        generation: 3,
        observed_generation: 2,
        wanted: 2,
        replicas: 3,
        updated: 1,
        ready: 2,
        available: 1,
        complete: false,
        failure: Some("exceeded quota: small".into()),
        stuck: true,
        made_of: None,
    };
    assert_eq!(state_of(Kind::Deployment, &live), State::Workload(Box::new(expected)));
}

#[test]
fn one_pod_is_wanted_where_no_number_stands() {
    let State::Workload(workload) = state_of(Kind::StatefulSet, &json!({"spec": {}})) else {
        panic!("it is a workload");
    };
    assert_eq!(workload.wanted, 1);
}

#[test]
fn a_job_is_done_or_given_up_only_by_its_conditions() {
    let job =
        |conditions: Value| state_of(Kind::Job, &json!({"status": {"conditions": conditions}}));
    assert_eq!(job(json!([])), State::Job(JobState::Running));
    assert_eq!(
        job(json!([{"type": "Complete", "status": "True"}])),
        State::Job(JobState::Complete)
    );
    assert_eq!(
        job(json!([{"type": "Complete", "status": "False"}])),
        State::Job(JobState::Running)
    );
    assert_eq!(
        job(json!([{"type": "SuccessCriteriaMet", "status": "True"}])),
        State::Job(JobState::Running)
    );
    assert_eq!(
        job(
            json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": ""}])
        ),
        State::Job(JobState::Failed("BackoffLimitExceeded".into()))
    );
}

#[test]
fn an_ingress_is_in_use_once_it_has_an_address() {
    let waiting = state_of(Kind::Ingress, &json!({"status": {"loadBalancer": {}}}));
    assert_eq!(waiting, State::Route { accepted: false, why: "it has no address yet".into() });
    let live = json!({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}});
    assert_eq!(state_of(Kind::Ingress, &live), State::Route { accepted: true, why: "".into() });
}

fn route(parents: &Value) -> State {
    let live = json!({
        "metadata": {"generation": 2},
        "spec": {"parentRefs": [{"name": "public"}]},
        "status": {"parents": parents},
    });
    state_of(Kind::HttpRoute, &live)
}

#[test]
fn a_route_is_in_use_once_every_gateway_has_accepted_it_as_it_is_now() {
    let parent = |conditions: Value| json!([{"conditions": conditions}]);
    let accepted = json!({"type": "Accepted", "status": "True", "observedGeneration": 2});
    assert_eq!(route(&parent(json!([accepted]))), State::Route { accepted: true, why: "".into() });

    let stale = json!({"type": "Accepted", "status": "True", "observedGeneration": 1});
    let refused = json!({"type": "Accepted", "status": "False", "message": "no such listener"});
    let unresolved =
        json!({"type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound"});
    for (parents, expected) in [
        (json!([]), "no gateway has answered for it yet"),
        (parent(json!([])), "a gateway has not judged it yet"),
        (parent(json!([stale])), "a gateway has not judged its last change yet"),
        (parent(json!([refused])), "no such listener"),
        (parent(json!([accepted, unresolved])), "BackendNotFound"),
    ] {
        assert_eq!(route(&parents), State::Route { accepted: false, why: expected.into() });
    }
}

#[test]
fn a_dependency_is_ready_by_its_condition_for_this_generation() {
    let certificate = |conditions: Value| {
        let live = json!({"metadata": {"generation": 2}, "status": {"conditions": conditions}});
        state_of(Kind::Certificate, &live)
    };
    let ready = json!([{"type": "Ready", "status": "True", "observedGeneration": 2}]);
    assert_eq!(certificate(ready), State::Dependency { ready: true, why: "".into() });
    let late = json!([{"type": "Ready", "status": "True", "observedGeneration": 1}]);
    assert!(matches!(certificate(late), State::Dependency { ready: false, .. }));
    let failed = json!([{"type": "Ready", "status": "False", "message": "no such issuer"}]);
    assert_eq!(
        certificate(failed),
        State::Dependency { ready: false, why: "no such issuer".into() }
    );

    let cluster = json!({"status": {"phase": "Setting up primary", "conditions": [{"type": "Ready", "status": "False"}]}});
    assert_eq!(
        state_of(Kind::CnpgCluster, &cluster),
        State::Dependency { ready: false, why: "Setting up primary".into() }
    );
}

#[test]
fn a_claim_tells_what_it_has() {
    let live = json!({
        "spec": {"resources": {"requests": {"storage": "20Gi"}}},
        "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
    });
    let expected = State::Claim { capacity: "10Gi".into(), bound: true };
    assert_eq!(state_of(Kind::PersistentVolumeClaim, &live), expected);
}

#[test]
fn a_pod_is_told_by_its_labels_and_readiness() {
    let live = json!({
        "metadata": {"name": "p", "labels": {
            "app.kubernetes.io/component": "tool", "todochat.dev/tool-server": "todo",
        }},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    });
    let pod = pod_seen(&live);
    assert_eq!(
        (&*pod.name, &*pod.component, pod.tool_server.as_deref()),
        ("p", "tool", Some("todo"))
    );
    assert!(pod.ready && !pod.deleting && pod.trouble.is_none());
}

fn pod(policy: &str, container: &Value) -> Value {
    json!({
        "spec": {"restartPolicy": policy},
        "status": {"phase": "Running", "containerStatuses": [container]},
    })
}

fn trouble(container: &Value) -> Option<Trouble> {
    pod_seen(&pod("Always", container)).trouble
}

#[test]
fn an_image_that_cannot_be_had_is_named() {
    for reason in ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"] {
        let status = json!({"name": "chat", "image": "no.such/i:1", "state": {"waiting": {"reason": reason}}});
        let expected = Trouble::ImagePull { container: "chat".into(), image: "no.such/i:1".into() };
        assert_eq!(trouble(&status), Some(expected), "{reason}");
    }
}

#[test]
fn a_container_that_cannot_start_tells_the_same_reason_between_its_tries() {
    let expected =
        |reason: &str| Trouble::CannotStart { container: "chat".into(), reason: reason.into() };
    for (state, last, reason) in [
        (
            json!({"waiting": {"reason": "CreateContainerConfigError"}}),
            json!({}),
            "CreateContainerConfigError",
        ),
        (json!({"waiting": {"reason": "RunContainerError"}}), json!({}), "RunContainerError"),
        (
            json!({"waiting": {"reason": "CrashLoopBackOff"}}),
            json!({"terminated": {"exitCode": 128, "reason": "StartError"}}),
            "RunContainerError",
        ),
    ] {
        let status = json!({"name": "chat", "restartCount": 3, "state": state, "lastState": last});
        assert_eq!(trouble(&status), Some(expected(reason)));
    }
}

#[test]
fn a_container_that_ends_again_and_again_is_in_trouble_until_it_has_started() {
    let end = |code: i32| json!({"terminated": {"exitCode": code, "reason": "Error"}});
    let crash = Some(Trouble::CrashLoop { container: "chat".into(), exit_code: 3 });
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let running = json!({"running": {}});
    for (state, last, restarts, started, expected) in [
        (&waiting, end(3), 1, false, &crash),
        (&running, end(3), 2, false, &crash),
        (&end(3), json!({}), 2, false, &crash),
        (&running, end(3), 2, true, &None),
        (&running, end(3), 1, false, &None),
        (&end(3), json!({}), 0, false, &None),
        (&running, json!({}), 0, false, &None),
    ] {
        let status = json!({
            "name": "chat", "ready": false, "started": started, "restartCount": restarts,
            "state": state, "lastState": last,
        });
        assert_eq!(&trouble(&status), expected, "{status}");
    }
    let ready = json!({"name": "chat", "ready": true, "started": true, "restartCount": 9, "state": running, "lastState": end(3)});
    assert_eq!(trouble(&ready), None);
}

#[test]
fn a_container_that_wanted_too_much_memory_says_so_at_once() {
    let killed = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    let expected = Some(Trouble::OutOfMemory { container: "chat".into() });
    for (state, last) in [
        (&killed, &json!({})),
        (&json!({"waiting": {"reason": "CrashLoopBackOff"}}), &killed),
        (&json!({"running": {}}), &killed),
    ] {
        assert_eq!(trouble(&json!({"name": "chat", "state": state, "lastState": last})), expected);
    }
}

#[test]
fn a_job_s_pod_is_in_trouble_when_it_failed_and_not_when_it_is_done() {
    let ended = |code: i32| json!({"name": "migrate", "state": {"terminated": {"exitCode": code}}});
    let failed = Some(Trouble::CrashLoop { container: "migrate".into(), exit_code: 1 });
    assert_eq!(pod_seen(&pod("Never", &ended(1))).trouble, failed);
    assert_eq!(pod_seen(&pod("Never", &ended(0))).trouble, None);
    assert_eq!(pod_seen(&pod("OnFailure", &ended(0))).trouble, None);
}

#[test]
fn the_first_container_in_trouble_speaks_init_containers_first() {
    let live = json!({"status": {
        "initContainerStatuses": [{"name": "install", "image": "b", "state": {"waiting": {"reason": "ErrImagePull"}}}],
        "containerStatuses": [{"name": "chat", "state": {"waiting": {"reason": "PodInitializing"}}}],
    }});
    let expected = Trouble::ImagePull { container: "install".into(), image: "b".into() };
    assert_eq!(pod_seen(&live).trouble, Some(expected));
}

#[test]
fn a_pod_that_no_node_takes_gives_the_scheduler_s_words() {
    let live = json!({"status": {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"},
    ]}});
    let expected = Trouble::Unschedulable { message: "0/1 nodes are available".into() };
    assert_eq!(pod_seen(&live).trouble, Some(expected));
}

#[test]
fn a_pod_on_its_way_out_or_evicted_has_no_trouble() {
    let status =
        json!({"name": "chat", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}});
    let mut going = pod("Always", &status);
    going["metadata"] = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
    assert_eq!(pod_seen(&going).trouble, None);
    let mut evicted = pod("Always", &status);
    evicted["status"]["phase"] = json!("Failed");
    assert_eq!(pod_seen(&evicted).trouble, None);
}
