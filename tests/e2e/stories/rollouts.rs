//! Pods are replaced while people write and listen.

use serde_json::json;

use crate::{load::Load, place::Place};

/// How many messages are answered before the rollouts, and in all: more than three minutes of ten a second.
const BEFORE: usize = 300;
const IN_ALL: usize = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "the figure is told beside the result")]
async fn a_rollout_loses_no_message_and_refuses_nobody() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({ "chat": { "replicas": 2 } })).await;
    place.ready("team").await;
    let load = Load::begin(&place.door("team").await).await;
    load.until(BEFORE).await;
    for streams in [2001, 2002] {
        place
            .edit("team", &json!({ "chat": { "streaming": { "maxStreamsPerPod": streams } } }))
            .await;
        place.ready("team").await;
    }
    load.until(IN_ALL).await;
    let outcome = load.end().await;
    eprintln!("two rollouts, {} messages answered", outcome.answered);
    assert_eq!(outcome.refused, Vec::<String>::new());
    assert_eq!(outcome.lost, Vec::<String>::new());
}
