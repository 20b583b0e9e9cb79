//! Events tell what has come about, once.

use std::collections::BTreeMap;

use k8s_openapi::api::events::v1::Event;
use kube::api::ListParams;
use serde_json::json;

use crate::scene::Scene;

async fn repeated(scene: &Scene<'_>) -> Vec<String> {
    let events = scene.namespace.api::<Event>().list(&ListParams::default()).await.unwrap();
    let ours = events
        .items
        .into_iter()
        .filter(|event| event.reporting_controller.as_deref() == Some("todochat-operator"));
    let mut seen: BTreeMap<String, i32> = BTreeMap::new();
    for event in ours {
        let times = event.series.map_or(1, |series| series.count);
        let text = |text: Option<String>| text.unwrap_or_default();
        let told = format!("{}: {}", text(event.reason), text(event.note));
        *seen.entry(told).or_default() += times;
    }
    seen.into_iter().filter(|(_, times)| *times > 1).map(|(told, _)| told).collect()
}

#[tokio::test]
async fn what_comes_about_on_the_way_is_told_once() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    scene.ready("team").await;
    scene.check().await;
    let told = scene.told("team").await;
    // A migration may be done before there was a status to say that it runs.
    let reasons = told.iter().map(|(_, reason, _)| reason.as_str());
    let mut reasons: Vec<&str> = reasons.filter(|reason| *reason != "MigrationStarted").collect();
    reasons.sort_unstable();
    let expected = [
        "Accepted",
        "DatabaseProvisioned",
        "MigrationFinished",
        "RoleCreated",
        "RolloutFinished",
        "RolloutStarted",
        "ToolServerVerified",
    ];
    assert_eq!(reasons, expected);
    assert!(told.iter().all(|(severity, ..)| severity == "Normal"), "{told:?}");
    assert_eq!(repeated(&scene).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_event_names_the_object_that_it_is_about() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    scene.ready("team").await;
    scene.check().await;
    let events = scene.namespace.api::<Event>().list(&ListParams::default()).await.unwrap();
    let find = |reason: &str| {
        let mut events = events.items.iter();
        events.find(|event| event.reason.as_deref() == Some(reason)).unwrap()
    };
    for (reason, kind, name) in [
        ("DatabaseProvisioned", "StatefulSet", "team-db"),
        ("RolloutFinished", "Deployment", "team-chat"),
        ("ToolServerVerified", "Deployment", "team-tool-todo"),
    ] {
        let event = find(reason);
        let related = event.related.as_ref().unwrap();
        assert_eq!((related.kind.as_deref(), related.name.as_deref()), (Some(kind), Some(name)));
        assert_eq!(related.namespace.as_deref(), Some(scene.namespace.name.as_str()));
        assert!(!event.action.clone().unwrap_or_default().is_empty());
    }
}

#[tokio::test]
async fn why_pods_are_replaced_is_told() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.edit("team", &json!({"chat": {"env": [{"name": "COLOUR", "value": "red"}]}})).await;
    let (severity, note) = scene.tells("team", "PodsReplaced").await;
    let replaced = "apps/Deployment/team-chat: its pods are replaced, because of the environment";
    assert_eq!((severity.as_str(), note.as_str()), ("Normal", replaced));
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_restarted_operator_tells_nothing_again() {
    let Some(mut scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    scene.ready("team").await;
    scene.check().await;
    let before = scene.told("team").await;
    scene.stop().await;
    let mark = scene.mark();
    scene.start().await;
    scene.check().await;
    assert_eq!(scene.told("team").await, before);
    assert_eq!(repeated(&scene).await, Vec::<String>::new());
    assert_eq!(scene.writes(mark), [], "what it knew stands in the status");
}
