//! The operator keeps its hands off, or all pods rest.

use kube::api::DynamicObject;
use serde_json::json;
use todochat_operator::{conditions::ConditionType, crd::ConditionStatus, kinds::Kind};

use crate::scene::{Scene, is};

#[tokio::test]
async fn while_paused_nothing_but_the_status_is_written() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.check().await;
    let mark = scene.mark();
    scene.edit("team", &json!({"paused": true})).await;
    scene.says("team", ConditionType::Paused, "PausedBySpec").await;
    scene.says("team", ConditionType::Ready, "Serving").await;
    scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    scene.says("team", ConditionType::Ready, "PausedBySpec").await;
    scene
        .harm("person", (Kind::Deployment, "team-chat"), &json!({"spec": {"minReadySeconds": 5}}))
        .await;
    scene.delete(Kind::Service, "team-chat").await;
    scene.check().await;
    let written = scene.writes(mark);
    assert!(written.iter().all(|asked| asked.what() == "patch todochats/status"), "{written:?}");
    assert!(scene.find(Kind::Service, "team-chat").await.is_none());
    scene.edit("team", &json!({"paused": false})).await;
    let resumed = scene.ready("team").await;
    assert!(is(&resumed, ConditionType::Paused, ConditionStatus::False));
    let chat = scene.get(Kind::Deployment, "team-chat").await;
    assert_eq!(chat.data["spec"]["minReadySeconds"], 2);
    assert!(chat.data.to_string().contains("--heartbeat=20"));
    scene.get(Kind::Service, "team-chat").await;
    scene.check().await;
}

#[tokio::test]
async fn a_suspended_object_has_no_pods_and_keeps_its_data() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    scene.ready("team").await;
    let data = [
        (Kind::PersistentVolumeClaim, "team-db"),
        (Kind::Secret, "team-db"),
        (Kind::Secret, "team-signing-keys"),
    ];
    let mut before = Vec::new();
    for (kind, name) in data {
        before.push(scene.get(kind, name).await);
    }
    scene.edit("team", &json!({"suspended": true})).await;
    scene.says("team", ConditionType::ChatAvailable, "Suspended").await;
    scene.says("team", ConditionType::Ready, "Suspended").await;
    let asleep = |workload: Option<&DynamicObject>| {
        workload.is_some_and(|one| one.data["status"]["replicas"].as_i64().unwrap_or(0) == 0)
    };
    for (kind, name) in [
        (Kind::Deployment, "team-chat"),
        (Kind::Deployment, "team-tool-todo"),
        (Kind::StatefulSet, "team-db"),
    ] {
        scene.see((kind, name), "without pods", asleep).await;
    }
    scene.check().await;
    scene.edit("team", &json!({"suspended": false})).await;
    scene.ready("team").await;
    for ((kind, name), before) in data.into_iter().zip(before) {
        let now = scene.get(kind, name).await;
        assert_eq!(
            (&now.metadata.uid, &now.data["data"]),
            (&before.metadata.uid, &before.data["data"])
        );
    }
    scene.check().await;
    let told = scene.told("team").await;
    for reason in ["Suspended", "Resumed"] {
        assert_eq!(told.iter().filter(|(_, told, _)| told == reason).count(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn an_object_that_begins_suspended_starts_nothing_until_it_is_resumed() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({"suspended": true})).await;
    scene.says("team", ConditionType::Ready, "Suspended").await;
    scene.check().await;
    let job = format!("team-{}", super::becoming_ready::migration());
    assert!(scene.find(Kind::Job, &job).await.is_none());
    scene.edit("team", &json!({"suspended": false})).await;
    scene.ready("team").await;
    scene.check().await;
}
