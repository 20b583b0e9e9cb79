//! Secrets have one content, and keep it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use todochat_operator::{
    kinds::{ChildId, Kind},
    world::World,
};
use todochat_tests::cluster::Asked;

use super::bench::{Bench, applier, server};

fn data(live: Option<Value>) -> Value {
    live.expect("the Secret is there")["data"].clone()
}

#[tokio::test]
async fn a_value_that_somebody_changes_or_deletes_comes_back() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let id = bench.id(Kind::Secret, "db");
    let before = data(bench.live(&id).await);
    for patch in [
        json!({"stringData": {"password": "guess"}}),
        json!({"data": {"password": null}}),
        json!({"data": {"url": null, "username": null}}),
        json!({"stringData": {"url": "postgres://evil.example"}}),
        json!({"data": null}),
    ] {
        let digest = digest(&bench, &id).await;
        bench.edit(&id, &patch).await;
        bench.watch().await;
        assert_eq!(self::digest(&bench, &id).await, digest, "no pod is replaced for {patch}");
        let report = bench.visit().await;
        assert_eq!(report.corrected.len(), 1, "{patch}: {report:?}");
        assert_eq!(report.secrets_made, std::slice::from_ref(&id));
        assert_eq!(data(bench.live(&id).await), before, "{patch}");
        assert!(!bench.visit().await.wrote());
    }
}

async fn digest(bench: &Bench, id: &ChildId) -> String {
    let version = &bench.world.children[id].resource_version;
    let digest = bench.applier.secrets().digest(&bench.key(), &id.name, &version.to_string()).await;
    digest.unwrap().expect("there is a salt")
}

#[tokio::test]
async fn a_secret_that_is_deleted_comes_back_as_it_was() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let id = bench.id(Kind::Secret, "signing-keys");
    let before = data(bench.live(&id).await);
    bench.delete(&id).await;
    bench.watch().await;
    assert_eq!(bench.visit().await.secrets_made, std::slice::from_ref(&id));
    assert_eq!(data(bench.live(&id).await), before);
}

#[tokio::test]
async fn a_new_process_keeps_what_is_there_and_makes_what_is_not() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let (lost, kept) = (bench.id(Kind::Secret, "db"), bench.id(Kind::Secret, "signing-keys"));
    let before = (data(bench.live(&lost).await), data(bench.live(&kept).await));
    bench.delete(&lost).await;
    bench.watch().await;
    bench.restart(true);
    assert_eq!(bench.visit().await.secrets_made, std::slice::from_ref(&lost));
    let after = (data(bench.live(&lost).await), data(bench.live(&kept).await));
    assert_ne!(after.0, before.0);
    assert_eq!(after.1, before.1);
}

#[tokio::test]
async fn of_two_who_make_it_at_once_one_succeeds() {
    let mut one = Bench::of("{}").await;
    let validated = one.validated();
    let (other, empty) = (applier(&one.client), World::default());
    let children = todochat_operator::build::build(&validated);
    let (first, second) =
        tokio::join!(one.try_visit(), other.apply(&empty, &validated.owner, children, &[]));
    let id = one.id(Kind::Secret, "db");
    let made =
        [first.0, second.0].iter().filter(|report| report.secrets_made.contains(&id)).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_login_follows_the_secret_that_it_is_made_from() {
    let text = "database: { mode: External, external: { host: 203.0.113.7, database: todo, credentials: { name: login }, sslMode: require } }";
    let mut bench = Bench::of(text).await;
    bench.visit().await;
    let own = bench.id(Kind::Secret, "db-login");
    let url = |live: Option<Value>| {
        let encoded = data(live)["url"].as_str().unwrap().to_owned();
        String::from_utf8(base64(&encoded)).unwrap()
    };
    assert!(url(bench.live(&own).await).starts_with("postgres://app:given@203.0.113.7:5432/todo"));
    let login = ChildId::new(Kind::Secret, "login");
    bench.edit(&login, &json!({"stringData": {"password": "p@ss"}})).await;
    // This is how `dereference` takes notice.
    let version = bench.live(&login).await.unwrap()["metadata"]["resourceVersion"].clone();
    let facts =
        bench.applier.secrets().facts(&bench.key(), "login", version.as_str().unwrap()).await;
    assert!(!format!("{facts:?}").contains("p@ss"));
    let report = bench.visit().await;
    assert_eq!((&report.changed, &report.secrets_made), (&vec![own.clone()], &vec![own.clone()]));
    assert!(url(bench.live(&own).await).starts_with("postgres://app:p%40ss@"));
    assert!(!bench.visit().await.wrote());

    bench.delete(&login).await;
    bench.applier.secrets().facts(&bench.key(), "login", "gone").await.unwrap();
    let report = bench.visit().await;
    assert_eq!(
        report.lacking,
        [(own.clone(), "needs the entry username of the Secret login".to_owned())]
    );
    assert!(url(bench.live(&own).await).contains("p%40ss"), "what is there stays");
}

fn base64(text: &str) -> Vec<u8> {
    let object: k8s_openapi::ByteString = serde_json::from_value(json!(text)).unwrap();
    object.0
}

#[tokio::test]
async fn the_content_is_read_once_for_each_version() {
    let server = server().await;
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let id = bench.id(Kind::Secret, "db");
    bench.edit(&id, &json!({"metadata": {"annotations": {"note": "x"}}})).await;
    bench.watch().await;
    let mark = server.audit().mark();
    for _ in 0..3 {
        digest(&bench, &id).await;
        bench.visit().await;
    }
    let asked = server.audit().since(mark).into_iter();
    let asked: Vec<Asked> = asked.filter(|asked| asked.namespace == bench.namespace).collect();
    // Once for the digest, once because its shape has moved.
    assert_eq!(
        todochat_tests::cluster::tally(&asked),
        BTreeMap::from([("get secrets".to_owned(), 2)])
    );
}
