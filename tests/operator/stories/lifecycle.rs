//! What waits for somebody's word, and what must not be lost when it goes wrong.

use kube::{
    ResourceExt as _,
    api::{DynamicObject, Patch, PatchParams},
};
use serde_json::json;
use todochat_operator::{conditions::ConditionType, kinds::Kind};
use todochat_tests::cluster::{Workload, World};

use super::becoming_ready::migration;
use crate::{
    election::skewed,
    scene::{Scene, all, eventually, own_server},
};

#[tokio::test]
async fn a_migration_waits_until_somebody_names_its_version() {
    let Some(scene) = Scene::set().await else { return };
    let spec = json!({"toolServers": [], "database": {"migrations": {"policy": "Manual"}}});
    scene.make("team", &spec).await;
    let said = scene.says("team", ConditionType::SchemaReady, "ApprovalNeeded").await;
    let version = env!("CARGO_PKG_VERSION");
    assert!(said.message.contains("kubectl patch todochat -n"), "{}", said.message);
    assert!(said.message.contains(&format!("approvedVersion\":\"{version}\"")), "{}", said.message);
    let names = async |kind: Kind| -> Vec<String> {
        all(&scene.kind(kind)).await.iter().map(DynamicObject::name_any).collect()
    };
    assert!(names(Kind::Job).await.is_empty(), "nothing migrates before that");
    assert!(names(Kind::Deployment).await.is_empty(), "and nothing serves");
    // Another version is not this one.
    scene.edit("team", &json!({"database": {"migrations": {"approvedVersion": "0.0.1"}}})).await;
    scene.says("team", ConditionType::SchemaReady, "ApprovalNeeded").await;
    scene.edit("team", &json!({"database": {"migrations": {"approvedVersion": version}}})).await;
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_login_that_could_not_be_made_is_made_at_the_next_try() {
    let Some(server) = own_server().await else { return };
    let mut scene = Scene::alone(&server).await;
    scene.make("team", &json!({"toolServers": []})).await;
    let world = World::of(&scene.namespace);
    world.available(Workload::StatefulSet, "team-db").await;
    world.complete(&format!("team-{}", migration())).await;
    world.available(Workload::Deployment, "team-chat").await;
    scene.ready("team").await;
    let patch = json!({"metadata": {"annotations": {"todochat.dev/rotate": "now"}}});
    let by = PatchParams::default();
    scene.objects().patch("team", &by, &Patch::Merge(patch)).await.unwrap();
    let turn = async |scene: &Scene<'_>, before: Option<String>| {
        eventually("another Job of the turn", async || {
            let jobs = all(&scene.kind(Kind::Job)).await.into_iter();
            let names = jobs.map(|job| job.name_any());
            names
                .into_iter()
                .find(|name| name.contains("migrate-login") && Some(name) != before.as_ref())
        })
        .await
    };
    let first = turn(&scene, None).await;
    world.fail(&first).await;
    scene.says("team", ConditionType::CredentialsReady, "RotationOverdue").await;
    assert!(scene.find(Kind::Job, &first).await.is_some(), "somebody may want to see why");
    scene.stop().await;
    scene.start_with(|launch| skewed(launch, "+2m")).await;
    let second = turn(&scene, Some(first)).await;
    World::of(&scene.namespace).complete(&second).await;
    scene
        .until("team", "the other login", |team| {
            let database = team.status.as_ref().and_then(|status| status.database.as_ref());
            database
                .is_some_and(|database| database.active_role.as_deref() == Some("todochat_app_b"))
        })
        .await;
}
