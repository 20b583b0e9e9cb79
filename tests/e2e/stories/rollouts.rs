//! Pods are replaced while people write and listen.

use serde_json::json;

use crate::{load::Load, place::Place};

/// Messages before the rollouts, and after them. With `TODOCHAT_E2E_LONG` it is two thousand in all: more than three minutes.
fn messages() -> (usize, usize) {
    if std::env::var_os("TODOCHAT_E2E_LONG").is_some() { (600, 1400) } else { (100, 150) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "the figure is told beside the result")]
async fn a_rollout_loses_no_message_and_refuses_nobody() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({ "chat": { "replicas": 2 } })).await;
    place.ready("team").await;
    let load = Load::begin(&place.door("team").await).await;
    let (before, after) = messages();
    load.more(before).await;
    for streams in [2001, 2002] {
        place
            .edit("team", &json!({ "chat": { "streaming": { "maxStreamsPerPod": streams } } }))
            .await;
        place.ready("team").await;
    }
    load.more(after).await;
    let outcome = load.end().await;
    eprintln!("two rollouts, {} messages answered", outcome.answered);
    assert_eq!(outcome.refused, Vec::<String>::new());
    assert_eq!(outcome.lost, Vec::<String>::new());
}
