//! The API server's own count.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::json;
use todochat_tests::cluster::{ApiServer, Asked, Namespace, tally};

#[tokio::test]
async fn it_tells_who_asked_for_what_since_a_mark() {
    let server = ApiServer::shared().await;
    if server.is_found() {
        return; // its log is not ours to read
    }
    let namespace = Namespace::fresh(server).await;
    let who = format!("counted-in-{}", namespace.name);
    let client = server.kubeconfig().acting_as(&who, &["system:masters"]).client().await;
    let maps = Api::<ConfigMap>::namespaced(client, &namespace.name);
    maps.list(&ListParams::default()).await.unwrap();

    let audit = server.audit();
    let mark = audit.mark();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}});
    for _ in 0..2 {
        maps.patch("one", &PatchParams::apply("tests"), &Patch::Apply(&map)).await.unwrap();
    }
    maps.get("one").await.unwrap();
    let asked: Vec<_> = audit.since(mark).into_iter().filter(|asked| asked.user == who).collect();
    let counted = tally(&asked);
    assert_eq!(counted.len(), 2, "{counted:?}");
    assert_eq!((counted["patch configmaps"], counted["get configmaps"]), (2, 1));
    let codes = asked.iter().map(|Asked { code, .. }| *code);
    assert_eq!(codes.collect::<Vec<_>>(), [201, 200, 200]);
}
