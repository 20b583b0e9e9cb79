//! What stays of a chat that is deleted.

use kube::api::ListParams;
use serde_json::json;
use todochat_operator::kinds::Kind;

use crate::place::Place;

#[tokio::test]
async fn with_delete_nothing_stays() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({ "deletionPolicy": "Delete" })).await;
    place.ready("team").await;
    place.delete("team").await;
    let ours = ListParams::default().labels("todochat.dev/object=team");
    let kinds =
        [Kind::PersistentVolumeClaim, Kind::Secret, Kind::Pod, Kind::Service, Kind::Deployment];
    for kind in kinds {
        for object in place.kind(kind).list(&ours).await.unwrap() {
            let name = object.metadata.name.unwrap();
            place.see((kind, &name), "gone", |object| object.is_none()).await;
        }
    }
}

#[tokio::test]
async fn with_retain_the_next_chat_of_that_name_has_the_data() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({})).await;
    place.ready("team").await;
    place.door("team").await.sign_up("ada").await.say("add a task called \"do not lose me\"").await;
    place.delete("team").await;
    place.apply_open("team", &json!({})).await;
    place.ready("team").await;
    let ada = place.door("team").await.log_in("ada").await;
    assert_eq!(ada.tasks().await, [("do not lose me".to_owned(), false)]);
}

#[tokio::test]
async fn with_snapshot_a_dump_stays_that_can_be_restored() {
    let place = Place::fresh().await;
    let spec = json!({ "deletionPolicy": "Snapshot", "database": { "backup": { "schedule": "0 3 * * *" } } });
    place.apply_open("team", &spec).await;
    place.ready("team").await;
    place.door("team").await.sign_up("ada").await.say("add a task called \"do not lose me\"").await;
    place.delete("team").await;
    place.see((Kind::PersistentVolumeClaim, "team-backup"), "kept", |claim| claim.is_some()).await;
    place.see((Kind::PersistentVolumeClaim, "team-db"), "gone", |claim| claim.is_none()).await;

    let next = json!({ "database": { "restoreFrom": { "object": "team" } } });
    place.apply_open("next", &next).await;
    place.ready("next").await;
    let ada = place.door("next").await.log_in("ada").await;
    assert_eq!(ada.tasks().await, [("do not lose me".to_owned(), false)]);
}
