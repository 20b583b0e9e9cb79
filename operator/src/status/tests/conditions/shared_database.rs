//! A database that is not the operator's alone: a later release has been at it, or one login does everything.

use super::*;

/// Pods of the migration that ended so.
fn tried(scene: &mut Scene, job: JobState, exit_code: i32) {
    scene.behind(Some(job));
    scene.pod("migration", None, crash(exit_code));
}

const NEWER: &[Row] = &[
    (
        "a try found the schema of a later release",
        |scene| tried(scene, JobState::Running, 72),
        False,
        "SchemaNewerThanOperator",
    ),
    (
        "every try did",
        |scene| tried(scene, JobState::Failed("BackoffLimitExceeded".into()), 72),
        False,
        "SchemaNewerThanOperator",
    ),
    (
        "another reason stands for itself",
        |scene| tried(scene, JobState::Failed("BackoffLimitExceeded".into()), 1),
        False,
        "MigrationFailed",
    ),
];

#[test]
fn schema_ready_learns_of_a_later_release_by_the_migration() {
    check(SchemaReady, NEWER);
}

#[test]
fn it_is_said_where_one_login_does_everything() {
    let mut scene = Scene::serving();
    let said = |scene: &Scene| scene.condition(CredentialsReady).message;
    assert_eq!(said(&scene), "All credentials are there.");
    let external = json!({
        "host": "db.example.org", "database": "todo", "credentials": {"name": "todo-login"},
    });
    scene.spec(&json!({"database": {"mode": "External", "external": external}}));
    let said = said(&scene);
    assert!(said.contains("Secret todo-login does everything"), "{said}");
    assert_eq!(scene.condition(CredentialsReady).reason, "Current");
}
