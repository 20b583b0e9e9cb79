//! What somebody changes or deletes by hand is put back, and people can go on.

use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use todochat_operator::kinds::Kind;

use crate::place::Place;

#[tokio::test]
async fn what_is_deleted_by_hand_comes_back() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({})).await;
    let team = place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    ada.say("add a task called \"one\"").await;
    for (kind, name) in [
        (Kind::Deployment, "team-chat"),
        (Kind::Service, "team-tool-todo"),
        (Kind::StatefulSet, "team-db"),
        (Kind::ConfigMap, "team-chat"),
        (Kind::ServiceAccount, "team-chat"),
        (Kind::NetworkPolicy, "team-db"),
        (Kind::Secret, "team-db-login"),
    ] {
        let old = place.kind(kind).get(name).await.unwrap().metadata.uid;
        place.kind(kind).delete(name, &DeleteParams::background()).await.unwrap();
        place
            .see((kind, name), "made anew", |object| {
                object.is_some_and(|object| object.metadata.uid != old)
            })
            .await;
    }
    let inventory = team.status.unwrap().inventory.len();
    let team = place.ready("team").await;
    assert_eq!(team.status.unwrap().inventory.len(), inventory);
    let ada = ada.at(&place.door("team").await);
    ada.say("add a task called \"two\"").await;
    assert_eq!(ada.tasks().await.len(), 2);
}

#[tokio::test]
async fn what_is_changed_by_hand_is_put_back() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({})).await;
    place.ready("team").await;
    let patch = Patch::Merge(json!({ "spec": { "replicas": 0 } }));
    let deployments = place.kind(Kind::Deployment);
    deployments.patch("team-chat", &PatchParams::default(), &patch).await.unwrap();
    place
        .see((Kind::Deployment, "team-chat"), "one replica", |object| {
            object.is_some_and(|object| object.data["spec"]["replicas"] == 1)
        })
        .await;
    place.ready("team").await;
}
