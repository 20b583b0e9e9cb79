//! What is told once, when it comes about.

use serde_json::json;

use super::scene::{Scene, Visit, offers, refusal, running};
use crate::{
    conditions::ConditionType::{Accepted, ReferencesResolved},
    crd::TodoChatStatus,
    kinds::{ChildId, Kind},
    probing::ProbeError,
    rotating::{Login, Record},
    status::{Correction, Fight, Notice, Severity, announce, corrections, transitions},
    validated::Schema,
    world::{JobState, State, Trouble},
};

fn told(scene: &Scene, before: Option<&TodoChatStatus>) -> Vec<Notice> {
    transitions(&scene.object, before, &scene.status())
}

/// The reasons of what is told when this happens to an object that serves, warnings with a `!`.
fn when(change: fn(&mut Scene)) -> Vec<String> {
    let mut scene = Scene::serving();
    let before = scene.status();
    change(&mut scene);
    reasons(&told(&scene, Some(&before)))
}

fn reasons(notices: &[Notice]) -> Vec<String> {
    let mark = |severity| if severity == Severity::Warning { "!" } else { "" };
    notices.iter().map(|it| format!("{}{}", it.reason, mark(it.severity))).collect()
}

type Row = (&'static str, fn(&mut Scene), &'static [&'static str]);

const ROWS: &[Row] = &[
    ("nothing happens", |_| {}, &[]),
    (
        "a Secret goes away",
        |scene| scene.visit = Visit::Refused(vec![refusal(ReferencesResolved, "SecretNotFound")]),
        &["ReferenceMissing!"],
    ),
    (
        "a Secret may no longer be used",
        |scene| scene.visit = Visit::Refused(vec![refusal(ReferencesResolved, "Forbidden")]),
        &["ReferenceForbidden!"],
    ),
    (
        "somebody else's object is in the way",
        |scene| scene.done.foreign = vec![ChildId::new(Kind::Service, "team-a-chat")],
        &["ForeignObject!"],
    ),
    (
        "the database goes away",
        |scene| {
            scene.object.status = Some(scene.status());
            scene.workload(Kind::StatefulSet, "team-a-db").ready = 0;
        },
        &["DatabaseUnreachable!"],
    ),
    ("a migration begins", |s| s.behind(Some(JobState::Running)), &["MigrationStarted"]),
    (
        "a migration fails",
        |scene| scene.behind(Some(JobState::Failed("x".into()))),
        &["MigrationFailed!"],
    ),
    (
        "a migration needs approval",
        |scene| scene.validated.stage.schema = Schema::Held,
        &["ApprovalNeeded!"],
    ),
    (
        "a migration is done",
        |scene| scene.validated.migration.as_mut().unwrap().schema = "3.0.0".to_owned(),
        &["MigrationFinished"],
    ),
    (
        "a tool server does not answer",
        |scene| scene.probe_fails("todo", ProbeError::TimedOut),
        &["HandshakeFailed!"],
    ),
    (
        "the image of a tool server is gone",
        |scene| {
            let container = "main".into();
            scene.tool_pod("todo", Trouble::ImagePull { container, image: "x".into() });
        },
        &["ImagePullFailed!"],
    ),
    (
        "a tool server offers other tools",
        |scene| drop(scene.probes.insert("todo".to_owned(), offers(&["fly"]))),
        &["ToolsChanged"],
    ),
    ("new pods roll out", |scene| scene.chat().generation = 2, &["RolloutStarted"]),
    ("a pod is evicted", |scene| scene.chat().available = 0, &[]),
    (
        "new pods crash",
        |scene| {
            scene.chat().available = 0;
            scene.pod("chat", None, Trouble::CrashLoop { container: "c".into(), exit_code: 1 });
        },
        &["CrashLooping!"],
    ),
    (
        "a rollout runs out of time",
        |scene| {
            scene.chat().updated = 0;
            scene.chat().stuck = true;
        },
        &["RolloutStarted", "DeadlineExceeded!"],
    ),
    (
        "it is suspended",
        |scene| {
            scene.spec(&json!({"suspended": true}));
            *scene.chat() = running(0);
        },
        &["Suspended"],
    ),
    (
        "it is exposed",
        |scene| {
            scene.spec(&json!({"exposure": {"type": "Ingress", "host": "chat.example.org", "ingress": {"className": "nginx"}}}));
            let accepted = State::Route { accepted: true, why: "".into() };
            scene.have(Kind::Ingress, "team-a-chat", accepted);
        },
        &["Exposed"],
    ),
    (
        "it is exposed by something unknown",
        |scene| {
            scene.spec(&json!({"exposure": {"type": "Ingress", "host": "chat.example.org", "ingress": {"className": "home"}}}));
            let accepted = State::Route { accepted: true, why: "".into() };
            scene.have(Kind::Ingress, "team-a-chat", accepted);
        },
        &["Exposed", "StreamsAtRisk!"],
    ),
    (
        "its route is refused",
        |scene| {
            scene.spec(&json!({"exposure": {"type": "Ingress", "host": "chat.example.org"}}));
            let refused = State::Route { accepted: false, why: "no such class".into() };
            scene.have(Kind::Ingress, "team-a-chat", refused);
        },
        &["RouteNotAccepted!"],
    ),
    (
        "its route is only on its way",
        |scene| {
            scene.spec(&json!({"exposure": {"type": "Ingress", "host": "chat.example.org"}}));
        },
        &[],
    ),
    (
        "a backup is done",
        |scene| {
            scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}));
            scene.have(Kind::Job, "team-a-backup-29000000", State::Job(JobState::Complete));
        },
        &["BackupFinished"],
    ),
    (
        "a backup fails",
        |scene| {
            scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}));
            let failed = State::Job(JobState::Failed("x".into()));
            scene.have(Kind::Job, "team-a-backup-29000000", failed);
        },
        &["BackupFailed!"],
    ),
    (
        "a backup does not come",
        |scene| {
            scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}));
            scene.have(Kind::Job, "team-a-backup-29000000", State::Job(JobState::Complete));
            scene.now = "2025-02-20T09:00:00Z".parse().unwrap();
        },
        &["BackupOverdue!"],
    ),
    (
        "a backup cannot be restored on trial",
        |scene| {
            let backup = json!({"schedule": "0 3 * * *", "verify": "0 5 * * *"});
            scene.spec(&json!({"database": {"backup": backup}}));
            let failed = State::Job(JobState::Failed("x".into()));
            scene.have(Kind::Job, "team-a-backup-29000000", State::Job(JobState::Complete));
            scene.have(Kind::Job, "team-a-verify-29000060", failed);
        },
        &["VerificationFailed!"],
    ),
    (
        "a backup is brought back",
        |scene| scene.restoring(Some(JobState::Running), None),
        &["RestoreStarted"],
    ),
    ("it is not what was dumped", |scene| scene.restore_fails(65), &["RestoreFailed!"]),
    ("there is no such backup", |scene| scene.restore_fails(66), &["RestoreFailed!"]),
    (
        "somebody fights over an object",
        |scene| {
            let child = ChildId::new(Kind::Deployment, "team-a-chat");
            scene.done.fights = vec![Fight { child, manager: "helm".to_owned() }];
        },
        &["DriftFought!"],
    ),
];

#[test]
fn what_happens_to_an_object_that_serves_is_told() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|(statement, change, expected)| {
            let told = when(*change);
            (told != *expected).then(|| format!("{statement}: {told:?} and not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_new_object_is_told_of_as_it_comes_up() {
    let scene = Scene::new_object();
    let announced = announce(&scene.object, scene.now);
    assert_eq!(reasons(&transitions(&scene.object, None, &announced)), [] as [&str; 0]);
    let begun = scene.status();
    assert_eq!(reasons(&told(&scene, Some(&announced))), ["Accepted"]);
    let serving = Scene::serving();
    assert_eq!(
        reasons(&told(&serving, Some(&begun))),
        [
            "DatabaseProvisioned",
            "RolloutFinished",
            "MigrationFinished",
            "ToolServerVerified",
            "ToolServerVerified"
        ]
    );
}

#[test]
fn a_login_is_told_of_once_the_database_has_it_and_not_again() {
    let with_login = |mut scene: Scene| {
        let username = "todochat_app".to_owned();
        scene.validated.rotation.login = Some(Login { username, ..Login::default() });
        scene
    };
    let begun = with_login(Scene::new_object()).status();
    let mut scene = with_login(Scene::serving());
    let notices = told(&scene, Some(&begun));
    let created = notices.iter().find(|it| it.reason == "RoleCreated").unwrap();
    assert_eq!(
        created.note,
        "The database has the login todochat_app, with which the servers use it"
    );
    let before = scene.status();
    scene.validated.migration.as_mut().unwrap().logins = "f00d".to_owned();
    let again = told(&scene, Some(&before));
    assert!(again.iter().all(|it| it.reason != "RoleCreated"), "{again:?}");
}

#[test]
fn a_login_that_has_had_its_turn_was_there_though_others_migrated_until_now() {
    let with_login = |mut scene: Scene| {
        let since = Some(scene.now);
        let record = Record { since, ..Record::default() };
        let username = "todochat_app_b".to_owned();
        scene.validated.rotation.login = Some(Login { username, record, ..Login::default() });
        scene
    };
    let before = with_login(Scene::new_object()).status();
    assert_eq!(before.database.as_ref().unwrap().logins_hash, None);
    let notices = reasons(&told(&with_login(Scene::serving()), Some(&before)));
    assert!(notices.contains(&"MigrationFinished".to_owned()), "{notices:?}");
    assert!(!notices.contains(&"RoleCreated".to_owned()), "{notices:?}");
}

#[test]
fn a_migration_is_told_of_again_if_a_job_did_it_again_and_not_after_a_turn_of_the_login() {
    let logins = |scene: &mut Scene, hash: &str| {
        scene.validated.migration.as_mut().unwrap().logins = hash.to_owned();
    };
    let now = |scene: &Scene| reasons(&told(scene, scene.object.status.as_ref()));
    let mut scene = Scene::serving().said();
    logins(&mut scene, "f00d");
    assert_eq!(now(&scene), [] as [&str; 0], "its schema was up to date all along");
    let mut scene = scene.said();
    logins(&mut scene, "beef");
    scene.behind(Some(JobState::Running));
    let mut scene = scene.said();
    scene.behind(Some(JobState::Complete));
    assert_eq!(now(&scene), ["MigrationFinished"]);
    let scene = scene.said();
    assert_eq!(now(&scene), [] as [&str; 0]);
}

#[test]
fn what_stays_as_it_is_is_told_once() {
    for (statement, change, _) in ROWS {
        let mut scene = Scene::serving().said();
        change(&mut scene);
        let scene = scene.said();
        let again = told(&scene, scene.object.status.as_ref());
        assert!(again.is_empty(), "{statement}: {again:?}");
    }
}

#[test]
fn a_route_that_is_refused_after_it_was_waited_for_is_told() {
    let mut scene = Scene::serving();
    scene.spec(&json!({"exposure": {"type": "Ingress", "host": "chat.example.org"}}));
    let mut scene = scene.said();
    let refused = State::Route { accepted: false, why: "no such class".into() };
    scene.have(Kind::Ingress, "team-a-chat", refused);
    let notices = told(&scene, scene.object.status.as_ref());
    assert_eq!(reasons(&notices), ["RouteNotAccepted!"]);
}

#[test]
fn a_first_rollout_is_told_however_soon_its_pods_are_there() {
    let mut scene = Scene::serving();
    (scene.chat().available, scene.chat().complete) = (0, false);
    let told_before = told(&scene, None);
    assert!(reasons(&told_before).contains(&"RolloutStarted".to_owned()));
    let mut scene = scene.said();
    *scene.chat() = running(1);
    let notices = told(&scene, scene.object.status.as_ref());
    assert_eq!(reasons(&notices), ["RolloutFinished"]);
}

#[test]
fn an_edit_that_changes_nothing_is_not_told() {
    let mut scene = Scene::serving().said();
    scene.object.metadata.generation = Some(4);
    let before = scene.object.status.clone();
    let announced = announce(&scene.object, scene.now);
    assert!(transitions(&scene.object, before.as_ref(), &announced).is_empty());
    assert!(told(&scene, Some(&announced)).is_empty());
}

#[test]
fn who_waits_again_after_a_pause_is_told_of_it() {
    let mut scene = Scene::serving();
    scene.spec(&json!({"suspended": true}));
    let before = scene.status();
    scene.spec(&json!({}));
    assert!(reasons(&told(&scene, Some(&before))).contains(&"Resumed".to_owned()));
}

#[test]
fn an_event_names_the_object_that_it_is_about() {
    let mut scene = Scene::serving();
    let before = scene.status();
    scene.done.foreign = vec![ChildId::new(Kind::Ingress, "team-a-chat")];
    scene.chat().generation = 2;
    scene.probe_fails("todo", ProbeError::TimedOut);
    let related: Vec<_> =
        told(&scene, Some(&before)).into_iter().map(|it| (it.reason, it.related)).collect();
    assert_eq!(
        related,
        [
            ("ForeignObject", Some(ChildId::new(Kind::Ingress, "team-a-chat"))),
            ("HandshakeFailed", Some(ChildId::new(Kind::Deployment, "team-a-tool-todo"))),
            ("RolloutStarted", Some(ChildId::new(Kind::Deployment, "team-a-chat"))),
        ]
    );
}

#[test]
fn a_restore_is_told_by_its_job_and_by_what_was_restored() {
    let mut scene = Scene::serving().said();
    scene.restore_fails(70);
    let notices = told(&scene, scene.object.status.as_ref());
    assert!(notices[0].note.contains("it has the schema of a later release"), "{notices:?}");
    let mut scene = scene.said();
    scene.restoring(Some(JobState::Complete), None);
    let notices = told(&scene, scene.object.status.as_ref());
    let finished = notices.iter().find(|it| it.reason == "RestoreFinished").unwrap();
    assert_eq!(finished.note, "The backup old/latest was restored");
    let job = ChildId::new(Kind::Job, "team-a-restore-0123abcd");
    assert_eq!(finished.related, Some(job));
}

#[test]
fn a_backup_that_came_late_is_told_and_none_that_is_only_wanted_less() {
    let mut scene = Scene::serving();
    scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}));
    scene.have(Kind::Job, "team-a-backup-29000000", State::Job(JobState::Complete));
    scene.now = "2025-02-20T09:00:00Z".parse().unwrap();
    let mut scene = scene.said();
    let now = |scene: &Scene| reasons(&told(scene, scene.object.status.as_ref()));
    scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * 0"}}}));
    assert_eq!(now(&scene), [] as [&str; 0]);
    scene.have(Kind::Job, "team-a-backup-29000701", State::Job(JobState::Complete));
    assert_eq!(now(&scene), ["BackupFinished"]);
}

#[test]
fn a_key_that_is_replaced_beside_a_login_of_others_is_told() {
    let mut scene = Scene::serving();
    scene.spec(&json!({"database": {"mode": "CNPG", "cnpg": {"clusterRef": {"name": "pg"}}}}));
    let mut scene = scene.said();
    let now = |scene: &Scene| reasons(&told(scene, scene.object.status.as_ref()));
    scene.validated.rotation.keys.is_published_only = true;
    assert_eq!(now(&scene), ["RotationStarted"]);
    let mut scene = scene.said();
    scene.validated.rotation.keys.is_published_only = false;
    assert_eq!(now(&scene), ["RotationFinished"]);
}

#[test]
fn tools_that_came_and_went_are_named() {
    let mut scene = Scene::serving();
    let before = scene.status();
    scene.probes.insert("todo".to_owned(), offers(&["fly", "swim"]));
    let told = told(&scene, Some(&before));
    assert_eq!(told[0].note, "todo now offers fly, swim, no longer add_task");
}

#[test]
fn drift_is_told_with_its_author() {
    let child = ChildId::new(Kind::Deployment, "team-a-chat");
    let drift = |manager: &str| Correction {
        child: child.clone(),
        field: "spec.replicas".to_owned(),
        manager: manager.to_owned(),
    };
    let told = corrections(&[drift("kubectl-edit"), drift("")]);
    assert_eq!(reasons(&told), ["DriftCorrected", "DriftCorrected"]);
    assert_eq!(
        told[0].note,
        "apps/Deployment/team-a-chat: spec.replicas was changed by kubectl-edit and put back"
    );
    assert!(told[1].note.contains("changed by somebody and"));
    assert_eq!(told[0].related, Some(child));
}

#[test]
fn a_refused_spec_that_is_mended_is_told_of() {
    let mut scene = Scene::serving().said();
    scene.visit = Visit::Refused(vec![refusal(Accepted, "PolicyDenied")]);
    let before = scene.status();
    scene.visit = Visit::Applied;
    assert_eq!(reasons(&told(&scene, Some(&before))), ["Accepted"]);
}
