//! The release itself is upgraded. No other story plays meanwhile: the operator is theirs too.

use serde_json::json;
use todochat_operator::kinds::Kind;

use crate::{
    load::Load,
    place::{Place, releases},
};

/// Upgrades as `docs/operations.md` says; the database's image is told to stay, so that nobody has to wait for it.
async fn upgrade(place: &Place, tag: &str, more: &str) {
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../charts/todochat-operator");
    let release = "--namespace todochat-system --reset-then-reuse-values --wait --timeout=3m";
    let now = releases().0;
    let set = format!("--set image.tag={tag},images.postgres.tag={now}{more}");
    place.shell(&format!("helm upgrade todochat {chart} {release} {set}")).await;
}

async fn runs(place: &Place, tag: &str) {
    for name in ["team-chat", "team-tool-todo"] {
        place
            .see((Kind::Deployment, name), tag, |deployment| {
                deployment.is_some_and(|deployment| {
                    let image =
                        &deployment.data["spec"]["template"]["spec"]["containers"][0]["image"];
                    image.as_str().is_some_and(|image| image.ends_with(&format!(":{tag}")))
                })
            })
            .await;
    }
    place.ready("team").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "the figure is told beside the result")]
async fn an_upgrade_and_the_way_back_lose_no_message_and_refuse_nobody() {
    let place = Place::fresh().await;
    let tools = json!([{ "name": "todo", "replicas": 2, "source": { "type": "Builtin" } }]);
    place.apply_open("team", &json!({ "chat": { "replicas": 2 }, "toolServers": tools })).await;
    place.ready("team").await;
    let (now, next) = releases();
    let load = Load::begin(&place.door("team").await).await;
    load.more(30).await;
    upgrade(&place, &next, ",operator.maxRolling=1").await;
    runs(&place, &next).await;
    load.more(30).await;
    upgrade(&place, now, "").await;
    runs(&place, now).await;
    load.more(30).await;
    let outcome = load.end().await;
    eprintln!("an upgrade and the way back, {} messages answered", outcome.answered);
    assert_eq!(outcome.refused, Vec::<String>::new());
    assert_eq!(outcome.lost, Vec::<String>::new());
}
