//! What somebody changes or deletes of the operator's own is put right, at once and with the same values.

use std::time::Duration;

use kube::api::DynamicObject;
use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, kinds::Kind};
use tokio::time::Instant;

use crate::scene::{Scene, substance};

/// How soon, as a rule: these tests have two cores among them.
const SOON: Duration = Duration::from_secs(1);
const SECRETS_SOON: Duration = Duration::from_secs(30);

/// A spec with a child of every kind that a cluster has anyway.
fn all_kinds() -> Value {
    json!({
        "chat": {
            "autoscaling": {"minReplicas": 2, "maxReplicas": 4, "value": 80},
            "auth": {"signup": "Open"},
        },
        "toolServers": [
            {"name": "todo"},
            {"name": "search", "auth": {"type": "SharedToken"}, "source": {"type": "Image", "image": {
                "image": {"repository": "example.test/search", "tag": "1"},
            }}},
        ],
        "database": {"backup": {"schedule": "0 3 * * *"}, "migrations": {"policy": "Skip"}},
        "exposure": {"type": "Ingress", "host": "team.example.test"},
    })
}

async fn all_kinds_ready() -> Option<Scene<'static>> {
    let scene = Scene::set().await?;
    scene.make("team", &all_kinds()).await;
    scene.see((Kind::Ingress, "team-chat"), "there", |ingress| ingress.is_some()).await;
    let address = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}});
    scene.set_status(Kind::Ingress, "team-chat", &address).await;
    scene.ready("team").await;
    Some(scene)
}

/// A field of each kind that the operator sets, changed by hand.
fn harms() -> Vec<((Kind, &'static str), Value)> {
    let wrong_label = json!({"metadata": {"labels": {"app.kubernetes.io/component": "wrong"}}});
    vec![
        ((Kind::ServiceAccount, "team-chat"), json!({"automountServiceAccountToken": true})),
        ((Kind::ConfigMap, "team-chat"), json!({"data": {"tool-servers.json": "{}"}})),
        ((Kind::PersistentVolumeClaim, "team-db"), wrong_label.clone()),
        (
            (Kind::Service, "team-chat"),
            json!({"spec": {"selector": {"app.kubernetes.io/component": "tool"}}}),
        ),
        ((Kind::NetworkPolicy, "team-chat"), json!({"spec": {"ingress": [{}]}})),
        ((Kind::Ingress, "team-chat"), json!({"spec": {"rules": [{"host": "evil.example.test"}]}})),
        ((Kind::Deployment, "team-chat"), json!({"spec": {"minReadySeconds": 0}})),
        ((Kind::Deployment, "team-tool-todo"), json!({"spec": {"replicas": 3}})),
        ((Kind::StatefulSet, "team-db"), json!({"spec": {"replicas": 0}})),
        ((Kind::CronJob, "team-backup"), json!({"spec": {"schedule": "* * * * *"}})),
        ((Kind::PodDisruptionBudget, "team-chat"), json!({"spec": {"maxUnavailable": 2}})),
        ((Kind::HorizontalPodAutoscaler, "team-chat"), json!({"spec": {"maxReplicas": 100}})),
        ((Kind::ServiceMonitor, "team-chat"), json!({"spec": {"endpoints": [{"port": "http"}]}})),
        ((Kind::Service, "team-tool-search"), wrong_label),
    ]
}

/// Without what the server and the autoscaler choose.
fn lasting(object: &DynamicObject) -> Value {
    let mut value = substance(object);
    for chosen in ["clusterIP", "clusterIPs", "replicas"] {
        if value["spec"][chosen] != "None" {
            value["spec"].as_object_mut().map(|spec| spec.remove(chosen));
        }
    }
    value
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn a_changed_child_of_any_kind_is_put_back_within_a_second() {
    let Some(scene) = all_kinds_ready().await else { return };
    let mut times = Vec::new();
    for ((kind, name), change) in harms() {
        let before = substance(&scene.get(kind, name).await);
        let harmed = scene.harm("vandal", (kind, name), &change).await;
        assert_ne!(substance(&harmed), before, "{name}: nothing was changed");
        let began = Instant::now();
        scene
            .see((kind, name), "as before", |now| now.map(substance).as_ref() == Some(&before))
            .await;
        times.push(began.elapsed());
    }
    assert!(median(times.clone()) < SOON, "{times:?}");
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_deleted_child_of_any_kind_is_made_again_within_a_second() {
    let Some(scene) = all_kinds_ready().await else { return };
    let mut times = Vec::new();
    // A claim in use stays until its pod is gone.
    let kinds = harms().into_iter().map(|(id, _)| id);
    for (kind, name) in kinds.filter(|(kind, _)| *kind != Kind::PersistentVolumeClaim) {
        let before = scene.get(kind, name).await;
        let began = Instant::now();
        scene.delete(kind, name).await;
        let again = scene.see((kind, name), "made again", |now| {
            now.is_some_and(|now| now.metadata.uid != before.metadata.uid)
        });
        let again = again.await.expect("it was just seen");
        times.push(began.elapsed());
        assert_eq!(lasting(&again), lasting(&before));
    }
    assert!(median(times.clone()) < SOON, "{times:?}");
    let address = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}});
    scene.set_status(Kind::Ingress, "team-chat", &address).await;
    scene.ready("team").await;
    scene.check().await;
}

const SECRETS: [&str; 5] =
    ["team-signing-keys", "team-db", "team-db-login", "team-db-migrator", "team-tool-search"];

#[tokio::test]
async fn a_deleted_secret_comes_back_with_the_same_values() {
    let Some(scene) = all_kinds_ready().await else { return };
    let deployment = scene.get(Kind::Deployment, "team-chat").await;
    for name in SECRETS {
        let before = scene.get(Kind::Secret, name).await;
        let began = Instant::now();
        scene.delete(Kind::Secret, name).await;
        let again = scene.see((Kind::Secret, name), "made again", |now| {
            now.is_some_and(|now| now.metadata.uid != before.metadata.uid)
        });
        assert_eq!(again.await.expect("it was just seen").data["data"], before.data["data"]);
        assert!(began.elapsed() < SECRETS_SOON);
    }
    scene.ready("team").await;
    scene.check().await;
    // So nothing had to be started anew either.
    let after = scene.get(Kind::Deployment, "team-chat").await;
    assert_eq!(after.metadata.generation, deployment.metadata.generation);
}

#[tokio::test]
async fn a_changed_secret_gets_its_values_back() {
    let Some(scene) = all_kinds_ready().await else { return };
    for name in SECRETS {
        let before = scene.get(Kind::Secret, name).await.data["data"].clone();
        let key = before.as_object().unwrap().keys().next().unwrap().clone();
        for change in [json!({ key.clone(): "AAAA" }), json!({ key.clone(): null })] {
            let began = Instant::now();
            scene.harm("vandal", (Kind::Secret, name), &json!({ "data": change })).await;
            let same =
                |now: Option<&DynamicObject>| now.is_some_and(|now| now.data["data"] == before);
            scene.see((Kind::Secret, name), "as before", same).await;
            assert!(began.elapsed() < SECRETS_SOON);
        }
    }
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn labels_and_owners_that_were_stripped_are_put_back() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    let kinds = [
        (Kind::Service, "team-chat"),
        (Kind::ConfigMap, "team-chat"),
        (Kind::Secret, "team-db-login"),
        (Kind::NetworkPolicy, "team-chat"),
    ];
    for (kind, name) in kinds {
        let before = substance(&scene.get(kind, name).await);
        for stripped in [json!({"labels": null}), json!({"ownerReferences": null})] {
            scene.harm("vandal", (kind, name), &json!({ "metadata": stripped })).await;
            let same = |now: Option<&DynamicObject>| now.map(substance).as_ref() == Some(&before);
            scene.see((kind, name), "as before", same).await;
        }
    }
    scene.ready("team").await;
    scene.check().await;
}

#[tokio::test]
async fn a_correction_is_told_with_the_field_and_its_manager() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    let change = json!({"spec": {"minReadySeconds": 7}});
    scene.harm("vandal", (Kind::Deployment, "team-chat"), &change).await;
    let (severity, note) = scene.tells("team", "DriftCorrected").await;
    assert_eq!(severity, "Normal");
    for word in ["apps/Deployment/team-chat", "minReadySeconds", "vandal"] {
        assert!(note.contains(word), "{note}");
    }
    scene.ready("team").await;
    scene.check().await;
    let metrics = scene.operator().metrics().await;
    assert!(metrics.contains("todochat_operator_drift_corrections_total{kind=\"Deployment\"} 1"));
}

#[tokio::test]
async fn who_fights_is_named_and_the_object_is_degraded_but_ready() {
    let Some(scene) = Scene::set().await else { return };
    scene.make_light("team").await;
    scene.ready("team").await;
    let service = (Kind::Service, "team-chat");
    let before = substance(&scene.get(service.0, service.1).await);
    for _ in 0..7 {
        let change = json!({"metadata": {"labels": {"app.kubernetes.io/name": "mine"}}});
        scene.harm("vandal", service, &change).await;
        let same = |now: Option<&DynamicObject>| now.map(substance).as_ref() == Some(&before);
        scene.see(service, "as before", same).await;
    }
    let said = scene.says("team", ConditionType::Degraded, "DriftFought").await;
    assert!(said.message.contains("Service/team-chat (by vandal)"), "{}", said.message);
    assert_eq!(scene.tells("team", "DriftFought").await.0, "Warning");
    scene.ready("team").await;
    scene.check().await;
}
