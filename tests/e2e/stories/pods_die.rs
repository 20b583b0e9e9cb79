//! Pods of the chat come and go.

use std::time::Duration;

use serde_json::json;

use crate::place::Place;

#[tokio::test]
async fn of_two_chat_pods_one_may_die_and_people_hardly_notice() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({ "chat": { "replicas": 2 } })).await;
    place.ready("team").await;
    let door = place.door("team").await;
    let ada = door.sign_up("ada").await;
    for pod in place.pods("team", "chat").await {
        place.kill(&pod).await;
        let took = door.until_it_answers().await;
        assert!(took < Duration::from_secs(5), "it took {took:?}");
        ada.say("add a task called \"still here\"").await;
        place.ready("team").await;
    }
    assert_eq!(ada.tasks().await.len(), 2);
}
