//! What the cluster has is known before anything is looked after: a late or failing answer is not taken for absence.

use std::time::Duration;

use todochat_tests::{
    cluster::{Launch, Optional, install_crds, optional_crds},
    fault_proxy::{Fault, Note, Refusal, Verb, When},
};

use super::{
    life::{Kind, Step},
    score::Led,
    stage::Stage,
};

const HOME: &str = "narrow";

/// An operator of one namespace, which asks what others are told.
fn of_one_namespace(launch: Launch) -> Launch {
    launch.watching(HOME)
}

fn asks_for_monitors() -> When {
    When::any()
        .is(|call| call.verb == Verb::Discovery && call.resource.contains("monitoring.coreos.com"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_of_one_namespace_begins_when_it_knows_what_the_cluster_has() {
    let stage = Stage::set().await;
    install_crds(&stage.client, &optional_crds(Optional::Monitoring).await).await;
    let operator = stage.operator_with(of_one_namespace).await;
    let led = Led::begin(&stage, HOME.to_owned(), Kind::Full).await;
    led.take(Step::Create, None).await.unwrap();
    _ = operator.terminate().await;

    let before = stage.proxy.count();
    stage.proxy.inject(asks_for_monitors().nth(1), Fault::Refuse(Refusal::Unavailable));
    stage.proxy.inject(asks_for_monitors().nth(2), Fault::Delay(Duration::from_secs(2)));
    let _operator = stage.operator_with(of_one_namespace).await;
    let is_answer = |note: &Note| {
        note.call.resource.contains("monitoring") && note.status.is_some_and(|it| it == 200)
    };
    stage.proxy.until("the answer", |notes| notes[before..].iter().any(is_answer)).await;
    led.come_to_rest(Step::Create, 1, None).await.unwrap();
    stage.calls_at_rest(Duration::from_secs(1)).await;
    let since = stage.proxy.since(before);
    let written = since.iter().filter(|note| note.write.is_some() && note.number.is_some());
    let written: Vec<_> = written.map(|note| note.call.what()).collect();
    assert!(written.is_empty(), "{written:?}");
}
