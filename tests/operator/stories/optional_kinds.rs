//! Kinds that a cluster may lack, get, and lose again, while the operator runs.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api,
    api::DeleteParams,
    runtime::wait::{await_condition, conditions},
};
use rustix::process::Signal;
use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, kinds::Kind};
use todochat_tests::cluster::{Optional, Workload, World, install_crds, optional_crds, soon};

use crate::scene::{Scene, light, light_with, own_server};

/// An object that needs a kind, and where the kind comes from.
fn cases() -> Vec<(&'static str, Value, Kind, Optional)> {
    let exposed = |by: Value| {
        let mut spec = light_with(&json!({"exposure": by, "chat": {"auth": {"signup": "Open"}}}));
        spec["exposure"]["host"] = "a.example.test".into();
        spec
    };
    let route = json!({"type": "HTTPRoute", "httpRoute": {"parentRefs": [{"name": "edge"}]}});
    let tls = json!({"type": "Ingress", "tls": {"certManager": {"issuerRef": {"name": "acme"}}}});
    let monitor = json!({"observability": {"monitor": "Enabled"}});
    let cnpg = json!({"database": {"mode": "CNPG", "cnpg": {"create": {}}}});
    vec![
        ("routed", exposed(route), Kind::HttpRoute, Optional::Gateway),
        ("certified", exposed(tls), Kind::Certificate, Optional::CertManager),
        ("monitored", light_with(&monitor), Kind::ServiceMonitor, Optional::Monitoring),
        ("clustered", light_with(&cnpg), Kind::CnpgCluster, Optional::Cnpg),
    ]
}

#[tokio::test]
async fn an_object_that_needs_a_missing_kind_says_so_until_the_cluster_has_it_and_again_when_it_goes()
 {
    let Some(server) = own_server().await else { return };
    let scene = Scene::everywhere(&server).await;
    let world = World::of(&scene.namespace);
    scene.make("plain", &light()).await;
    world.available(Workload::StatefulSet, "plain-db").await;
    world.available(Workload::Deployment, "plain-chat").await;
    scene.ready("plain").await;
    for (name, spec, kind, _) in cases() {
        scene.make(name, &spec).await;
        let said = scene.says(name, ConditionType::Accepted, "UnsupportedByCluster").await;
        assert!(said.message.contains(kind.as_str()), "{}", said.message);
    }
    scene.check().await;
    let client = &scene.namespace.client;
    for (name, _, kind, optional) in cases() {
        install_crds(client, &optional_crds(optional).await).await;
        scene.says(name, ConditionType::Accepted, "SpecAccepted").await;
        let part = if kind == Kind::CnpgCluster { "db" } else { "chat" };
        scene.see((kind, &format!("{name}-{part}")), "there", |child| child.is_some()).await;
    }
    // Those that only make use of it if it is there.
    scene.see((Kind::ServiceMonitor, "plain-chat"), "there", |child| child.is_some()).await;
    scene.ready("plain").await;
    scene.check().await;
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    for (name, _, kind, _) in cases() {
        let definition = kind.definition().unwrap();
        let uid = crds.get(&definition).await.unwrap().metadata.uid.unwrap();
        crds.delete(&definition, &DeleteParams::default()).await.unwrap();
        let deleted = await_condition(crds.clone(), &definition, conditions::is_deleted(&uid));
        soon("the end of the definition", deleted).await.unwrap();
        scene.says(name, ConditionType::Accepted, "UnsupportedByCluster").await;
    }
    scene.ready("plain").await;
    scene.check().await;
}

#[tokio::test]
async fn an_operator_of_one_namespace_learns_of_new_kinds_when_it_is_told_to_look() {
    let Some(server) = own_server().await else { return };
    let scene = Scene::alone(&server).await;
    let monitor = json!({"observability": {"monitor": "Enabled"}});
    scene.make("team", &light_with(&monitor)).await;
    scene.says("team", ConditionType::Accepted, "UnsupportedByCluster").await;
    install_crds(&scene.namespace.client, &optional_crds(Optional::Monitoring).await).await;
    scene.check().await;
    scene.operator().signal(Signal::HUP);
    scene.says("team", ConditionType::Accepted, "SpecAccepted").await;
    scene.see((Kind::ServiceMonitor, "team-chat"), "there", |child| child.is_some()).await;
    scene.check().await;
}
