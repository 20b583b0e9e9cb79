//! Responders made of functions, behind a whole server.

use futures_util::stream;
use serde_json::json;

use super::*;
use crate::{Error, FnResponder, Options, Response, Server};

type Chat = Server<MemoryStore, FnResponder<String>>;

fn server(responder: FnResponder<String>) -> Chat {
    Server::new(
        MemoryStore::default(),
        responder,
        Options { keepalive: None, ..Options::default() },
    )
}

/// What is answered: one value, or all events of a stream.
async fn ask(server: &Chat, operation: &str, params: Value) -> Result<Vec<Value>, Error> {
    let body = json!({"type": operation, "params": params}).to_string();
    Ok(match server.process(body.as_bytes(), "ann".to_owned()).await? {
        Response::Json(json) => vec![serde_json::from_slice(&json).unwrap()],
        Response::Stream(events) => {
            events.map(|event| serde_json::to_value(event).unwrap()).collect().await
        }
    })
}

async fn create(server: &Chat) -> Vec<Value> {
    let content = json!([{"type": "input_text", "text": "Hello"}]);
    let input = json!({"content": content, "attachments": [], "inference_options": {}});
    ask(server, "threads.create", json!({"input": input})).await.unwrap()
}

fn press(item_id: &str) -> Value {
    json!({"thread_id": "thr_1", "item_id": item_id, "action": {"type": "press"}})
}

fn card(value: &str) -> Value {
    json!({"type": "Card", "children": [{"type": "Text", "value": value}]})
}

/// Shows a widget, which changes when it is pressed.
fn pressable() -> FnResponder<String> {
    responder(async |_, reply: Reply| {
        reply.widget(card("before"), None).await;
        Ok(())
    })
}

#[tokio::test]
async fn what_a_function_writes_is_answered_and_kept() {
    let server = server(responder(async |turn: Turn<String>, reply| {
        reply.say(format!("{} says: {}", turn.context, turn.text())).await;
        Ok(())
    }));
    let events = create(&server).await;
    assert_eq!(events.last().unwrap()["item"]["content"][0]["text"], "ann says: Hello");
    assert_eq!(server.store().items("thr_1").len(), 2);
}

#[tokio::test]
async fn an_error_of_a_function_is_an_error_event() {
    let server = server(responder(async |_, _| Err(RespondError::custom("Quota reached", true))));
    let error =
        json!({"type": "error", "code": "custom", "message": "Quota reached", "allow_retry": true});
    assert_eq!(create(&server).await.last(), Some(&error));
}

#[tokio::test]
async fn a_message_left_open_is_kept_as_it_stands() {
    let server = server(responder(async |_, reply: Reply| {
        let mut message = reply.message();
        message.text("Half").await;
        Err(RespondError::failed("the model is gone"))
    }));
    assert_eq!(create(&server).await.last().unwrap()["type"], "error");
    let kept = serde_json::to_value(&server.store().items("thr_1")[1]).unwrap();
    assert_eq!(kept["content"][0]["text"], "Half");
}

#[tokio::test]
async fn an_action_replaces_the_widget_it_came_from() {
    let act = async |turn: ActionTurn<String>, reply: Reply| {
        let sender = turn.sender.expect("it comes from a widget");
        let widget = card(&turn.action.kind).into();
        reply.replace(crate::protocol::WidgetItem { widget, ..sender }).await;
        Ok(())
    };
    let server = server(pressable().on_action(act));
    let shown = create(&server).await;
    let item_id = shown.last().unwrap()["item"]["id"].as_str().unwrap();
    let events = ask(&server, "threads.custom_action", press(item_id)).await.unwrap();
    assert_eq!(kinds(&events), ["stream_options", "replaced widget"]);
    let kept = serde_json::to_value(&server.store().items("thr_1")[1]).unwrap();
    assert_eq!(kept["widget"], card("press"));
}

#[tokio::test]
async fn a_sync_action_and_a_thumb_reach_their_functions() {
    let (thumbs, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let responder = pressable()
        .on_sync_action(async |action| Ok(action.sender.map(Into::into)))
        .on_feedback(move |feedback| {
            thumbs.send(feedback.item_ids).unwrap();
            std::future::ready(Ok(()))
        });
    let server = server(responder);
    let shown = create(&server).await;
    let item = &shown.last().unwrap()["item"];
    let item_id = item["id"].as_str().unwrap();
    let updated = ask(&server, "threads.sync_custom_action", press(item_id)).await.unwrap();
    assert_eq!(&updated[0]["updated_item"], item);
    let params = json!({"thread_id": "thr_1", "item_ids": [item_id], "kind": "positive"});
    assert_eq!(ask(&server, "items.feedback", params).await.unwrap(), [json!({})]);
    assert_eq!(seen.recv().await.unwrap(), [item_id]);
}

#[tokio::test]
async fn without_functions_for_them_actions_and_thumbs_are_what_the_trait_says() {
    let server = server(pressable());
    let shown = create(&server).await;
    let item_id = shown.last().unwrap()["item"]["id"].as_str().unwrap();
    let events = ask(&server, "threads.custom_action", press(item_id)).await.unwrap();
    assert_eq!(events.last().unwrap()["code"], "custom");
    let refused = ask(&server, "threads.sync_custom_action", press(item_id)).await.unwrap_err();
    assert_eq!(refused.status(), 501);
    let params = json!({"thread_id": "thr_1", "item_ids": [item_id], "kind": "negative"});
    assert_eq!(ask(&server, "items.feedback", params).await.unwrap(), [json!({})]);
}

#[tokio::test]
async fn a_stop_button_may_be_left_out() {
    let server = server(pressable().allow_cancel(false));
    let options = json!({"type": "stream_options", "stream_options": {"allow_cancel": false}});
    assert!(create(&server).await.contains(&options));
}

#[tokio::test]
async fn a_widget_that_is_streamed_is_kept_in_its_last_state() {
    let server = server(responder(async |_, reply: Reply| {
        let states = [card("a").into(), card("b").into()];
        reply.stream_widget(stream::iter(states), None).await;
        Ok(())
    }));
    create(&server).await;
    let kept = serde_json::to_value(&server.store().items("thr_1")[1]).unwrap();
    assert_eq!(kept["widget"], card("b"));
}
