//! Pods that do not come up: the status says why, what ran before serves on, and all is well once the cause is gone.

use serde_json::{Value, json};
use todochat_operator::{
    conditions::ConditionType,
    crd::{ConditionStatus, TodoChat},
    kinds::Kind,
};
use todochat_tests::cluster::{PodState, Workload, World};

use crate::scene::{Scene, condition, is, light, light_with, own_server};

fn image(repository: &str) -> Value {
    json!({"chat": {"image": {"repository": repository, "tag": "1"}}})
}

/// Breaks the chat of a Ready object by an edit, sees the reason, and mends it by another.
async fn breaks_and_mends(spoil: &Value, mend: &Value, reason: &str, words: &[&str]) {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.edit("team", spoil).await;
    let said = scene.says("team", ConditionType::ChatAvailable, reason).await;
    for word in words {
        assert!(said.message.contains(word), "{}", said.message);
    }
    let ready = scene.says("team", ConditionType::Ready, reason).await;
    assert_eq!(ready.status, ConditionStatus::False);
    scene.check().await;
    let chat = scene.get(Kind::Deployment, "team-chat").await;
    assert_eq!(chat.data["status"]["availableReplicas"], 1, "the last good pod serves");
    scene.edit("team", mend).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled() {
    let words = ["missing.test/chat:1", "imagePullSecrets"];
    breaks_and_mends(
        &image("missing.test/chat"),
        &image("good.test/chat"),
        "ImagePullFailed",
        &words,
    )
    .await;
}

#[tokio::test]
async fn a_program_that_crashes_again_and_again() {
    let words = ["exit code 3", "kubectl logs"];
    breaks_and_mends(&image("crash.test/chat"), &image("good.test/chat"), "CrashLooping", &words)
        .await;
}

#[tokio::test]
async fn a_program_that_needs_more_memory() {
    breaks_and_mends(
        &image("oom.test/chat"),
        &image("good.test/chat"),
        "CrashLooping",
        &["memory"],
    )
    .await;
}

#[tokio::test]
async fn a_pod_that_no_node_takes() {
    let spoil = json!({"chat": {"pod": {"nodeSelector": {"disk": "golden"}}}});
    let mend = json!({"chat": {"pod": {"nodeSelector": null}}});
    breaks_and_mends(&spoil, &mend, "Unschedulable", &["node"]).await;
}

#[tokio::test]
async fn a_quota_that_leaves_no_room() {
    let Some(scene) = Scene::set().await else { return };
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"},
        "spec": {"hard": {"pods": "0"}},
    });
    let quotas = scene.namespace.any("ResourceQuota", "v1", "resourcequotas");
    let quota = serde_json::from_value(quota).unwrap();
    quotas.create(&kube::api::PostParams::default(), &quota).await.unwrap();
    scene.make_light("team").await;
    let said = scene.says("team", ConditionType::ChatAvailable, "QuotaExceeded").await;
    assert!(said.message.contains("small"), "{}", said.message);
    scene.check().await;
    let more = kube::api::Patch::Merge(json!({"spec": {"hard": {"pods": "10"}}}));
    quotas.patch("small", &kube::api::PatchParams::default(), &more).await.unwrap();
    // Its controller tries again when it is told to, or after a while that grows.
    scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_namespace_whose_pod_security_refuses_the_pods() {
    // No pod of ours violates any standard: what its controller would say is said by hand.
    let Some(server) = own_server().await else { return };
    let scene = Scene::alone(&server).await;
    let world = World::of(&scene.namespace);
    scene.make_light("team").await;
    world.available(Workload::StatefulSet, "team-db").await;
    scene.see((Kind::Deployment, "team-chat"), "there", |chat| chat.is_some()).await;
    let words = "pods \"team-chat-5d4f-x7k2p\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true";
    let failure = json!({"observedGeneration": 1, "conditions": [{
        "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": words,
    }]});
    scene.set_status(Kind::Deployment, "team-chat", &failure).await;
    let said = scene.says("team", ConditionType::ChatAvailable, "PodSecurityDenied").await;
    assert!(
        said.message.contains("runAsNonRoot") && !said.message.contains("x7k2p"),
        "{}",
        said.message
    );
    assert_eq!(scene.tells("team", "PodSecurityDenied").await.0, "Warning");
    scene.check().await;
    world.available(Workload::Deployment, "team-chat").await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_tool_servers_pods_are_told_under_its_name() {
    let Some(scene) = Scene::set().await else { return };
    let server = |host: &str| {
        let source = json!({"type": "Image", "image": {"image": {"repository": format!("{host}/s"), "tag": "1"}}});
        let mut spec = light();
        spec["toolServers"] = json!([{"name": "search", "source": source}]);
        spec
    };
    scene.make("team", &server("missing.test")).await;
    let said = scene.says("team", ConditionType::ToolServersVerified, "ImagePullFailed").await;
    assert!(said.message.starts_with("search: ") && said.message.contains("missing.test/s:1"));
    scene.check().await;
    scene.make("team", &server("crash.test")).await;
    scene.says("team", ConditionType::ToolServersVerified, "CrashLooping").await;
    scene.check().await;
    scene.make("team", &server("good.test")).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_database_that_does_not_come_up_is_told_and_one_that_goes_down_too() {
    let Some(scene) = Scene::by_hand().await else { return };
    let world = World::of(&scene.namespace);
    scene.make("team", &light_with(&json!({"database": {}}))).await;
    let crash = PodState::CrashLoopBackOff { code: 1 };
    world.pods_of(Workload::StatefulSet, "team-db", &crash).await;
    let crashes = |team: &TodoChat| {
        let said = condition(team, ConditionType::DatabaseReady);
        said.is_some_and(|said| {
            said.reason == "Provisioning" && said.message.contains("exit code 1")
        })
    };
    scene.until("team", "the crash is told", crashes).await;
    scene.check().await;
    world.available(Workload::StatefulSet, "team-db").await;
    world.complete(&format!("team-{}", super::becoming_ready::migration())).await;
    world.available(Workload::Deployment, "team-chat").await;
    scene.ready("team").await;
    world.pods_of(Workload::StatefulSet, "team-db", &crash).await;
    scene.says("team", ConditionType::DatabaseReady, "Unreachable").await;
    let team = scene.objects().get("team").await.unwrap();
    assert!(is(&team, ConditionType::Ready, ConditionStatus::True), "the chat's pods are up");
    world.available(Workload::StatefulSet, "team-db").await;
    scene.says("team", ConditionType::DatabaseReady, "Reachable").await;
    scene.check().await;
}
