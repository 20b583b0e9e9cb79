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

fn external(scene: &mut Scene, login: &str) {
    let mut external = json!({"host": "db.example.org", "database": "todo"});
    external[login] = json!({"name": "todo-login"});
    scene.spec(&json!({"database": {"mode": "External", "external": external}}));
}

fn cnpg(scene: &mut Scene) {
    let cnpg = json!({"clusterRef": {"name": "shared"}});
    scene.spec(&json!({"database": {"mode": "CNPG", "cnpg": cnpg}}));
}

const ELSEWHERE: &[Row] = &[
    ("the login is a person's", |scene| external(scene, "credentials"), False, "ManagedElsewhere"),
    ("it is a named cluster's", cnpg, False, "ManagedElsewhere"),
    ("it is made with the login of an admin", |scene| external(scene, "admin"), True, "Current"),
    (
        "the next signing key is published all the same",
        |scene| {
            cnpg(scene);
            scene.validated.rotation.keys.is_published_only = true;
        },
        False,
        "Rotating",
    ),
    (
        "the key is not there",
        |scene| {
            cnpg(scene);
            scene.lose(Kind::Secret, "team-a-signing-keys");
        },
        False,
        "Creating",
    ),
];

#[test]
fn credentials_ready_says_whose_the_login_is() {
    check(CredentialsReady, ELSEWHERE);
}

#[test]
fn it_is_said_where_one_login_does_everything_and_people_can_use_the_chat() {
    let mut scene = Scene::serving();
    let said = |scene: &Scene| scene.condition(CredentialsReady).message;
    assert_eq!(said(&scene), "All credentials are there.");
    external(&mut scene, "credentials");
    assert!(said(&scene).contains("Secret todo-login does everything"), "{}", said(&scene));
    assert_eq!(scene.condition(Ready).reason, "Serving");
    cnpg(&mut scene);
    assert!(said(&scene).contains("Secret shared-app does everything"), "{}", said(&scene));
    assert_eq!(scene.condition(Ready).reason, "Serving");
}
