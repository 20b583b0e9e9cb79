//! Two chats share a cluster, and nothing else.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::json;

use crate::place::{Place, releases};

/// Programs to try with, in a pod that policies take for one of the chat's. It is never ready, so nobody is sent to it.
async fn lookalike(place: &Place) {
    let labels = json!({
        "todochat.dev/object": "team", "app.kubernetes.io/instance": "team", "app.kubernetes.io/name": "todochat",
        "app.kubernetes.io/component": "chat", "app.kubernetes.io/managed-by": "somebody",
    });
    let container = json!({
        "name": "tries", "image": format!("todochat/postgres:{}", releases().0), "args": ["sleep", "600"],
        "readinessProbe": { "exec": { "command": ["sh", "-c", "false"] } },
        "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
    });
    let security = json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
    place
        .have(&json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "tries", "labels": labels },
            "spec": { "containers": [container], "securityContext": security, "terminationGracePeriodSeconds": 0 },
        }))
        .await;
    let running = "wait --for=jsonpath={.status.phase}=Running pod/tries --timeout=2m";
    place.kubectl(running).await;
}

/// Whether a pod of PostgreSQL's image gets a connection.
async fn reaches(place: &Place, pod: &str, (host, port): &(String, String)) -> bool {
    let call = ["busybox", "nc", "-w", "2", host, port, "-e", "/bin/date"];
    let (reached, said) = place.run_in(pod, &call).await;
    assert!(!said.contains("bad address"), "{host}: {said}");
    reached
}

#[tokio::test]
async fn what_plays_the_chat_of_one_reaches_nothing_of_the_other_by_pod_service_or_name() {
    let (here, there) = (Place::fresh().await, Place::fresh().await);
    for place in [&here, &there] {
        place.apply("team", &json!({})).await;
        place.ready("team").await;
    }
    lookalike(&here).await;
    let named = |place: &Place, service: &str, port: &str| {
        (format!("{service}.{}.svc", place.namespace.name), port.to_owned())
    };
    for (service, port) in [("team-db", "5432"), ("team-tool-todo", "8081")] {
        assert!(reaches(&here, "tries", &named(&here, service, port)).await, "{service}");
    }

    let mut targets = vec![named(&there, "team-db", "5432")];
    for component in ["database", "chat", "tool"] {
        targets.extend(there.pods("team", component).await.iter().map(address));
    }
    for service in ["team-chat", "team-tool-todo"] {
        let address = there.address(service).await;
        let (host, port) = address.split_once(':').unwrap();
        targets.push((host.to_owned(), port.to_owned()));
        targets.push(named(&there, service, port));
    }
    assert_eq!(targets.len(), 8);
    for target in targets {
        assert!(!reaches(&here, "tries", &target).await, "{target:?}");
    }
}

#[tokio::test]
async fn a_database_asks_nobody() {
    let (here, there) = (Place::fresh().await, Place::fresh().await);
    for place in [&here, &there] {
        place.apply("team", &json!({})).await;
        place.ready("team").await;
    }
    let pod = here.pods("team", "database").await[0].name_any();
    let itself = ("127.0.0.1".to_owned(), "5432".to_owned());
    assert!(reaches(&here, &pod, &itself).await);
    for target in here.pods("team", "chat").await.iter().chain(&there.pods("team", "chat").await) {
        let target = address(target);
        assert!(!reaches(&here, &pod, &target).await, "{target:?}");
    }
}

fn address(pod: &Pod) -> (String, String) {
    let port = pod.spec.as_ref().unwrap().containers[0].ports.as_ref().unwrap()[0].container_port;
    (pod.status.as_ref().unwrap().pod_ip.clone().unwrap(), port.to_string())
}
