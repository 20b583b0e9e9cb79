//! The Embedded database goes down and comes back.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::place::{Place, within};

#[tokio::test]
#[expect(clippy::print_stderr, reason = "the figure is told beside the result")]
async fn what_was_acknowledged_outlives_the_databases_pod() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({})).await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    let mut said = Vec::new();
    for number in 0..5 {
        let title = format!("before {number}");
        ada.say(&format!("add a task called \"{title}\"")).await;
        said.push(title);
    }
    let killed = place.pods("team", "database").await.remove(0);
    place.kill(&killed).await;
    let died = Instant::now();
    within("the next pod", another_runs(&place, &killed)).await;
    let writes = async {
        while ada.try_to_say("add a task called \"after\"").await.is_err() {
            sleep(Duration::from_secs(1)).await; // people try again
        }
    };
    within("a write", writes).await;
    eprintln!("from the database's death to a write: {:.1} s", died.elapsed().as_secs_f64());
    let kept = ada.tasks().await;
    for title in &said {
        assert!(kept.iter().any(|(kept, _)| kept == title), "{title} is lost: {kept:?}");
    }
    place.ready("team").await;
}

/// The kubelet takes a moment to end what is killed, in which it still takes what is said.
async fn another_runs(place: &Place, killed: &Pod) {
    let runs = |pod: &Pod| {
        let containers = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
        containers.is_some_and(|all| all.iter().any(|one| one.started == Some(true)))
    };
    let is_next = |pod: &Pod| pod.metadata.uid != killed.metadata.uid && runs(pod);
    while !place.pods("team", "database").await.iter().any(is_next) {
        sleep(Duration::from_millis(50)).await;
    }
}
