//! Backups and restores that come to nothing, or do not come: what is told, what is left alone, and how it goes on.

use chrono::{DateTime, TimeDelta, Utc};
use kube::{
    ResourceExt as _,
    api::{DeleteParams, DynamicObject, Patch, PatchParams},
};
use serde_json::{Value, json};
use todochat_operator::{
    conditions::ConditionType,
    crd::{Condition, ConditionStatus, TodoChat},
    kinds::Kind,
    names::{RESTORE_ANNOTATION, restore_id, restore_job},
};
use todochat_service::{Clock, exit};
use todochat_tests::cluster::{PodState, Workload, World};

use super::{becoming_ready::migration, deletion::only_left};
use crate::scene::{Scene, all, eventually, is};

/// What is saved before it goes.
fn saved() -> Value {
    let database = json!({"backup": {"schedule": "0 3 * * *"}});
    json!({"toolServers": [], "deletionPolicy": "Snapshot", "database": database})
}

/// Brings a new object up.
async fn up(scene: &Scene<'_>, spec: &Value) -> TodoChat {
    let world = World::of(&scene.namespace);
    scene.make("team", spec).await;
    world.available(Workload::StatefulSet, "team-db").await;
    world.complete(&format!("team-{}", migration())).await;
    world.available(Workload::Deployment, "team-chat").await;
    scene.ready("team").await
}

/// Brings the pods up that were taken away.
async fn serves_again(scene: &Scene<'_>) -> TodoChat {
    let chat = (Kind::Deployment, "team-chat");
    let wanted = |chat: Option<&DynamicObject>| {
        chat.is_some_and(|chat| chat.data["spec"]["replicas"] == json!(1))
    };
    scene.see(chat, "wanted", wanted).await;
    World::of(&scene.namespace).available(Workload::Deployment, "team-chat").await;
    scene.ready("team").await
}

async fn let_go(scene: &Scene<'_>) {
    scene.objects().delete("team", &DeleteParams::background()).await.unwrap();
}

#[tokio::test]
async fn a_last_backup_that_fails_at_first_is_waited_for() {
    let Some(scene) = Scene::by_hand().await else { return };
    let world = World::of(&scene.namespace);
    up(&scene, &saved()).await;
    let_go(&scene).await;
    let state = PodState::Failed { code: exit::BACKUP_PLACE.into() };
    world.pods_of(Workload::Job, "team-snapshot", &state).await;
    // Its controller tries again, and all that it saves is there meanwhile.
    let mark = scene.mark();
    world.complete("team-snapshot").await;
    scene.until_gone("team").await;
    only_left(&scene, &["PersistentVolumeClaim team-backup"]).await;
    let (severity, note) = scene.tells("team", "SnapshotTaken").await;
    assert_eq!(severity, "Normal", "{note}");
    let told = scene.told("team").await;
    assert!(told.iter().all(|(_, reason, _)| reason != "SnapshotFailed"), "{told:?}");
    let written = scene.writes(mark);
    assert!(written.iter().all(|asked| asked.verb != "delete"), "{written:?}");
    scene.check().await;
}

#[tokio::test]
async fn while_a_last_backup_is_taken_the_status_says_that_the_object_goes() {
    let Some(scene) = Scene::by_hand().await else { return };
    let world = World::of(&scene.namespace);
    up(&scene, &saved()).await;
    let_go(&scene).await;
    scene.says("team", ConditionType::Progressing, "Deleting").await;
    scene.see((Kind::Job, "team-snapshot"), "there", |job| job.is_some()).await;
    let mark = scene.mark();
    let team = scene.objects().get("team").await.unwrap();
    assert!(is(&team, ConditionType::Ready, ConditionStatus::False));
    assert_eq!(team.status.unwrap().observed_generation, team.metadata.generation);
    world.complete("team-snapshot").await;
    scene.until_gone("team").await;
    only_left(&scene, &["PersistentVolumeClaim team-backup"]).await;
    scene.check().await;
    let written = scene.writes(mark).into_iter();
    let told = written.filter(|asked| asked.what() == "patch todochats/status").count();
    assert_eq!(told, 0, "it was told before the Job was made, and once");
}

#[tokio::test]
async fn without_a_last_backup_the_data_stays_and_the_next_of_that_name_can_be_saved() {
    let Some(scene) = Scene::by_hand().await else { return };
    let world = World::of(&scene.namespace);
    up(&scene, &saved()).await;
    let volume = scene.get(Kind::PersistentVolumeClaim, "team-db").await.uid();
    let_go(&scene).await;
    world.fail_with("team-snapshot", exit::BACKUP_PLACE.into()).await;
    scene.until_gone("team").await;
    let (severity, note) = scene.tells("team", "SnapshotFailed").await;
    assert_eq!(severity, "Warning");
    assert!(note.contains("where backups are kept cannot be used"), "{note}");
    assert!(note.contains("the volumes and the logins of the database are kept"), "{note}");
    let kept = [
        "Secret team-db",
        "Secret team-db-login",
        "Secret team-db-migrator",
        "PersistentVolumeClaim team-backup",
        "PersistentVolumeClaim team-db",
    ];
    only_left(&scene, &kept).await;
    scene.check().await;
    up(&scene, &saved()).await;
    let claim = scene.get(Kind::PersistentVolumeClaim, "team-db").await;
    assert_eq!(claim.uid(), volume, "with its data");
    let_go(&scene).await;
    world.complete("team-snapshot").await;
    scene.until_gone("team").await;
    only_left(&scene, &["PersistentVolumeClaim team-backup"]).await;
    scene.check().await;
}

/// Asks for this restore, or for none; says the Job that does it.
async fn ask(scene: &Scene<'_>, team: &TodoChat, word: Option<&str>) -> (String, String) {
    let uid = team.uid().unwrap();
    let word = word.map(|time| format!("todochat-20261121T030000Z@{uid}@{time}"));
    let patch = json!({"metadata": {"annotations": {RESTORE_ANNOTATION: word}}});
    let by = PatchParams::default();
    scene.objects().patch("team", &by, &Patch::Merge(patch)).await.unwrap();
    let word = word.unwrap_or_default();
    (restore_job("team", &restore_id(&uid, &word)), word)
}

/// Waits until a restore is said to have come to nothing, in a condition and an event.
async fn fails(scene: &Scene<'_>, job: &str, (code, reason, why): (u8, &str, &str)) -> Condition {
    let world = World::of(&scene.namespace);
    let state = PodState::Failed { code: code.into() };
    world.pods_of(Workload::Job, job, &state).await;
    let said = scene.says("team", ConditionType::SchemaReady, reason).await;
    assert!(said.message.contains(why) && said.message.contains(job), "{}", said.message);
    let ready = scene.says("team", ConditionType::Ready, reason).await;
    assert_eq!(ready.status, ConditionStatus::False);
    let (severity, note) = scene.tells("team", "RestoreFailed").await;
    assert_eq!((&*severity, note.contains(why)), ("Warning", true), "{note}");
    scene.check().await;
    let pods = all(&scene.kind(Kind::Pod)).await.into_iter().map(|pod| pod.name_any());
    let serving: Vec<_> = pods.filter(|name| name.contains("team-chat")).collect();
    assert!(serving.is_empty(), "nothing uses what may be replaced yet: {serving:?}");
    said
}

fn backed_up() -> Value {
    let database = json!({"backup": {"schedule": "0 3 * * *"}});
    json!({"toolServers": [], "database": database})
}

#[tokio::test]
async fn a_restore_that_fails_is_told_and_another_one_goes_on() {
    let Some(scene) = Scene::by_hand().await else { return };
    let world = World::of(&scene.namespace);
    let team = up(&scene, &backed_up()).await;
    let (job, _) = ask(&scene, &team, Some("1")).await;
    let broken = (exit::BACKUP_BROKEN, "BackupBroken", "it is not what was dumped");
    let said = fails(&scene, &job, broken).await;
    assert!(said.message.contains("What was there before is untouched"), "{}", said.message);
    let (another, asked) = ask(&scene, &team, Some("2")).await;
    world.complete(&another).await;
    let restored = |team: &TodoChat| {
        let database = team.status.as_ref().and_then(|status| status.database.as_ref());
        database.is_some_and(|database| database.restored.as_deref() == Some(&asked))
    };
    scene.until("team", "the other backup restored", restored).await;
    let (severity, note) = scene.tells("team", "RestoreFinished").await;
    assert_eq!((&*severity, note.contains("todochat-20261121T030000Z")), ("Normal", true));
    let migrates = |name: &String| name.starts_with("team-migrate-");
    let found = eventually("a migration of what was restored", async || {
        let jobs = all(&scene.kind(Kind::Job)).await.into_iter().map(|job| job.name_any());
        jobs.filter(migrates).find(|name| *name != format!("team-{}", migration()))
    });
    world.complete(&found.await).await;
    serves_again(&scene).await;
    assert!(scene.find(Kind::Job, &job).await.is_none(), "the one that failed is gone");
    scene.check().await;
}

#[tokio::test]
async fn a_restore_that_failed_is_given_up_and_the_chat_goes_on_as_it_was() {
    let Some(scene) = Scene::by_hand().await else { return };
    let team = up(&scene, &backed_up()).await;
    let (job, _) = ask(&scene, &team, Some("1")).await;
    let none = (exit::NO_BACKUP, "BackupNotFound", "there is no such backup");
    fails(&scene, &job, none).await;
    let mark = scene.mark();
    ask(&scene, &team, None).await;
    serves_again(&scene).await;
    let written = scene.writes(mark);
    let jobs: Vec<_> = written.iter().filter(|asked| asked.what() == "patch jobs").collect();
    assert!(jobs.is_empty(), "it was migrated before: {jobs:?}");
    scene.check().await;
}

#[tokio::test]
async fn an_object_whose_first_data_cannot_be_had_waits_until_other_data_is_named() {
    let Some(scene) = Scene::by_hand().await else { return };
    let world = World::of(&scene.namespace);
    let from =
        |object: &str| json!({"toolServers": [], "database": {"restoreFrom": {"object": object}}});
    for claim in ["old-backup", "older-backup"] {
        let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        let claim = json!({"metadata": {"name": claim}, "spec": spec});
        scene.create(Kind::PersistentVolumeClaim, &claim).await;
    }
    let team = scene.make("team", &from("old")).await;
    world.available(Workload::StatefulSet, "team-db").await;
    let uid = team.uid().unwrap();
    let job = |word: &str| restore_job("team", &restore_id(&uid, word));
    let newer = (exit::BACKUP_TOO_NEW, "BackupTooNew", "it has the schema of a later release");
    let said = fails(&scene, &job("old/latest"), newer).await;
    assert!(said.message.contains("spec.database.restoreFrom"), "{}", said.message);
    scene.make("team", &from("older")).await;
    world.complete(&job("older/latest")).await;
    let migrates = |name: &String| name.starts_with("team-migrate-");
    let found = eventually("the first migration", async || {
        let mut jobs = all(&scene.kind(Kind::Job)).await.into_iter().map(|job| job.name_any());
        jobs.find(migrates)
    });
    world.complete(&found.await).await;
    let team = serves_again(&scene).await;
    assert!(is(&team, ConditionType::SchemaReady, ConditionStatus::True));
    scene.check().await;
}

/// A run of the CronJob that was due this long ago, as the CronJob would have made it; says the minute.
async fn run(scene: &Scene<'_>, ago: TimeDelta) -> i64 {
    let cron_job = scene.get(Kind::CronJob, "team-backup").await;
    let minute = (Clock::system().now() - ago).timestamp() / 60;
    let template = &cron_job.data["spec"]["jobTemplate"];
    let owner = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "name": "team-backup",
        "uid": cron_job.uid(), "controller": true,
    });
    let name = format!("team-backup-{minute}");
    let metadata = json!({
        "name": name, "labels": template["metadata"]["labels"], "ownerReferences": [owner],
    });
    scene.create(Kind::Job, &json!({"metadata": metadata, "spec": template["spec"]})).await;
    World::of(&scene.namespace).complete(&name).await;
    minute
}

#[tokio::test]
async fn a_backup_that_does_not_come_is_told_though_nothing_fails() {
    let Some(scene) = Scene::by_hand().await else { return };
    up(&scene, &backed_up()).await;
    scene.says("team", ConditionType::BackupReady, "NeverRun").await;
    let minute = run(&scene, TimeDelta::days(3)).await;
    let said = scene.says("team", ConditionType::BackupReady, "BackupOverdue").await;
    assert!(said.message.contains("cronjob/team-backup"), "{}", said.message);
    scene.says("team", ConditionType::Degraded, "BackupOverdue").await;
    let (severity, _) = scene.tells("team", "BackupOverdue").await;
    assert_eq!(severity, "Warning");
    // The Job goes, and what it made stays.
    scene.delete(Kind::Job, &format!("team-backup-{minute}")).await;
    let team = scene.ready("team").await;
    let last = team.status.and_then(|status| status.database?.last_backup);
    let last: DateTime<Utc> = last.unwrap().parse().unwrap();
    assert_eq!(last.timestamp() / 60, minute);
    run(&scene, TimeDelta::zero()).await;
    scene.says("team", ConditionType::BackupReady, "LastBackupOk").await;
    scene.says("team", ConditionType::Degraded, "AsExpected").await;
    let (severity, _) = scene.tells("team", "BackupFinished").await;
    assert_eq!(severity, "Normal");
    scene.check().await;
}
