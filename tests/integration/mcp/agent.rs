//! The tools as the agent has them: one client for all users, a token for each call.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use todochat_auth::UserId;
use todochat_chat_server::agent::{
    model::ToolCall,
    tools::{self, Credential, Minter, Rules, ToolOutcome, Tools},
};
use todochat_tests::{TestDatabase, on_each_database};

use super::server::{ANN, BOB, ToolServer};

on_each_database!(
    the_agent_finds_out_what_tools_there_are,
    one_client_serves_all_users_and_mixes_none,
    a_call_that_comes_again_under_its_key_is_done_once,
    a_call_sent_twice_at_once_is_done_once,
    the_tool_servers_own_words_reach_the_model,
    the_agent_goes_on_when_the_tool_server_comes_back,
);

fn tools(server: &ToolServer) -> Tools {
    let ours = tools::ToolServer {
        name: "todo".to_owned(),
        url: server.url.clone(),
        http: server.http.clone(),
        credential: Credential::Minted { audience: server.url.clone() },
        headers: Vec::new(),
        required: true,
        time: Duration::from_secs(10),
        rules: Rules::default(),
    };
    let (issuer, clock, ids) = (server.issuer.clone(), server.clock.clone(), server.ids.clone());
    Tools::new(vec![ours], &Minter { issuer, clock, ids })
}

/// A call in a turn of its own.
async fn made(tools: &Tools, user: &UserId, call: &ToolCall, key: &str) -> ToolOutcome {
    let offer = tools.offer(user).await.unwrap();
    tools.call(&offer, user, call, key).await
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn call(name: &str, arguments: &Value) -> ToolCall {
    ToolCall { id: "call_1".into(), name: name.into(), arguments: arguments.to_string() }
}

async fn titles(tools: &Tools, user: &UserId) -> Vec<String> {
    let outcome = made(tools, user, &call("list_tasks", &json!({})), "list").await;
    let list: Value = serde_json::from_str(&outcome.content).unwrap();
    let tasks = list["tasks"].as_array().unwrap();
    tasks.iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

async fn the_agent_finds_out_what_tools_there_are(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let tools = tools(&server);
    let offer = tools.offer(&user(ANN)).await.unwrap();
    let specs = &offer.specs;
    let known: Vec<_> =
        specs.iter().map(|spec| (spec.name.as_str(), spec.read_only, spec.destructive)).collect();
    assert_eq!(
        known,
        [
            ("add_task", false, false),
            ("complete_task", false, false),
            ("delete_task", false, true),
            ("list_tasks", true, false),
            ("update_task", false, true),
        ]
    );
    assert_eq!(specs[0].parameters.get("$schema"), None);
    assert_eq!(specs[0].parameters["additionalProperties"], false);
    let again = tools.offer(&user(BOB)).await.unwrap();
    assert!(Arc::ptr_eq(&offer, &again), "the list is kept while it is fresh");
}

async fn one_client_serves_all_users_and_mixes_none(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let tools = tools(&server);
    let (ann, bob) = (user(ANN), user(BOB));
    let adding = (0..20).map(async |n| {
        let (who, whose) = if n % 2 == 0 { (&ann, "Ann") } else { (&bob, "Bob") };
        let add = call("add_task", &json!({"title": format!("{whose} {n}")}));
        made(&tools, who, &add, &format!("turn:{n}")).await
    });
    for outcome in futures_util::future::join_all(adding).await {
        assert!(!outcome.is_error, "{}", outcome.content);
        let task: Value = serde_json::from_str(&outcome.content).unwrap();
        assert_eq!(outcome.changed, [task["id"].as_str().unwrap()]);
    }
    for (who, whose) in [(&ann, "Ann"), (&bob, "Bob")] {
        let titles = titles(&tools, who).await;
        assert_eq!(titles.len(), 10);
        assert!(titles.iter().all(|title| title.starts_with(whose)), "{titles:?}");
    }
}

async fn a_call_that_comes_again_under_its_key_is_done_once(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let tools = tools(&server);
    let ann = user(ANN);
    let add = call("add_task", &json!({"title": "Buy milk"}));
    let first = made(&tools, &ann, &add, "turn:0").await;
    assert_eq!(made(&tools, &ann, &add, "turn:0").await, first);
    assert_eq!(titles(&tools, &ann).await, ["Buy milk"]);

    let other = call("add_task", &json!({"title": "Buy eggs"}));
    let refused = made(&tools, &ann, &other, "turn:0").await;
    assert!(refused.is_error);
    assert!(refused.content.contains("The key of the call was used for another call"));
    made(&tools, &user(BOB), &other, "turn:0").await;
    assert_eq!(titles(&tools, &user(BOB)).await, ["Buy eggs"], "a key is one user's own");
    made(&tools, &ann, &add, "turn:1").await;
    assert_eq!(titles(&tools, &ann).await, ["Buy milk", "Buy milk"]);
}

async fn a_call_sent_twice_at_once_is_done_once(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let tools = tools(&server);
    let ann = user(ANN);
    let add = call("add_task", &json!({"title": "Buy milk"}));
    let twice = (0..8).map(|_| made(&tools, &ann, &add, "turn:0"));
    let outcomes = futures_util::future::join_all(twice).await;
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    assert_eq!(titles(&tools, &ann).await, ["Buy milk"]);
}

async fn the_tool_servers_own_words_reach_the_model(database: TestDatabase) {
    let server = ToolServer::start(database).await;
    let tools = tools(&server);
    let complete = call("complete_task", &json!({"task_id": "42"}));
    let outcome = made(&tools, &user(ANN), &complete, "turn:0").await;
    assert_eq!(
        outcome,
        ToolOutcome {
            content: "There is no such task. Call list_tasks to see the tasks, and name one \
                      by its number."
                .to_owned(),
            is_error: true,
            changed: Vec::new(),
        }
    );
    let unknown = made(&tools, &user(ANN), &call("drop_table", &json!({})), "turn:1").await;
    assert_eq!(
        unknown.content,
        "There is no tool drop_table. Nothing was done. The tools are: add_task, \
         complete_task, delete_task, list_tasks, update_task."
    );
}

async fn the_agent_goes_on_when_the_tool_server_comes_back(database: TestDatabase) {
    let mut server = ToolServer::start(database).await;
    let tools = tools(&server);
    let ann = user(ANN);
    server.stop().await;
    assert!(tools.offer(&ann).await.is_err());
    server.start_again().await;
    let add = call("add_task", &json!({"title": "Buy milk"}));
    assert!(!made(&tools, &ann, &add, "turn:0").await.is_error);

    server.stop().await;
    let away = made(&tools, &ann, &call("list_tasks", &json!({})), "turn:1").await;
    assert!(away.is_error);
    assert!(away.content.contains("did not reach the tool server"), "{}", away.content);
    server.start_again().await;
    assert_eq!(titles(&tools, &ann).await, ["Buy milk"]);
}
