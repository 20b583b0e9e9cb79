//! Fields that are not the operator's are left to those whose they are.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use todochat_operator::kinds::Kind;

use crate::scene::{Scene, light, light_with, substance};

async fn apply_as(scene: &Scene<'_>, manager: &str, object: &Value) {
    let patch = Patch::Apply(object);
    let params = PatchParams::apply(manager);
    scene.kind(Kind::Deployment).patch("team-chat", &params, &patch).await.unwrap();
}

fn injected() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "team-chat", "labels": {"mesh.test/on": "yes"}},
        "spec": {"template": {
            "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "today"}},
            "spec": {"containers": [{"name": "sidecar", "image": "mesh.test/sidecar:1"}]},
        }},
    })
}

#[tokio::test]
async fn a_sidecar_a_label_and_an_annotation_of_others_stay() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.check().await;
    apply_as(&scene, "mesh", &injected()).await;
    let mark = scene.mark();
    scene.ready("team").await;
    scene.check().await;
    let written = scene.writes(mark);
    assert!(written.iter().all(|asked| asked.resource == "todochats"), "{written:?}");
    // And when the operator has something of its own to change.
    scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    scene.ready("team").await;
    let seen = substance(&scene.get(Kind::Deployment, "team-chat").await);
    assert_eq!(seen["metadata"]["labels"]["mesh.test/on"], "yes");
    let template = &seen["spec"]["template"];
    assert_eq!(template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"], "today");
    let containers = template["spec"]["containers"].as_array().unwrap();
    assert!(containers.iter().any(|container| container["name"] == "sidecar"));
    assert!(containers.iter().any(|container| container.to_string().contains("--heartbeat=20")));
    scene.check().await;
}

#[tokio::test]
async fn replicas_are_the_autoscalers() {
    let Some(scene) = Scene::set().await else { return };
    let scaled =
        json!({"chat": {"autoscaling": {"minReplicas": 2, "maxReplicas": 6, "value": 80}}});
    scene.make("team", &light_with(&scaled)).await;
    scene.ready("team").await;
    let mark = scene.mark();
    let scale = json!({"spec": {"replicas": 5}});
    let params = PatchParams::default();
    let deployments = scene.kind(Kind::Deployment);
    deployments.patch_scale("team-chat", &params, &Patch::Merge(scale)).await.unwrap();
    scene
        .until("team", "five pods", |team| {
            team.status.as_ref().is_some_and(|status| status.ready_replicas == 5)
        })
        .await;
    scene.check().await;
    let written = scene.writes(mark);
    assert!(written.iter().all(|asked| asked.resource == "todochats"), "{written:?}");
}

#[tokio::test]
async fn replicas_are_the_operators_again_without_an_autoscaler() {
    let Some(scene) = Scene::set().await else { return };
    let scaled =
        json!({"chat": {"autoscaling": {"minReplicas": 2, "maxReplicas": 6, "value": 80}}});
    scene.make("team", &light_with(&scaled)).await;
    scene.ready("team").await;
    scene.edit("team", &json!({"chat": {"autoscaling": null}})).await;
    scene.ready("team").await;
    assert!(scene.find(Kind::HorizontalPodAutoscaler, "team-chat").await.is_none());
    let deployment = scene.get(Kind::Deployment, "team-chat").await;
    assert_eq!(deployment.data["spec"]["replicas"], 1);
    scene.make("team", &light()).await;
    scene.check().await;
}

#[tokio::test]
async fn a_condition_of_somebody_else_stays_in_the_status_and_costs_nothing() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.check().await;
    let mark = scene.mark();
    let theirs = json!({
        "type": "audit.test/Reviewed", "status": "True", "reason": "Seen",
        "message": "It was looked at.", "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let object = json!({
        "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "metadata": {"name": "team"},
        "status": {"conditions": [theirs]},
    });
    let params = PatchParams::apply("auditor");
    scene.objects().patch_status("team", &params, &Patch::Apply(&object)).await.unwrap();
    scene.check().await;
    let written = scene.writes(mark);
    assert!(written.is_empty(), "{written:?}");
    // And when the operator has something of its own to say.
    scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    let team = scene.ready("team").await;
    let conditions = team.status.unwrap().conditions;
    let kept = conditions.iter().find(|one| one.kind == "audit.test/Reviewed").unwrap();
    assert_eq!(serde_json::to_value(kept).unwrap(), theirs);
    scene.check().await;
}
