//! Pods, Deployments and Jobs move as kwok or the test moves them. Where a server without kwok is given to the
//! tests, only the last of these has something to show.

use k8s_openapi::api::{apps::v1::Deployment, batch::v1::Job, core::v1::Pod};
use kube::{
    Api,
    api::{ListParams, PostParams},
    runtime::wait::conditions,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use todochat_tests::cluster::{ApiServer, Namespace, Parts, PodState, Workload, World, until};

#[tokio::test]
async fn kubelets_make_a_deployment_available_and_a_job_complete() {
    let server = ApiServer::shared().await;
    if !server.has_kwok() {
        return;
    }
    let namespace = Namespace::fresh(server).await;
    make::<Deployment>(&namespace, deployment("web", "web:1")).await;
    make::<Job>(&namespace, job("once")).await;
    let completed = conditions::is_deployment_completed();
    until("the Deployment", namespace.api(), "web", completed).await;
    let completed = conditions::is_job_completed();
    until("the Job", namespace.api(), "once", completed).await;
}

#[tokio::test]
async fn an_images_host_says_what_goes_wrong_with_it() {
    let server = ApiServer::shared().await;
    if !server.has_kwok() {
        return;
    }
    let namespace = Namespace::fresh(server).await;
    make::<Deployment>(&namespace, deployment("web", "missing.test/web:1")).await;
    make::<Deployment>(&namespace, deployment("loop", "crash.test/web:1")).await;
    let world = World::of(&namespace);
    world.see(Workload::Deployment, "web", &PodState::ImagePullBackOff).await;
    world.see(Workload::Deployment, "loop", &PodState::CrashLoopBackOff { code: 3 }).await;
}

#[tokio::test]
async fn by_hand_nothing_moves_until_the_test_moves_it() {
    let server = ApiServer::shared().await;
    if !server.has_kwok() {
        return;
    }
    let namespace = Namespace::by_hand(server).await;
    let world = World::of(&namespace);
    make::<Deployment>(&namespace, deployment("web", "web:1")).await;
    world.pods_of(Workload::Deployment, "web", &PodState::CrashLoopBackOff { code: 3 }).await;
    let unavailable = |web: Option<&Deployment>| {
        let status = web.and_then(|web| web.status.as_ref());
        status.is_some_and(|status| status.unavailable_replicas == Some(2))
    };
    until("its status", namespace.api(), "web", unavailable).await;
    world.available(Workload::Deployment, "web").await;
    make::<Job>(&namespace, job("once")).await;
    world.complete("once").await;
}

#[tokio::test]
async fn without_controllers_the_test_says_it_all() {
    let server = ApiServer::own(Parts::Api).await;
    let namespace = Namespace::fresh(&server).await;
    let world = World::of(&namespace);
    make::<Deployment>(&namespace, deployment("web", "web:1")).await;
    make::<Job>(&namespace, job("once")).await;
    make::<Job>(&namespace, job("bad")).await;
    world.available(Workload::Deployment, "web").await;
    world.complete("once").await;
    world.fail("bad").await;
    let web: Deployment = namespace.api().get("web").await.unwrap();
    assert_eq!(web.status.unwrap().available_replicas, Some(2));
    let bad: Job = namespace.api().get("bad").await.unwrap();
    assert!(bad.status.unwrap().conditions.unwrap().iter().any(|one| one.type_ == "Failed"));
    let pods = namespace.api::<Pod>().list(&ListParams::default().labels("app=web")).await.unwrap();
    assert!(pods.items.iter().all(|pod| pod.metadata.owner_references.is_some()));
    assert_eq!(pods.items.len(), 2);
}

async fn make<K>(namespace: &Namespace, object: Value)
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    K: Clone + DeserializeOwned + serde::Serialize + std::fmt::Debug,
{
    let api: Api<K> = namespace.api();
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
}

fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": name, "image": image}]},
        }},
    })
}

fn job(name: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": name, "image": "once:1"}],
        }}},
    })
}
