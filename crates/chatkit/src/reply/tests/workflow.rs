//! Badges and thoughts.

use futures_util::future::join;
use serde_json::json;

use super::*;
use crate::protocol::{ImageTask, ThoughtTask};

#[tokio::test]
async fn badges_are_added_updated_and_done_with_a_summary() {
    let events = written(async |reply| {
        let tools = reply.workflow();
        let roll = tools.badge("roll", "bolt", "`6`").await;
        let search = tools.badge("search", "search", "").await;
        roll.complete_with("7").await;
        search.fail("timeout").await;
        tools.done_as("Used 2 tools", Some("bolt")).await;
    })
    .await;
    assert_eq!(
        kinds(&events),
        [
            "added workflow",
            "updated workflow.task.added",
            "updated workflow.task.updated",
            "updated workflow.task.updated",
            "done workflow",
        ]
    );
    assert_eq!(
        events[0]["item"]["workflow"],
        json!({"type": "custom", "expanded": false, "tasks": [
            {"type": "custom", "status_indicator": "loading", "title": "roll", "icon": "bolt", "content": "`6`"},
        ]})
    );
    assert_eq!(
        events[1]["update"]["task"],
        json!({"type": "custom", "status_indicator": "loading", "title": "search", "icon": "search"})
    );
    let workflow = &events[4]["item"]["workflow"];
    assert_eq!(workflow["summary"], json!({"title": "Used 2 tools", "icon": "bolt"}));
    assert_eq!(
        workflow["tasks"],
        json!([
            {"type": "custom", "status_indicator": "complete", "title": "roll", "icon": "bolt", "content": "7"},
            {"type": "custom", "status_indicator": "complete", "title": "search", "icon": "lucide:circle-x", "content": "timeout"},
        ])
    );
    assert_eq!([&events[1]["update"]["task_index"], &events[3]["update"]["task_index"]], [1, 1]);
    assert_eq!(events[0]["item"]["id"], events[4]["item"]["id"]);
    assert_eq!(events[0]["item"]["created_at"], events[4]["item"]["created_at"]);
}

#[tokio::test]
async fn a_workflow_without_steps_is_never_seen() {
    let events = written(async |reply| reply.workflow().done().await).await;
    assert!(events.is_empty(), "{events:?}");
}

#[tokio::test]
async fn a_step_that_still_runs_is_complete_when_the_workflow_is_done() {
    let events = written(async |reply| {
        let tools = reply.workflow();
        let _running = tools.badge("roll", "", "").await;
        tools.done().await;
    })
    .await;
    let workflow = &events[1]["item"]["workflow"];
    assert_eq!(workflow["tasks"][0]["status_indicator"], "complete");
    assert_eq!(workflow["summary"], json!({"duration": 0}));
}

#[tokio::test]
async fn a_step_that_changes_after_the_end_replaces_the_whole_workflow() {
    let events = written(async |reply| {
        let tools = reply.workflow();
        let late = tools.badge("roll", "", "").await;
        tools.clone().done().await;
        late.fail("no").await;
        tools.done().await;
    })
    .await;
    assert_eq!(kinds(&events), ["added workflow", "done workflow", "replaced workflow"]);
    assert_eq!(events[2]["item"]["workflow"]["tasks"][0]["icon"], "lucide:circle-x");
    assert_eq!(events[2]["item"]["id"], events[0]["item"]["id"]);
}

#[tokio::test]
async fn an_event_shows_its_own_moment_whatever_is_added_at_once() {
    let events = written(async |reply| {
        let tools = reply.workflow();
        join(tools.badge("first", "", ""), tools.badge("second", "", "")).await;
    })
    .await;
    assert_eq!(kinds(&events), ["added workflow", "updated workflow.task.added"]);
    assert_eq!(events[0]["item"]["workflow"]["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(events[1]["update"]["task"]["title"], "second");
}

#[tokio::test]
async fn a_thought_grows_and_is_told_whole() {
    let events = written(async |reply| {
        let thoughts = reply.reasoning();
        let thought =
            thoughts.task(ThoughtTask { content: "Let".into(), ..ThoughtTask::default() });
        thought.await.append(" me think").await;
        thoughts.task(ImageTask::default()).await.append("nothing to append to").await;
        thoughts.done().await;
    })
    .await;
    assert_eq!(events[0]["item"]["workflow"]["type"], "reasoning");
    assert_eq!(events[1]["update"]["task"]["content"], "Let me think");
}
