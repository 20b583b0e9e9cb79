//! An object without a word in its spec becomes a chat.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use serde_json::json;
use todochat_operator::{conditions::ConditionType, kinds::Kind};
use todochat_tests::cluster::{Asked, Workload, World};

use crate::scene::{Scene, own_server};

/// What a minimal object called `team` becomes where the cluster has all optional kinds.
const CHILDREN: [&str; 21] = [
    "ConfigMap/team-chat",
    "PersistentVolumeClaim/team-db",
    "Secret/team-db",
    "Secret/team-db-login",
    "Secret/team-db-migrator",
    "Secret/team-signing-keys",
    "Service/team-chat",
    "Service/team-db",
    "Service/team-tool-todo",
    "ServiceAccount/team-chat",
    "ServiceAccount/team-db",
    "ServiceAccount/team-tool-todo",
    "apps/Deployment/team-chat",
    "apps/Deployment/team-tool-todo",
    "apps/StatefulSet/team-db",
    "monitoring.coreos.com/ServiceMonitor/team-chat",
    "networking.k8s.io/NetworkPolicy/team-chat",
    "networking.k8s.io/NetworkPolicy/team-db",
    "networking.k8s.io/NetworkPolicy/team-migrate",
    "networking.k8s.io/NetworkPolicy/team-tool-todo",
    "policy/PodDisruptionBudget/team-db",
];

/// The migration's name without its object's.
pub(super) fn migration() -> String {
    format!("migrate-{}", env!("CARGO_PKG_VERSION").replace('.', "-"))
}

#[tokio::test]
async fn a_minimal_object_becomes_ready_with_all_its_children() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    let team = scene.ready("team").await;
    let status = team.status.clone().unwrap();
    assert_eq!((status.replicas, status.ready_replicas), (1, 1));
    assert_eq!(status.url, None);
    assert_eq!(status.tools_ready.as_deref(), Some("1/1"));
    assert_eq!(status.tool_servers[0].tools, ["add_task", "list_tasks"]);
    let mut expected = CHILDREN.map(str::to_owned).to_vec();
    expected.push(format!("batch/Job/team-{}", migration()));
    expected.sort();
    let children = scene.children(&team).await;
    assert_eq!(children.keys().cloned().collect::<Vec<_>>(), expected);
    scene.check().await;
}

#[tokio::test]
async fn on_the_way_each_child_is_written_once_and_the_status_five_times() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    scene.ready("team").await;
    scene.check().await;
    let written = by_object(&scene.all_writes());
    let statuses = written.get("todochats/status team").copied();
    assert!(statuses <= Some(5), "{statuses:?} status writes");
    let children = written.iter().filter(|(what, _)| !what.starts_with("todochats"));
    let children: Vec<_> = children.collect();
    assert!(children.iter().all(|(_, times)| **times == 1), "{children:?}");
    assert_eq!(children.len(), CHILDREN.len() + 1);
}

fn by_object(writes: &[Asked]) -> BTreeMap<String, usize> {
    let mut written = BTreeMap::new();
    for Asked { resource, subresource, name, .. } in writes {
        let slash = if subresource.is_empty() { "" } else { "/" };
        *written.entry(format!("{resource}{slash}{subresource} {name}")).or_default() += 1;
    }
    written
}

#[tokio::test]
async fn no_server_starts_before_the_first_migration_is_done() {
    let Some(scene) = Scene::by_hand().await else { return };
    let world = World::of(&scene.namespace);
    scene.make("team", &json!({})).await;
    scene.says("team", ConditionType::DatabaseReady, "Provisioning").await;
    let job = format!("team-{}", migration());
    world.available(Workload::StatefulSet, "team-db").await;
    scene.says("team", ConditionType::SchemaReady, "MigrationRunning").await;
    scene.says("team", ConditionType::ChatAvailable, "HeldByMigration").await;
    scene.check().await;
    for deployment in ["team-chat", "team-tool-todo"] {
        assert!(scene.find(Kind::Deployment, deployment).await.is_none());
    }
    world.complete(&job).await;
    world.available(Workload::Deployment, "team-chat").await;
    world.available(Workload::Deployment, "team-tool-todo").await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_migration_that_is_done_does_not_run_again_when_its_job_is_deleted() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &json!({})).await;
    let before = scene.ready("team").await;
    let job = format!("team-{}", migration());
    scene.delete(Kind::Job, &job).await;
    scene.see((Kind::Job, &job), "gone", |job| job.is_none()).await;
    scene.edit("team", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    scene.ready("team").await;
    scene.check().await;
    assert!(scene.find(Kind::Job, &job).await.is_none());
    let pods = scene.namespace.api::<Pod>();
    let of_job = ListParams::default().labels("app.kubernetes.io/component=migration");
    assert!(pods.list(&of_job).await.unwrap().items.is_empty());
    let after = scene.objects().get("team").await.unwrap();
    assert_eq!(after.status.unwrap().database, before.status.unwrap().database);
}

#[tokio::test]
async fn a_failed_migration_is_said_and_runs_again_once_its_job_is_deleted() {
    // A Job's controller would try for minutes before it gives up.
    let Some(server) = own_server().await else { return };
    let scene = Scene::alone(&server).await;
    let world = World::of(&scene.namespace);
    scene.make("team", &json!({})).await;
    world.available(Workload::StatefulSet, "team-db").await;
    let job = format!("team-{}", migration());
    world.fail(&job).await;
    let said = scene.says("team", ConditionType::SchemaReady, "MigrationFailed").await;
    assert!(said.message.contains(&format!("job/{job}")), "{}", said.message);
    scene.says("team", ConditionType::Progressing, "DeadlineExceeded").await;
    scene.says("team", ConditionType::ChatAvailable, "HeldByMigration").await;
    scene.check().await;
    scene.delete(Kind::Job, &job).await;
    scene.says("team", ConditionType::SchemaReady, "MigrationRunning").await;
    world.complete(&job).await;
    world.available(Workload::Deployment, "team-chat").await;
    world.available(Workload::Deployment, "team-tool-todo").await;
    scene.ready("team").await;
    scene.check().await;
}
