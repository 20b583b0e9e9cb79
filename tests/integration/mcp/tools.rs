//! What the tools do, and what they tell a model that asks for something else.

use serde_json::{Value, json};
use todochat_tests::{TestDatabase, on_each_database};

use super::server::{ANN, ToolServer, tasks, text};

on_each_database!(
    a_task_is_added_listed_completed_changed_and_deleted,
    a_result_is_text_and_structure_and_names_what_changed,
    a_task_completed_twice_stays_completed,
    a_list_can_be_narrowed_and_read_page_by_page,
    a_refusal_tells_the_model_what_to_do_next,
    arguments_that_do_not_fit_are_told_to_the_model,
    a_long_list_comes_in_pages_that_can_be_read,
    calls_are_counted_by_tool_and_outcome,
);

async fn a_task_is_added_listed_completed_changed_and_deleted(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    let milk = ann.done("add_task", json!({"title": " Buy milk ", "description": "2 l"})).await;
    assert_eq!(
        milk,
        json!({
            "id": milk["id"], "number": 1, "title": "Buy milk", "description": "2 l",
            "completed": false, "version": 1,
            "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-21T09:00:00Z",
        })
    );
    ann.done("add_task", json!({"title": "Meeting prep"})).await;
    let done = ann.done("complete_task", json!({"task_id": "1"})).await;
    assert_eq!((&done["id"], &done["completed"]), (&milk["id"], &json!(true)));
    ann.done("update_task", json!({"task_id": 2, "title": "Prepare the meeting"})).await;
    assert_eq!(
        ann.list().await,
        [(2, "Prepare the meeting".to_owned(), false), (1, "Buy milk".to_owned(), true)]
    );
    let gone = ann.done("delete_task", json!({"task_id": milk["id"]})).await;
    assert_eq!((&gone["deleted"], &gone["title"]), (&json!(true), &json!("Buy milk")));
    assert_eq!(ann.list().await, [(2, "Prepare the meeting".to_owned(), false)]);
}

async fn a_result_is_text_and_structure_and_names_what_changed(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    let added = ann.call("add_task", json!({"title": "Buy milk"})).await;
    let structured = added.structured_content.clone().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text(&added)).unwrap(), structured);
    let meta = added.meta.unwrap();
    assert_eq!(meta["todochat.dev/changed"], json!([structured["id"]]));
    let listed = ann.call("list_tasks", json!({})).await;
    assert_eq!(listed.meta.and_then(|meta| meta.get("todochat.dev/changed").cloned()), None);
}

async fn a_task_completed_twice_stays_completed(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    ann.done("add_task", json!({"title": "Buy groceries"})).await;
    let once = ann.done("complete_task", json!({"task_id": "my grocery task"})).await;
    let twice = ann.done("complete_task", json!({"task_id": "my grocery task"})).await;
    assert_eq!(once["completed"], true);
    assert_eq!(once, twice);
}

async fn a_list_can_be_narrowed_and_read_page_by_page(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    for title in ["Buy milk", "Buy eggs", "Call Bo"] {
        ann.done("add_task", json!({"title": title})).await;
    }
    ann.done("complete_task", json!({"task_id": "1"})).await;
    let titles = async |arguments| {
        let list = ann.done("list_tasks", arguments).await;
        let titles: Vec<_> = tasks(&list).into_iter().map(|(_, title, _)| title).collect();
        (titles, list["next_cursor"].as_str().map(str::to_owned))
    };
    let all = |titles: &[&str]| titles.iter().map(ToString::to_string).collect::<Vec<_>>();
    for status in ["open", "pending"] {
        let open = titles(json!({"status": status})).await;
        assert_eq!(open, (all(&["Call Bo", "Buy eggs"]), None));
    }
    let completed = titles(json!({"status": "completed", "query": null})).await;
    assert_eq!(completed, (all(&["Buy milk"]), None));
    assert_eq!(titles(json!({"query": "buy"})).await, (all(&["Buy eggs", "Buy milk"]), None));
    let (first, cursor) = titles(json!({"limit": 2})).await;
    assert_eq!(first, all(&["Call Bo", "Buy eggs"]));
    let rest = titles(json!({"limit": 2, "cursor": cursor.unwrap()})).await;
    assert_eq!(rest, (all(&["Buy milk"]), None));
}

async fn a_refusal_tells_the_model_what_to_do_next(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    ann.done("add_task", json!({"title": "Buy groceries"})).await;
    ann.done("add_task", json!({"title": "Grocery list"})).await;
    let long = "é".repeat(256);
    for (tool, arguments, says) in [
        ("complete_task", json!({"task_id": "42"}), "Call list_tasks"),
        ("delete_task", json!({"task_id": "tsk_nobody"}), "Call list_tasks"),
        ("complete_task", json!({"task_id": "x\u{0}y"}), "Call list_tasks"),
        ("complete_task", json!({"task_id": "grocery"}), "2 tasks match:\n2: Grocery list (open)"),
        ("add_task", json!({"title": "  "}), "The title is empty. Correct it and call again."),
        ("add_task", json!({"title": long}), "longer than 255 characters"),
        ("add_task", json!({"title": "a\nb"}), "one line"),
        ("update_task", json!({"task_id": "1"}), "nothing to change"),
        ("list_tasks", json!({"cursor": "made up"}), "The cursor does not belong to this list"),
    ] {
        let refusal = ann.refused(tool, arguments.clone()).await;
        assert!(refusal.contains(says), "{tool} {arguments}: {refusal}");
    }
}

async fn arguments_that_do_not_fit_are_told_to_the_model(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    for (tool, arguments, says) in [
        ("add_task", json!({"title": "x", "user_id": "usr_bob"}), "unknown field `user_id`"),
        ("list_tasks", json!({"owner": "usr_bob"}), "unknown field `owner`"),
        ("add_task", json!({}), "missing field `title`"),
        ("add_task", json!({"title": 7}), "invalid type: integer `7`, expected a string"),
        ("complete_task", json!({"task_id": ["1"]}), "expected a task's number, id or words"),
        ("complete_task", json!({"task_id": -1}), "expected a task's number, id or words"),
        ("list_tasks", json!({"status": "done"}), "unknown variant `done`"),
        ("list_tasks", json!({"limit": -1}), "invalid value: integer `-1`"),
    ] {
        let refusal = ann.refused(tool, arguments.clone()).await;
        assert!(refusal.contains(says), "{tool} {arguments}: {refusal}");
    }
    assert_eq!(ann.list().await, []);
}

async fn a_long_list_comes_in_pages_that_can_be_read(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    let description = "long ".repeat(400);
    for number in 1..=40 {
        let title = format!("{} {number}", "Title".repeat(20));
        ann.done("add_task", json!({"title": title, "description": description})).await;
    }
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = ann.call("list_tasks", json!({"limit": 200, "cursor": cursor})).await;
        assert!(text(&page).len() < 16_000);
        let page = page.structured_content.unwrap();
        seen.extend(tasks(&page).into_iter().map(|(number, ..)| number));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, (1..=40).rev().collect::<Vec<_>>());
}

async fn calls_are_counted_by_tool_and_outcome(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let ann = server.client(ANN).await;
    ann.done("add_task", json!({"title": "Buy milk"})).await;
    ann.refused("complete_task", json!({"task_id": "42"})).await;
    server.call(&server.token(ANN), "drop_table", json!({})).await;
    let metrics = server.metrics();
    for line in [
        r#"todochat_mcp_tool_calls_total{outcome="ok",tool="add_task"} 1"#,
        r#"todochat_mcp_tool_calls_total{outcome="refused",tool="complete_task"} 1"#,
        r#"todochat_mcp_tool_calls_total{outcome="rejected",tool="unknown"} 1"#,
        r#"todochat_mcp_tool_call_seconds_count{tool="add_task"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}
