//! The tool servers.

use super::*;

const TOOL_SERVERS: &[Row] = &[
    ("nothing is", |_| {}, True, "AllVerified"),
    ("there are none", |scene| scene.validated.tool_servers.clear(), True, "AllVerified"),
    (
        "a required one gives no answer",
        |scene| scene.probe_fails("todo", ProbeError::TimedOut),
        False,
        "HandshakeFailed",
    ),
    (
        "a required one does not accept the credential",
        |scene| scene.probe_fails("todo", ProbeError::Unauthorized),
        False,
        "AuthFailed",
    ),
    (
        "a required one lacks an allowed tool",
        |scene| {
            let probe = scene.probes.get_mut("todo").unwrap();
            let mut offer = (**probe.outcome.as_ref().unwrap()).clone();
            offer.missing = vec!["fly".to_owned()];
            probe.outcome = Ok(offer.into());
        },
        False,
        "ToolMissing",
    ),
    (
        "the image of a required one cannot be pulled",
        |scene| scene.tool_pod("todo", image_pull()),
        False,
        "ImagePullFailed",
    ),
    ("a required one crashes", |scene| scene.tool_pod("todo", crash(2)), False, "CrashLooping"),
    (
        "no node takes a required one",
        |scene| scene.tool_pod("todo", unschedulable()),
        False,
        "HandshakeFailed",
    ),
    (
        "only an optional one is away",
        |scene| scene.probe_fails("search", ProbeError::Unreachable),
        False,
        "OptionalUnavailable",
    ),
    (
        "one was not spoken to yet for this spec",
        |scene| {
            scene.probes.remove("todo");
            scene.object.metadata.generation = Some(4);
        },
        Unknown,
        "Probing",
    ),
    (
        "this process has spoken to none yet, and the one before had verified all",
        |scene| scene.probes.clear(),
        True,
        "AllVerified",
    ),
    (
        "one is being replaced and the old one answers",
        |scene| scene.workload(Kind::Deployment, "team-a-tool-todo").generation = 2,
        Unknown,
        "Probing",
    ),
    (
        "the newest form of one waits for something",
        |scene| scene.hold(Kind::Deployment, "team-a-tool-todo"),
        Unknown,
        "Probing",
    ),
    (
        "one was verified and has no pod now",
        |scene| scene.workload(Kind::Deployment, "team-a-tool-todo").available = 0,
        Unknown,
        "Probing",
    ),
    (
        "one of two pods of a server is away",
        |scene| {
            let workload = scene.workload(Kind::Deployment, "team-a-tool-todo");
            *workload = running(2);
            workload.available = 1;
        },
        True,
        "AllVerified",
    ),
    (
        "one that runs elsewhere answers",
        |scene| {
            scene.validated.tool_servers[0].runs = Runs::Remote { headers: Vec::new(), ca: None };
            scene.lose(Kind::Deployment, "team-a-tool-todo");
        },
        True,
        "AllVerified",
    ),
    (
        "the spec is refused and a server is away",
        |scene| {
            scene.visit = refused(Accepted, "PolicyDenied");
            scene.probe_fails("todo", ProbeError::NotMcp);
        },
        False,
        "HandshakeFailed",
    ),
];

#[test]
fn tool_servers_verified_says_what_is_wrong_with_them() {
    check(ToolServersVerified, TOOL_SERVERS);
}

#[test]
fn tool_servers_verified_names_the_tools_that_are_never_called() {
    let mut scene = Scene::serving();
    scene.validated.tool_servers[0].tools.require_approval = vec!["wipe".to_owned()];
    let condition = scene.condition(ToolServersVerified);
    assert_eq!(condition.status, True);
    assert!(condition.message.starts_with("All tool servers were spoken to. Never called, "));
    assert!(condition.message.ends_with(": wipe of todo."), "{}", condition.message);
}
