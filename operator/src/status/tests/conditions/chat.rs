//! The chat's pods.

use super::*;

fn in_trouble(scene: &mut Scene, trouble: Trouble) {
    scene.chat().available = 0;
    scene.pod("chat", None, trouble);
}
fn failing(scene: &mut Scene, failure: &str) {
    scene.chat().available = 0;
    scene.chat().failure = Some(failure.into());
}

const CHAT: &[Row] = &[
    ("enough do", |_| {}, True, "MinimumAvailable"),
    ("its newest generation was not seen", |s| s.chat().generation = 2, False, "RollingOut"),
    ("old pods are left", |scene| scene.chat().replicas = 2, False, "RollingOut"),
    ("new pods are missing", |scene| scene.chat().updated = 0, False, "RollingOut"),
    ("one is not available", |scene| scene.chat().available = 0, False, "RollingOut"),
    (
        "the rollout is stuck",
        |s| {
            s.chat().available = 0;
            s.chat().stuck = true;
        },
        False,
        "RollingOut",
    ),
    ("it does not exist", |s| s.lose(Kind::Deployment, "team-a-chat"), False, "RollingOut"),
    (
        "its newest form waits for the schema",
        |scene| {
            scene.behind(Some(JobState::Running));
            scene.hold(Kind::Deployment, "team-a-chat");
        },
        False,
        "HeldByMigration",
    ),
    (
        "its newest form waits for a Secret",
        |scene| scene.hold(Kind::Deployment, "team-a-chat"),
        False,
        "RollingOut",
    ),
    ("its image is not there", |s| in_trouble(s, image_pull()), False, "ImagePullFailed"),
    ("it crashes", |scene| in_trouble(scene, crash(1)), False, "CrashLooping"),
    ("it wants too much memory", |s| in_trouble(s, out_of_memory()), False, "CrashLooping"),
    ("no node takes it", |s| in_trouble(s, unschedulable()), False, "Unschedulable"),
    (
        "a quota leaves no room",
        |scene| failing(scene, "pods \"x\" is forbidden: exceeded quota: small, used: 3"),
        False,
        "QuotaExceeded",
    ),
    (
        "the namespace refuses the pods",
        |scene| failing(scene, "pods \"x\" is forbidden: violates PodSecurity \"r\": no"),
        False,
        "PodSecurityDenied",
    ),
    ("it is suspended", |s| s.spec(&json!({"suspended": true})), False, "Suspended"),
    ("no pods are wanted", |scene| *scene.chat() = running(0), False, "Suspended"),
    (
        "a pod that serves had trouble once",
        |scene| scene.pod("chat", None, crash(1)),
        True,
        "MinimumAvailable",
    ),
    (
        "the spec is refused and the last good pods serve",
        |scene| scene.visit = refused(Accepted, "PolicyDenied"),
        True,
        "MinimumAvailable",
    ),
];

#[test]
fn the_trouble_of_an_earlier_kind_of_pods_is_not_told_of_the_newest() {
    let mut scene = Scene::serving();
    in_trouble(&mut scene, image_pull());
    let earlier = scene.world.pods.last_mut().unwrap();
    (earlier.revision, earlier.created) = ("earlier".into(), "2026-01-01T00:00:00Z".into());
    in_trouble(&mut scene, crash(3));
    assert_eq!(scene.condition(ChatAvailable).reason, "CrashLooping");
    scene.world.pods.pop();
    assert_eq!(scene.condition(ChatAvailable).reason, "ImagePullFailed");
}

#[test]
fn chat_available_says_why_too_few_pods_serve() {
    check(ChatAvailable, CHAT);
}
