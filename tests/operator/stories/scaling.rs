//! `kubectl scale`.

use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;
use todochat_operator::{conditions::ConditionType, kinds::Kind};

use crate::scene::Scene;

#[tokio::test]
async fn an_object_is_scaled_like_a_deployment() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    let scale = scene.objects().get_scale("team").await.unwrap();
    assert_eq!(scale.spec.unwrap().replicas, Some(1));
    let patch = Patch::Merge(json!({"spec": {"replicas": 3}}));
    scene.objects().patch_scale("team", &PatchParams::default(), &patch).await.unwrap();
    let team = scene.ready("team").await;
    assert_eq!(team.status.unwrap().ready_replicas, 3);
    let scale = scene.objects().get_scale("team").await.unwrap().status.unwrap();
    assert_eq!(scale.replicas, 3);
    let selector = scale.selector.unwrap();
    let selected = ListParams::default().labels(&selector);
    assert_eq!(scene.kind(Kind::Pod).list(&selected).await.unwrap().items.len(), 3);
    // Several pods may be drained one after the other.
    scene.get(Kind::PodDisruptionBudget, "team-chat").await;
    scene.check().await;
}

#[tokio::test]
async fn without_replicas_nobody_serves_and_the_status_says_so() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    let patch = Patch::Merge(json!({"spec": {"replicas": 0}}));
    scene.objects().patch_scale("team", &PatchParams::default(), &patch).await.unwrap();
    scene.says("team", ConditionType::ChatAvailable, "Suspended").await;
    scene.check().await;
}
