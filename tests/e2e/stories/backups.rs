//! What was lost comes back, by the commands of `docs/operations.md`.

use serde_json::{Value, json};
use todochat_operator::kinds::Kind;
use todochat_tests::cluster::operator_program;

use crate::place::Place;

#[tokio::test]
async fn a_backup_can_be_taken_at_any_time_and_is_told() {
    let place = Place::fresh().await;
    place
        .apply_open("team", &json!({ "database": { "backup": { "schedule": "0 3 * * *" } } }))
        .await;
    place.ready("team").await;
    plugin(&place, "backup team --wait").await;
    place.see((Kind::PersistentVolumeClaim, "team-backup"), "there", |claim| claim.is_some()).await;
    let log = place.kubectl("logs --selector app.kubernetes.io/component=backup").await;
    assert!(!log.contains("postgres://"), "{log}");
}

/// Runs `kubectl todochat` in the namespace, as people would.
async fn plugin(place: &Place, arguments: &str) -> String {
    let program = operator_program().with_file_name("todochat");
    let namespace = &place.namespace.name;
    place.shell(&format!("{} kubectl --namespace {namespace} {arguments}", program.display())).await
}

/// Backups are taken when a test says so.
fn backed_up() -> Value {
    json!({ "database": { "backup": { "schedule": "0 3 1 1 *", "verify": "0 4 1 1 *" } } })
}

#[tokio::test]
async fn what_was_lost_comes_back_in_the_same_object_and_in_another() {
    let place = Place::fresh().await;
    place.apply_open("team", &backed_up()).await;
    place.ready("team").await;
    let ada = place.door("team").await.sign_up("ada").await;
    for title in ["milk", "bread"] {
        ada.say(&format!("add a task called \"{title}\"")).await;
    }
    let before = ada.tasks().await;
    assert_eq!(before.len(), 2);
    plugin(&place, "backup team --wait").await;
    place.kubectl("create job --from=cronjob/team-verify team-verify-29000000").await;
    place.kubectl("wait --for=condition=Complete job/team-verify-29000000 --timeout=3m").await;

    // Broken, and mended.
    let truncate = "psql --username=postgres --dbname=todochat --command='TRUNCATE tasks CASCADE'";
    place.kubectl(&format!("exec team-db-0 -- {truncate}")).await;
    assert_eq!(ada.tasks().await, []);
    let listed = plugin(&place, "restore team").await;
    let backup = listed.split_whitespace().find(|word| word.starts_with("todochat-"));
    plugin(&place, &format!("restore team --from {} --yes", backup.expect(&listed))).await;
    place.ready("team").await;
    let ada = place.door("team").await.log_in("ada").await;
    assert_eq!(ada.tasks().await, before);
    ada.say("add a task called \"salt\"").await;

    let other = json!({ "database": { "restoreFrom": { "object": "team" } } });
    place.apply_open("other", &other).await;
    place.ready("other").await;
    let ada = place.door("other").await.log_in("ada").await;
    assert_eq!(ada.tasks().await, before, "the other one is as the backup was");
}

#[tokio::test]
async fn a_backup_that_is_not_there_is_told_and_the_chat_goes_on_without_it() {
    let place = Place::fresh().await;
    let spec = json!({ "database": { "restoreFrom": { "object": "nobody" } } });
    place.apply_open("team", &spec).await;
    let refused = |reason: &'static str| {
        format!(
            "wait todochat/team --timeout=2m --for=jsonpath='{{.status.conditions[?(@.type==\"SchemaReady\")].reason}}'={reason}"
        )
    };
    place.kubectl(&refused("BackupNotFound")).await;
    place.apply_open("team", &json!({})).await;
    place.ready("team").await;
}
