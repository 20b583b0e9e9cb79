//! Credentials, database, schema, backups.

use super::*;
use crate::rotating::{Login, LoginJob};

const CREDENTIALS: &[Row] = &[
    ("they are", |_| {}, True, "Current"),
    ("one was deleted", |scene| scene.lose(Kind::Secret, "team-a-db"), False, "Creating"),
    (
        "the spec is refused and they are there",
        |scene| scene.visit = refused(Accepted, "PolicyDenied"),
        True,
        "Current",
    ),
    (
        "the spec is refused and none was ever made",
        |scene| {
            *scene = Scene::new_object();
            scene.visit = refused(Accepted, "PolicyDenied");
        },
        False,
        "Creating",
    ),
    (
        "the admin login may not make another",
        |scene| {
            scene.behind(Some(JobState::Running));
            scene.pod("migration", None, crash(73));
        },
        False,
        "AdminDenied",
    ),
];

#[test]
fn credentials_ready_says_whether_the_own_secrets_are_there() {
    check(CredentialsReady, CREDENTIALS);
}

/// A login whose turn has come to this Job.
fn turning(scene: &mut Scene, retires: Option<&str>, job: Option<JobState>) {
    let wanted = LoginJob { id: "0123abcd".to_owned(), retires: retires.map(str::to_owned) };
    let name = wanted.part().name("team-a");
    let turn = Login { username: "app".to_owned(), job: Some(wanted), ..Login::default() };
    scene.validated.rotation.login = Some(turn);
    if let Some(job) = job {
        scene.have(Kind::Job, &name, State::Job(job));
    }
}

const ROTATION: &[Row] = &[
    (
        "a login is made ready",
        |scene| turning(scene, None, Some(JobState::Running)),
        False,
        "Rotating",
    ),
    ("its Job is not there yet", |scene| turning(scene, None, None), False, "Rotating"),
    (
        "it could not be made",
        |scene| turning(scene, None, Some(JobState::Failed("x".into()))),
        False,
        "RotationOverdue",
    ),
    (
        "the sessions of the one before end",
        |scene| turning(scene, Some("app_b"), Some(JobState::Running)),
        False,
        "Rotating",
    ),
    (
        "one does not end",
        |scene| {
            turning(scene, Some("app_b"), Some(JobState::Running));
            scene.pod("migration", None, crash(75));
        },
        False,
        "OldRoleInUse",
    ),
    (
        "it was given up",
        |scene| turning(scene, Some("app_b"), Some(JobState::Failed("x".into()))),
        False,
        "OldRoleInUse",
    ),
    (
        "it is due and cannot begin",
        |scene| {
            let waits = Login { waits: true, ..Login::default() };
            scene.validated.rotation.login = Some(waits);
        },
        False,
        "RotationOverdue",
    ),
    (
        "a key is published",
        |scene| scene.validated.rotation.keys.is_published_only = true,
        False,
        "Rotating",
    ),
    (
        "nothing is replaced",
        |scene| scene.validated.rotation.login = Some(Login::default()),
        True,
        "Current",
    ),
];

#[test]
fn credentials_ready_says_what_is_being_replaced() {
    check(CredentialsReady, ROTATION);
}

#[test]
fn people_can_use_the_chat_while_credentials_are_replaced() {
    for (what, happens, ..) in ROTATION {
        let mut scene = Scene::serving();
        happens(&mut scene);
        assert_eq!(scene.condition(Ready).status, True, "{what}");
    }
}

const EMBEDDED: &[Row] = &[
    ("it does", |_| {}, True, "Reachable"),
    (
        "it is being made",
        |scene| {
            scene.object.status = None;
            scene.lose(Kind::StatefulSet, "team-a-db");
        },
        False,
        "Provisioning",
    ),
    (
        "it has not answered yet",
        |scene| {
            scene.object.status = None;
            scene.workload(Kind::StatefulSet, "team-a-db").ready = 0;
        },
        False,
        "Provisioning",
    ),
    (
        "it answered before",
        |scene| scene.workload(Kind::StatefulSet, "team-a-db").ready = 0,
        False,
        "Unreachable",
    ),
    (
        "its volume is smaller than asked",
        |scene| {
            scene.have(
                Kind::PersistentVolumeClaim,
                "team-a-db",
                State::Claim { capacity: "512Mi".into(), bound: true },
            );
        },
        False,
        "StorageResizePending",
    ),
    (
        "its volume is larger than asked",
        |scene| {
            scene.have(
                Kind::PersistentVolumeClaim,
                "team-a-db",
                State::Claim { capacity: "2G".into(), bound: true },
            );
        },
        True,
        "Reachable",
    ),
];

#[test]
fn database_ready_says_whether_the_embedded_one_answers() {
    check(DatabaseReady, EMBEDDED);
}

const SPEC: &str = r#"{"database": {"mode": "CNPG", "cnpg": {"clusterRef": {"name": "pg"}}}}"#;
fn cluster(scene: &mut Scene, ready: bool) {
    scene.spec(&serde_json::from_str(SPEC).unwrap());
    scene.fetched.cnpg_cluster = Some(Readiness { ready, why: "Creating".to_owned() });
}

const CNPG: &[Row] = &[
    ("the cluster it names is ready", |scene| cluster(scene, true), True, "Reachable"),
    ("it is not", |scene| cluster(scene, false), False, "ClusterNotReady"),
    (
        "it is not there",
        |scene| scene.spec(&serde_json::from_str(SPEC).unwrap()),
        False,
        "ClusterNotReady",
    ),
    (
        "the one that was made is ready",
        |scene| {
            scene.spec(&serde_json::from_str(SPEC).unwrap());
            let ready = State::Dependency { ready: true, why: "".into() };
            scene.have(Kind::CnpgCluster, "team-a-db", ready);
        },
        True,
        "Reachable",
    ),
];

#[test]
fn database_ready_believes_cloudnativepg() {
    check(DatabaseReady, CNPG);
}

fn migration_ends_with(scene: &mut Scene, exit_code: i32) {
    let external = json!({"host": "db.example.org", "database": "todo"});
    scene.spec(&json!({"database": {"mode": "External", "external": external}}));
    scene.behind(Some(JobState::Running));
    scene.pod("migration", None, crash(exit_code));
}

const EXTERNAL: &[Row] = &[
    (
        "the migration is done",
        |scene| {
            migration_ends_with(scene, 69);
            scene.validated.stage.schema = Schema::Current;
        },
        True,
        "Reachable",
    ),
    ("it gets no answer", |scene| migration_ends_with(scene, 69), False, "Unreachable"),
    ("its login is refused", |scene| migration_ends_with(scene, 77), False, "AuthenticationFailed"),
    (
        "its certificate is not what it should be",
        |scene| migration_ends_with(scene, 76),
        False,
        "TlsFailed",
    ),
    (
        "it answers, and the migration fails",
        |scene| migration_ends_with(scene, 73),
        True,
        "Reachable",
    ),
    (
        "the migration ends in a way that tells nothing",
        |scene| migration_ends_with(scene, 1),
        Unknown,
        "Provisioning",
    ),
];

#[test]
fn database_ready_learns_of_an_external_one_by_its_migration() {
    check(DatabaseReady, EXTERNAL);
}

const SCHEMA: &[Row] = &[
    ("it was done", |_| {}, True, "UpToDate"),
    ("its Job is complete", |s| s.behind(Some(JobState::Complete)), True, "UpToDate"),
    ("it has not begun", |scene| scene.behind(None), False, "MigrationPending"),
    ("it runs", |s| s.behind(Some(JobState::Running)), False, "MigrationRunning"),
    (
        "it has given up",
        |scene| scene.behind(Some(JobState::Failed("too many tries".into()))),
        False,
        "MigrationFailed",
    ),
    (
        "somebody must agree",
        |scene| scene.validated.stage.schema = Schema::Held,
        False,
        "ApprovalNeeded",
    ),
    (
        "the database is known to be ahead",
        |scene| {
            scene.validated.stage.schema = Schema::Held;
            scene.validated.migration.as_mut().unwrap().hold = Some(Hold::SchemaNewer);
        },
        False,
        "SchemaNewerThanOperator",
    ),
    (
        "others see to it",
        |scene| {
            scene.spec(&json!({"database": {"migrations": {"policy": "Skip"}}}));
            scene.behind(None);
        },
        True,
        "UpToDate",
    ),
    (
        "the spec is refused after it was done",
        |scene| scene.visit = refused(Accepted, "PolicyDenied"),
        True,
        "UpToDate",
    ),
    (
        "the spec is refused while it runs",
        |scene| {
            scene.behind(Some(JobState::Running));
            scene.object.status.as_mut().unwrap().database = None;
            scene.visit = refused(Accepted, "PolicyDenied");
        },
        False,
        "MigrationRunning",
    ),
];

#[test]
fn schema_ready_says_how_far_the_migration_is() {
    check(SchemaReady, SCHEMA);
}

const BACKUP: &[Row] = &[
    ("none is wanted", |_| {}, False, "NotConfigured"),
    ("none was taken", backs_up, False, "NeverRun"),
    (
        "the last succeeded",
        |scene| {
            backs_up(scene);
            backup(scene, "29000000", JobState::Failed("x".into()));
            backup(scene, "29001440", JobState::Complete);
        },
        True,
        "LastBackupOk",
    ),
    (
        "the last failed",
        |scene| {
            backs_up(scene);
            backup(scene, "29000000", JobState::Complete);
            backup(scene, "29001440", JobState::Failed("x".into()));
        },
        False,
        "BackupFailed",
    ),
    (
        "the last succeeded, and its Job is gone",
        |scene| {
            backs_up(scene);
            recorded(scene, "2025-02-19T21:20:00Z");
        },
        True,
        "LastBackupOk",
    ),
    (
        "one runs and the last before it succeeded",
        |scene| {
            backs_up(scene);
            backup(scene, "29000000", JobState::Complete);
            backup(scene, "29001440", JobState::Running);
        },
        True,
        "LastBackupOk",
    ),
    (
        "the last could not be restored on trial",
        |scene| {
            tries(scene);
            backup(scene, "29001440", JobState::Complete);
            job(scene, "team-a-verify-29001500", JobState::Failed("x".into()));
        },
        False,
        "VerificationFailed",
    ),
    (
        "it was restored on trial",
        |scene| {
            tries(scene);
            backup(scene, "29001440", JobState::Complete);
            job(scene, "team-a-verify-29001500", JobState::Complete);
        },
        True,
        "LastBackupOk",
    ),
    (
        "nobody tries them any more",
        |scene| {
            backs_up(scene);
            backup(scene, "29001440", JobState::Complete);
            job(scene, "team-a-verify-29001500", JobState::Failed("x".into()));
        },
        True,
        "LastBackupOk",
    ),
];

/// The status tells of a backup of this time.
fn recorded(scene: &mut Scene, time: &str) {
    let database = scene.object.status.as_mut().unwrap().database.as_mut();
    database.unwrap().last_backup = Some(time.to_owned());
}

fn job(scene: &mut Scene, name: &str, state: JobState) {
    scene.have(Kind::Job, name, State::Job(state));
}

fn tries(scene: &mut Scene) {
    scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *", "verify": "0 5 * * *"}}}));
}

#[test]
fn a_failed_backup_says_why_and_which_one_is_good() {
    let mut scene = Scene::serving();
    backs_up(&mut scene);
    backup(&mut scene, "29000000", JobState::Complete);
    backup(&mut scene, "29001440", JobState::Failed("BackoffLimitExceeded".into()));
    scene.pod("backup", None, crash(71));
    scene.world.pods.last_mut().unwrap().name = "team-a-backup-29001440-x7k2p".into();
    let said = scene.condition(BackupReady).message;
    assert!(said.contains("where backups are kept cannot be used"), "{said}");
    assert!(said.contains("the last good one is of 2025-02-19T"), "{said}");
}

const RESTORE: &[Row] = &[
    ("it waits", |scene| scene.restoring(None, None), False, "Restoring"),
    ("it runs", |scene| scene.restoring(Some(JobState::Running), None), False, "Restoring"),
    ("it is done", |scene| scene.restoring(Some(JobState::Complete), None), False, "Restoring"),
    ("no such backup", |scene| scene.restore_fails(66), False, "BackupNotFound"),
    ("of a later release", |scene| scene.restore_fails(70), False, "BackupTooNew"),
    ("not what was dumped", |scene| scene.restore_fails(65), False, "BackupBroken"),
    ("there is data", |scene| scene.restore_fails(78), False, "DatabaseNotEmpty"),
    ("something else", |scene| scene.restore_fails(1), False, "RestoreFailed"),
];

#[test]
fn schema_ready_says_how_far_a_restore_is() {
    check(SchemaReady, RESTORE);
}

#[test]
fn a_restore_that_is_done_is_recorded_and_nothing_is_known_of_its_schema() {
    let mut scene = Scene::serving().said();
    scene.restoring(Some(JobState::Complete), None);
    let database = scene.status().database.unwrap();
    assert_eq!(database.restored.as_deref(), Some("old/latest"));
    assert_eq!((database.schema_version, database.logins_hash), (None, None));
}

#[test]
fn backup_ready_says_how_the_last_backup_ended() {
    check(BackupReady, BACKUP);
}

#[test]
fn the_last_backup_is_as_old_as_the_minute_in_its_name() {
    let mut scene = Scene::serving();
    let last =
        |scene: &Scene| crate::status::last_backup(&scene.world, "team-a").map(|at| at.timestamp());
    backup(&mut scene, "29001440", JobState::Failed("x".into()));
    assert_eq!(last(&scene), None);
    backup(&mut scene, "29000000", JobState::Complete);
    backup(&mut scene, "28998560", JobState::Complete);
    backup(&mut scene, "by-hand", JobState::Complete);
    assert_eq!(last(&scene), Some(29_000_000 * 60));
}
