//! Pods of the chat come and go.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::place::{Place, within};

#[tokio::test]
async fn of_two_chat_pods_one_may_die_and_people_hardly_notice() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({ "chat": { "replicas": 2 } })).await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    for (pod, title) in place.pods("team", "chat").await.iter().zip(["first", "second"]) {
        place.kill(pod).await;
        let (killed, message) = (Instant::now(), format!("add a task called \"{title}\""));
        again(async || ada.try_to_say(&message).await).await;
        let took = killed.elapsed();
        assert!(took < Duration::from_secs(5), "it took {took:?}");
        let tasks = again(async || ada.try_to_see_tasks().await).await;
        assert!(tasks.iter().any(|task| task.0 == title), "{title} is not in {tasks:?}");
        place.ready("team").await;
    }
}

/// What the dying pod still takes, and does not live to answer, is asked again.
async fn again<T>(attempt: impl AsyncFn() -> Result<T, String>) -> T {
    let answered = async {
        loop {
            if let Ok(answer) = attempt().await {
                return answer;
            }
            sleep(Duration::from_millis(50)).await; // nothing else says that it is gone
        }
    };
    within("an answer", answered).await
}
