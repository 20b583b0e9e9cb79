//! How turns end: by themselves, by failing, by being cancelled, by the server stopping.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::protocol::Annotation;
use crate::{Reply, RespondError, StoreError, Turn, responder};

const NOTE: &str = "shcx_1 The user cancelled the stream. Stop responding to the prior request.";

/// Half an answer: a workflow with one call done and one running, and some text.
fn half_an_answer() -> Vec<Step> {
    vec![
        Event::added(workflow("w", &["add_task", "list_tasks"])).into(),
        Event::updated("w", complete(0, "add_task")).into(),
        Event::added(message("a", "")).into(),
        text("a", "I have "),
        text("a", "added"),
        Event::added(message("b", "")).into(),
        text("b", " \n"),
    ]
}

fn half_then(step: fn() -> Step) -> Vec<Step> {
    let mut steps = half_an_answer();
    steps.push(step());
    steps
}

const WORKFLOW: &str = "w [add_task Complete -][list_tasks Complete lucide:circle-slash]";

fn closed() -> [String; 3] {
    [format!("done {WORKFLOW}"), "done a I have added".to_owned(), "removed b".to_owned()]
}

#[tokio::test]
async fn a_failure_keeps_what_there_is_and_is_told_last() {
    let server = server(OnDisconnect::Cancel, || {
        half_then(|| Step::Fail(RespondError::failed("the model hung up")))
    });
    let events = played(&server).await;
    assert_eq!(events[7..10], closed());
    assert_eq!(events[10..], ["error stream.error - retry=true"]);
    assert_eq!(kept(&server), [WORKFLOW, "a I have added"]);
}

#[tokio::test]
async fn a_failure_in_the_applications_words_is_told_in_them() {
    let server = server(OnDisconnect::Cancel, || {
        vec![Step::Fail(RespondError::custom("Quota reached", false))]
    });
    assert_eq!(played(&server).await, ["error custom Quota reached retry=false"]);
}

#[tokio::test]
async fn nothing_comes_after_a_failure() {
    let server = server(OnDisconnect::Cancel, || {
        vec![
            Step::Fail(RespondError::custom("Quota reached", true)),
            Event::done(message("a", "late")).into(),
        ]
    });
    assert_eq!(played(&server).await, ["error custom Quota reached retry=true"]);
    assert_eq!(kept(&server), Vec::<String>::new());
}

#[tokio::test]
async fn a_panic_of_the_responder_is_a_failure() {
    let server = server(OnDisconnect::Cancel, || half_then(|| Step::Panic("index out of bounds")));
    let events = played(&server).await;
    assert_eq!(events.last().unwrap(), "error stream.error - retry=true");
    assert_eq!(kept(&server), [WORKFLOW, "a I have added"]);
}

#[tokio::test]
async fn a_responder_that_panics_at_once_is_a_failure() {
    let server = server(OnDisconnect::Cancel, || panic!("no script"));
    assert_eq!(played(&server).await, ["error stream.error - retry=true"]);
}

#[tokio::test]
async fn a_store_that_fails_ends_the_turn_with_an_error() {
    let server = server(OnDisconnect::Cancel, || {
        vec![Event::done(message("a", "Hello")).into(), Step::Hang]
    });
    server.store().refuse("add_item", || StoreError::failed("disk full"));
    assert_eq!(played(&server).await, ["error stream.error - retry=true"]);
}

#[tokio::test]
async fn a_conversation_deleted_while_it_is_answered_is_told() {
    let server = server(OnDisconnect::Cancel, || {
        vec![
            Event::added(message("a", "")).into(),
            text("a", "Hel"),
            Event::done(message("a", "Hello")).into(),
        ]
    });
    server.store().refuse("add_item", || StoreError::NotFound);
    let events = played(&server).await;
    assert_eq!(
        events.last().unwrap(),
        "error custom This conversation no longer exists. retry=false"
    );
}

#[tokio::test]
async fn an_answer_left_open_by_its_responder_is_closed() {
    let server = server(OnDisconnect::Cancel, half_an_answer);
    assert_eq!(played(&server).await[7..], closed());
    assert_eq!(kept(&server), [WORKFLOW, "a I have added"]);
}

/// Goes away in the middle of this script and waits for the end.
async fn cancelled(script: fn() -> Vec<Step>) -> Vec<String> {
    let server = server(OnDisconnect::Cancel, script);
    let stream = say_hi(&server).await;
    taken(&server, script().len()).await;
    drop(stream);
    ended(&server).await;
    assert!(server.responder().dropped().is_cancelled());
    kept(&server)
}

#[tokio::test]
async fn a_cancelled_turn_keeps_text_and_workflow_and_a_note_for_the_model() {
    let kept = cancelled(|| half_then(|| Step::Hang)).await;
    assert_eq!(kept, [WORKFLOW, "a I have added", NOTE]);
}

#[tokio::test]
async fn a_turn_cancelled_before_any_text_keeps_no_empty_message() {
    let kept = cancelled(|| vec![Event::added(message("a", "")).into(), Step::Hang]).await;
    assert_eq!(kept, [NOTE]);
}

#[tokio::test]
async fn a_turn_cancelled_right_after_an_item_keeps_it_once() {
    let kept = cancelled(|| {
        vec![
            Event::added(message("a", "")).into(),
            text("a", "Hello"),
            Event::done(message("a", "Hello")).into(),
            Step::Hang,
        ]
    })
    .await;
    assert_eq!(kept, ["a Hello", NOTE]);
}

#[tokio::test]
async fn messages_written_at_once_are_kept_apart() {
    let kept = cancelled(|| {
        vec![
            Event::added(message("a", "")).into(),
            Event::added(message("b", "")).into(),
            text("a", "one"),
            text("b", "two"),
            text("a", " more"),
            Step::Hang,
        ]
    })
    .await;
    assert_eq!(kept, ["a one more", "b two", NOTE]);
}

#[tokio::test]
async fn text_beyond_the_last_part_leaves_empty_parts_between() {
    let kept = cancelled(|| {
        vec![
            Event::added(message("a", "one")).into(),
            Event::text_delta("a", 2, "three").into(),
            Event::text_delta("a", u32::MAX, "never").into(),
            Step::Hang,
        ]
    })
    .await;
    assert_eq!(kept, ["a one||three", NOTE]);
}

#[tokio::test]
async fn a_task_added_at_an_index_that_exists_takes_its_place() {
    let kept = cancelled(|| {
        let added = |index, title| {
            let update =
                ThreadItemUpdate::WorkflowTaskAdded { task_index: index, task: running(title) };
            Step::from(Event::updated("w", update))
        };
        vec![
            Event::added(workflow("w", &["add_task"])).into(),
            added(1, "list_tasks"),
            added(1, "delete_task"),
            Event::updated("w", complete(0, "add_task")).into(),
            Event::updated("w", complete(1, "delete_task")).into(),
            Step::Hang,
        ]
    })
    .await;
    assert_eq!(kept, ["w [add_task Complete -][delete_task Complete -]", NOTE]);
}

#[tokio::test]
async fn annotations_are_inserted_or_appended_and_survive_the_end_of_their_part() {
    let server = server(OnDisconnect::Cancel, || {
        let cite = |at, title: &str| {
            let source = serde_json::json!({"type": "file", "title": title, "filename": "f"});
            let update = ThreadItemUpdate::AnnotationAdded {
                content_index: 0,
                annotation_index: at,
                annotation: Annotation {
                    source: serde_json::from_value(source).unwrap(),
                    index: None,
                },
            };
            Step::from(Event::updated("a", update))
        };
        let content = AssistantMessageContent::text("Hello");
        let done = ThreadItemUpdate::ContentPartDone { content_index: 0, content };
        let added = Event::added(message("a", "Hel")).into();
        vec![
            added,
            cite(0, "one"),
            cite(9, "three"),
            cite(1, "two"),
            Event::updated("a", done).into(),
        ]
    });
    played(&server).await;
    let item = serde_json::to_value(&server.store().items(THREAD)[1]).unwrap();
    let titles = item["content"][0]["annotations"].as_array().unwrap().iter();
    let titles: Vec<_> = titles.map(|annotation| annotation["source"]["title"].clone()).collect();
    assert_eq!(
        (item["content"][0]["text"].as_str(), titles),
        (Some("Hello"), vec!["one".into(), "two".into(), "three".into()])
    );
}

#[tokio::test]
async fn a_server_that_stops_keeps_what_there_is_and_tells_the_reader() {
    let hard_stop = CancellationToken::new();
    let options = Options { hard_stop: hard_stop.clone(), ..Options::default() };
    let server = with_options(options, || half_then(|| Step::Hang));
    let stream = say_hi(&server).await;
    taken(&server, half_an_answer().len() + 1).await;
    hard_stop.cancel();
    let events: Vec<_> = stream.map(|event| brief(&event)).collect().await;
    assert_eq!(events[10..13], closed());
    assert_eq!(events[13..], ["error stream.error - retry=true"]);
    assert_eq!(kept(&server), [WORKFLOW, "a I have added"]);
}

#[tokio::test]
async fn a_responder_that_ends_because_the_server_stops_has_not_said_all() {
    let hard_stop = CancellationToken::new();
    let options = Options { hard_stop: hard_stop.clone(), ..Options::default() };
    let halfway = async |turn: Turn<String>, reply: Reply| {
        let mut message = reply.message();
        message.text("Hel").await;
        turn.cancel.cancelled().await;
        message.done().await;
        Ok(())
    };
    let server = Server::new(MemoryStore::default(), responder(halfway), options);
    let request = server.parse(HI).unwrap();
    let Response::Stream(mut stream) =
        server.process_request(request, "ann".to_owned()).await.unwrap()
    else {
        panic!("a message is answered with a stream")
    };
    while !brief(&stream.next().await.unwrap()).ends_with("+Hel") {}
    hard_stop.cancel();
    let events: Vec<_> = stream.map(|event| brief(&event)).collect().await;
    assert_eq!(events, ["done msg_2 Hel", "error stream.error - retry=true"]);
}
