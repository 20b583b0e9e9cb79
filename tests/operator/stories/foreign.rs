//! An object of somebody else stands where a child should: it is not touched, and its name is told.

use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, kinds::Kind};

use super::becoming_ready::migration;
use crate::scene::{Scene, light, light_with};

/// A name of an object, what it wants of its kind there, and somebody else's object in the way of that.
struct Case {
    object: &'static str,
    spec: Value,
    kind: Kind,
    name: String,
    body: Value,
}

fn case(object: &'static str, spec: &Value, kind: Kind, part: &str, body: Value) -> Case {
    Case { object, spec: spec.clone(), kind, name: format!("{object}-{part}"), body }
}

#[expect(clippy::too_many_lines, reason = "one row for each kind")]
fn cases() -> Vec<Case> {
    let light = light();
    let pod = json!({
        "metadata": {"labels": {"a": "b"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "c:1"}]},
    });
    let mut server = pod.clone();
    server["spec"]["restartPolicy"] = "Always".into();
    let workload = json!({"spec": {
        "replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": server,
    }});
    let two = light_with(&json!({"chat": {"replicas": 2}}));
    let scaled = light_with(&json!({"chat": {
        "autoscaling": {"minReplicas": 2, "maxReplicas": 4, "value": 80},
    }}));
    let backed_up = light_with(&json!({"database": {
        "backup": {"schedule": "0 3 * * *"}, "migrations": {"policy": "Skip"},
    }}));
    let exposed = |by: Value| {
        let mut spec = light_with(&json!({"exposure": by, "chat": {"auth": {"signup": "Open"}}}));
        spec["exposure"]["host"] = "a.example.test".into();
        spec
    };
    let route = exposed(json!({"type": "HTTPRoute", "httpRoute": {"parentRefs": [{"name": "g"}]}}));
    let certified = exposed(json!({
        "type": "Ingress", "tls": {"certManager": {"issuerRef": {"name": "i"}}},
    }));
    let scale = json!({"spec": {
        "maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
    }});
    let cron = json!({"spec": {
        "schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": pod}},
    }});
    let backend = json!({"service": {"name": "x", "port": {"number": 80}}});
    let claim = json!({"spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
    }});
    let key = json!({"stringData": {"keys.json": "somebody-elses-value"}});
    let monitor = json!({"spec": {"selector": {}, "endpoints": []}});
    let cluster = json!({"spec": {"instances": 1}});
    let cnpg = light_with(&json!({"database": {"mode": "CNPG", "cnpg": {"create": {}}}}));
    let migrated = json!({"toolServers": []});
    vec![
        case("accounts", &light, Kind::ServiceAccount, "chat", json!({})),
        case("secrets", &light, Kind::Secret, "signing-keys", key),
        case("maps", &light, Kind::ConfigMap, "chat", json!({"data": {"a": "b"}})),
        case("claims", &light, Kind::PersistentVolumeClaim, "db", claim),
        case("services", &light, Kind::Service, "chat", json!({"spec": {"ports": [{"port": 80}]}})),
        case("policies", &light, Kind::NetworkPolicy, "chat", json!({"spec": {"podSelector": {}}})),
        case(
            "ingresses",
            &exposed(json!({"type": "Ingress"})),
            Kind::Ingress,
            "chat",
            json!({"spec": {"defaultBackend": backend}}),
        ),
        case("deployments", &light, Kind::Deployment, "chat", workload.clone()),
        case("sets", &light, Kind::StatefulSet, "db", workload),
        case(
            "jobs",
            &migrated,
            Kind::Job,
            &migration(),
            json!({"spec": {"suspend": true, "template": pod}}),
        ),
        case("crons", &backed_up, Kind::CronJob, "backup", cron),
        case(
            "budgets",
            &two,
            Kind::PodDisruptionBudget,
            "chat",
            json!({"spec": {"maxUnavailable": 3}}),
        ),
        case("scalers", &scaled, Kind::HorizontalPodAutoscaler, "chat", scale),
        case("routes", &route, Kind::HttpRoute, "chat", json!({"spec": {}})),
        case("monitors", &light, Kind::ServiceMonitor, "chat", monitor),
        case(
            "certs",
            &certified,
            Kind::Certificate,
            "chat",
            json!({"spec": {"secretName": "x", "issuerRef": {"name": "x"}}}),
        ),
        case("clusters", &cnpg, Kind::CnpgCluster, "db", cluster),
    ]
}

/// Workloads without a say in what the operator may do with them.
fn untouched(now: &Value, before: &Value) -> bool {
    let spec = |value: &Value| {
        let mut value = value.clone();
        value.as_object_mut().map(|all| all.remove("status"));
        let metadata = value["metadata"].as_object_mut();
        metadata.map(|all| {
            ["managedFields", "resourceVersion", "annotations"].map(|one| all.remove(one))
        });
        value
    };
    spec(now) == spec(before)
}

#[tokio::test]
async fn an_object_of_any_kind_in_the_way_is_named_left_alone_and_waited_for() {
    let Some(scene) = Scene::set().await else { return };
    let cases = cases();
    let mut theirs = Vec::new();
    for case in &cases {
        let mut body = case.body.clone();
        body["metadata"]["name"] = case.name.clone().into();
        let made = scene.create(case.kind, &body).await;
        theirs.push(serde_json::to_value(&made).unwrap());
        scene.make(case.object, &case.spec).await;
    }
    for case in &cases {
        let said = scene.says(case.object, ConditionType::Accepted, "ForeignObject").await;
        let id = todochat_operator::kinds::ChildId::new(case.kind, &case.name).to_inventory();
        assert!(said.message.starts_with(&id), "{id}: {}", said.message);
    }
    scene.check().await;
    for (case, before) in cases.iter().zip(&theirs) {
        let now = serde_json::to_value(scene.get(case.kind, &case.name).await).unwrap();
        assert!(untouched(&now, before), "{now} {before}");
        let managers = now["metadata"]["managedFields"].to_string();
        assert!(!managers.contains("todochat-operator"), "{managers}");
        scene.delete(case.kind, &case.name).await;
    }
    for case in &cases {
        scene.says(case.object, ConditionType::Accepted, "SpecAccepted").await;
    }
    scene.check().await;
}

#[tokio::test]
async fn no_pod_runs_with_somebody_elses_account_configuration_or_keys() {
    let Some(scene) = Scene::set().await else { return };
    let body = json!({"metadata": {"name": "team-signing-keys"}, "stringData": {"keys.json": "somebody-elses-value"}});
    scene.create(Kind::Secret, &body).await;
    scene.make_light("team").await;
    scene.says("team", ConditionType::Accepted, "ForeignObject").await;
    scene.check().await;
    for (kind, name) in [(Kind::Deployment, "team-chat"), (Kind::StatefulSet, "team-db")] {
        assert!(scene.find(kind, name).await.is_none());
    }
    assert_eq!(scene.tells("team", "ForeignObject").await.0, "Warning");
}

#[tokio::test]
async fn an_object_that_is_labelled_like_a_child_is_no_child() {
    let Some(scene) = Scene::set().await else { return };
    let labels = json!({
        "app.kubernetes.io/managed-by": "todochat-operator", "todochat.dev/object": "team",
        "app.kubernetes.io/instance": "team", "app.kubernetes.io/component": "chat",
    });
    let extra = json!({"metadata": {"name": "team-extra", "labels": labels}, "data": {"a": "b"}});
    scene.create(Kind::ConfigMap, &extra).await;
    let in_the_way = json!({
        "metadata": {"name": "team-chat", "labels": labels}, "spec": {"ports": [{"port": 80}]},
    });
    let before = scene.create(Kind::Service, &in_the_way).await;
    scene.make_light("team").await;
    scene.says("team", ConditionType::Accepted, "ForeignObject").await;
    let now = scene.get(Kind::Service, "team-chat").await;
    assert_eq!(now.metadata.resource_version, before.metadata.resource_version);
    scene.delete(Kind::Service, "team-chat").await;
    scene.ready("team").await;
    // Labels do not make it ours to prune either.
    scene.get(Kind::ConfigMap, "team-extra").await;
    scene.delete(Kind::ConfigMap, "team-extra").await;
    scene.check().await;
}
