//! What others change of ours is put right and told; what they add of their own stays.

use serde_json::{Value, json};
use todochat_operator::{kinds::Kind, names::INPUTS_ANNOTATION, status::Correction, testing::Case};

use super::bench::Bench;

const EXPOSED: &str =
    "exposure: { type: Ingress, host: chat.example }\nchat: { auth: { signup: Open } }";

/// What somebody does, and whether the patch merges lists by their keys.
struct Edit {
    kind: Kind,
    suffix: &'static str,
    patch: Value,
    field: &'static str,
}

#[expect(clippy::too_many_lines, reason = "a table: one row an edit")]
fn edits() -> Vec<Edit> {
    let edit = |kind, suffix, patch, field| Edit { kind, suffix, patch, field };
    let container = |body: Value| {
        let mut container = json!({"name": "chat"});
        container.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        json!({"spec": {"template": {"spec": {"containers": [container]}}}})
    };
    let whole = "spec.template.spec.containers[chat]";
    vec![
        edit(Kind::Deployment, "chat", json!({"spec": {"replicas": 5}}), "spec.replicas"),
        edit(Kind::Deployment, "chat", container(json!({"image": "evil.example/x"})), whole),
        edit(Kind::Deployment, "chat", container(json!({"args": ["--evil"]})), whole),
        edit(
            Kind::Deployment,
            "chat",
            container(json!({"securityContext": {"allowPrivilegeEscalation": null}})),
            whole,
        ),
        edit(
            Kind::Deployment,
            "chat",
            container(json!({"resources": {"limits": {"memory": "9Gi"}}})),
            whole,
        ),
        edit(
            Kind::Deployment,
            "chat",
            json!({"spec": {"template": {"metadata": {"annotations": {INPUTS_ANNOTATION: null}}}}}),
            "spec.template.metadata.annotations",
        ),
        edit(
            Kind::Deployment,
            "chat",
            json!({"metadata": {"labels": {"todochat.dev/object": "other"}}}),
            "metadata.labels",
        ),
        edit(
            Kind::Deployment,
            "chat",
            json!({"metadata": {"ownerReferences": null}}),
            "metadata.ownerReferences",
        ),
        edit(
            Kind::Service,
            "chat",
            json!({"spec": {"selector": {"more": "than-we-said"}}}),
            "spec.selector",
        ),
        edit(Kind::NetworkPolicy, "chat", json!({"spec": {"ingress": [{}]}}), "spec.ingress"),
        edit(
            Kind::NetworkPolicy,
            "chat",
            json!({"spec": {"podSelector": {"matchLabels": {"more": "x"}}}}),
            "spec.podSelector",
        ),
        edit(
            Kind::ConfigMap,
            "chat",
            json!({"data": {"tool-servers.json": "{}"}}),
            "data.tool-servers.json",
        ),
        edit(
            Kind::ServiceAccount,
            "chat",
            json!({"automountServiceAccountToken": null}),
            "automountServiceAccountToken",
        ),
        edit(Kind::StatefulSet, "db", json!({"spec": {"replicas": 0}}), "spec.replicas"),
        edit(
            Kind::Ingress,
            "chat",
            json!({"spec": {"rules": [{"host": "evil.example"}]}}),
            "spec.rules",
        ),
    ]
}

#[tokio::test]
async fn what_others_change_is_put_right_and_told() {
    let mut bench = Bench::of(EXPOSED).await;
    bench.visit().await;
    for Edit { kind, suffix, patch, field } in edits() {
        let id = bench.id(kind, suffix);
        let Some(before) = bench.live(&id).await else { panic!("there is no {id:?}") };
        bench.edit_lists(&id, &patch).await;
        if bench.live(&id).await.unwrap()["metadata"]["resourceVersion"]
            == before["metadata"]["resourceVersion"]
        {
            panic!("{patch} changes nothing");
        }
        bench.watch().await;
        let report = bench.visit().await;
        let [Correction { child, field: told, manager }] = report.corrected.as_slice() else {
            panic!("{patch}: {report:?}");
        };
        assert_eq!(*child, id);
        assert!(told.starts_with(field), "{patch}: {told}");
        assert!(manager.is_empty() || manager == "kubectl-edit", "{patch}: {manager}");
        let after = bench.live(&id).await.unwrap();
        assert_eq!(ours(&after), ours(&before), "{patch}");
        bench.watch().await;
        assert!(!bench.visit().await.wrote());
    }
}

/// All that somebody can change.
fn ours(live: &Value) -> Value {
    let metadata = &live["metadata"];
    let mut body = live.clone();
    let body = body.as_object_mut().unwrap();
    body.retain(|key, _| key != "metadata" && key != "status");
    json!([metadata["labels"], metadata["annotations"], metadata["ownerReferences"], body])
}

#[tokio::test]
async fn a_child_that_somebody_deletes_is_made_again() {
    let mut bench = Bench::of(EXPOSED).await;
    bench.visit().await;
    // A volume goes only when no pod uses it, which nobody here finds out.
    let ids = bench.world.children.keys().filter(|id| id.kind != Kind::PersistentVolumeClaim);
    for id in ids.cloned().collect::<Vec<_>>() {
        bench.delete(&id).await;
        bench.watch().await;
        let report = bench.visit().await;
        let told: Vec<_> = report.corrected.iter().map(|correction| &correction.child).collect();
        assert_eq!(told, [&id]);
        assert!(bench.live(&id).await.is_some());
    }
}

#[tokio::test]
async fn what_others_add_of_their_own_stays() {
    let mut bench =
        Bench::of("chat: { autoscaling: { minReplicas: 2, maxReplicas: 10, value: 70 } }").await;
    bench.visit().await;
    let id = bench.id(Kind::Deployment, "chat");
    let sidecar = json!({"name": "proxy", "image": "mesh.example/proxy"});
    let added = json!({
        "metadata": {"labels": {"team": "red"}, "annotations": {"note": "x"}},
        "spec": {"replicas": 4, "template": {
            "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}},
            "spec": {"containers": [sidecar], "volumes": [{"name": "certificates", "emptyDir": {}}]},
        }},
    });
    bench.edit_lists(&id, &added).await;
    let before = bench.live(&id).await.unwrap();
    bench.watch().await;
    assert!(!bench.visit().await.wrote());

    // Nor does it get lost when the operator has something to write.
    bench.case.object.spec.chat.streaming.max_streams_per_pod = 17;
    let report = bench.visit().await;
    assert!(report.changed.contains(&id), "{report:?}");
    let after = bench.live(&id).await.unwrap();
    assert_eq!(after["spec"]["replicas"], 4);
    assert_eq!(after["metadata"]["labels"]["team"], "red");
    let containers =
        |live: &Value| live["spec"]["template"]["spec"]["containers"].as_array().unwrap().len();
    assert_eq!((containers(&before), containers(&after)), (2, 2));
}

#[tokio::test]
async fn a_field_that_is_not_wanted_any_more_goes() {
    let mut bench = Bench::of("chat: { env: [{ name: EXTRA, value: x }] }").await;
    bench.visit().await;
    let id = bench.id(Kind::Deployment, "chat");
    let environment = |live: &Value| live.pointer("/spec/template/spec/containers/0/env").cloned();
    assert!(environment(&bench.live(&id).await.unwrap()).unwrap().to_string().contains("EXTRA"));
    bench.case.object.spec.chat.env.clear();
    assert_eq!(bench.visit().await.changed, std::slice::from_ref(&id));
    assert_eq!(environment(&bench.live(&id).await.unwrap()), None);
}

#[tokio::test]
async fn an_autoscaler_takes_over_as_many_pods_as_there_are() {
    let mut bench = Bench::of("chat: { replicas: 3 }").await;
    bench.visit().await;
    let with = Case::read("chat: { autoscaling: { minReplicas: 2, maxReplicas: 10, value: 70 } }");
    bench.case.object.spec.chat.autoscaling = with.object.spec.chat.autoscaling;
    let id = bench.id(Kind::Deployment, "chat");
    assert!(bench.visit().await.changed.contains(&id));
    assert_eq!(bench.live(&id).await.unwrap()["spec"]["replicas"], 3);

    bench.edit(&id, &json!({"spec": {"replicas": 7}})).await;
    bench.watch().await;
    assert!(!bench.visit().await.wrote());

    bench.case.object.spec.chat.autoscaling = None;
    assert!(bench.visit().await.changed.contains(&id));
    assert_eq!(bench.live(&id).await.unwrap()["spec"]["replicas"], 3);
}
