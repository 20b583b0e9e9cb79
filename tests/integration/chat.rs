//! Talking to the assistant, in offline command mode, over real HTTP and on both databases.

use serde_json::{Value, json};
use todochat_tests::{
    TestDatabase,
    house::{House, message},
    on_each_database,
};

on_each_database!(
    the_combined_sentence_calls_three_tools_in_order,
    an_answer_is_kept_as_it_was_streamed,
    a_conversation_goes_on,
    threads_are_listed_named_and_deleted,
    a_long_thread_is_read_in_pages,
    the_plain_endpoint_answers_with_the_calls_it_made,
    a_turn_that_changed_tasks_says_which,
);

const COMBINED: &str =
    "Add a meeting prep task, mark my grocery task as done, and show me what's left";

async fn the_combined_sentence_calls_three_tools_in_order(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    ann.post("/api/tasks", json!({"title": "Buy groceries"})).await;
    let badges = ann.say(COMBINED).await.done("workflow");
    assert_eq!(badges.len(), 1);
    let tasks = badges[0]["workflow"]["tasks"].as_array().unwrap();
    let names: Vec<&str> = tasks.iter().map(|task| task["title"].as_str().unwrap()).collect();
    assert_eq!(names, ["add_task", "complete_task", "list_tasks"]);
    let arguments: Value = serde_json::from_str(tasks[0]["content"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"title": "Meeting prep"}));
    let open = ann.get("/api/tasks?status=open").await.json();
    assert_eq!(titles(&open), ["Meeting prep"]);
}

async fn an_answer_is_kept_as_it_was_streamed(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let answer = ann.say("add buy milk").await;
    let thread = thread_of(&answer.events());
    let events = answer.events();
    let done = events.iter().filter(|event| event["type"] == "thread.item.done");
    let streamed: Vec<&Value> = done.map(|event| &event["item"]).collect();
    let kept = ann.chatkit("threads.get_by_id", json!({"thread_id": thread})).await.json();
    assert_eq!(kept["items"]["data"], json!(streamed));
    assert_eq!(kept["title"], "add buy milk");
}

async fn a_conversation_goes_on(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let thread = thread_of(&ann.say("add buy milk").await.events());
    let params = json!({"thread_id": thread, "input": message("list")});
    let answer = ann.chatkit("threads.add_user_message", params).await;
    assert_eq!(answer.events()[0]["type"], "thread.item.done");
    assert_eq!(answer.events()[1]["type"], "stream_options");
    let text = answer.done("assistant_message")[0]["content"][0]["text"].to_string();
    assert!(text.contains("Buy milk"), "{text}");
}

async fn threads_are_listed_named_and_deleted(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let first = thread_of(&ann.say("help").await.events());
    let second = thread_of(&ann.say("list").await.events());
    let listed = ann.chatkit("threads.list", json!({"limit": 9999, "order": "desc"})).await.json();
    assert_eq!(ids(&listed), [second.as_str(), first.as_str()]);

    let page = ann.chatkit("threads.list", json!({"limit": 1})).await.json();
    assert_eq!((ids(&page), &page["has_more"]), (vec![second.as_str()], &json!(true)));
    let next = json!({"limit": 1, "after": page["after"]});
    assert_eq!(ids(&ann.chatkit("threads.list", next).await.json()), [first.as_str()]);

    let update = json!({"thread_id": first, "title": "What helps"});
    assert_eq!(ann.chatkit("threads.update", update).await.text("/title"), "What helps");
    let params = json!({"thread_id": first});
    let read = ann.chatkit("threads.get_by_id", params.clone()).await;
    assert_eq!(read.text("/title"), "What helps");
    assert_eq!(ann.chatkit("threads.delete", params.clone()).await.json(), json!({}));
    assert_eq!(ann.chatkit("threads.get_by_id", params).await.status, 404);
}

async fn a_long_thread_is_read_in_pages(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let thread = thread_of(&ann.say("help").await.events());
    for _ in 0..3 {
        let params = json!({"thread_id": thread, "input": message("help")});
        ann.chatkit("threads.add_user_message", params).await;
    }
    let mut read = Vec::new();
    let mut params = json!({"thread_id": thread, "limit": 3, "order": "asc"});
    loop {
        let page = ann.chatkit("items.list", params.clone()).await.json();
        read.extend(ids(&page).into_iter().map(str::to_owned));
        if page["has_more"] == false {
            break;
        }
        params["after"] = page["after"].clone();
    }
    let all = json!({"thread_id": thread, "limit": 100, "order": "desc"});
    let mut newest_first = ids(&ann.chatkit("items.list", all).await.json())
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    newest_first.reverse();
    assert_eq!((read.len(), &read), (8, &newest_first));
}

async fn the_plain_endpoint_answers_with_the_calls_it_made(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let answer = ann.post("/api/chat", json!({"message": "add buy milk"})).await.json();
    assert_eq!(
        answer["tool_calls"],
        json!([{"tool": "add_task", "arguments": {"title": "Buy milk"}}])
    );
    assert!(answer["response"].as_str().unwrap().contains("Buy milk"), "{answer}");
    let again = json!({"message": "list", "conversation_id": answer["conversation_id"]});
    let again = ann.post("/api/chat", again).await.json();
    assert_eq!(again["conversation_id"], answer["conversation_id"]);
}

async fn a_turn_that_changed_tasks_says_which(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let events = ann.say("add buy milk").await.events();
    let effect = events.iter().find(|event| event["type"] == "client_effect").unwrap();
    let tasks = ann.get("/api/tasks").await.json();
    assert_eq!(effect["name"], "tasks.changed");
    assert_eq!(effect["data"]["ids"], json!([tasks["tasks"][0]["id"]]));
}

fn thread_of(events: &[Value]) -> String {
    events[0]["thread"]["id"].as_str().unwrap().to_owned()
}

fn ids(page: &Value) -> Vec<&str> {
    let data = page["data"].as_array().unwrap_or_else(|| panic!("no page: {page}"));
    data.iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

fn titles(tasks: &Value) -> Vec<&str> {
    let tasks = tasks["tasks"].as_array().unwrap();
    tasks.iter().map(|task| task["title"].as_str().unwrap()).collect()
}
