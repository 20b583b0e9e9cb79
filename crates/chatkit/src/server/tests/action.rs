//! Something was done to a widget.

use super::*;
use crate::protocol::{WidgetItem, WidgetRoot};
use crate::{ActionTurn, RespondError, SyncAction};

fn widget(id: &str) -> ThreadItem {
    ThreadItem::Widget(WidgetItem {
        id: id.to_owned(),
        thread_id: "thr_a".to_owned(),
        created_at: MemoryStore::default().now(),
        widget: WidgetRoot(json!({"type": "Card", "children": [], "border": 1})),
        copy_text: None,
    })
}

/// What an action looked like to the responder.
fn seen(action: &ActionTurn<String>) -> Vec<Step> {
    let sender = action.sender.as_ref().map_or("nothing", |widget| &widget.id);
    let payload = action.action.payload.clone().unwrap_or_default();
    vec![progress(format!("{} {payload} of {sender}", action.action.kind))]
}

/// The widget that was touched, with a border that says how.
fn touched(action: SyncAction<String>) -> Result<Option<ThreadItem>, Error> {
    if action.action.kind == "refuse" {
        return Err(Error::new(422, "no_such_task", "there is no such task"));
    }
    Ok(action.sender.map(|mut widget| {
        widget.widget.0["border"] = json!(action.action.kind);
        ThreadItem::Widget(widget)
    }))
}

fn acting() -> Scripted {
    let responder = ScriptedResponder::new(|_| Vec::new()).acting(seen).acting_at_once(touched);
    let server = Server::new(MemoryStore::default(), responder, Options::default());
    let items = vec![widget("w"), message("m"), hidden("h")];
    put_thread(&server, "thr_a", ThreadStatus::Active, items);
    server
}

fn action(name: &str, item_id: Value, kind: &str) -> Value {
    let action = json!({"type": kind, "payload": {"x": null}, "handler": "server"});
    op(name, json!({"thread_id": "thr_a", "item_id": item_id, "action": action}))
}

const STREAMED: &str = "threads.custom_action";
const AT_ONCE: &str = "threads.sync_custom_action";

#[tokio::test]
async fn an_action_is_answered_with_a_turn_that_knows_the_widget() {
    let server = acting();
    let events = ask(&server, "ann", action(STREAMED, json!("w"), "go")).await.unwrap();
    let expected = json!([
        {"type": "stream_options", "stream_options": {"allow_cancel": true}},
        {"type": "progress_update", "text": r#"go {"x":null} of w"#},
    ]);
    assert_eq!(events, expected);
    assert_eq!(server.store().operations(), ["begin_turn"]);
}

#[tokio::test]
async fn an_action_may_come_from_no_widget_and_carry_nothing() {
    let server = acting();
    let bare = op(STREAMED, json!({"thread_id": "thr_a", "action": {"type": "go"}}));
    let events = ask(&server, "ann", bare).await.unwrap();
    assert_eq!(events[1]["text"], "go null of nothing");
    let null = action(STREAMED, Value::Null, "go");
    let events = ask(&server, "ann", null).await.unwrap();
    assert_eq!(events[1]["text"], r#"go {"x":null} of nothing"#);
}

#[tokio::test]
async fn an_action_on_anything_but_a_widget_is_one_error_event() {
    let server = acting();
    for item in ["m", "h"] {
        let events = ask(&server, "ann", action(STREAMED, json!(item), "go")).await.unwrap();
        let error = json!({"type": "error", "code": "stream.error", "allow_retry": false});
        assert_eq!(events, json!([error]));
    }
    assert_eq!(server.store().operations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_action_on_what_is_not_there_is_not_found() {
    let server = acting();
    for name in [STREAMED, AT_ONCE] {
        assert_eq!(refused(&server, "ann", action(name, json!("none"), "go")).await.0, 404);
        assert_eq!(refused(&server, "bob", action(name, json!("w"), "go")).await.0, 404);
    }
}

#[tokio::test]
async fn an_application_without_actions_says_so() {
    struct Silent;
    impl Responder<String> for Silent {
        fn respond(
            &self,
            _turn: Turn<String>,
        ) -> futures_util::stream::BoxStream<'static, Result<ThreadStreamEvent, RespondError>>
        {
            Box::pin(futures_util::stream::empty())
        }
    }
    let server = Server::new(MemoryStore::default(), Silent, Options::default());
    let thread = acting().store().thread("thr_a").unwrap();
    server.store().put("ann", thread, vec![widget("w")]);
    let request = |name| action(name, json!("w"), "go").to_string();
    let streamed = server.parse(request(STREAMED).as_bytes()).unwrap();
    let Response::Stream(events) =
        server.process_request(streamed, "ann".to_owned()).await.unwrap()
    else {
        panic!("it is answered with a stream")
    };
    let events: Vec<_> = events.collect().await;
    let events = serde_json::to_value(events).unwrap();
    assert_eq!((&events[1]["code"], &events[1]["allow_retry"]), (&json!("custom"), &json!(false)));
    let at_once = server.parse(request(AT_ONCE).as_bytes()).unwrap();
    let refusal = server.process_request(at_once, "ann".to_owned()).await.err().unwrap();
    assert_eq!((refusal.status(), refusal.code()), (501, "not_configured"));
}

#[tokio::test]
async fn an_action_at_once_answers_with_the_item_and_keeps_nothing() {
    let server = acting();
    let answer = ask(&server, "ann", action(AT_ONCE, json!("w"), "red")).await.unwrap();
    assert_eq!(answer["updated_item"]["widget"]["border"], "red");
    assert_eq!(server.store().items("thr_a")[0], widget("w"));
    assert_eq!(server.store().operations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_action_at_once_may_have_nothing_to_show() {
    let answer = ask(&acting(), "ann", action(AT_ONCE, Value::Null, "red")).await.unwrap();
    assert_eq!(answer, json!({}));
}

#[tokio::test]
async fn an_action_at_once_on_anything_but_a_widget_is_a_conflict() {
    let refusal = refused(&acting(), "ann", action(AT_ONCE, json!("m"), "red")).await;
    assert_eq!(refusal, (409, "not_a_widget".to_owned()));
}

#[tokio::test]
async fn an_application_refuses_an_action_in_its_own_words() {
    let refusal = refused(&acting(), "ann", action(AT_ONCE, json!("w"), "refuse")).await;
    assert_eq!(refusal, (422, "no_such_task".to_owned()));
}

#[tokio::test]
async fn a_hidden_item_is_not_what_an_action_shows() {
    let responder =
        ScriptedResponder::new(|_| Vec::new()).acting_at_once(|_| Ok(Some(hidden("h"))));
    let server = Server::new(MemoryStore::default(), responder, Options::default());
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![]);
    let answer = ask(&server, "ann", action(AT_ONCE, Value::Null, "go")).await.unwrap();
    assert_eq!(answer, json!({}));
}

#[tokio::test]
async fn an_action_at_once_is_answered_while_a_turn_runs() {
    let responder = ScriptedResponder::new(|_| vec![Step::Hang]).acting_at_once(touched);
    let server = Server::new(MemoryStore::default(), responder, Options::default());
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![widget("w")]);
    let message = server.parse(say("thr_a", "hi").to_string().as_bytes()).unwrap();
    let running = server.process_request(message, "ann".to_owned()).await.unwrap();
    let answer = ask(&server, "ann", action(AT_ONCE, json!("w"), "red")).await.unwrap();
    assert_eq!(answer["updated_item"]["widget"]["border"], "red");
    server.options().hard_stop.cancel();
    drop(running);
}
