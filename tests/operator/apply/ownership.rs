//! Whose objects are touched.

use serde_json::{Value, json};
use todochat_operator::{
    api_error::Class,
    apply::{ApplyError, Kept},
    kinds::Kind,
};

use super::bench::Bench;

#[tokio::test]
async fn somebody_else_s_object_is_named_and_left_alone_and_nothing_runs_beside_it() {
    let mut bench = Bench::of("{}").await;
    let id = bench.id(Kind::ConfigMap, "chat");
    bench.make(Kind::ConfigMap, &id.name, &json!({"data": {"tool-servers.json": "evil"}})).await;
    let before = bench.live(&id).await;
    let report = bench.visit().await;
    assert_eq!(report.foreign, std::slice::from_ref(&id));
    assert_eq!(bench.live(&id).await, before);
    let running = report
        .created
        .iter()
        .filter(|id| matches!(id.kind, Kind::Deployment | Kind::StatefulSet | Kind::Job));
    assert_eq!(running.count(), 0);

    bench.delete(&id).await;
    let report = bench.visit().await;
    assert!(report.foreign.is_empty() && report.created.contains(&id));
    assert!(bench.live(&bench.id(Kind::Deployment, "chat")).await.is_some());
}

#[tokio::test]
async fn labels_alone_make_no_object_ours() {
    let mut bench = Bench::of("{}").await;
    let id = bench.id(Kind::Service, "chat");
    let labels = json!({"todochat.dev/object": bench.key().name, "app.kubernetes.io/managed-by": "todochat-operator"});
    let body = json!({"metadata": {"labels": labels}, "spec": {"ports": [{"port": 1}]}});
    bench.make(Kind::Service, &id.name, &body).await;
    let seen = todochat_operator::watching::seen::seen(id.kind, &bench.live(&id).await.unwrap());
    bench.world.children.insert(id.clone(), seen);
    let report = bench.visit().await;
    assert_eq!(report.foreign, std::slice::from_ref(&id));
    assert_eq!(bench.live(&id).await.unwrap()["spec"]["ports"][0]["port"], 1);
}

#[tokio::test]
async fn an_object_whose_labels_were_taken_away_is_ours_still() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let id = bench.id(Kind::Service, "chat");
    bench.edit(&id, &json!({"metadata": {"labels": null}})).await;
    // It is not among those that are watched any more.
    bench.world.children.remove(&id);
    let report = bench.visit().await;
    assert_eq!(report.corrected.len(), 1);
    let labels = &bench.live(&id).await.unwrap()["metadata"]["labels"];
    assert_eq!(labels["todochat.dev/object"], *bench.key().name);
}

#[tokio::test]
async fn what_an_earlier_object_of_this_name_had_is_waited_for() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    bench.case.object.metadata.uid = Some("5f0c9d0e-0000-4000-8000-00000000ffff".to_owned());
    bench.restart(false);
    let (report, outcome) = bench.try_visit().await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, ApplyError::Waiting { .. }) && error.class() == Class::Waiting);
    assert!(!report.wrote() && report.foreign.is_empty());
}

#[tokio::test]
async fn another_object_that_has_taken_the_place_is_not_touched() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let id = bench.id(Kind::ConfigMap, "chat");
    bench.delete(&id).await;
    bench.make(Kind::ConfigMap, &id.name, &json!({"data": {"their": "own"}})).await;
    // The operator has not seen that, and has something to write.
    bench.world.children.get_mut(&id).unwrap().applied = None;
    let (_, outcome) = bench.try_visit().await;
    let error = outcome.unwrap_err();
    assert_eq!(error.class(), Class::Conflict, "{error:?}");
    assert_eq!(bench.live(&id).await.unwrap()["data"], json!({"their": "own"}));
    bench.world.children.remove(&id);
    assert_eq!(bench.visit().await.foreign, [id]);
}

#[tokio::test]
async fn data_is_left_behind_once_and_taken_over_by_the_next_of_that_name() {
    let mut bench = Bench::of("{}").await;
    bench.visit().await;
    let (key, uid) = (bench.key(), bench.case.object.metadata.uid.clone().unwrap());
    let logins = ["db", "db-login", "db-migrator"].map(|part| bench.id(Kind::Secret, part));
    let volume = bench.id(Kind::PersistentVolumeClaim, "db");
    let data: Vec<_> = logins.iter().cloned().chain([volume]).collect();
    assert_eq!(bench.applier.retain(&bench.world, &key, &uid, Kept::Data).await.unwrap(), data);
    bench.watch().await;
    assert!(bench.applier.retain(&bench.world, &key, &uid, Kept::Data).await.unwrap().is_empty());
    let owners = |live: Value| live["metadata"]["ownerReferences"].clone();
    let password = |live: Value| live["data"]["password"].clone();
    let left = bench.live(&logins[0]).await.unwrap();
    assert_eq!(owners(left.clone()), Value::Null);
    assert_eq!(left["metadata"]["labels"]["todochat.dev/retained"], "true");

    // All else has gone with the object; the next one begins.
    let rest: Vec<_> =
        bench.world.children.keys().filter(|id| !data.contains(id)).cloned().collect();
    for id in rest {
        bench.delete(&id).await;
    }
    bench.watch().await;
    bench.restart(false);
    bench.case.object.metadata.uid = Some("5f0c9d0e-0000-4000-8000-00000000ffff".to_owned());
    let report = bench.visit().await;
    assert!(report.changed == data, "{report:?}");
    let taken = bench.live(&logins[0]).await.unwrap();
    assert_eq!(password(taken.clone()), password(left));
    assert_eq!(owners(taken.clone())[0]["uid"], "5f0c9d0e-0000-4000-8000-00000000ffff");
    assert_eq!(taken["metadata"]["labels"].get("todochat.dev/retained"), None);
    assert!(!bench.visit().await.wrote());
}
