//! An edit is answered at once, and changes what it is about.

use futures_util::StreamExt as _;
use kube::{
    ResourceExt as _,
    api::{WatchEvent, WatchParams},
};
use serde_json::json;
use todochat_operator::{
    conditions::ConditionType,
    crd::{ConditionStatus, TodoChat},
    kinds::Kind,
};
use todochat_tests::cluster::soon;

use crate::scene::{Scene, condition, is, light, light_with};

#[tokio::test]
async fn the_first_status_after_an_edit_says_that_it_is_not_ready_for_it() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    let before = scene.ready("team").await;
    let params = WatchParams::default().fields("metadata.name=team");
    let version = before.resource_version().unwrap();
    let objects = scene.objects();
    let mut events = Box::pin(objects.watch(&params, &version).await.unwrap());
    let mark = scene.mark();
    let edited = scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    assert!(edited.metadata.generation > before.metadata.generation);
    let judged = |object: &TodoChat| {
        let status = object.status.as_ref().unwrap();
        status.observed_generation == edited.metadata.generation
    };
    let first = loop {
        match soon("a change", events.next()).await.unwrap().unwrap() {
            WatchEvent::Modified(object) if judged(&object) => break object,
            // Whoever waits must see that this is about the spec as it was.
            WatchEvent::Modified(object) => {
                assert!(condition(&object, ConditionType::Ready).is_none());
            }
            event => panic!("{event:?}"),
        }
    };
    assert!(!is(&first, ConditionType::Ready, ConditionStatus::True));
    assert_eq!(condition(&first, ConditionType::Ready).unwrap().reason, "Reconciling");
    scene.ready("team").await;
    // The server takes up what travels together in either order, but the child is one write and this is one of the first two.
    let written = scene.writes(mark);
    assert!(
        written[..2].iter().any(|asked| asked.what() == "patch todochats/status"),
        "{written:?}"
    );
    scene.check().await;
}

#[tokio::test]
async fn an_edit_writes_the_child_that_it_is_about_and_no_other() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    let before = scene.children(&scene.ready("team").await).await;
    let mark = scene.mark();
    scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    let team = scene.ready("team").await;
    scene.check().await;
    let written = scene.writes(mark);
    let children = written.iter().filter(|asked| asked.resource != "todochats");
    let children: Vec<_> = children.map(|asked| (asked.what(), asked.name.as_str())).collect();
    assert_eq!(children, [("patch deployments".to_owned(), "team-chat")]);
    let after = scene.children(&team).await;
    for (id, child) in before {
        let same = child.metadata.generation == after[&id].metadata.generation;
        assert_eq!(same, id != "apps/Deployment/team-chat", "{id}");
    }
}

#[tokio::test]
async fn an_edit_of_labels_and_annotations_alone_writes_nothing() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.check().await;
    let mark = scene.mark();
    let metadata = json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}});
    let patch = kube::api::Patch::Merge(metadata);
    scene.objects().patch("team", &kube::api::PatchParams::default(), &patch).await.unwrap();
    scene.check().await;
    assert_eq!(scene.asked(mark), []);
}

#[tokio::test]
async fn a_second_edit_during_the_first_is_not_lost() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &light_with(&json!({"chat": {"replicas": 1}}))).await;
    for heartbeat in ["11s", "12s", "13s", "14s"] {
        scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": heartbeat}}})).await;
    }
    scene.ready("team").await;
    let deployment = scene.get(Kind::Deployment, "team-chat").await;
    assert!(deployment.data.to_string().contains("--heartbeat=14"), "{}", deployment.data);
    scene.check().await;
}

#[tokio::test]
async fn the_same_spec_again_writes_nothing() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.check().await;
    let mark = scene.mark();
    scene.make("team", &light()).await;
    scene.check().await;
    assert_eq!(scene.asked(mark), []);
}
