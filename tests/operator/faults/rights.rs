//! The operator lacks a right: it says which, does the rest, and does this too once it has the right.

use kube::{
    Api,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
};
use serde_json::Value;
use todochat_operator::rbac::{Mode, rbac_yaml};
use todochat_tests::cluster::{Launch, Operator, soon};

use super::{
    life::{Kind, Step},
    score::Led,
    stage::Stage,
};

const HOME: &str = "home";

const ACCOUNT: &str = "todochat-operator";

/// Gives the operator all its rights but these verbs on this resource.
async fn grant_all_but(stage: &Stage, verbs: &[&str], resource: &str) {
    let yaml = rbac_yaml(&Mode::ClusterWide, HOME, ACCOUNT);
    for mut object in serde_saphyr::from_multiple::<Value>(&yaml).unwrap() {
        for rule in object.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
            let resources = rule["resources"].as_array().into_iter().flatten();
            if resources.into_iter().any(|one| one == resource) {
                rule["verbs"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|verb| !verbs.iter().any(|one| verb == one));
            }
        }
        apply(stage, &object).await;
    }
}

async fn apply(stage: &Stage, object: &Value) {
    let text = |pointer: &str| {
        object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (api_version, kind) = (text("/apiVersion"), text("/kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let gvk = kube::core::GroupVersionKind::gvk(group, version, &kind);
    let resource = ApiResource::from_gvk(&gvk);
    let namespace = text("/metadata/namespace");
    let api = match namespace.as_str() {
        "" => Api::<DynamicObject>::all_with(stage.client.clone(), &resource),
        namespace => Api::namespaced_with(stage.client.clone(), namespace, &resource),
    };
    let params = PatchParams::apply("tests").force();
    api.patch(&text("/metadata/name"), &params, &Patch::Apply(object)).await.unwrap();
}

/// One that may do only what it was given.
fn operator(stage: &Stage) -> Operator {
    let account = format!("system:serviceaccount:{HOME}:{ACCOUNT}");
    let groups = ["system:serviceaccounts", "system:authenticated"];
    let way = stage.proxy.kubeconfig().acting_as(&account, &groups);
    let launch = Launch::new(way, HOME).everywhere().flag("--outgoing-allow=127.0.0.0/8");
    launch.tools(&stage.tools).spawn()
}

async fn says_what_is_missing(operator: &Operator, verb: &str, resource: &str) {
    let said = soon("what is missing", async {
        loop {
            let metrics = if operator.status("/livez").await.is_some() {
                operator.metrics().await
            } else {
                String::new()
            };
            let mut lines =
                metrics.lines().filter(|line| line.starts_with("todochat_operator_rbac_missing{"));
            if let Some(line) =
                lines.find(|line| line.contains(resource) && line.contains(&format!("\"{verb}\"")))
            {
                return line.to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    });
    assert!(said.await.ends_with(" 1"));
    assert!(operator.log().contains(&format!("{verb} {resource}")), "{}", operator.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_its_rights_are_all_it_needs() {
    let stage = Stage::set().await;
    grant_all_but(&stage, &[], "").await;
    let operator = operator(&stage);
    let led = Led::begin(&stage, "entitled".to_owned(), Kind::Full).await;
    for step in Step::ALL {
        led.take(step, None).await.unwrap();
    }
    let refused: Vec<_> =
        stage.proxy.calls().into_iter().filter(|note| note.status == Some(403)).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(!operator.metrics().await.contains("todochat_operator_rbac_missing{"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_may_not_be_watched_holds_up_no_other() {
    let stage = Stage::set().await;
    grant_all_but(&stage, &["list", "watch"], "cronjobs").await;
    let operator = operator(&stage);
    says_what_is_missing(&operator, "watch", "cronjobs").await;
    let led = Led::begin(&stage, "narrow".to_owned(), Kind::Minimal).await;
    led.take(Step::Create, None).await.unwrap();
    grant_all_but(&stage, &[], "").await;
    led.take(Step::EditReplicas, None).await.unwrap();
    let whole = Led::begin(&stage, "whole".to_owned(), Kind::Full).await;
    whole.take(Step::Create, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_may_not_be_written_is_written_once_it_may() {
    let stage = Stage::set().await;
    grant_all_but(&stage, &["patch"], "services").await;
    let operator = operator(&stage);
    says_what_is_missing(&operator, "patch", "services").await;
    let led = Led::begin(&stage, "mute".to_owned(), Kind::Minimal).await;
    let generation = led.life.take(Step::Create).await;
    let told = led.place.until(|seen| match seen.objects.get("TodoChat/web") {
        Some(object) if object.contains("may not patch services") => Ok(()),
        other => Err(format!("it does not say what it may not: {other:?}")),
    });
    told.await.unwrap();
    grant_all_but(&stage, &[], "").await;
    led.come_to_rest(Step::Create, generation, None).await.unwrap();
}
