//! Two chats share a cluster, and nothing else.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::json;

use crate::place::Place;

#[tokio::test]
async fn the_pods_of_one_reach_nothing_of_the_other() {
    let (here, there) = (Place::fresh().await, Place::fresh().await);
    for place in [&here, &there] {
        place.apply("team", &json!({})).await;
        place.ready("team").await;
    }
    // Of all pods this one has programs to try with.
    let pod = here.pods("team", "database").await[0].name_any();
    let (works, said) = here.run_in(&pod, &["pg_isready", "--host=127.0.0.1"]).await;
    assert!(works, "{said}");
    let mut targets = Vec::new();
    for component in ["database", "chat", "tool"] {
        targets.extend(there.pods("team", component).await.iter().map(address));
    }
    assert_eq!(targets.len(), 3);
    for target in targets {
        let (reached, said) = here
            .run_in(&pod, &["pg_isready", "--timeout=2", "--host", &target.0, "--port", &target.1])
            .await;
        assert!(!reached && said.contains("no response"), "{target:?}: {said}");
    }
}

fn address(pod: &Pod) -> (String, String) {
    let port = pod.spec.as_ref().unwrap().containers[0].ports.as_ref().unwrap()[0].container_port;
    (pod.status.as_ref().unwrap().pod_ip.clone().unwrap(), port.to_string())
}
