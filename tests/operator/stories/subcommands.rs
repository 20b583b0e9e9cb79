//! `render`, `diff` and `crds`.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use kube::ResourceExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use todochat_operator::kinds::Kind;
use todochat_tests::cluster::operator_program;
use tokio::process::Command;

use crate::scene::{Scene, light, light_with, own_server};

fn file(folder: &Path, spec: &Value) -> String {
    let object = json!({
        "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "metadata": {"name": "team"}, "spec": spec,
    });
    let path = folder.join("team.yaml");
    std::fs::write(&path, object.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

async fn run(arguments: &[&str], kubeconfig: Option<&Path>) -> Output {
    let mut command = Command::new(operator_program());
    command.env_clear().args(arguments);
    command.envs(kubeconfig.map(|path| ("KUBECONFIG", path)));
    command.output().await.unwrap()
}

/// What `diff` is asked with where a story plays.
struct Files {
    folder: TempDir,
    kubeconfig: PathBuf,
    namespace: String,
}

impl Files {
    fn of(scene: &Scene<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        scene.server.kubeconfig().write(&kubeconfig);
        Self { folder, kubeconfig, namespace: scene.namespace.name.clone() }
    }

    /// What an object of that spec would change, made by the operator of the same namespace.
    async fn diff(&self, spec: &Value) -> Output {
        let (path, place) = (file(self.folder.path(), spec), self.namespace.as_str());
        let arguments = ["diff", "--namespace", place, "--operator-namespace", place, &path];
        run(&arguments, Some(&self.kubeconfig)).await
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The kinds and names in a stream of YAML documents.
fn names(yaml: &str) -> Vec<String> {
    let documents = serde_saphyr::from_multiple::<Value>(yaml).unwrap().into_iter();
    let mut names: Vec<String> = documents
        .map(|one| {
            format!(
                "{}/{}",
                one["kind"].as_str().unwrap(),
                one["metadata"]["name"].as_str().unwrap()
            )
        })
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn render_prints_without_a_cluster_what_the_operator_makes_in_one() {
    let Some(scene) = Scene::set().await else { return };
    let spec = light_with(&json!({"deletionPolicy": "Delete"}));
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &spec);
    let output = run(&["render", &path], None).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rendered = names(&text(&output.stdout));
    scene.make("team", &spec).await;
    let team = scene.ready("team").await;
    let children = scene.children(&team).await.into_iter();
    let mut live: Vec<String> = children
        .map(|(id, child)| {
            let kind = id.rsplit('/').nth(1).unwrap();
            format!("{kind}/{}", child.name_any())
        })
        .collect();
    live.sort();
    assert_eq!(rendered, live);
    scene.check().await;
}

#[tokio::test]
async fn render_says_what_is_wrong_and_exits_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &json!({"chat": {"pod": {"affinity": {"wrong": 1}}}}));
    let output = run(&["render", &path], None).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("affinity"), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn render_refuses_a_field_that_the_definition_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &json!({"chat": {"replica": 3}}));
    let output = run(&["render", &path], None).await;
    assert_eq!(output.status.code(), Some(1));
    let refused = text(&output.stderr);
    assert!(refused.contains("unknown field \"spec.chat.replica\""), "{refused}");
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn diff_tells_what_would_change_and_changes_nothing() {
    let Some(scene) = Scene::set().await else { return };
    let files = Files::of(&scene);
    let spec = json!({"toolServers": [], "deletionPolicy": "Delete"});
    scene.make("team", &spec).await;
    let team = scene.ready("team").await;
    scene.check().await;
    let versions = async || {
        let children = scene.children(&team).await.into_iter();
        children.map(|(id, child)| (id, child.resource_version())).collect::<Vec<_>>()
    };
    let before = versions().await;
    let same = files.diff(&spec).await;
    assert_eq!(
        (same.status.code(), text(&same.stdout)),
        (Some(0), String::new()),
        "{}",
        text(&same.stderr)
    );
    let other = json!({
        "toolServers": [], "deletionPolicy": "Delete", "chat": {"streaming": {"heartbeat": "20s"}},
    });
    let changed = files.diff(&other).await;
    assert_eq!(changed.status.code(), Some(1), "{}", text(&changed.stderr));
    let told = text(&changed.stdout);
    assert!(told.contains("apps/Deployment/team-chat") && told.contains('+'), "{told}");
    assert!(
        told.lines().any(|line| line.starts_with('+') && line.contains("--heartbeat=20")),
        "{told}"
    );
    assert!(!told.contains("Service/team-chat"), "{told}");
    assert_eq!(versions().await, before);
    scene.check().await;
}

#[tokio::test]
async fn diff_tells_what_would_be_deleted_and_nothing_of_secrets() {
    let Some(scene) = Scene::set().await else { return };
    let files = Files::of(&scene);
    let source =
        json!({"type": "Image", "image": {"image": {"repository": "good.test/s", "tag": "1"}}});
    let more = light_with(&json!({
        "toolServers": [{"name": "search", "auth": {"type": "SharedToken"}, "source": source}],
        "database": {"backup": {"schedule": "0 3 * * *"}, "migrations": {"policy": "Skip"}},
    }));
    scene.make("team", &more).await;
    scene.ready("team").await;
    scene.check().await;
    let same = files.diff(&more).await;
    assert_eq!(
        (same.status.code(), text(&same.stdout)),
        (Some(0), String::new()),
        "{}",
        text(&same.stderr)
    );
    let less = files.diff(&light()).await;
    assert_eq!(less.status.code(), Some(1), "{}", text(&less.stderr));
    let told = text(&less.stdout);
    for gone in
        ["Secret/team-tool-search", "apps/Deployment/team-tool-search", "batch/CronJob/team-backup"]
    {
        assert!(told.contains(&format!("--- live/{gone}\n")), "{gone}: {told}");
    }
    assert!(told.contains("-kind: CronJob"), "{told}");
    // Backups are data.
    assert!(!told.contains("PersistentVolumeClaim/team-backup"), "{told}");
    let secret = scene.get(Kind::Secret, "team-tool-search").await;
    for entry in secret.data["data"].as_object().unwrap().values() {
        assert!(!told.contains(entry.as_str().unwrap()), "{told}");
    }
    scene.check().await;
}

#[tokio::test]
async fn diff_shows_an_object_that_is_not_there_as_all_new() {
    let Some(scene) = Scene::set().await else { return };
    let files = Files::of(&scene);
    let output = files.diff(&json!({"toolServers": []})).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    for child in ["apps/Deployment/team-chat", "Secret/team-db", "Service/team-chat"] {
        assert!(told.contains(child), "{told}");
    }
    scene.check().await;
}

#[tokio::test]
async fn a_diff_that_fails_does_not_exit_as_if_there_were_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &json!({}));
    let nowhere = folder.path().join("kubeconfig");
    std::fs::write(&nowhere, "{}").unwrap();
    let output = run(&["diff", &path], Some(&nowhere)).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn diff_asks_the_cluster_what_it_has() {
    let Some(server) = own_server().await else { return };
    let scene = Scene::alone(&server).await;
    let files = Files::of(&scene);
    let scaling = json!({"target": "ActiveStreams", "maxReplicas": 5, "value": 200});
    let output = files.diff(&json!({"toolServers": [], "chat": {"autoscaling": scaling}})).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("apps/Deployment/team-chat"), "{told}");
    assert!(!told.contains("ServiceMonitor/team-chat"), "{told}");
    // No metrics of pods are there either: it scales by processor time.
    assert!(told.contains("HorizontalPodAutoscaler/team-chat"), "{told}");
    assert!(told.contains("type: Resource") && !told.contains("- pods:"), "{told}");
    let needs_it = files.diff(&json!({"observability": {"monitor": "Enabled"}})).await;
    assert_eq!(needs_it.status.code(), Some(2), "{}", text(&needs_it.stdout));
    let refused = text(&needs_it.stderr);
    assert!(refused.contains("UnsupportedByCluster"), "{refused}");
    scene.check().await;
}

#[tokio::test]
async fn crds_prints_the_definition_that_is_in_the_repository() {
    let output = run(&["crds"], None).await;
    let committed = include_str!("../../../crds/todochats.yaml");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), committed);
}
