//! The API server goes away, comes back, and comes back with older data than it had.

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{Api, ResourceExt as _, api::ListParams};
use todochat_tests::{cluster::Operator, fault_proxy::Verb};

use super::{
    life::{Kind, Step},
    picture::picture,
    score::Led,
    stage::Stage,
};

async fn at_rest(stage: &Stage, namespace: &str) -> Led {
    let led = Led::begin(stage, namespace.to_owned(), Kind::Minimal).await;
    led.take(Step::Create, None).await.unwrap();
    led
}

/// What a kubelet does: whenever the operator has ended, it is started again, until the work is done. An operator that finds
/// its Lease to be older than it was ends, and not at once. The one that runs in the end goes on.
async fn kept_running(
    stage: &Stage,
    mut operator: Operator,
    work: impl Future<Output = ()>,
) -> Operator {
    tokio::pin!(work);
    loop {
        tokio::select! {
            () = &mut work => return operator,
            _ = operator.wait() => operator = stage.operator().await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_found_again() {
    let mut stage = Stage::set().await;
    let operator = stage.operator().await;
    let led = at_rest(&stage, "short").await;
    stage.server.stop().await;
    stage.server.start().await;
    stage.look_anew();
    let led = led.beside(&stage);
    let edited = async { led.take(Step::EditReplicas, None).await.unwrap() };
    _ = kept_running(&stage, operator, edited).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_cannot_renew_for_too_long_ends_and_the_next_goes_on() {
    let mut stage = Stage::set().await;
    let operator = stage.operator().await;
    let led = at_rest(&stage, "long").await;
    stage.server.stop().await;
    let (ended, log) = operator.ended().await;
    assert!(!ended.success(), "it ended well:\n{log}");
    stage.server.start().await;
    stage.look_anew();
    let _operator = stage.operator().await;
    led.beside(&stage).take(Step::EditReplicas, None).await.unwrap();
}

/// As they are in this namespace: uid and content by name.
async fn secrets(
    stage: &Stage,
    namespace: &str,
) -> BTreeMap<String, (String, BTreeMap<String, ByteString>)> {
    let secrets = Api::<Secret>::namespaced(stage.client.clone(), namespace);
    let all = secrets.list(&ListParams::default()).await.unwrap();
    let content = |secret: Secret| {
        (secret.name_any(), (secret.uid().unwrap(), secret.data.unwrap_or_default()))
    };
    all.into_iter().map(content).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_back_in_time_loses_nothing_by_the_operators_hand() {
    let mut stage = Stage::set().await;
    let operator = stage.operator().await;
    let led = at_rest(&stage, "kept").await;
    let before = secrets(&stage, "kept").await;
    let end = picture("kept", &led.place.seen());
    // The server answers nothing while it is saved: on a slow disk for longer than the Lease lasts.
    let snapshot = stage.server.save().await;
    let forgotten = async {
        led.take(Step::EditReplicas, None).await.unwrap();
        at_rest(&stage, "never-was").await;
    };
    let operator = kept_running(&stage, operator, forgotten).await;

    let mark = stage.proxy.count();
    stage.server.restore(&snapshot).await;
    stage.look_anew();
    let led = led.beside(&stage);
    let lives_on = async {
        led.come_to_rest(Step::Create, 1, Some(&end)).await.unwrap();
        led.take(Step::EditReplicas, None).await.unwrap();
    };
    _ = kept_running(&stage, operator, lives_on).await;
    assert_eq!(secrets(&stage, "kept").await, before);
    let since = stage.proxy.since(mark);
    // What was asked for in between may be made and taken away again; what runs, and what it keeps, may not.
    let kept =
        ["deployments", "statefulsets", "jobs", "secrets", "persistentvolumeclaims", "services"];
    let deleted = since.iter().filter(|note| note.call.verb == Verb::Delete);
    let deleted: Vec<_> = deleted.filter(|note| kept.contains(&&*note.call.resource)).collect();
    assert!(deleted.is_empty(), "{deleted:?}");
    let ghosts =
        since.iter().filter(|note| note.write.is_some() && note.call.namespace == "never-was");
    let ghosts: Vec<_> =
        ghosts.filter(|note| note.status.is_some_and(|status| status < 300)).collect();
    assert!(ghosts.is_empty(), "{ghosts:?}");
}
