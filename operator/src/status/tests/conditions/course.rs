//! What is under way, amiss or paused.

use super::*;

const PROGRESSING: &[Row] = &[
    ("nothing is", |_| {}, False, "Settled"),
    ("a rollout is", |scene| scene.chat().updated = 0, True, "Reconciling"),
    ("a migration is", |s| s.behind(Some(JobState::Running)), True, "Reconciling"),
    ("a Secret is being made", |s| s.lose(Kind::Secret, "team-a-db"), True, "Reconciling"),
    (
        "a handshake is",
        |scene| {
            scene.probes.clear();
            scene.object.metadata.generation = Some(4);
        },
        True,
        "Reconciling",
    ),
    (
        "a write failed and is tried again",
        |scene| scene.visit = Visit::Failed(Failure::Transient("x".to_owned())),
        True,
        "Reconciling",
    ),
    ("a rollout is stuck", |scene| scene.chat().stuck = true, False, "DeadlineExceeded"),
    (
        "the migration has given up",
        |scene| scene.behind(Some(JobState::Failed("x".into()))),
        False,
        "DeadlineExceeded",
    ),
    (
        "the migration waits for approval",
        |scene| scene.validated.stage.schema = Schema::Held,
        False,
        "Settled",
    ),
    (
        "a tool server is away, which no waiting mends",
        |scene| scene.probe_fails("search", ProbeError::NotMcp),
        False,
        "Settled",
    ),
    (
        "the spec is refused",
        |scene| scene.visit = refused(Accepted, "PolicyDenied"),
        False,
        "Settled",
    ),
    ("it is paused", |scene| scene.visit = Visit::Paused, False, "Settled"),
    ("it is being deleted", |scene| scene.visit = Visit::Deleting, True, "Deleting"),
    (
        "earlier pods let their answers end",
        |scene| {
            scene.world.pods.push(PodSeen {
                name: "old".into(),
                component: "chat".into(),
                tool_server: None,
                revision: "earlier".into(),
                created: "2026-01-01T00:00:00Z".into(),
                ready: true,
                deleting: true,
                trouble: None,
            });
        },
        True,
        "Draining",
    ),
];

#[test]
fn progressing_says_whether_something_is_under_way() {
    check(Progressing, PROGRESSING);
}

const DEGRADED: &[Row] = &[
    ("nothing is amiss", |_| {}, False, "AsExpected"),
    (
        "an optional tool server is away",
        |scene| scene.probe_fails("search", ProbeError::TimedOut),
        True,
        "OptionalToolServerDown",
    ),
    (
        "a required one is, which Ready says",
        |scene| scene.probe_fails("todo", ProbeError::TimedOut),
        False,
        "AsExpected",
    ),
    (
        "an optional one is only starting",
        |scene| drop(scene.probes.remove("search")),
        False,
        "AsExpected",
    ),
    (
        "the last backup failed",
        |scene| {
            backs_up(scene);
            backup(scene, "29001440", JobState::Failed("x".into()));
        },
        True,
        "BackupOverdue",
    ),
    (
        "somebody else changes an object again and again",
        |scene| {
            let child = ChildId::new(Kind::Deployment, "team-a-chat");
            scene.done.fights = vec![Fight { child, manager: "helm".to_owned() }];
        },
        True,
        "DriftFought",
    ),
];

#[test]
fn degraded_says_what_is_not_as_it_should_be() {
    check(Degraded, DEGRADED);
}

const PAUSED: &[Row] = &[
    ("it does not", |_| {}, False, "NotPaused"),
    ("it does", |scene| scene.spec(&json!({"paused": true})), True, "PausedBySpec"),
];

#[test]
fn paused_says_whether_the_spec_says_so() {
    check(Paused, PAUSED);
}
