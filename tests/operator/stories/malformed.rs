//! An object that is stored and cannot be read, as an earlier release or a hand in etcd may leave it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use todochat_operator::{conditions::ConditionType, crd::crds_yaml, kinds::Kind};
use todochat_tests::cluster::{Workload, World};

use crate::scene::{Scene, condition, eventually, own_server};

/// The definition without rules, and with any value as the number of streams.
fn lax() -> CustomResourceDefinition {
    let mut crd: Value = serde_saphyr::from_str(&crds_yaml()).unwrap();
    without_rules(&mut crd);
    let schema = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let chat = &mut schema["properties"]["spec"]["properties"]["chat"]["properties"];
    let streaming = &mut chat["streaming"]["properties"];
    streaming["maxStreamsPerPod"] = json!({"x-kubernetes-preserve-unknown-fields": true});
    serde_json::from_value(crd).unwrap()
}

fn streams(number: &Value) -> Value {
    json!({"chat": {"streaming": {"maxStreamsPerPod": number}}})
}

fn without_rules(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("x-kubernetes-validations");
            members.values_mut().for_each(without_rules);
        }
        Value::Array(items) => items.iter_mut().for_each(without_rules),
        _ => {}
    }
}

/// Stores an object of that spec, with the definition lax for the moment.
async fn smuggle(client: &Client, namespace: &str, name: &str, spec: &Value) {
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    let mut lax = lax();
    lax.metadata.resource_version = crds.get(&lax.name_any()).await.unwrap().resource_version();
    crds.replace(&lax.name_any(), &PostParams::default(), &lax).await.unwrap();
    let kind = kube::api::ApiResource::erase::<todochat_operator::crd::TodoChat>(&());
    let objects =
        Api::<kube::api::DynamicObject>::namespaced_with(client.clone(), namespace, &kind);
    let object = json!({
        "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "metadata": {"name": name}, "spec": spec,
    });
    let object: kube::api::DynamicObject = serde_json::from_value(object).unwrap();
    // A definition takes a moment to be obeyed.
    eventually("the lax definition", async || {
        objects.create(&PostParams::default(), &object).await.ok()
    })
    .await;
    let mut strict: CustomResourceDefinition = serde_saphyr::from_str(&crds_yaml()).unwrap();
    strict.metadata.resource_version = crds.get(&lax.name_any()).await.unwrap().resource_version();
    crds.replace(&strict.name_any(), &PostParams::default(), &strict).await.unwrap();
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let mut other = object.clone();
    other.metadata.name = Some("refused".to_owned());
    eventually("the strict definition", async || objects.create(&dry, &other).await.err()).await;
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_its_own_trouble_and_no_others() {
    // The definition is the whole server's.
    let Some(server) = own_server().await else { return };
    let scene = Scene::alone(&server).await;
    let world = World::of(&scene.namespace);
    scene.make_light("good").await;
    world.available(Workload::StatefulSet, "good-db").await;
    world.available(Workload::Deployment, "good-chat").await;
    scene.ready("good").await;
    let (client, place) = (&scene.namespace.client, &scene.namespace.name);
    smuggle(client, place, "bad", &streams(&json!("many"))).await;
    let objects = scene.namespace.any("TodoChat", "todochat.dev/v1alpha1", "todochats");
    let told = eventually("the condition", async || {
        let bad = objects.get("bad").await.unwrap();
        let conditions = bad.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.into_iter().find(|one| one["type"] == "Accepted" && one["status"] == "False")
    })
    .await;
    assert_eq!(told["reason"], "Malformed");
    assert!(told["message"].as_str().unwrap().contains("many"), "{told}");
    scene.check().await;
    // The others are looked after as before.
    scene.edit("good", &json!({"chat": {"streaming": {"heartbeat": "20s"}}})).await;
    scene
        .until("good", "rolling out", |good| {
            condition(good, ConditionType::ChatAvailable)
                .is_some_and(|said| said.reason == "RollingOut")
        })
        .await;
    world.available(Workload::Deployment, "good-chat").await;
    scene.ready("good").await;
    // And the bad one once it is good.
    let mended = Patch::Merge(json!({"spec": streams(&json!(1))}));
    objects.patch("bad", &PatchParams::default(), &mended).await.unwrap();
    scene.says("bad", ConditionType::Accepted, "SpecAccepted").await;
    scene.check().await;
    // One that cannot be read can be deleted.
    smuggle(client, place, "worse", &streams(&json!([1, 2]))).await;
    objects.delete("worse", &DeleteParams::default()).await.unwrap();
    scene.until_gone("worse").await;
    assert!(scene.find(Kind::Deployment, "worse-chat").await.is_none());
}
