//! Backups that do not come, though nothing fails.

use std::time::Duration;

use super::*;
use crate::status::until_backup_is_overdue;

/// The last good one is of 2025-02-19, 21:20; the next was due at 03:00, and may have taken six hours.
fn backed_up(scene: &mut Scene, now: &str) {
    backs_up(scene);
    backup(scene, "29000000", JobState::Complete);
    scene.now = now.parse().unwrap();
}

const IN_TIME: &str = "2025-02-20T08:59:00Z";
const OVERDUE: &str = "2025-02-20T09:00:00Z";

const ROWS: &[Row] = &[
    ("it may still be taken", |scene| backed_up(scene, IN_TIME), True, "LastBackupOk"),
    ("none was", |scene| backed_up(scene, OVERDUE), False, "BackupOverdue"),
    (
        "none was, and the Job of the last is gone",
        |scene| {
            backed_up(scene, OVERDUE);
            *scene = std::mem::replace(scene, Scene::serving()).said();
            scene.lose(Kind::Job, "team-a-backup-29000000");
        },
        False,
        "BackupOverdue",
    ),
    (
        "one was taken by hand",
        |scene| {
            backed_up(scene, OVERDUE);
            backup(scene, "29000345-07", JobState::Complete);
        },
        True,
        "LastBackupOk",
    ),
    (
        "one is being taken",
        |scene| {
            backed_up(scene, OVERDUE);
            backup(scene, "29000345-07", JobState::Running);
        },
        True,
        "LastBackupOk",
    ),
    (
        "it failed",
        |scene| {
            backed_up(scene, OVERDUE);
            backup(scene, "29000340", JobState::Failed("x".into()));
        },
        False,
        "BackupFailed",
    ),
    (
        "none could be taken while the database was away",
        |scene| {
            backed_up(scene, OVERDUE);
            scene.workload(Kind::StatefulSet, "team-a-db").ready = 0;
        },
        True,
        "LastBackupOk",
    ),
    (
        "none could be taken while one was brought back",
        |scene| {
            backed_up(scene, OVERDUE);
            scene.restoring(Some(JobState::Running), None);
        },
        True,
        "LastBackupOk",
    ),
    (
        "the first one has not come",
        |scene| {
            backs_up(scene);
            scene.now = OVERDUE.parse().unwrap();
        },
        False,
        "NeverRun",
    ),
];

#[test]
fn backup_ready_says_when_one_has_not_come() {
    check(BackupReady, ROWS);
}

fn reason(scene: &Scene) -> String {
    scene.condition(BackupReady).reason
}

#[test]
fn an_overdue_backup_stays_so_until_one_succeeds_or_is_not_wanted() {
    let mut scene = Scene::serving();
    backed_up(&mut scene, OVERDUE);
    let mut scene = scene.said();
    assert_eq!(reason(&scene), "BackupOverdue");
    assert_eq!(scene.condition(Degraded).reason, "BackupOverdue");
    assert_eq!(scene.condition(Ready).status, True, "people can use the chat");
    scene.workload(Kind::StatefulSet, "team-a-db").ready = 0;
    backup(&mut scene, "29000400", JobState::Running);
    assert_eq!(reason(&scene), "BackupOverdue");

    scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * 0"}}}));
    assert_eq!(reason(&scene), "LastBackupOk", "it is due on Sunday now");
    backs_up(&mut scene);
    backup(&mut scene, "29000400", JobState::Complete);
    assert_eq!(reason(&scene), "LastBackupOk");
    assert_eq!(scene.condition(Degraded).reason, "AsExpected");
}

#[test]
fn the_object_is_looked_at_when_a_backup_becomes_overdue_and_not_for_that_again() {
    let mut scene = Scene::serving();
    backed_up(&mut scene, IN_TIME);
    let wait = |scene: &Scene| until_backup_is_overdue(&scene.object, &scene.status(), scene.now);
    assert_eq!(wait(&scene), Some(Duration::from_mins(1)));
    scene.now = OVERDUE.parse().unwrap();
    assert_eq!(wait(&scene), None);
    scene.spec(&json!({}));
    assert_eq!(wait(&scene), None);
}
