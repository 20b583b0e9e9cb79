//! The reasons that people and scripts rely on: whatever happens, no condition gives any other, and nothing that is nobody's
//! business gets out.

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::json;

use super::scene::{Scene, Visit, refusal};
use crate::{
    conditions::ConditionType::{self, *},
    crd::ConditionStatus::{self, True},
    fetched::{Reference, SecretFacts},
    kinds::{ChildId, Kind},
    probing::ProbeError,
    status::{Failure, Fight, announce, transitions},
    validated::Schema,
    world::{JobState, State, Trouble},
};

/// The condition, the reasons with which it is true, and those with which it is not.
const TABLE: &[(ConditionType, &[&str], &[&str])] = &[
    (
        Accepted,
        &["SpecAccepted"],
        &[
            "NameCollision",
            "ForeignObject",
            "PolicyDenied",
            "OverrideRejected",
            "UnsupportedByCluster",
            "Malformed",
        ],
    ),
    (
        ReferencesResolved,
        &["AllFound"],
        &["SecretNotFound", "SecretKeyMissing", "ConfigMapNotFound", "Forbidden", "InvalidContent"],
    ),
    (
        DatabaseReady,
        &["Reachable"],
        &[
            "Provisioning",
            "Unreachable",
            "AuthenticationFailed",
            "TlsFailed",
            "ClusterNotReady",
            "StorageResizePending",
        ],
    ),
    (
        CredentialsReady,
        &["Current"],
        &[
            "Creating",
            "Rotating",
            "RotationOverdue",
            "AdminDenied",
            "OldRoleInUse",
            "ManagedElsewhere",
        ],
    ),
    (
        SchemaReady,
        &["UpToDate"],
        &[
            "MigrationPending",
            "MigrationRunning",
            "MigrationFailed",
            "ApprovalNeeded",
            "SchemaNewerThanOperator",
        ],
    ),
    (
        ToolServersVerified,
        &["AllVerified"],
        &[
            "HandshakeFailed",
            "AuthFailed",
            "ToolMissing",
            "ImagePullFailed",
            "CrashLooping",
            "OptionalUnavailable",
            "Probing",
        ],
    ),
    (
        ChatAvailable,
        &["MinimumAvailable"],
        &[
            "RollingOut",
            "HeldByMigration",
            "ImagePullFailed",
            "CrashLooping",
            "Unschedulable",
            "QuotaExceeded",
            "PodSecurityDenied",
            "Suspended",
        ],
    ),
    (NetworkRestricted, &["PoliciesApplied"], &["DisabledBySpec"]),
    (
        Exposed,
        &["RouteAccepted"],
        &[
            "NotRequested",
            "RouteNotAccepted",
            "CertificatePending",
            "GatewayApiMissing",
            "HostConflict",
        ],
    ),
    (
        BackupReady,
        &["LastBackupOk"],
        &["NotConfigured", "BackupFailed", "VerificationFailed", "BackupOverdue", "NeverRun"],
    ),
    (Progressing, &["Reconciling", "Draining", "Deleting"], &["Settled", "DeadlineExceeded"]),
    (
        Degraded,
        &["OptionalToolServerDown", "BackupOverdue", "RotationOverdue", "DriftFought"],
        &["AsExpected"],
    ),
    (Paused, &["PausedBySpec"], &["NotPaused"]),
];

/// Whether this condition may say this.
fn is_known(kind: ConditionType, status: ConditionStatus, reason: &str) -> bool {
    let not_true = || TABLE.iter().flat_map(|row| row.2);
    match (kind, status) {
        (Ready, True) => reason == "Serving",
        // The first one in the way gives its reason.
        (Ready, _) => {
            matches!(reason, "Reconciling" | "Deleting" | "PausedBySpec")
                || not_true().any(|known| *known == reason)
        }
        (_, ConditionStatus::Unknown) if reason == "Reconciling" => true,
        _ => {
            let (_, when_true, otherwise) =
                TABLE.iter().find(|row| row.0 == kind).expect("every condition has its row");
            let known = if status == True { when_true } else { otherwise };
            known.contains(&reason)
        }
    }
}

/// What can happen to an object, in any order and together.
const HAPPENINGS: &[fn(&mut Scene)] = &[
    |scene| scene.visit = Visit::Refused(vec![refusal(Accepted, "PolicyDenied")]),
    |scene| scene.visit = Visit::Refused(vec![refusal(ReferencesResolved, "Forbidden")]),
    |scene| scene.visit = Visit::Failed(Failure::Transient("a write".to_owned())),
    |scene| scene.visit = Visit::FailedEarly(Failure::Transient("a read".to_owned())),
    |scene| scene.visit = Visit::Paused,
    |scene| scene.visit = Visit::PausedBehind,
    |scene| scene.visit = Visit::Deleting,
    |scene| scene.spec(&json!({"suspended": true, "toolServers": [{"name": "todo"}]})),
    |scene| scene.spec(&json!({"database": {"migrations": {"policy": "Skip"}}})),
    |scene| scene.spec(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}})),
    |scene| scene.have(Kind::Job, "team-a-backup-1440", State::Job(JobState::Complete)),
    |scene| scene.now += TimeDelta::days(2),
    |scene| {
        let external = json!({"host": "db.example.org", "database": "todo"});
        scene.spec(&json!({"database": {"mode": "External", "external": external}}));
    },
    |scene| scene.spec(&json!({"database": {"mode": "CNPG"}})),
    |scene| scene.spec(&json!({"exposure": {"type": "HTTPRoute", "host": "chat.example.org"}})),
    |scene| scene.object.status = None,
    |scene| scene.object.metadata.generation = Some(9),
    |scene| scene.world.children.clear(),
    |scene| scene.behind(Some(JobState::Running)),
    |scene| scene.behind(Some(JobState::Failed("x".into()))),
    |scene| scene.behind(Some(JobState::Complete)),
    |scene| scene.validated.stage.schema = Schema::Held,
    |scene| scene.hold(Kind::Deployment, "team-a-chat"),
    |scene| scene.hold(Kind::Deployment, "team-a-tool-todo"),
    |scene| scene.pod("chat", None, Trouble::Unschedulable { message: "0/1 nodes".into() }),
    |scene| scene.pod("migration", None, Trouble::OutOfMemory { container: "m".into() }),
    |scene| scene.pod("database", None, Trouble::OutOfMemory { container: "d".into() }),
    |scene| {
        let trouble = Trouble::CannotStart { container: "t".into(), reason: "r".into() };
        scene.pod("tool", Some("todo"), trouble);
    },
    |scene| scene.probes.clear(),
    |scene| scene.probe_fails("todo", ProbeError::TimedOut),
    |scene| scene.probe_fails("search", ProbeError::Unauthorized),
    |scene| scene.done.foreign = vec![ChildId::new(Kind::Service, "team-a-chat")],
    |scene| {
        let child = ChildId::new(Kind::Deployment, "team-a-chat");
        scene.done.fights = vec![Fight { child, manager: String::new() }];
    },
    |scene| {
        for (_, seen) in &mut scene.world.children {
            if let State::Workload(workload) = &mut seen.state {
                workload.available = 0;
                workload.ready = 0;
                workload.failure = Some("pods \"x\" is forbidden: no".into());
            }
        }
    },
    |scene| {
        for (_, seen) in &mut scene.world.children {
            seen.deleting = true;
        }
    },
];

const SECRET: &str = "correct-horse";

/// Puts something that may not get out wherever the input holds what is not told.
fn hide_a_secret(scene: &mut Scene) {
    let stage = &mut scene.validated.stage;
    stage.own_secrets.insert("team-a-db".to_owned(), SECRET.to_owned());
    scene.validated.chat.inputs = SECRET.to_owned();
    scene.validated.chat.env.push(k8s_openapi::api::core::v1::EnvVar {
        name: "KEY".to_owned(),
        value: Some(SECRET.to_owned()),
        ..Default::default()
    });
    let facts = SecretFacts { digest: SECRET.to_owned(), ..SecretFacts::default() };
    scene.fetched.secrets.insert("key".to_owned(), Reference::Found(facts));
}

proptest! {
    #[test]
    fn whatever_happens_the_status_is_whole_and_says_only_what_is_known(
        happenings in prop::collection::vec(0..HAPPENINGS.len(), 0..6),
    ) {
        let mut scene = Scene::serving().said();
        hide_a_secret(&mut scene);
        for happening in happenings {
            HAPPENINGS[happening](&mut scene);
        }
        let before = scene.object.status.clone();
        let announced = announce(&scene.object, scene.now);
        let status = scene.status();
        for status in [&announced, &status] {
            let kinds: Vec<&str> = status.conditions.iter().map(|it| it.kind.as_str()).collect();
            prop_assert_eq!(&kinds, &ConditionType::ALL.map(ConditionType::as_str));
            for (condition, kind) in status.conditions.iter().zip(ConditionType::ALL) {
                prop_assert!(
                    is_known(kind, condition.status, &condition.reason),
                    "{:?}", condition
                );
                prop_assert!(!condition.message.is_empty(), "{:?}", condition);
            }
        }
        let text = serde_json::to_string(&status).unwrap();
        prop_assert!(!text.contains(SECRET), "{}", text);
        let told = transitions(&scene.object, before.as_ref(), &status);
        let told = format!("{told:?}");
        prop_assert!(!told.contains(SECRET), "{}", told);

        // The same world again: the same bytes, and nothing is told.
        scene.object.status = Some(status.clone());
        let again = scene.status();
        prop_assert_eq!(&again, &status);
        prop_assert!(transitions(&scene.object, Some(&status), &again).is_empty());
    }
}
