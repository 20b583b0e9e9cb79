//! What was lost comes back, by the commands of `docs/operations.md`.

use serde_json::json;
use todochat_operator::kinds::Kind;

use crate::place::Place;

#[tokio::test]
async fn a_backup_can_be_taken_at_any_time_and_is_told() {
    let place = Place::fresh().await;
    place
        .apply_open("team", &json!({ "database": { "backup": { "schedule": "0 3 * * *" } } }))
        .await;
    place.ready("team").await;
    place.kubectl("create job --from=cronjob/team-backup team-backup-now").await;
    place.kubectl("wait --for=condition=Complete job/team-backup-now --timeout=2m").await;
    let log = place.kubectl("logs job/team-backup-now").await;
    place.see((Kind::PersistentVolumeClaim, "team-backup"), "there", |claim| claim.is_some()).await;
    assert!(!log.contains("postgres://"), "{log}");
}

#[tokio::test]
async fn a_dump_brings_back_what_was_lost_in_another_chat_too() {
    let place = Place::fresh().await;
    for name in ["one", "two"] {
        place.apply_open(name, &json!({})).await;
    }
    place.ready("one").await;
    place.ready("two").await;
    let ada = place.door("one").await.sign_up("ada").await;
    for title in ["milk", "bread"] {
        ada.say(&format!("add a task called \"{title}\"")).await;
    }
    let before = ada.tasks().await;
    assert_eq!(before.len(), 2);
    place.kubectl("scale todochat one two --replicas 0").await;
    for name in ["one", "two"] {
        place
            .see((Kind::Deployment, &format!("{name}-chat")), "no pod", |chat| {
                chat.is_some_and(|chat| chat.data["status"]["replicas"].as_i64().unwrap_or(0) == 0)
            })
            .await;
    }
    let namespace = &place.namespace.name;
    let dump = format!(
        "kubectl exec --namespace {namespace} one-db-0 -- pg_dump --username=postgres --format=custom todochat | \
         kubectl exec --namespace {namespace} -i two-db-0 -- pg_restore --username=postgres --clean --if-exists --exit-on-error --dbname=todochat"
    );
    place.shell(&dump).await;
    place.kubectl("scale todochat two --replicas 1").await;
    place.ready("two").await;
    let ada = place.door("two").await.log_in("ada").await;
    assert_eq!(ada.tasks().await, before);
}

#[tokio::test]
async fn a_restore_brings_back_what_was_lost() {
    let place = Place::fresh().await;
    place
        .apply_open("team", &json!({ "database": { "backup": { "schedule": "0 3 * * *" } } }))
        .await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    ada.say("add a task called \"milk\"").await;
    let before = ada.tasks().await;
    place.kubectl("create job --from=cronjob/team-backup team-backup-now").await;
    place.kubectl("wait --for=condition=Complete job/team-backup-now --timeout=2m").await;
    place.kubectl("exec team-db-0 -- psql --username=postgres --dbname=todochat --command='TRUNCATE tasks CASCADE'").await;
    assert_eq!(ada.tasks().await, []);

    let restore = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/restore");
    let listed = place.shell(&format!("{restore} {} team", place.namespace.name)).await;
    let dump = listed.split_whitespace().find(|word| word.starts_with("todochat-")).expect(&listed);
    place.shell(&format!("{restore} {} team {dump}", place.namespace.name)).await;
    place.ready("team").await;
    let ada = place.door("team").await.log_in("ada").await;
    assert_eq!(ada.tasks().await, before);
}
