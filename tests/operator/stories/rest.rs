//! At rest.

use std::time::Duration;

use serde_json::json;

use crate::{checker::asked_in, scene::Scene};

#[tokio::test]
async fn a_whole_minute_of_rest_costs_nothing_but_the_lease() {
    // With looks and handshakes in it.
    let launched = Scene::with(|launch| launch.flag("--resync=10s").flag("--probe-interval=10s"));
    let Some(scene) = launched.await else { return };
    scene.make("team", &json!({})).await;
    scene.make("other", &json!({"chat": {"replicas": 2}})).await;
    scene.ready("team").await;
    scene.ready("other").await;
    scene.check().await;
    let mark = scene.mark();
    let asked = asked_in(&scene, Duration::from_mins(1)).await;
    assert!(asked.is_empty(), "{asked:?}");
    let renewals = scene
        .server
        .audit()
        .since(mark)
        .into_iter()
        .filter(|asked| asked.user == scene.who && asked.resource == "leases");
    let renewals: Vec<_> = renewals.map(|asked| asked.verb).collect();
    assert!(
        renewals.iter().all(|verb| matches!(verb.as_str(), "patch" | "update")),
        "{renewals:?}"
    );
    assert!((10..=14).contains(&renewals.len()), "{} renewals", renewals.len());
    scene.check().await;
}
