//! A new generation is announced, and what it asks for does not wait for the answer.

use std::time::Duration;

use todochat_tests::fault_proxy::{Call, Fault, Moment, Note, Refusal, When};

use super::{
    life::{Kind, Step},
    score::Led,
    stage::Stage,
};

fn announcement() -> When {
    When::any().is(is_status)
}

fn is_status(call: &Call) -> bool {
    call.resource == "todochats" && call.subresource == "status"
}

async fn living(stage: &Stage) -> Led {
    let led = Led::begin(stage, "announced".to_owned(), Kind::Minimal).await;
    led.take(Step::Create, None).await.unwrap();
    stage.calls_at_rest(Duration::from_secs(1)).await;
    led
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn children_are_written_while_the_announcement_is_under_way() {
    let stage = Stage::set().await;
    let _operator = stage.operator().await;
    let led = living(&stage).await;
    let before = stage.proxy.count();
    let mut held = stage.proxy.hold(announcement(), Moment::Before);
    let generation = led.life.take(Step::EditImage).await;
    held.reached().await;
    let is_child = |note: &Note| note.write.is_some() && note.call.resource != "todochats";
    stage.proxy.until("a child", |notes| notes[before..].iter().any(is_child)).await;
    let written = stage.proxy.since(before);
    let announcements = written.iter().filter(|note| is_status(&note.call)).count();
    assert_eq!(announcements, 1, "none is sent again before the child: {written:?}");
    held.release();
    led.come_to_rest(Step::EditImage, generation, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_whose_announcement_is_refused_comes_about_by_the_next_look() {
    let stage = Stage::set().await;
    let _operator = stage.operator().await;
    let led = living(&stage).await;
    stage.proxy.inject(announcement().nth(1), Fault::Refuse(Refusal::Conflict));
    stage.proxy.inject(announcement().nth(2), Fault::Refuse(Refusal::Internal));
    led.take(Step::EditImage, None).await.unwrap();
}
