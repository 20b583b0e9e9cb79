//! `kubectl todochat`: what people do day by day, and what the operator makes of it.

use std::{os::unix::fs::symlink, process::Output};

use kube::ResourceExt as _;
use serde_json::json;
use tempfile::TempDir;
use todochat_operator::kinds::Kind;
use todochat_tests::cluster::operator_program;
use tokio::process::Command;

use crate::scene::{Scene, light_with};

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
