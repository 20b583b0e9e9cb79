//! The end of an object, and a new beginning under its name.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace as Space;
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, DynamicObject, Patch, PatchParams},
};
use serde_json::{Value, json};
use todochat_operator::{
    conditions::ConditionType,
    crd::{ConditionStatus, TodoChat},
    kinds::Kind,
};
use todochat_tests::cluster::{ApiServer, Namespace, until};

use crate::scene::{Scene, all, controller, eventually, is, light_with};

fn light_and(policy: &str) -> Value {
    light_with(&json!({ "deletionPolicy": policy }))
}

/// The names of all that carries the operator's label.
async fn left(scene: &Scene<'_>) -> Vec<String> {
    let mut left = Vec::new();
    for kind in Kind::all() {
        let managed = |object: &DynamicObject| {
            object
                .labels()
                .get("app.kubernetes.io/managed-by")
                .is_some_and(|by| by == "todochat-operator")
        };
        let objects = all(&scene.kind(kind)).await.into_iter().filter(managed);
        left.extend(objects.map(|object| format!("{} {}", kind.as_str(), object.name_any())));
    }
    left
}

/// Waits until just this is left.
pub(super) async fn only_left(scene: &Scene<'_>, expected: &[&str]) {
    eventually(&format!("that only {expected:?} is left"), async || {
        let left = left(scene).await;
        (left == expected).then_some(())
    })
    .await;
}

async fn passwords(scene: &Scene<'_>) -> [Value; 2] {
    let (admin, login) =
        (scene.get(Kind::Secret, "team-db").await, scene.get(Kind::Secret, "team-db-login").await);
    [admin.data["data"]["password"].clone(), login.data["data"]["password"].clone()]
}

#[tokio::test]
async fn delete_leaves_nothing() {
    let Some(scene) = Scene::set().await else { return };
    let team = scene.make("team", &light_and("Delete")).await;
    assert!(team.finalizers().is_empty());
    let team = scene.ready("team").await;
    assert!(team.finalizers().is_empty(), "the cluster's own collector does it all");
    scene.delete_object("team").await;
    only_left(&scene, &[]).await;
    scene.check().await;
}

#[tokio::test]
async fn retain_leaves_the_volume_and_the_logins_and_tells_how_to_remove_them() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &light_and("Retain")).await;
    scene.ready("team").await;
    let before = passwords(&scene).await;
    scene.delete_object("team").await;
    let kept = [
        "Secret team-db",
        "Secret team-db-login",
        "Secret team-db-migrator",
        "PersistentVolumeClaim team-db",
    ];
    only_left(&scene, &kept).await;
    for (kind, name) in [(Kind::Secret, "team-db"), (Kind::PersistentVolumeClaim, "team-db")] {
        let kept = scene.get(kind, name).await;
        assert_eq!(kept.labels()["todochat.dev/retained"], "true");
        assert_eq!(controller(&kept.metadata), None);
    }
    assert_eq!(passwords(&scene).await, before);
    let (severity, note) = scene.tells("team", "Retained").await;
    assert_eq!(severity, "Normal");
    assert!(note.contains("kubectl") && note.contains("todochat.dev/object=team"), "{note}");
    assert_eq!(scene.tells("team", "Deleted").await.0, "Normal");
    scene.check().await;
}

#[tokio::test]
async fn what_was_retained_is_the_next_objects_of_that_name() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &light_and("Retain")).await;
    scene.ready("team").await;
    let (before, volume) =
        (passwords(&scene).await, scene.get(Kind::PersistentVolumeClaim, "team-db").await.uid());
    for _ in 0..2 {
        scene.delete_object("team").await;
        scene.make("team", &light_and("Retain")).await;
        let team = scene.ready("team").await;
        assert_eq!(passwords(&scene).await, before);
        let claim = scene.get(Kind::PersistentVolumeClaim, "team-db").await;
        assert_eq!(
            (claim.uid(), controller(&claim.metadata)),
            (volume.clone(), team.uid().as_deref())
        );
        assert!(!claim.labels().contains_key("todochat.dev/retained"));
        scene.check().await;
    }
}

#[tokio::test]
async fn a_snapshot_is_taken_before_the_rest_goes() {
    let Some(scene) = Scene::set().await else { return };
    let spec = json!({
        "toolServers": [], "deletionPolicy": "Snapshot",
        "database": {"backup": {"schedule": "0 3 * * *"}},
    });
    scene.make("team", &spec).await;
    scene.ready("team").await;
    let mark = scene.mark();
    scene.delete_object("team").await;
    // Of what use would a backup be that goes with its object?
    only_left(&scene, &["PersistentVolumeClaim team-backup"]).await;
    scene.check().await;
    // By now the log has it all: a watch may tell of a write before its line is there.
    let written = scene.writes(mark);
    let snapshot = written.iter().position(|asked| asked.name == "team-snapshot");
    let let_go = written.iter().rposition(|asked| asked.what() == "patch todochats");
    assert!(snapshot.is_some() && snapshot < let_go, "{written:?}");
}

const THEIR_FINALIZER: &str = "story.test/hold";

/// Somebody else holds the object, or lets it go.
async fn hold(scene: &Scene<'_>, is_held: bool) {
    let team = scene.objects().get("team").await.unwrap();
    let mut finalizers = team.finalizers().to_vec();
    finalizers.retain(|finalizer| finalizer != THEIR_FINALIZER);
    finalizers.extend(is_held.then(|| THEIR_FINALIZER.to_owned()));
    let patch = json!({"metadata": {"finalizers": finalizers}});
    let params = PatchParams::default();
    scene.objects().patch("team", &params, &Patch::Merge(patch)).await.unwrap();
}

#[tokio::test]
async fn an_object_that_somebody_else_holds_says_that_it_goes() {
    let Some(scene) = Scene::set().await else { return };
    for policy in ["Delete", "Retain"] {
        scene.make("team", &light_and(policy)).await;
        scene.ready("team").await;
        hold(&scene, true).await;
        scene.check().await;
        let mark = scene.mark();
        scene.objects().delete("team", &DeleteParams::background()).await.unwrap();
        scene.says("team", ConditionType::Progressing, "Deleting").await;
        let going = |team: &TodoChat| {
            let ours = team.finalizers() == [THEIR_FINALIZER];
            ours && is(team, ConditionType::Ready, ConditionStatus::False)
        };
        let team = scene.until("team", "held by them alone", going).await;
        assert_eq!(team.status.unwrap().observed_generation, team.metadata.generation);
        // Only time can show that nothing more comes.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let written = scene.writes(mark).into_iter();
        let told = written.filter(|asked| asked.what() == "patch todochats/status").count();
        assert_eq!(told, 1, "it is told once");
        if policy == "Retain" {
            // That somebody else holds it yet does not keep from telling that the operator does not.
            scene.tells("team", "Deleted").await;
        }
        hold(&scene, false).await;
        scene.until_gone("team").await;
    }
    scene.check().await;
}

#[tokio::test]
async fn a_new_object_of_the_name_waits_for_the_end_of_the_old_ones_children() {
    let Some(scene) = Scene::set().await else { return };
    let mut uid = None;
    for _ in 0..3 {
        scene.make("team", &light_and("Delete")).await;
        let team = scene.ready("team").await;
        assert_ne!(team.uid(), uid);
        uid = team.uid();
        let names = scene.children(&team).await.into_keys();
        let inventory = team.status.unwrap().inventory.into_iter().map(|item| item.id);
        assert_eq!(names.collect::<Vec<_>>(), {
            let mut ids: Vec<_> = inventory.collect();
            ids.sort();
            ids
        });
        scene.delete_object("team").await;
    }
    only_left(&scene, &[]).await;
}

#[tokio::test]
async fn an_object_can_go_while_it_comes_to_be() {
    let Some(scene) = Scene::set().await else { return };
    for (policy, kept) in [("Delete", false), ("Retain", true)] {
        scene.make("team", &json!({ "deletionPolicy": policy })).await;
        scene.see((Kind::Service, "team-chat"), "there", |service| service.is_some()).await;
        scene.delete_object("team").await;
        eventually("the end of the rest", async || {
            let left = left(&scene).await;
            let is_data = |what: &String| {
                [" team-db", "-login", "-migrator"].iter().any(|end| what.ends_with(end))
            };
            let data =
                left.iter().all(|what| kept && is_data(what) && !what.starts_with("Stateful"));
            data.then_some(())
        })
        .await;
    }
    scene.check().await;
}

#[tokio::test]
async fn an_object_goes_whatever_is_wrong_with_it() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &light_and("Retain")).await;
    scene.ready("team").await;
    let key = json!({"model": {"name": "gpt", "apiKey": {"name": "missing", "key": "token"}}});
    scene.edit("team", &json!({ "chat": key })).await;
    scene.says("team", ConditionType::ReferencesResolved, "SecretNotFound").await;
    scene.delete_object("team").await;
    scene.make("other", &light_with(&json!({"paused": true, "deletionPolicy": "Retain"}))).await;
    scene.says("other", ConditionType::Paused, "PausedBySpec").await;
    scene.delete_object("other").await;
    scene.check().await;
}

#[tokio::test]
async fn without_an_operator_an_object_goes_unless_there_is_data_to_keep() {
    let Some(mut scene) = Scene::set().await else { return };
    scene.make("gone", &light_and("Delete")).await;
    scene.make("kept", &light_and("Retain")).await;
    scene.ready("gone").await;
    scene.ready("kept").await;
    scene.stop().await;
    scene.delete_object("gone").await;
    scene.objects().delete("kept", &DeleteParams::background()).await.unwrap();
    assert!(scene.objects().get_opt("kept").await.unwrap().is_some());
    scene.start().await;
    scene.until_gone("kept").await;
    let kept = [
        "Secret kept-db",
        "Secret kept-db-login",
        "Secret kept-db-migrator",
        "PersistentVolumeClaim kept-db",
    ];
    only_left(&scene, &kept).await;
    scene.check().await;
}

#[tokio::test]
async fn a_policy_can_be_changed_until_the_end() {
    let Some(scene) = Scene::set().await else { return };
    scene.make("team", &light_and("Retain")).await;
    scene.ready("team").await;
    scene.edit("team", &json!({"deletionPolicy": "Delete"})).await;
    scene.until("team", "no finalizer", |team: &TodoChat| team.finalizers().is_empty()).await;
    scene.ready("team").await;
    scene.check().await;
    scene.delete_object("team").await;
    only_left(&scene, &[]).await;
}

#[tokio::test]
async fn a_policy_holds_that_comes_with_an_edit_which_is_not_carried_out() {
    let Some(scene) = Scene::set().await else { return };
    let key = json!({"model": {"name": "gpt", "apiKey": {"name": "missing", "key": "token"}}});
    let edits = [
        ("paused", json!({"deletionPolicy": "Retain", "paused": true})),
        ("refused", json!({"deletionPolicy": "Retain", "chat": key})),
    ];
    for (name, edit) in edits {
        scene.make(name, &light_and("Delete")).await;
        scene.ready(name).await;
        scene.edit(name, &edit).await;
        let is_held = |object: &TodoChat| object.finalizers() == ["todochat.dev/data"];
        scene.until(name, "the finalizer", is_held).await;
        scene.check().await;
        scene.delete_object(name).await;
    }
    let kept = [
        "Secret paused-db",
        "Secret paused-db-login",
        "Secret paused-db-migrator",
        "Secret refused-db",
        "Secret refused-db-login",
        "Secret refused-db-migrator",
        "PersistentVolumeClaim paused-db",
        "PersistentVolumeClaim refused-db",
    ];
    only_left(&scene, &kept).await;
    scene.check().await;
}

// With Roles of the namespace alone the operator loses its rights before it can let go of what it keeps data for.
#[tokio::test]
async fn a_namespace_with_an_object_goes() {
    let server = ApiServer::shared().await;
    if !server.has_kwok() {
        return;
    }
    let doomed = Namespace::fresh(server).await;
    let Some(scene) = Scene::beside(&doomed).await else { return };
    let objects = doomed.api::<TodoChat>();
    let object = json!({
        "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat",
        "metadata": {"name": "team"}, "spec": light_and("Retain"),
    });
    let params = PatchParams::apply("person");
    objects.patch("team", &params, &Patch::Apply(&object)).await.unwrap();
    let ready = |team: Option<&TodoChat>| {
        team.is_some_and(|team| is(team, ConditionType::Ready, ConditionStatus::True))
    };
    until("Ready", objects, "team", ready).await;
    let spaces = Api::<Space>::all(doomed.client.clone());
    spaces.delete(&doomed.name, &DeleteParams::default()).await.unwrap();
    let gone = |space: Option<&Space>| space.is_none();
    until("its end", spaces, &doomed.name, gone).await;
    scene.check().await;
}
