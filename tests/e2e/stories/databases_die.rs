//! The Embedded database goes down and comes back.

use std::time::Duration;

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
    for pod in place.pods("team", "database").await {
        place.kill(&pod).await;
    }
    let died = Instant::now();
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
