//! What is kept, hidden and passed on, and in which order.

use futures_util::FutureExt as _;
use serde_json::json;

use super::*;
use crate::protocol::{
    ClientEffectEvent, EndOfTurnItem, NoticeEvent, NoticeLevel, Object, ProgressUpdateEvent,
    StreamOptions, Thread,
};

#[tokio::test]
async fn a_new_conversation_is_told_in_the_order_of_the_protocol() {
    let server = server(OnDisconnect::Cancel, || vec![Event::done(message("a", "Hello")).into()]);
    let events: Vec<_> = say_hi(&server).await.map(|event| brief(&event)).collect().await;
    assert_eq!(events, ["created thr_1", "done msg_1", "cancel? true", "done a Hello"]);
    assert_eq!(server.store().operations(), ["begin_turn new", "add_item assistant_message"]);
}

#[tokio::test]
async fn the_first_events_are_there_before_the_responder_is_asked() {
    let server = server(OnDisconnect::Cancel, || vec![Step::Hang]);
    let mut stream = say_hi(&server).await;
    for expected in ["created thr_1", "done msg_1", "cancel? true"] {
        let event = stream.next().now_or_never().expect("it is there").unwrap();
        assert_eq!(brief(&event), expected);
    }
    assert_eq!(*server.responder().taken().borrow(), 0);
}

#[tokio::test]
async fn a_streamed_message_is_kept_when_it_is_done() {
    let server = server(OnDisconnect::Cancel, || {
        vec![
            Event::added(message("a", "")).into(),
            text("a", "Hel"),
            text("a", "lo"),
            Event::done(message("a", "Hello")).into(),
        ]
    });
    assert_eq!(played(&server).await, ["added a", "a +Hel", "a +lo", "done a Hello"]);
    assert_eq!(kept(&server), ["a Hello"]);
}

#[tokio::test]
async fn no_events_from_the_responder_leave_only_the_user_item() {
    let server = server(OnDisconnect::Cancel, Vec::new);
    assert_eq!(played(&server).await, Vec::<String>::new());
    assert_eq!(kept(&server), Vec::<String>::new());
}

#[tokio::test]
async fn a_replaced_item_keeps_its_place_and_a_removed_one_is_gone() {
    let server = server(OnDisconnect::Cancel, || {
        vec![
            Event::done(message("a", "one")).into(),
            Event::done(message("b", "two")).into(),
            Event::done(message("c", "three")).into(),
            Event::ThreadItemReplaced { item: message("a", "uno") }.into(),
            Event::ThreadItemRemoved { item_id: "b".to_owned() }.into(),
        ]
    });
    let told = ["done a one", "done b two", "done c three", "replaced a uno", "removed b"];
    assert_eq!(played(&server).await, told);
    assert_eq!(kept(&server), ["a uno", "c three"]);
}

#[tokio::test]
async fn an_item_done_twice_is_kept_once_where_it_was() {
    let server = server(OnDisconnect::Cancel, || {
        vec![
            Event::done(workflow("w", &["add_task"])).into(),
            Event::done(message("a", "one")).into(),
            Event::done(workflow("w", &["add_task", "list_tasks"])).into(),
        ]
    });
    played(&server).await;
    assert_eq!(kept(&server), ["w [add_task Loading -][list_tasks Loading -]", "a one"]);
}

#[tokio::test]
async fn hidden_items_are_kept_and_never_leave() {
    let server = server(OnDisconnect::Cancel, || {
        vec![
            Event::added(hidden("h1")).into(),
            text("h1", "secret"),
            Event::done(hidden("h1")).into(),
            Event::ThreadItemReplaced { item: hidden("h2") }.into(),
            Event::done(hidden("h3")).into(),
            Event::ThreadItemRemoved { item_id: "h3".to_owned() }.into(),
        ]
    });
    assert_eq!(played(&server).await, Vec::<String>::new());
    assert_eq!(kept(&server), ["h1", "h2"]);
}

#[tokio::test]
async fn a_changed_conversation_is_kept_whole_and_told_without_its_metadata() {
    let server = server(OnDisconnect::Cancel, || {
        let mut thread = Thread::from(crate::protocol::ThreadMetadata {
            id: THREAD.to_owned(),
            title: Some("Groceries".to_owned()),
            created_at: MemoryStore::default().now(),
            status: crate::protocol::ThreadStatus::Active,
            allowed_image_domains: None,
            metadata: Object::from_iter([("plan".to_owned(), json!("gold"))]),
        });
        thread.items.data.push(message("a", "not for now"));
        vec![Event::ThreadUpdated { thread }.into()]
    });
    let event = say_hi(&server).await.skip(3).next().await.unwrap();
    let told = serde_json::to_value(event).unwrap();
    assert_eq!(told["thread"]["title"], "Groceries");
    assert_eq!(told["thread"]["metadata"], json!({}));
    assert_eq!(told["thread"]["items"], json!({"data": [], "has_more": false}));
    assert_eq!(server.store().thread(THREAD).unwrap().metadata["plan"], "gold");
}

#[tokio::test]
async fn an_unchanged_conversation_is_not_kept_again() {
    let server = Server::new(
        MemoryStore::default(),
        ScriptedResponder::new(|turn: &crate::Turn<String>| {
            vec![Event::ThreadUpdated { thread: Thread::from(turn.thread.clone()) }.into()]
        }),
        Options::default(),
    );
    assert_eq!(played(&server).await, ["thread None"]);
    assert_eq!(server.store().operations(), ["begin_turn new"]);
}

#[tokio::test]
async fn everything_else_passes_through_and_is_not_kept() {
    let server = server(OnDisconnect::Cancel, || {
        let progress = ProgressUpdateEvent { icon: None, text: "Searching".to_owned() };
        let effect = ClientEffectEvent { name: "tasks.changed".to_owned(), data: Object::new() };
        let notice = NoticeEvent {
            level: NoticeLevel::Info,
            message: "**careful**".to_owned(),
            title: None,
        };
        let stream_options = StreamOptions { allow_cancel: false };
        vec![
            Event::ProgressUpdate(progress).into(),
            Event::ClientEffect(effect).into(),
            Event::Notice(notice).into(),
            Event::StreamOptions { stream_options }.into(),
        ]
    });
    let told =
        ["progress Searching", "effect tasks.changed", "notice **careful**", "cancel? false"];
    assert_eq!(played(&server).await, told);
    assert_eq!(server.store().operations(), ["begin_turn new"]);
}

#[tokio::test]
async fn items_of_any_kind_are_passed_on_and_kept() {
    let server = server(OnDisconnect::Cancel, || {
        let end = ThreadItem::EndOfTurn(EndOfTurnItem {
            id: "e".to_owned(),
            thread_id: THREAD.to_owned(),
            created_at: MemoryStore::default().now(),
        });
        vec![Event::done(workflow("w", &["add_task"])).into(), Event::done(end).into()]
    });
    assert_eq!(played(&server).await, ["done w [add_task Loading -]", "done e"]);
    assert_eq!(kept(&server), ["w [add_task Loading -]", "e"]);
}
