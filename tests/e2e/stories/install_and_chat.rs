//! From an object to an answer.

use std::time::Instant;

use serde_json::json;

use crate::place::Place;

/// An object that says nothing is a chat that people can use.
#[tokio::test]
#[expect(clippy::print_stderr, reason = "the figure is told beside the result")]
async fn an_object_that_says_nothing_becomes_a_chat_that_manages_tasks() {
    let place = Place::fresh().await;
    let began = Instant::now();
    place.apply("team", &json!({})).await;
    let team = place.ready("team").await;
    eprintln!("from the object to Ready: {:.1} s", began.elapsed().as_secs_f64());

    let status = team.status.unwrap();
    assert_eq!(status.url, None, "it is not exposed");
    assert!(
        status.tool_servers[0].tools.contains(&"add_task".to_owned()),
        "{:?}",
        status.tool_servers
    );
    let (door, _forward) = place.forwarded("team").await;
    assert_eq!(door.config().await["llm_mode"], "offline");
    let ada = door.sign_up("ada").await;
    ada.say("add a grocery task").await;
    let answer = ada
        .say("add a meeting prep task, mark my grocery task as done, and show me what's left")
        .await;
    let calls = answer["tool_calls"].as_array().unwrap();
    let tools: Vec<_> = calls.iter().map(|call| call["tool"].as_str().unwrap()).collect();
    assert_eq!(tools, ["add_task", "complete_task", "list_tasks"], "{answer}");
    let tasks = ada.tasks().await;
    assert_eq!(tasks, [("Meeting prep".to_owned(), false), ("Grocery".to_owned(), true)]);
    assert_eq!(door.sign_up("bob").await.tasks().await, []);
}
