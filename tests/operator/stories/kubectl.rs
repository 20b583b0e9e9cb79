//! `kubectl todochat`: what people do day by day, and what the operator makes of it.

use std::{os::unix::fs::symlink, process::Output};

use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::{ResourceExt as _, api::PostParams};
use serde_json::json;
use tempfile::TempDir;
use todochat_operator::kinds::Kind;
use todochat_tests::cluster::operator_program;
use tokio::process::Command;

use crate::scene::{Scene, eventually, light_with};

const RESTARTED_AT: &str = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";

/// The plugin under its name, and who may do everything.
struct Plugin {
    folder: TempDir,
    namespace: String,
}

impl Plugin {
    fn of(scene: &Scene<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        scene.server.kubeconfig().write(&folder.path().join("kubeconfig"));
        let program = operator_program().with_file_name("todochat");
        assert!(program.exists(), "cargo build --workspace --bins makes {}", program.display());
        symlink(program, folder.path().join("kubectl-todochat")).unwrap();
        Self { folder, namespace: scene.namespace.name.clone() }
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.folder.path().join("kubectl-todochat"));
        command.env_clear().arg("--kubeconfig").arg(self.folder.path().join("kubeconfig"));
        command.args(["--namespace", &self.namespace]).args(arguments).output().await.unwrap()
    }

    /// What it prints when it ends well.
    async fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// What it complains of.
    async fn complains(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        text(&output.stderr)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn status_shows_all_objects_and_what_is_amiss_with_one() {
    let Some(scene) = Scene::set().await else { return };
    let plugin = Plugin::of(&scene);
    assert_eq!(plugin.says(&["status"]).await, "No TodoChats found.\n");
    scene.make_light("team").await;
    scene.ready("team").await;
    let table = plugin.says(&["status"]).await;
    let words: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(words[..4], ["team", "True", "Serving", "1/1"], "{table}");
    let one = plugin.says(&["status", "team"]).await;
    assert!(one.contains("ChatAvailable") && one.contains("MinimumAvailable"), "{one}");
    assert!(!one.contains("is missing"), "{one}");
    let nobody = plugin.complains(&["status", "nobody"]).await;
    assert!(nobody.contains("there is no TodoChat nobody in the namespace"), "{nobody}");
    scene.check().await;
}

/// Lets somebody look at everything but Secrets.
async fn let_look(scene: &Scene<'_>, who: &str) {
    let kinds = Kind::all().filter(|kind| *kind != Kind::Secret).map(Kind::plural);
    let resources: Vec<_> = kinds.chain(["todochats", "events"]).collect();
    let role: Role = serde_json::from_value(json!({
        "metadata": {"name": who},
        "rules": [{"apiGroups": ["*"], "resources": resources, "verbs": ["get", "list"]}],
    }))
    .unwrap();
    let binding: RoleBinding = serde_json::from_value(json!({
        "metadata": {"name": who},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": who},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": who}],
    }))
    .unwrap();
    scene.namespace.api().create(&PostParams::default(), &role).await.unwrap();
    scene.namespace.api().create(&PostParams::default(), &binding).await.unwrap();
}

#[tokio::test]
async fn who_may_not_read_secrets_sees_all_the_rest() {
    let Some(scene) = Scene::set().await else { return };
    let plugin = Plugin::of(&scene);
    scene.make_light("team").await;
    scene.ready("team").await;
    let_look(&scene, "onlooker").await;
    let kubeconfig = scene.server.kubeconfig().acting_as("onlooker", &[]);
    kubeconfig.write(&plugin.folder.path().join("kubeconfig"));
    // The server learns of rights a moment after they are given.
    let shown = eventually("the right to look", async || {
        let output = plugin.run(&["status", "team"]).await;
        output.status.success().then(|| text(&output.stdout))
    })
    .await;
    assert!(shown.contains("MinimumAvailable") && !shown.contains("is missing"), "{shown}");
    let unread = "\ncould not be read: secrets \"team-db-login\" is forbidden";
    assert!(shown.contains(unread), "{shown}");
    scene.check().await;
}

#[tokio::test]
async fn a_restart_replaces_the_pods_and_the_operator_leaves_it_alone() {
    let Some(scene) = Scene::set().await else { return };
    let plugin = Plugin::of(&scene);
    scene.make_light("team").await;
    scene.ready("team").await;
    scene.check().await;
    let mark = scene.mark();
    let told = plugin.says(&["restart", "team", "chat"]).await;
    assert_eq!(told, "deployment.apps/team-chat restarted\n");
    scene.ready("team").await;
    scene.check().await;
    let written = scene.writes(mark);
    assert!(written.iter().all(|asked| asked.resource == "todochats"), "{written:?}");
    let restarted = async || {
        let chat = scene.get(Kind::Deployment, "team-chat").await;
        chat.data.pointer(RESTARTED_AT).cloned()
    };
    let when = restarted().await;
    assert!(when.is_some());
    // And when the operator has something of its own to change.
    scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    scene.ready("team").await;
    assert_eq!(restarted().await, when);
    let wrong = plugin.complains(&["restart", "team", "wiki"]).await;
    assert!(wrong.contains("team has no part wiki; it has chat"), "{wrong}");
    scene.check().await;
}

#[tokio::test]
async fn a_backup_is_a_run_of_the_cron_job_or_a_clear_refusal() {
    let Some(scene) = Scene::set().await else { return };
    let plugin = Plugin::of(&scene);
    scene.make_light("team").await;
    scene.ready("team").await;
    let refused = plugin.complains(&["backup", "team"]).await;
    assert!(refused.contains("no backups configured: set spec.database.backup"), "{refused}");
    scene
        .make(
            "team",
            &light_with(&json!({"database": {
                "migrations": {"policy": "Skip"}, "backup": {"schedule": "0 3 * * *"},
            }})),
        )
        .await;
    scene.ready("team").await;
    let told = plugin.says(&["backup", "team"]).await;
    let name = told.strip_prefix("job.batch/").and_then(|told| told.strip_suffix(" created\n"));
    let job = scene.get(Kind::Job, name.expect("it names the Job")).await;
    let cron_job = scene.get(Kind::CronJob, "team-backup").await;
    let owner = job.owner_references().first().unwrap();
    assert_eq!((&*owner.kind, Some(&owner.uid)), ("CronJob", cron_job.uid().as_ref()));
    let image = "/spec/template/spec/containers/0/image";
    let template = cron_job.data.pointer("/spec/jobTemplate").unwrap();
    assert_eq!(job.data.pointer(image), template.pointer(image));
    assert_eq!(job.labels()["app.kubernetes.io/component"], "backup");
}

/// What is backed up.
fn backed_up() -> serde_json::Value {
    light_with(&json!({"database": {"backup": {"schedule": "0 3 * * *"}}}))
}

#[tokio::test]
async fn a_restore_takes_the_pods_away_migrates_again_and_brings_them_back() {
    let Some(scene) = Scene::set().await else { return };
    let plugin = Plugin::of(&scene);
    scene.make("team", &light_with(&json!({"database": {"migrations": {"policy": "Auto"}}}))).await;
    scene.ready("team").await;
    let backup = "todochat-20261121T030000Z";
    let refused = plugin.complains(&["restore", "team", "--from", backup, "--yes"]).await;
    assert!(refused.contains("no backups configured: set spec.database.backup"), "{refused}");
    scene.edit("team", &json!({"database": {"backup": {"schedule": "0 3 * * *"}}})).await;
    scene.ready("team").await;
    // Nobody is there to ask, and it would destroy something.
    let unsure = plugin.complains(&["restore", "team", "--from", backup]).await;
    assert!(unsure.contains("say --yes"), "{unsure}");
    let mark = scene.mark();
    let told = plugin.says(&["restore", "team", "--from", backup, "--yes", "--timeout=3m"]).await;
    assert!(told.ends_with("todochat.todochat.dev/team restored\n"), "{told}");
    let team = scene.objects().get("team").await.unwrap();
    let restored = team.status.as_ref().unwrap().database.as_ref().unwrap().restored.clone();
    assert!(restored.unwrap().starts_with(&format!("{backup}@{}@", team.uid().unwrap())));
    assert!(!team.annotations().contains_key("todochat.dev/restore"), "it is not to be done again");
    let written = scene.writes(mark);
    let jobs = written.iter().filter(|asked| asked.resource == "jobs" && asked.verb != "delete");
    let jobs: std::collections::BTreeSet<_> = jobs.map(|asked| asked.name.clone()).collect();
    let of = |part: &str| jobs.iter().filter(|name| name.contains(part)).count();
    assert_eq!((of("team-restore-"), of("team-migrate-")), (1, 1), "{jobs:?}");
    scene.ready("team").await;
    let chat = scene.get(Kind::Deployment, "team-chat").await;
    assert_eq!(chat.data.pointer("/spec/replicas"), Some(&json!(1)));
}

#[tokio::test]
async fn a_new_object_starts_from_a_backup_of_another() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("old", &backed_up()).await;
    scene.ready("old").await;
    let spec = light_with(&json!({"database": {"restoreFrom": {"object": "old"}}}));
    scene.make("team", &spec).await;
    let team = scene
        .until("team", "the backup restored", |team| {
            let database = team.status.as_ref().and_then(|status| status.database.as_ref());
            database.is_some_and(|database| database.restored.as_deref() == Some("old/latest"))
        })
        .await;
    assert!(team.status.unwrap().database.unwrap().schema_version.is_none());
    let team = scene.ready("team").await;
    assert!(team.status.unwrap().database.unwrap().schema_version.is_some());
    scene.check().await;
}

#[tokio::test]
async fn what_was_asked_for_is_waited_for() {
    let Some(scene) = Scene::set().await else { return };
    let plugin = Plugin::of(&scene);
    scene.make("team", &backed_up()).await;
    scene.ready("team").await;
    let told = plugin.says(&["backup", "team", "--wait", "--timeout=1m"]).await;
    assert!(told.lines().last().unwrap().ends_with(" complete"), "{told}");
    let told = plugin.says(&["restart", "team", "chat", "--wait", "--timeout=1m"]).await;
    assert_eq!(told.lines().last(), Some("deployment.apps/team-chat serves"));
    let late = plugin.complains(&["rotate", "team", "--wait", "--timeout=1ms"]).await;
    assert!(late.contains("has not replaced its credentials in time"), "{late}");
}

/// What stands in Secrets and where else people put secrets; none of it may come into a report.
const CANARIES: [&str; 5] = [
    "canary-of-the-model",
    "canary-of-a-variable",
    "canary-of-an-argument",
    "canary-in-a-url",
    "canary-in-an-event",
];

#[tokio::test]
async fn a_report_of_a_real_server_holds_no_secret() {
    let Some(scene) = Scene::set().await else { return };
    let plugin = Plugin::of(&scene);
    let secret: k8s_openapi::api::core::v1::Secret = serde_json::from_value(json!({
        "metadata": {"name": "model", "labels": {"todochat.dev/allow": "team", "todochat.dev/object": "team"}},
        "stringData": {"key": CANARIES[0]},
    }))
    .unwrap();
    scene.namespace.api().create(&PostParams::default(), &secret).await.unwrap();
    let spec = light_with(&json!({"chat": {"env": [
        {"name": "EXTRA_KEY", "valueFrom": {"secretKeyRef": {"name": "model", "key": "key"}}},
        {"name": "MY_PASSWORD", "value": CANARIES[1]},
        {"name": "ARGUMENTS", "value": format!("--session-token {}", CANARIES[2])},
        {"name": "PROXY", "value": format!("http://me:{}@proxy.example:3128", CANARIES[3])},
    ]}}));
    scene.make("team", &spec).await;
    scene.ready("team").await;
    let regarding = json!({"apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "name": "team",
        "namespace": scene.namespace.name});
    let event: k8s_openapi::api::core::v1::Event = serde_json::from_value(json!({
        "metadata": {"name": "canary"}, "involvedObject": regarding, "type": "Warning", "reason": "Said",
        "message": format!("it was told password={}", CANARIES[4]),
    }))
    .unwrap();
    scene.namespace.api().create(&PostParams::default(), &event).await.unwrap();
    let own = scene.get(Kind::Secret, "team-db-login").await;
    let password = own.data["data"]["password"].as_str().unwrap().to_owned();
    let report =
        plugin.says(&["report", "team", "--operator-namespace", &scene.namespace.name]).await;
    for canary in CANARIES {
        assert!(!report.contains(canary), "{canary}");
        let encoded = base64(canary);
        assert!(!report.contains(&encoded), "{canary} as it stands in a Secret");
    }
    assert!(!report.contains(&password) && !report.contains(&plain(&password)));
    for told in ["team-db-login", "MY_PASSWORD", "EXTRA_KEY", "kind: TodoChat", "kind: Deployment"]
    {
        assert!(report.contains(told), "{told}");
    }
}

fn base64(text: &str) -> String {
    serde_json::to_value(k8s_openapi::ByteString(text.as_bytes().to_vec()))
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

fn plain(encoded: &str) -> String {
    let bytes: k8s_openapi::ByteString = serde_json::from_value(json!(encoded)).unwrap();
    String::from_utf8(bytes.0).unwrap()
}
