//! What is told on `/metrics`: what became of looks, and how the objects are while they are there.

use kube::api::DynamicObject;
use serde_json::json;
use todochat_operator::kinds::Kind;

use crate::scene::{Scene, eventually, substance};

/// The lines of this metric.
async fn series(scene: &Scene<'_>, metric: &str) -> Vec<String> {
    let metrics = scene.operator().metrics().await;
    let lines = metrics.lines().filter_map(|line| line.strip_prefix("todochat_operator_"));
    let of_metric =
        |line: &&str| line.strip_prefix(metric).is_some_and(|rest| rest.starts_with(['{', ' ']));
    lines.filter(of_metric).map(str::to_owned).collect()
}

async fn looks(scene: &Scene<'_>, result: &str) -> f64 {
    let lines = series(scene, "reconciles_total").await;
    let start = format!("reconciles_total{{result=\"{result}\"}} ");
    let value = lines.iter().find_map(|line| line.strip_prefix(&start));
    value.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_look_that_puts_something_right_has_changed_something() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.check().await;
    let changed = looks(&scene, "changed").await;
    let service = (Kind::Service, "team-chat");
    let before = substance(&scene.get(service.0, service.1).await);
    scene
        .harm(
            "vandal",
            service,
            &json!({"metadata": {"labels": {"app.kubernetes.io/name": "mine"}}}),
        )
        .await;
    let same = |now: Option<&DynamicObject>| now.map(substance).as_ref() == Some(&before);
    scene.see(service, "as before", same).await;
    eventually("one more look that changed something", async || {
        (looks(&scene, "changed").await > changed).then_some(())
    })
    .await;
    scene.check().await;
    // A note of somebody's is looked at, and nothing is written but the status in its time.
    let idle = async || looks(&scene, "unchanged").await + looks(&scene, "waiting").await;
    let (changed, before) = (looks(&scene, "changed").await, idle().await);
    scene
        .harm("person", service, &json!({"metadata": {"annotations": {"example.com/note": "1"}}}))
        .await;
    eventually("a look that changed nothing", async || (idle().await > before).then_some(())).await;
    assert!(looks(&scene, "changed").await <= changed);
    scene.check().await;
}

#[tokio::test]
async fn what_is_told_of_an_object_goes_with_it() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    scene.ready("team").await;
    scene.check().await;
    let place = format!("namespace=\"{}\",name=\"team\"", scene.namespace.name);
    let release = format!(",version=\"{}\"", env!("CARGO_PKG_VERSION"));
    let info = format!("{release},database=\"Embedded\",exposure=\"None\"");
    for (metric, labels, value) in [
        ("object_info", info.as_str(), Some("1")),
        ("schema_version", release.as_str(), Some("1")),
        ("credential_age_seconds", ",credential=\"login\"", None),
        ("credential_age_seconds", ",credential=\"key\"", None),
        ("rotation_overdue", "", Some("0")),
        ("migration_duration_seconds", "", None),
        ("tool_server_up", ",server=\"todo\"", Some("1")),
        ("tool_server_handshake_seconds", ",server=\"todo\"", None),
    ] {
        let start = format!("{metric}{{{place}{labels}}} ");
        let told = series(&scene, metric).await;
        let found = told.iter().find_map(|line| line.strip_prefix(&start));
        assert!(found.is_some_and(|found| value.is_none_or(|value| value == found)), "{told:?}");
    }
    assert_eq!(series(&scene, "store_malformed").await, ["store_malformed{kind=\"TodoChat\"} 0"]);
    assert_eq!(series(&scene, "lease_transitions_total").await, ["lease_transitions_total 0"]);
    assert_eq!(series(&scene, "write_budget_remaining").await.len(), 1);
    scene.delete_object("team").await;
    eventually("the end of its series", async || {
        let metrics = scene.operator().metrics().await;
        (!metrics.contains(&place)).then_some(())
    })
    .await;
}
