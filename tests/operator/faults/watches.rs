//! Watches that break, end, fall silent or have to begin anew: nothing is missed for good.

use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;
use todochat_tests::{
    cluster::soon,
    fault_proxy::{Call, Fault, Refusal, Verb, When},
};
use tokio::time::{Instant, interval};

use super::{
    life::{Kind, Step},
    score::Led,
    stage::Stage,
};

/// All but the Lease's.
fn every(call: &Call) -> bool {
    !call.is_by_the_clock()
}

/// An object that has come to rest.
async fn at_rest(stage: &Stage, namespace: &str) -> Led {
    let led = Led::begin(stage, namespace.to_owned(), Kind::Minimal).await;
    led.take(Step::Create, None).await.unwrap();
    led
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_is_led_to_its_end_though_every_watch_breaks_five_times_a_second() {
    let stage = Stage::set().await;
    let _operator = stage.operator().await;
    let led = Led::begin(&stage, "torn".to_owned(), Kind::Full).await;
    let living = async {
        for step in Step::ALL {
            led.take(step, None).await.unwrap();
        }
    };
    let mut ticks = interval(Duration::from_millis(200));
    let breaking = async {
        let mut cut = false;
        loop {
            ticks.tick().await;
            cut = !cut;
            if cut { stage.proxy.cut_watches(every) } else { stage.proxy.end_watches(every) }
        }
    };
    tokio::select! {
        () = living => {}
        () = breaking => unreachable!("it breaks on"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_behind_silent_watches_is_noticed() {
    let stage = Stage::set().await;
    let _operator = stage.operator_with(|launch| launch.flag("--watch-idle-limit=2s")).await;
    let led = at_rest(&stage, "silent").await;
    stage.proxy.silence_watches(every);
    led.take(Step::EditReplicas, None).await.unwrap();
    stage.proxy.silence_watches(every);
    let services = Api::<Service>::namespaced(stage.client.clone(), "silent");
    services.delete("web-chat", &DeleteParams::default()).await.unwrap();
    let back = led.place.until(|seen| {
        let made = seen.objects.contains_key("Service/web-chat");
        made.then_some(()).ok_or_else(|| "the Service is not made again".to_owned())
    });
    back.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_is_too_old_is_no_end() {
    let stage = Stage::set().await;
    let _operator = stage.operator().await;
    let led = at_rest(&stage, "expired").await;
    // Every watch twice: when it is taken up again, and when it lists.
    let watches = stage.proxy.watches().len();
    let all = || When::any().verb(Verb::Watch).is(every);
    stage.proxy.inject(all().times(watches), Fault::WatchExpired);
    stage.proxy.inject(all().times(2 * watches), Fault::Refuse(Refusal::Gone));
    stage.proxy.cut_watches(every);
    led.take(Step::EditReplicas, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_about_one_object_keeps_no_other_waiting() {
    let stage = Stage::set().await;
    let _operator = stage.operator().await;
    let (_stormy, calm) = (at_rest(&stage, "stormy").await, at_rest(&stage, "calm").await);
    let services = Api::<Service>::namespaced(stage.client.clone(), "stormy");
    let blowing = async |who: usize| {
        for number in 0_u64.. {
            let patch =
                json!({"metadata": {"annotations": {format!("gust-{who}"): number.to_string()}}});
            services
                .patch("web-chat", &PatchParams::default(), &Patch::Merge(patch))
                .await
                .unwrap();
        }
    };
    let before = stage.proxy.count();
    let living = async {
        // It blows at its strongest.
        let looked = |notes: &[todochat_tests::fault_proxy::Note]| {
            notes[before..].iter().filter(|note| note.call.namespace == "stormy").count() > 50
        };
        stage.proxy.until("the storm", looked).await;
        let mark = stage.proxy.count();
        calm.take(Step::EditReplicas, None).await.unwrap();
        let notes = stage.proxy.since(mark);
        let first = notes.iter().position(|note| note.call.namespace == "calm");
        let first = first.expect("an edit has consequences");
        let gusts = notes[..first].iter().filter(|note| note.call.namespace == "stormy").count();
        assert!(
            gusts <= 10,
            "the operator asked {gusts} times about the one, then about the other"
        );
    };
    let began = Instant::now();
    tokio::select! {
        () = soon("the calm one's edit", living) => {}
        () = blowing(0) => unreachable!("it blows on"),
        () = blowing(1) => unreachable!("it blows on"),
    }
    // An object that changes all the time is looked at fifty times a second at most.
    let looks =
        stage.proxy.since(before).iter().filter(|note| note.call.namespace == "stormy").count();
    let most = began.elapsed().as_millis() / 10 + 50;
    assert!((looks as u128) < most, "{looks} calls in {:?}", began.elapsed());
}
