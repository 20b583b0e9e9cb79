//! CloudNativePG, as its own definitions have it. What it does itself is done by hand here; `tests/e2e` has the real one.

use kube::{
    ResourceExt as _,
    api::{DynamicObject, Patch, PatchParams, ValidationDirective},
};
use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, kinds::Kind};

use crate::scene::{Scene, light_with, substance};

fn made(create: &Value) -> Value {
    light_with(&json!({"database": {
        "mode": "CNPG", "cnpg": {"create": create}, "migrations": {"policy": "Skip"},
    }}))
}

/// The login and the authority of a cluster, as CloudNativePG makes them.
async fn make_secrets(scene: &Scene<'_>, cluster: &str, password: &str) {
    let secret = |name: &str, data: &Value| {
        let metadata = json!({"name": name, "labels": {"cnpg.io/cluster": cluster}});
        json!({"metadata": metadata, "stringData": data})
    };
    let login = json!({"username": "app", "password": password});
    scene.create(Kind::Secret, &secret(&format!("{cluster}-app"), &login)).await;
    let authority = json!({"ca.crt": "a-certificate", "ca.key": "its-key"});
    scene.create(Kind::Secret, &secret(&format!("{cluster}-ca"), &authority)).await;
}

async fn set_ready(scene: &Scene<'_>, cluster: &str, ready: &str, phase: &str) {
    let condition = json!({
        "type": "Ready", "status": ready, "reason": "Because", "message": phase,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let status = json!({"phase": phase, "conditions": [condition], "currentPrimary": format!("{cluster}-1")});
    scene.set_status(Kind::CnpgCluster, cluster, &status).await;
}

#[tokio::test]
async fn what_is_built_is_all_known_to_its_definition() {
    let Some(scene) = Scene::set().await else { return };
    let more = json!({"instances": 5, "storage": {"size": "20Gi", "storageClassName": "fast"}});
    let mut suspended = made(&json!({}));
    suspended["suspended"] = true.into();
    for (name, spec) in [("plain", made(&json!({}))), ("more", made(&more)), ("asleep", suspended)]
    {
        scene.make(name, &spec).await;
        let cluster = format!("{name}-db");
        let seen = scene.see((Kind::CnpgCluster, &cluster), "there", |one| one.is_some()).await;
        let mut built = substance(&seen.unwrap());
        built["apiVersion"] = "postgresql.cnpg.io/v1".into();
        built["kind"] = "Cluster".into();
        built["metadata"]["name"] = format!("{cluster}-again").into();
        let strict = PatchParams {
            dry_run: true,
            field_validation: Some(ValidationDirective::Strict),
            ..PatchParams::apply("todochat-tests")
        };
        let name = format!("{cluster}-again");
        let clusters = scene.kind(Kind::CnpgCluster);
        let stored = clusters.patch(&name, &strict, &Patch::Apply(&built)).await.unwrap();
        // Nothing of it was taken for something else, and dropped.
        let (sent, kept) = (&built["spec"], &stored.data["spec"]);
        for member in ["instances", "storage", "bootstrap"] {
            assert!(holds(&kept[member], &sent[member]), "{member}: {kept}");
        }
    }
    scene.check().await;
}

/// Whether all of `part` is in `whole`.
fn holds(whole: &Value, part: &Value) -> bool {
    match part.as_object() {
        Some(members) => members.iter().all(|(name, value)| holds(&whole[name], value)),
        None => whole == part,
    }
}

#[tokio::test]
async fn a_made_cluster_is_waited_for_and_its_login_is_followed_and_never_written() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &made(&json!({"instances": 2}))).await;
    scene.says("team", ConditionType::DatabaseReady, "ClusterNotReady").await;
    set_ready(&scene, "team-db", "False", "Setting up primary").await;
    scene
        .until("team", "its own words", |team| {
            let said = crate::scene::condition(team, ConditionType::DatabaseReady);
            said.is_some_and(|said| said.message.contains("Setting up primary"))
        })
        .await;
    make_secrets(&scene, "team-db", "the-first-one").await;
    set_ready(&scene, "team-db", "True", "Cluster in healthy state").await;
    scene.ready("team").await;
    let login = scene.get(Kind::Secret, "team-db-login").await;
    let url = |secret: &DynamicObject| secret.data["data"]["url"].clone();

    let other = json!({"stringData": {"password": "the-second-one"}});
    scene.harm("cnpg", (Kind::Secret, "team-db-app"), &other).await;
    scene
        .see((Kind::Secret, "team-db-login"), "with the new password", |secret| {
            secret.is_some_and(|secret| url(secret) != url(&login))
        })
        .await;
    scene.ready("team").await;
    for name in ["team-db-app", "team-db-ca"] {
        let secret = scene.get(Kind::Secret, name).await;
        let managers = secret.managed_fields().iter().filter_map(|one| one.manager.clone());
        assert!(managers.into_iter().all(|one| !one.contains("todochat-operator")), "{name}");
    }
    // Its role is its own: no login of ours takes turns there.
    let team = scene.objects().get("team").await.unwrap().status.unwrap();
    assert_eq!(team.database.unwrap().active_role, None);
    scene.check().await;
}

#[tokio::test]
async fn a_named_cluster_is_only_looked_at() {
    let Some(scene) = Scene::set().await else { return };
    let named = light_with(&json!({"database": {
        "mode": "CNPG", "cnpg": {"clusterRef": {"name": "shared"}}, "migrations": {"policy": "Skip"},
    }}));
    scene.make("team", &named).await;
    scene.says("team", ConditionType::ReferencesResolved, "SecretNotFound").await;
    let theirs = json!({"metadata": {"name": "shared"}, "spec": {"instances": 1, "storage": {"size": "1Gi"}}});
    scene.create(Kind::CnpgCluster, &theirs).await;
    make_secrets(&scene, "shared", "the-only-one").await;
    set_ready(&scene, "shared", "True", "Cluster in healthy state").await;
    scene.ready("team").await;
    scene.says("team", ConditionType::CredentialsReady, "ManagedElsewhere").await;
    let before = substance(&scene.get(Kind::CnpgCluster, "shared").await);
    set_ready(&scene, "shared", "False", "Failing over").await;
    scene.says("team", ConditionType::DatabaseReady, "ClusterNotReady").await;
    set_ready(&scene, "shared", "True", "Cluster in healthy state").await;
    scene.ready("team").await;
    scene.check().await;
    scene.delete_object("team").await;
    assert_eq!(substance(&scene.get(Kind::CnpgCluster, "shared").await), before);
}
