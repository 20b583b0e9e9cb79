//! What the spec no longer asks for goes; data never does.

use std::collections::BTreeSet;

use serde_json::json;
use todochat_operator::{conditions::ConditionType, kinds::Kind};

use crate::scene::{Scene, light_with};

#[tokio::test]
async fn what_is_no_longer_asked_for_goes_and_the_rest_stays() {
    let Some(scene) = Scene::set().await else { return };
    let source =
        json!({"type": "Image", "image": {"image": {"repository": "good.test/s", "tag": "1"}}});
    let more = json!({
        "chat": {"replicas": 2},
        "toolServers": [{"name": "search", "auth": {"type": "SharedToken"}, "source": source}],
        "database": {"backup": {"schedule": "0 3 * * *"}, "migrations": {"policy": "Skip"}},
    });
    scene.make("team", &light_with(&more)).await;
    let team = scene.ready("team").await;
    let before: BTreeSet<String> = scene.children(&team).await.into_keys().collect();
    let less = json!({
        "chat": {"replicas": 1},
        "toolServers": [],
        "database": {"backup": null},
        "network": {"policy": "Disabled"},
        "observability": {"monitor": "Disabled"},
    });
    scene.edit("team", &less).await;
    scene.ready("team").await;
    scene.says("team", ConditionType::NetworkRestricted, "DisabledBySpec").await;
    scene.check().await;
    let after: BTreeSet<String> = scene.children(&team).await.into_keys().collect();
    assert_eq!(after.difference(&before).next(), None);
    let gone: Vec<&str> = before.difference(&after).map(String::as_str).collect();
    let expected = [
        "Secret/team-tool-search",
        "Service/team-tool-search",
        "ServiceAccount/team-tool-search",
        "apps/Deployment/team-tool-search",
        "batch/CronJob/team-backup",
        "monitoring.coreos.com/ServiceMonitor/team-chat",
        "networking.k8s.io/NetworkPolicy/team-backup",
        "networking.k8s.io/NetworkPolicy/team-chat",
        "networking.k8s.io/NetworkPolicy/team-db",
        "networking.k8s.io/NetworkPolicy/team-migrate",
        "networking.k8s.io/NetworkPolicy/team-tool-search",
        "policy/PodDisruptionBudget/team-chat",
    ];
    assert_eq!(gone, expected);
    // Backups are data.
    scene.get(Kind::PersistentVolumeClaim, "team-backup").await;
}

#[tokio::test]
async fn what_somebody_has_stripped_of_its_labels_is_pruned_all_the_same() {
    let Some(mut scene) = Scene::set().await else { return };
    let source =
        json!({"type": "Image", "image": {"image": {"repository": "good.test/s", "tag": "1"}}});
    scene
        .make("team", &light_with(&json!({"toolServers": [{"name": "search", "source": source}]})))
        .await;
    scene.ready("team").await;
    scene.check().await;
    scene.stop().await;
    let stripped = json!({"metadata": {"labels": null}});
    scene.harm("vandal", (Kind::Service, "team-tool-search"), &stripped).await;
    scene.edit("team", &json!({"toolServers": []})).await;
    scene.start().await;
    scene.ready("team").await;
    scene.check().await;
    assert!(scene.find(Kind::Service, "team-tool-search").await.is_none());
}

#[tokio::test]
async fn what_is_somebody_elses_by_now_is_not_pruned() {
    let Some(mut scene) = Scene::set().await else { return };
    scene.make("team", &light_with(&json!({"chat": {"replicas": 2}}))).await;
    scene.ready("team").await;
    scene.stop().await;
    let name = "team-chat";
    scene.delete(Kind::PodDisruptionBudget, name).await;
    scene.see((Kind::PodDisruptionBudget, name), "gone", |budget| budget.is_none()).await;
    let theirs = json!({"metadata": {"name": name}, "spec": {"maxUnavailable": 3}});
    let theirs = scene.create(Kind::PodDisruptionBudget, &theirs).await;
    scene.edit("team", &json!({"chat": {"replicas": 1}})).await;
    scene.start().await;
    scene.ready("team").await;
    scene.check().await;
    let now = scene.get(Kind::PodDisruptionBudget, name).await;
    assert_eq!(now.metadata.uid, theirs.metadata.uid);
    assert_eq!(now.data["spec"], theirs.data["spec"]);
}
