//! Items that come at once, pictures, and changes to what is kept.

use serde_json::json;

use super::*;
use crate::protocol::{CustomTask, FreeformInput};

/// The item of the only event, which says that it is done.
async fn only_item<W>(work: impl FnOnce(Reply) -> W) -> Value
where
    W: Future<Output = ()> + Send + 'static,
{
    let mut events = written(work).await;
    assert_eq!((events.len(), &events[0]["type"]), (1, &json!("thread.item.done")));
    events[0]["item"].take()
}

#[tokio::test]
async fn a_step_of_its_own_is_an_item() {
    let task = CustomTask { title: Some("Did it".into()), ..CustomTask::default() };
    let item = only_item(async |reply| reply.task(task).await).await;
    assert_eq!((&item["type"], &item["id"]), (&json!("task"), &json!("tsk_1")));
    assert_eq!(item["task"]["title"], "Did it");
}

#[tokio::test]
async fn questions_wait_for_the_user() {
    let question = FreeformInput {
        id: "n".into(),
        question: "Notes?".into(),
        answer: None,
        description: None,
    };
    let item = only_item(async |reply| reply.structured_input(vec![question.into()]).await).await;
    assert_eq!((&item["type"], &item["status"]), (&json!("structured_input"), &json!("pending")));
    assert_eq!(item["inputs"], json!([{"type": "freeform", "id": "n", "question": "Notes?"}]));
}

#[tokio::test]
async fn a_call_for_the_browser_is_pending_and_keeps_nulls() {
    let arguments = json!({"a": null}).as_object().unwrap().clone();
    let item =
        only_item(async |reply| reply.client_tool_call("call_1", "get", arguments).await).await;
    assert_eq!(item["id"], "tc_1");
    assert_eq!(
        [&item["type"], &item["status"], &item["call_id"], &item["name"]],
        ["client_tool_call", "pending", "call_1", "get"]
    );
    assert_eq!(item["arguments"], json!({"a": null}));
}

#[tokio::test]
async fn hidden_context_and_the_end_of_a_turn_are_items() {
    let item = only_item(async |reply| reply.hidden_context(json!({"k": 1})).await).await;
    assert_eq!(
        (&item["type"], &item["content"]),
        (&json!("hidden_context_item"), &json!({"k": 1}))
    );
    let item = only_item(async |reply| reply.end_of_turn().await).await;
    assert_eq!(item["type"], "end_of_turn");
}

#[tokio::test]
async fn a_picture_is_an_empty_frame_then_parts_of_it_then_done() {
    let events = written(async |reply| {
        let mut picture = reply.generated_image().await;
        picture.show("data:1", Some(0.5)).await;
        picture.done("data:2").await;
    })
    .await;
    assert_eq!(
        kinds(&events),
        ["added generated_image", "updated generated_image.updated", "done generated_image"]
    );
    assert_eq!(events[0]["item"].get("image"), None);
    assert_eq!(
        (&events[1]["update"]["progress"], &events[1]["update"]["image"]["url"]),
        (&json!(0.5), &json!("data:1"))
    );
    assert_eq!(events[2]["item"]["image"]["url"], "data:2");
    assert_eq!(events[2]["item"]["image"]["id"], events[1]["update"]["image"]["id"]);
    assert_eq!(events[2]["item"]["id"], events[0]["item"]["id"]);
}

#[tokio::test]
async fn a_picture_that_is_there_already_is_one_item() {
    let item = only_item(async |reply| reply.image("https://e.x/a.png").await).await;
    assert_eq!(item["image"]["url"], "https://e.x/a.png");
}

#[tokio::test]
async fn what_is_kept_can_be_replaced_and_removed() {
    let events = written(async |reply| {
        let task = CustomTask::default().into();
        let id = "tsk_0".to_owned();
        let thread_id = reply.thread_id().to_owned();
        let created_at = reply.now();
        reply.replace(crate::protocol::TaskItem { id, thread_id, created_at, task }).await;
        reply.remove("tsk_9").await;
    })
    .await;
    assert_eq!(kinds(&events), ["replaced task", "removed"]);
    assert_eq!(
        (&events[0]["item"]["id"], &events[1]["item_id"]),
        (&json!("tsk_0"), &json!("tsk_9"))
    );
}
