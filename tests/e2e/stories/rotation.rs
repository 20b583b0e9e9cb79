//! Logins and keys are replaced while people write and listen.

use serde_json::json;

use crate::{load::Load, place::Place};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "the figure is told beside the result")]
async fn a_rotation_fails_no_request() {
    let place = Place::fresh().await;
    place.apply_open("team", &json!({ "chat": { "replicas": 2 } })).await;
    let before = place.ready("team").await;
    let load = Load::begin(&place.door("team").await).await;
    load.more(50).await;
    place.kubectl("annotate todochat team todochat.dev/rotate=now").await;
    let after = place
        .until("team", "the rotation's end", |object| {
            object.status.as_ref().is_some_and(|status| status.rotated.as_deref() == Some("now"))
        })
        .await;
    load.more(50).await;
    let outcome = load.end().await;
    eprintln!("one rotation, {} messages answered", outcome.answered);
    assert_eq!(outcome.refused, Vec::<String>::new());
    assert_eq!(outcome.lost, Vec::<String>::new());
    let role = |object: todochat_operator::crd::TodoChat| object.status?.database?.active_role;
    assert_ne!(role(before), role(after));
}
