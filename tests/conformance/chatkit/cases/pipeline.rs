//! What becomes of an application's events.

use serde_json::{Value, json};

use crate::differences::Difference::{
    ErrorsComeLast, HiddenNeverSent, OpenErrorCodes, PartialAnswersKept,
};
use crate::script::{
    Case, NEW, added, and_thread_is, create, delta, done, emit, fail, fail_coded, fail_saying, get,
    hang, hidden, item, message, part, part_added, part_done, removed, replaced, say, task,
    task_added, task_updated, updated, workflow,
};

#[tokio::test]
async fn case_33_a_streamed_message_is_what_the_stored_one_says() {
    let script = [
        added(message("m", "")),
        part_added("m", 0, part("")),
        delta("m", 0, "Hel"),
        delta("m", 0, "lo"),
        part_done("m", 0, part("Hello")),
        done(message("m", "Hello")),
    ];
    let played = Case::new().ask(create("hi")).respond(script).agrees().await;
    assert_eq!(played.events(0).len(), 9);
    assert_eq!(played.items(0)[1]["content"][0]["text"], "Hello");
}

#[tokio::test]
async fn case_34_what_is_done_at_once_is_kept() {
    let played =
        Case::new().ask(create("hi")).respond([done(message("m", "Hello"))]).agrees().await;
    assert_eq!(played.items(0).len(), 2);
}

#[tokio::test]
async fn case_35_removed_items_go_and_replaced_ones_stay_in_their_place() {
    let script = [
        done(message("a", "A")),
        done(message("b", "B")),
        done(message("c", "C")),
        removed("b"),
        removed("unknown"),
        replaced(message("a", "again")),
        done(message("a", "and again")),
    ];
    let played = Case::new().ask(create("hi")).respond(script).agrees().await;
    let ids: Vec<_> =
        played.items(0)[1..].iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "c"]);
    assert_eq!(played.items(0)[1]["content"][0]["text"], "and again");
}

#[tokio::test]
async fn case_36_hidden_items_are_kept_and_never_sent() {
    let case = Case::new().ask(create("hi")).respond([done(hidden("h"))]);
    let played = case.agrees().await;
    assert_eq!((played.events(0).len(), played.items(0).len()), (3, 2));
    let sdk = |id: &str| item("sdk_hidden_context", id, json!({"content": "for the model"}));
    let script = [added(hidden("h")), done(hidden("h")), replaced(hidden("h")), replaced(sdk("s"))];
    let case = Case::new().ask(create("hi")).respond(script);
    let played = case.differs(&[("answer 0", HiddenNeverSent)]).await;
    assert_eq!((played.events(0).len(), played.items(0).len()), (3, 3));
}

#[tokio::test]
async fn case_37_what_is_not_kept_passes_through() {
    let notice = |level: &str| {
        emit(json!({"type": "notice", "level": level, "message": "**careful**", "title": "T"}))
    };
    let script = [
        emit(json!({"type": "progress_update", "icon": "search", "text": "Searching"})),
        notice("info"),
        notice("warning"),
        notice("danger"),
        emit(json!({"type": "notice", "level": "info", "message": "no title"})),
        emit(json!({"type": "client_effect", "name": "toast", "data": {"a": 1}})),
        emit(json!({"type": "client_effect", "name": "bare"})),
        emit(json!({"type": "stream_options", "stream_options": {"allow_cancel": false}})),
    ];
    let case = Case::new().ask(create("hi")).respond(script).without_stop();
    let played = case.agrees().await;
    assert_eq!((played.events(0).len(), played.items(0).len()), (11, 1));
    assert_eq!(played.events(0)[2]["stream_options"]["allow_cancel"], false);
}

#[tokio::test]
async fn case_38_steps_ends_of_turns_and_pictures_are_kept() {
    let image = json!({"id": "i", "url": "data:image/png;base64,AAAA"});
    let script = [
        done(item("task", "t", json!({"task": task("Did it", "none")}))),
        added(item("generated_image", "g", json!({}))),
        updated("g", json!({"type": "generated_image.updated", "image": image, "progress": 0.5})),
        done(item("generated_image", "g", json!({"image": image}))),
        done(item("generated_image", "empty", json!({}))),
        done(item("end_of_turn", "e", json!({}))),
    ];
    let played = Case::new().ask(create("hi")).respond(script).agrees().await;
    assert_eq!(played.items(0).len(), 5);
}

#[tokio::test]
async fn case_39_an_application_may_say_nothing() {
    let case = Case::new().thread("t", []).ask(say("t", "hi"));
    assert_eq!(case.agrees().await.kinds(0), ["thread.item.done", "stream_options"]);
}

#[tokio::test]
async fn case_40_two_items_in_the_making_are_kept_apart() {
    let script = [
        added(message("a", "")),
        added(workflow("w", [task("one", "loading")])),
        delta("a", 0, "A"),
        task_updated("w", 0, task("one", "complete")),
        added(message("b", "")),
        delta("b", 0, "B"),
        delta("a", 0, "a"),
        task_added("w", 1, task("two", "complete")),
        done(message("a", "Aa")),
        done(workflow("w", [task("one", "complete"), task("two", "complete")])),
        done(message("b", "B")),
    ];
    Case::new().ask(create("hi")).respond(script).agrees().await;
}

fn annotation(title: &str) -> Value {
    json!({"type": "annotation", "index": 1, "source": {"type": "url", "title": title, "url": "https://a.example/"}})
}

#[tokio::test]
async fn case_41_annotations_are_put_where_they_say_and_gaps_are_filled() {
    let annotated = |at: u32, title: &str| {
        updated(
            "m",
            json!({
                "type": "assistant_message.content_part.annotation_added",
                "content_index": 0, "annotation_index": at, "annotation": annotation(title),
            }),
        )
    };
    let script = [
        added(message("m", "")),
        delta("m", 0, "text"),
        annotated(0, "second"),
        annotated(0, "first"),
        annotated(9, "last"),
        delta("m", 2, "after a gap"),
        hang(),
    ];
    // What is kept when the client hangs up is what either server made of it.
    let played = Case::new().ask(create("hi")).respond(script).agrees().await;
    let content = &played.items(0)[1]["content"];
    let titles: Vec<_> = content[0]["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["source"]["title"])
        .collect();
    assert_eq!(titles, ["first", "second", "last"]);
    assert_eq!((&content[1]["text"], &content[2]["text"]), (&json!(""), &json!("after a gap")));
}

#[tokio::test]
async fn case_42_an_application_that_breaks_before_it_says_anything_is_an_error() {
    let played = Case::new().ask(create("hi")).respond([fail()]).agrees().await;
    let error = json!({"type": "error", "code": "stream.error", "allow_retry": true});
    assert_eq!(played.events(0).last().unwrap(), &error);
}

#[tokio::test]
async fn case_42_what_was_written_before_it_broke_is_kept() {
    let script = [added(message("m", "")), delta("m", 0, "Hel"), added(message("n", "")), fail()];
    let case = Case::new().ask(create("hi")).respond(script);
    let places = ["answer 0", "writes 0", "state"].map(|place| (place, PartialAnswersKept));
    let played = case.differs(&places).await;
    assert_eq!(played.kinds(0)[6..], ["thread.item.done", "thread.item.removed", "error"]);
    assert_eq!(played.items(0)[1]["content"][0]["text"], "Hel");
}

#[tokio::test]
async fn case_42_a_change_of_the_conversation_before_it_broke_is_kept() {
    let script = [and_thread_is(done(message("m", "M")), json!({"title": "T"})), fail()];
    let played = Case::new().ask(create("hi")).respond(script).ask(get(NEW)).agrees().await;
    assert_eq!(played.json(1)["title"], "T");
    let mut late = fail();
    late["thread"] = json!({"title": "Late"});
    let case = Case::new().ask(create("hi")).respond([late]).ask(get(NEW));
    assert_eq!(case.differs(&[("answer 0", ErrorsComeLast)]).await.json(1)["title"], "Late");
}

#[tokio::test]
async fn case_43_errors_have_the_code_the_words_and_the_retry_they_were_given() {
    let emitted =
        json!({"type": "error", "code": "custom", "message": "Mine", "allow_retry": true});
    let case = Case::new()
        .thread("t", [])
        .ask(say("t", "a"))
        .respond([fail_saying("Quota reached", true)])
        .ask(say("t", "b"))
        .respond([fail_saying("Never", false)])
        .ask(say("t", "c"))
        .respond([fail_coded(false)])
        .ask(say("t", "d"))
        .respond([fail_coded(true)])
        .ask(say("t", "e"))
        .respond([emit(emitted), emit(json!({"type": "error"})), done(message("m", "goes on"))]);
    let played = case.agrees().await;
    let quota =
        json!({"type": "error", "code": "custom", "message": "Quota reached", "allow_retry": true});
    assert_eq!(played.events(0).last().unwrap(), &quota);
}

#[tokio::test]
async fn case_44_an_error_code_that_nobody_knows_yet_is_passed_on() {
    let event = json!({"type": "error", "code": "rate.limited", "allow_retry": true});
    let case = Case::new().ask(create("hi")).respond([emit(event.clone())]);
    let places = ["answer 0", "schema"].map(|place| (place, OpenErrorCodes));
    assert_eq!(case.differs(&places).await.events(0).last().unwrap(), &event);
}
