//! What is not wanted any more goes, and nothing else does.

use serde_json::json;
use todochat_operator::{
    apply::ApplyError,
    crd::{ExposureSpec, InventoryItem},
    kinds::{ChildId, Kind},
};

use super::bench::Bench;

const EXPOSED: &str =
    "exposure: { type: Ingress, host: chat.example }\nchat: { auth: { signup: Open } }";

#[tokio::test]
async fn what_is_switched_off_goes() {
    let mut bench = Bench::of(EXPOSED).await;
    bench.visit().await;
    let ingress = bench.id(Kind::Ingress, "chat");
    assert!(bench.live(&ingress).await.is_some());
    bench.case.object.spec.exposure = ExposureSpec::default();
    let report = bench.visit().await;
    assert_eq!(report.pruned, std::slice::from_ref(&ingress));
    assert!(bench.live(&ingress).await.is_none());
    assert!(!bench.visit().await.wrote());
}

#[tokio::test]
async fn the_inventory_finds_what_has_lost_its_labels() {
    let mut bench = Bench::of(EXPOSED).await;
    bench.visit().await;
    let ingress = bench.id(Kind::Ingress, "chat");
    bench.edit(&ingress, &json!({"metadata": {"labels": null}})).await;
    bench.world.children.remove(&ingress);
    bench.case.object.spec.exposure = ExposureSpec::default();
    assert_eq!(bench.visit().await.pruned, std::slice::from_ref(&ingress));
    assert!(bench.live(&ingress).await.is_none());
}

#[tokio::test]
async fn neither_what_is_somebody_else_s_nor_data_goes() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let labels = json!({"todochat.dev/object": bench.key().name});
    let theirs = ChildId::new(Kind::ConfigMap, "theirs");
    bench.make(Kind::ConfigMap, "theirs", &json!({"metadata": {"labels": labels}})).await;
    let seen =
        todochat_operator::watching::seen::seen(theirs.kind, &bench.live(&theirs).await.unwrap());
    bench.world.children.insert(theirs.clone(), seen);
    bench.inventory.push(InventoryItem { id: theirs.to_inventory(), hash: None });
    let admin = bench.id(Kind::Secret, "db");
    bench.case.object.spec.suspended = true;
    let report = bench.visit().await;
    assert!(report.pruned.is_empty(), "{report:?}");
    assert!(bench.live(&theirs).await.is_some() && bench.live(&admin).await.is_some());
}

#[tokio::test]
async fn a_job_that_has_changed_goes_and_comes_again() {
    let mut bench = Bench::of("# world: migrating\n{}").await;
    bench.visit().await;
    let is_job = |id: &&ChildId| id.kind == Kind::Job;
    let job = bench.world.children.keys().find(is_job).expect("it migrates").clone();
    let before = bench.live(&job).await.unwrap();
    bench.case.settings.image_pull_secrets.push("pull".to_owned());
    let (report, outcome) = bench.try_visit().await;
    assert!(matches!(outcome, Err(ApplyError::Waiting { .. })), "{report:?}");
    assert_eq!(report.pruned, std::slice::from_ref(&job));
    bench.visit().await;
    let after = bench.live(&job).await.unwrap();
    assert_ne!(before["metadata"]["uid"], after["metadata"]["uid"]);
}
