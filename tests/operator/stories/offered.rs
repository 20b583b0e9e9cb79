//! What the cluster offers to everybody comes and goes: classes of Ingress, and metrics that streams can be counted by.

use kube::{
    Api, Client,
    api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, PostParams},
};
use rustix::process::Signal;
use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, kinds::Kind};
use todochat_tests::cluster::{Workload, World};

use crate::scene::{Scene, condition, light_with, own_server};

async fn create(client: &Client, object: &Value) {
    let api = api(client, object);
    let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

async fn delete(client: &Client, object: &Value) {
    let name = object["metadata"]["name"].as_str().unwrap();
    api(client, object).delete(name, &DeleteParams::default()).await.unwrap();
}

fn api(client: &Client, object: &Value) -> Api<DynamicObject> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let version = text(&object["apiVersion"]);
    let (group, version) = version.split_once('/').unwrap();
    let gvk = GroupVersionKind::gvk(group, version, &text(&object["kind"]));
    Api::all_with(client.clone(), &ApiResource::from_gvk(&gvk))
}

fn class(controller: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "public"},
        "spec": {"controller": controller},
    })
}

fn metrics() -> Value {
    json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1beta1.custom.metrics.k8s.io"},
        "spec": {
            "group": "custom.metrics.k8s.io", "version": "v1beta1", "insecureSkipTLSVerify": true,
            "groupPriorityMinimum": 100, "versionPriority": 100,
            "service": {"name": "adapter", "namespace": "default"},
        },
    })
}

fn exposed() -> Value {
    let exposure = json!({
        "type": "Ingress", "host": "team.example.test", "ingress": {"className": "public"},
    });
    light_with(&json!({"exposure": exposure, "chat": {"auth": {"signup": "Open"}}}))
}

fn scaled() -> Value {
    let scaling = json!({"target": "ActiveStreams", "maxReplicas": 5, "value": 200});
    light_with(&json!({"chat": {"autoscaling": scaling}}))
}

/// Waits until the Ingress has an annotation for nginx, or none.
async fn is_for_nginx(scene: &Scene<'_>, wanted: bool) {
    const BUFFERING: &str = "nginx.ingress.kubernetes.io/proxy-buffering";
    scene
        .see((Kind::Ingress, "team-chat"), "as its class needs it", |ingress| {
            ingress.is_some_and(|ingress| {
                let annotations = ingress.metadata.annotations.as_ref();
                annotations.is_some_and(|all| all.contains_key(BUFFERING)) == wanted
            })
        })
        .await;
}

/// Waits until the message of `Exposed` has these words, or has no doubt.
async fn doubts(scene: &Scene<'_>, words: &str) {
    scene
        .until("team", "what is said of streams", |team| {
            condition(team, ConditionType::Exposed).is_some_and(|said| match words {
                "" => said.message == "The Ingress leads to the chat.",
                words => said.message.contains(words),
            })
        })
        .await;
}

/// Waits until pods are counted by this.
async fn scales_by(scene: &Scene<'_>, kind: &str) {
    scene
        .see((Kind::HorizontalPodAutoscaler, "team-chat"), kind, |scaler| {
            scaler.is_some_and(|scaler| scaler.data["spec"]["metrics"][0]["type"] == kind)
        })
        .await;
}

#[tokio::test]
async fn a_class_is_judged_by_the_controller_that_it_names_whenever_it_comes() {
    let Some(server) = own_server().await else { return };
    let scene = Scene::everywhere(&server).await;
    let client = &scene.namespace.client;
    scene.make("team", &exposed()).await;
    is_for_nginx(&scene, false).await;
    let address = json!({"loadBalancer": {"ingress": [{"hostname": "edge.example.test"}]}});
    scene.set_status(Kind::Ingress, "team-chat", &address).await;
    doubts(&scene, "ingress class public is not known").await;

    create(client, &class("k8s.io/ingress-nginx")).await;
    is_for_nginx(&scene, true).await;
    doubts(&scene, "").await;
    scene.check().await;

    delete(client, &class("")).await;
    create(client, &class("example.test/of-their-own")).await;
    is_for_nginx(&scene, false).await;
    doubts(&scene, "ingress controller example.test/of-their-own is not known").await;
    scene.check().await;
}

#[tokio::test]
async fn streams_are_counted_while_metrics_are_offered_and_processor_time_else() {
    let Some(server) = own_server().await else { return };
    let scene = Scene::everywhere(&server).await;
    let client = &scene.namespace.client;
    scene.make("team", &scaled()).await;
    scales_by(&scene, "Resource").await;
    let world = World::of(&scene.namespace);
    world.available(Workload::StatefulSet, "team-db").await;
    world.available(Workload::Deployment, "team-chat").await;
    let said = scene.says("team", ConditionType::ChatAvailable, "MinimumAvailable").await;
    assert!(said.message.contains("custom.metrics.k8s.io"), "{}", said.message);
    scene.check().await;

    create(client, &metrics()).await;
    scales_by(&scene, "Pods").await;
    scene
        .until("team", "no more of processor time", |team| {
            let said = condition(team, ConditionType::ChatAvailable);
            said.is_some_and(|said| !said.message.contains("custom.metrics.k8s.io"))
        })
        .await;
    scene.check().await;

    delete(client, &metrics()).await;
    scales_by(&scene, "Resource").await;
    scene.check().await;
}

#[tokio::test]
async fn an_operator_of_one_namespace_looks_for_metrics_when_it_is_told_to() {
    let Some(server) = own_server().await else { return };
    let scene = Scene::alone(&server).await;
    scene.make("team", &scaled()).await;
    scales_by(&scene, "Resource").await;
    create(&scene.namespace.client, &metrics()).await;
    scene.operator().signal(Signal::HUP);
    scales_by(&scene, "Pods").await;
    scene.check().await;
}
