//! `Ready`: what is in its way, and what never is.

use serde_json::json;

use super::scene::{Scene, Visit, find, refusal, running, said};
use crate::{
    conditions::ConditionType::{self, Accepted, ReferencesResolved},
    crd::ConditionStatus::{self, False, True},
    kinds::Kind,
    probing::ProbeError,
    status::Failure,
    validated::Schema,
    world::{JobState, State, Trouble},
};

type Row = (&'static str, fn(&mut Scene), ConditionStatus, &'static str, &'static str);

/// What the world is like, and what `Ready` says: its status, its reason and the condition that its message names.
const ROWS: &[Row] = &[
    ("all is well", |_| {}, True, "Serving", ""),
    (
        "the spec is refused while the last good pods serve",
        |scene| scene.visit = Visit::Refused(vec![refusal(Accepted, "PolicyDenied")]),
        False,
        "PolicyDenied",
        "Accepted: ",
    ),
    (
        "a reference is missing while the last good pods serve",
        |scene| scene.visit = Visit::Refused(vec![refusal(ReferencesResolved, "SecretNotFound")]),
        False,
        "SecretNotFound",
        "ReferencesResolved: ",
    ),
    (
        "a Secret of the operator is gone",
        |scene| scene.lose(Kind::Secret, "team-a-db"),
        False,
        "Creating",
        "CredentialsReady: ",
    ),
    (
        "the schema is behind and the old pods serve",
        |scene| {
            scene.behind(Some(JobState::Running));
            scene.hold(Kind::Deployment, "team-a-chat");
        },
        False,
        "MigrationRunning",
        "SchemaReady: ",
    ),
    (
        "the migration waits for approval and the old pods serve",
        |scene| scene.validated.stage.schema = Schema::Held,
        False,
        "ApprovalNeeded",
        "SchemaReady: ",
    ),
    (
        "new pods roll out and old ones serve",
        |scene| scene.chat().generation = 2,
        False,
        "RollingOut",
        "ChatAvailable: ",
    ),
    (
        "a new tool server rolls out and the old one answers",
        |scene| scene.workload(Kind::Deployment, "team-a-tool-todo").generation = 2,
        False,
        "Probing",
        "ToolServersVerified: ",
    ),
    (
        "a required tool server is away",
        |scene| scene.probe_fails("todo", ProbeError::TimedOut),
        False,
        "HandshakeFailed",
        "ToolServersVerified: ",
    ),
    (
        "an optional tool server is away",
        |scene| scene.probe_fails("search", ProbeError::TimedOut),
        True,
        "Serving",
        "",
    ),
    (
        "an optional tool server is only starting",
        |scene| drop(scene.probes.remove("search")),
        True,
        "Serving",
        "",
    ),
    (
        "a backup failed",
        |scene| {
            scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}));
            let failed = State::Job(JobState::Failed("x".into()));
            scene.have(Kind::Job, "team-a-backup-29000000", failed);
        },
        True,
        "Serving",
        "",
    ),
    (
        "the volume is smaller than asked",
        |scene| {
            let small = State::Claim { capacity: "1Mi".into(), bound: true };
            scene.have(Kind::PersistentVolumeClaim, "team-a-db", small);
        },
        True,
        "Serving",
        "",
    ),
    (
        "no network policies are wanted",
        |scene| scene.spec(&json!({"network": {"policy": "Disabled"}})),
        True,
        "Serving",
        "",
    ),
    (
        "it shall be exposed and is not",
        |scene| {
            scene.spec(&json!({"exposure": {"type": "Ingress", "host": "chat.example.org"}}));
        },
        False,
        "RouteNotAccepted",
        "Exposed: ",
    ),
    (
        "it is suspended",
        |scene| {
            scene.spec(&json!({"suspended": true}));
            *scene.chat() = running(0);
        },
        False,
        "Suspended",
        "ChatAvailable: ",
    ),
    (
        "it is paused and serves",
        |scene| {
            scene.spec(&json!({"paused": true}));
            scene.visit = Visit::Paused;
        },
        True,
        "Serving",
        "",
    ),
    (
        "it was edited while it is paused",
        |scene| {
            scene.spec(&json!({"paused": true}));
            scene.object.metadata.generation = Some(4);
            scene.visit = Visit::PausedBehind;
        },
        False,
        "PausedBySpec",
        "Paused: ",
    ),
    (
        "the operator has changed since it was paused",
        |scene| {
            scene.spec(&json!({"paused": true}));
            scene.visit = Visit::PausedBehind;
        },
        True,
        "Serving",
        "",
    ),
    ("it is being deleted", |scene| scene.visit = Visit::Deleting, False, "Deleting", ""),
    (
        "a later visit of the same generation fails",
        |scene| scene.visit = Visit::Failed(Failure::Transient("a write".to_owned())),
        True,
        "Serving",
        "",
    ),
    (
        "the first visit of a generation fails before its end",
        |scene| {
            scene.object.metadata.generation = Some(4);
            scene.visit = Visit::Failed(Failure::Transient("a write".to_owned()));
        },
        False,
        "Reconciling",
        "Progressing: ",
    ),
];

#[test]
fn ready_says_what_is_in_its_way() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|(statement, given, status, reason, names)| {
            let mut scene = Scene::serving().said();
            given(&mut scene);
            let ready = scene.condition(ConditionType::Ready);
            let right = (ready.status, ready.reason.as_str()) == (*status, *reason)
                && ready.message.starts_with(names);
            (!right).then(|| format!("{statement}: {ready:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_new_object_becomes_ready_step_by_step() {
    let ready = |scene: &Scene| said(&scene.condition(ConditionType::Ready)).1;
    let mut scene = Scene::new_object();
    assert_eq!(ready(&scene), "Creating");
    scene.have(Kind::Secret, "team-a-db", State::Plain);
    scene.have(Kind::Secret, "team-a-signing-keys", State::Plain);
    scene.have(Kind::Secret, "team-a-db-login", State::Plain);
    assert_eq!(ready(&scene), "MigrationPending");
    scene.have(Kind::StatefulSet, "team-a-db", State::Workload(Box::new(running(1))));
    scene.behind(Some(JobState::Running));
    assert_eq!(ready(&scene), "MigrationRunning");
    scene.behind(Some(JobState::Complete));
    assert_eq!(ready(&scene), "RollingOut");

    let mut serving = Scene::serving();
    serving.object.status = Some(scene.status());
    serving.probes.clear();
    assert_eq!(ready(&serving), "Probing");
    serving.probes = Scene::serving().probes;
    assert_eq!(ready(&serving), "Serving");
}

#[test]
fn what_a_person_can_do_stands_in_the_message() {
    let mut scene = Scene::serving();
    scene.chat().available = 0;
    scene.pod("chat", None, Trouble::CrashLoop { container: "chat".into(), exit_code: 3 });
    assert_eq!(
        scene.condition(ConditionType::Ready).message,
        "ChatAvailable: Container chat ends with exit code 3; see `kubectl logs -n people deployment/team-a-chat -c chat --previous`."
    );

    let mut scene = Scene::serving();
    scene.validated.stage.schema = Schema::Held;
    assert_eq!(
        scene.condition(ConditionType::SchemaReady).message,
        r#"The migration to 2.0.0 waits for approval: `kubectl patch todochat -n people team-a --type=merge -p '{"spec":{"database":{"migrations":{"approvedVersion":"2.0.0"}}}}'`."#
    );
}

#[test]
fn every_tool_server_that_is_not_verified_is_named() {
    let mut scene = Scene::serving();
    scene.probe_fails("todo", ProbeError::Unauthorized);
    scene.probes.remove("search");
    assert_eq!(
        scene.condition(ConditionType::ToolServersVerified).message,
        "todo: it does not accept the credential. search: it has not been spoken to yet."
    );
}

#[test]
fn of_several_refusals_each_says_what_to_do() {
    let mut scene = Scene::serving();
    scene.visit = Visit::Refused(vec![
        refusal(ReferencesResolved, "SecretNotFound"),
        refusal(Accepted, "PolicyDenied"),
        refusal(ReferencesResolved, "ConfigMapNotFound"),
    ]);
    let status = scene.status();
    assert_eq!(find(&status, Accepted).message, "PolicyDenied: mend it.");
    let references = find(&status, ReferencesResolved);
    assert_eq!(references.reason, "SecretNotFound");
    assert_eq!(references.message, "SecretNotFound: mend it. ConfigMapNotFound: mend it.");
}
