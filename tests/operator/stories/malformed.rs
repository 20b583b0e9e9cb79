//! An object that is stored and cannot be read, as an earlier release or a hand in etcd may leave it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use todochat_operator::{
    conditions::ConditionType,
    crd::{TodoChat, crds_yaml},
    kinds::Kind,
};
use todochat_tests::cluster::{Workload, World};

use crate::scene::{Scene, condition, controller, eventually, own_server};

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

/// The objects, whatever they are like.
fn any_objects(client: &Client, namespace: &str) -> Api<DynamicObject> {
    let kind = ApiResource::erase::<TodoChat>(&());
    Api::namespaced_with(client.clone(), namespace, &kind)
}

/// Puts a definition in place of the one that is there.
async fn define(client: &Client, mut definition: CustomResourceDefinition) {
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    let name = definition.name_any();
    definition.metadata.resource_version = crds.get(&name).await.unwrap().resource_version();
    crds.replace(&name, &PostParams::default(), &definition).await.unwrap();
}

/// Makes the definition strict again, and waits until it refuses what was stored. Its storage is there a moment later and
/// answers lists and watches with 429 until then.
async fn be_strict(client: &Client, namespace: &str, stored: &DynamicObject) {
    define(client, serde_saphyr::from_str(&crds_yaml()).unwrap()).await;
    let objects = any_objects(client, namespace);
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let kind = ApiResource::erase::<TodoChat>(&());
    let other = DynamicObject::new("refused", &kind).data(json!({"spec": stored.data["spec"]}));
    eventually("the strict definition", async || objects.create(&dry, &other).await.err()).await;
    eventually("its storage", async || objects.list(&ListParams::default()).await.ok()).await;
}

/// Stores an object of that spec, with the definition lax for the moment.
async fn smuggle(client: &Client, namespace: &str, name: &str, spec: &Value) {
    define(client, lax()).await;
    let objects = any_objects(client, namespace);
    let kind = ApiResource::erase::<TodoChat>(&());
    let object = DynamicObject::new(name, &kind).data(json!({"spec": spec}));
    // A definition takes a moment to be obeyed.
    let stored = eventually("the lax definition", async || {
        objects.create(&PostParams::default(), &object).await.ok()
    })
    .await;
    be_strict(client, namespace, &stored).await;
}

/// Makes an object that is there one that cannot be read.
async fn spoil(client: &Client, namespace: &str, name: &str) {
    define(client, lax()).await;
    let objects = any_objects(client, namespace);
    let spoilt = Patch::Merge(json!({"spec": streams(&json!("many"))}));
    let stored = eventually("the lax definition", async || {
        objects.patch(name, &PatchParams::default(), &spoilt).await.ok()
    })
    .await;
    be_strict(client, namespace, &stored).await;
}

/// What is said of an object that cannot be read.
async fn is_told(objects: &Api<DynamicObject>, name: &str) -> Value {
    eventually("the condition", async || {
        let bad = objects.get(name).await.unwrap();
        let conditions = bad.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let mut said = conditions.into_iter();
        said.find(|one| one["type"] == "Accepted" && one["status"] == "False")
    })
    .await
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
    let objects = any_objects(client, place);
    let told = is_told(&objects, "bad").await;
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

#[tokio::test]
async fn an_object_that_cannot_be_read_any_more_goes_and_its_data_stays() {
    let Some(server) = own_server().await else { return };
    let scene = Scene::alone(&server).await;
    let (client, place) = (&scene.namespace.client, &scene.namespace.name);
    let objects = any_objects(client, place);
    scene.make_light("team").await;
    let claim = (Kind::PersistentVolumeClaim, "team-db");
    scene.see(claim, "there", |claim| claim.is_some()).await;
    spoil(client, place, "team").await;
    assert_eq!(is_told(&objects, "team").await["reason"], "Malformed");
    let finalizers = objects.get("team").await.unwrap().finalizers().to_vec();
    assert_eq!(finalizers, ["todochat.dev/data"]);
    objects.delete("team", &DeleteParams::background()).await.unwrap();
    eventually("its end", async || objects.get_opt("team").await.unwrap().is_none().then_some(()))
        .await;
    let kept = scene.get(claim.0, claim.1).await;
    assert_eq!(kept.labels()["todochat.dev/retained"], "true");
    assert_eq!(controller(&kept.metadata), None);
    scene.tells("team", "Retained").await;
    scene.tells("team", "Deleted").await;
}
