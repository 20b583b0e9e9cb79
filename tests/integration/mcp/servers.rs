//! Several tool servers as the agent has them.

use std::{fs, time::Duration};

use reqwest::header::HeaderName;
use serde_json::{Value, json};
use tempfile::TempDir;
use todochat_auth::UserId;
use todochat_chat_server::agent::{
    model::ToolCall,
    tools::{self, Credential, Minter, Offer, Rules, ToolOutcome, Tools},
};
use todochat_tests::{TestDatabase, on_each_database};

use super::{
    server::{ANN, ToolServer},
    stranger::Stranger,
};

on_each_database!(
    two_servers_are_one_list_and_each_call_goes_to_its_own,
    what_the_rules_leave_out_is_neither_offered_nor_called,
    a_turn_keeps_to_its_offer_when_a_server_comes_back,
    without_a_required_server_there_is_no_offer,
);

/// The servers of one chat server.
struct Desk {
    minter: Minter,
    http: reqwest::Client,
    servers: Vec<tools::ToolServer>,
    ann: UserId,
}

impl Desk {
    fn of(server: &ToolServer) -> Self {
        let (issuer, clock, ids) =
            (server.issuer.clone(), server.clock.clone(), server.ids.clone());
        let ann = UserId::parse(ANN).unwrap();
        let minter = Minter { issuer, clock, ids };
        Self { minter, http: server.http.clone(), servers: Vec::new(), ann }
    }

    fn and(mut self, name: &str, url: &str, change: impl FnOnce(&mut tools::ToolServer)) -> Self {
        let mut server = tools::ToolServer {
            name: name.to_owned(),
            url: url.to_owned(),
            http: self.http.clone(),
            credential: Credential::Minted { audience: url.to_owned() },
            headers: Vec::new(),
            required: true,
            time: Duration::from_secs(10),
            rules: Rules::default(),
        };
        change(&mut server);
        self.servers.push(server);
        self
    }

    fn tools(self) -> (Tools, UserId) {
        (Tools::new(self.servers, &self.minter), self.ann)
    }
}

fn names(offer: &Offer) -> Vec<&str> {
    offer.specs.iter().map(|spec| spec.name.as_str()).collect()
}

fn call(name: &str, arguments: &Value) -> ToolCall {
    ToolCall { id: "call_1".into(), name: name.into(), arguments: arguments.to_string() }
}

async fn done(tools: &Tools, user: &UserId, name: &str, arguments: Value) -> ToolOutcome {
    let offer = tools.offer(user).await.unwrap();
    let outcome = tools.call(&offer, user, &call(name, &arguments), "turn:0").await;
    assert!(!outcome.is_error, "{}", outcome.content);
    outcome
}

/// A second server on a database of its own, trusted by the same tokens.
async fn second(first: &ToolServer) -> ToolServer {
    ToolServer::start_with(TestDatabase::sqlite().await, first.issuer.clone()).await
}

async fn two_servers_are_one_list_and_each_call_goes_to_its_own(database: TestDatabase) {
    let todo = ToolServer::start(database).await;
    let shop = second(&todo).await;
    let desk = Desk::of(&todo).and("todo", &todo.url, |_| {}).and("shop", &shop.url, |_| {});
    let (tools, ann) = desk.tools();
    let offer = tools.offer(&ann).await.unwrap();
    assert_eq!(names(&offer)[..2], ["add_task", "complete_task"]);
    assert_eq!(names(&offer)[5..7], ["shop__add_task", "shop__complete_task"]);
    assert_eq!(offer.specs[5].own_name, "add_task");

    let first = done(&tools, &ann, "add_task", json!({"title": "Call Kim"})).await;
    assert_eq!(first.changed.len(), 1);
    let again = done(&tools, &ann, "add_task", json!({"title": "Call Kim"})).await;
    assert_eq!(again, first, "the ledger of each server goes on working");
    done(&tools, &ann, "shop__add_task", json!({"title": "Milk"})).await;
    for (server, title) in [(&todo, "Call Kim"), (&shop, "Milk")] {
        let listed = server.client(ANN).await.list().await;
        assert_eq!(listed, [(1, title.to_owned(), false)]);
    }
}

async fn what_the_rules_leave_out_is_neither_offered_nor_called(database: TestDatabase) {
    let todo = ToolServer::start(database).await;
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let desk = Desk::of(&todo).and("todo", &todo.url, |server| {
        server.rules = Rules {
            allow: Some(words(&["add_task", "delete_task", "list_tasks"])),
            deny: words(&["delete_task"]),
            require_approval: words(&["add_task"]),
        };
    });
    let (tools, ann) = desk.tools();
    let offer = tools.offer(&ann).await.unwrap();
    assert_eq!(names(&offer), ["add_task", "list_tasks"]);
    for (name, says) in [
        ("delete_task", "There is no tool delete_task. Nothing was done."),
        ("complete_task", "There is no tool complete_task. Nothing was done."),
        ("add_task", "add_task needs the user's approval"),
    ] {
        let outcome = tools.call(&offer, &ann, &call(name, &json!({"title": "x"})), "k").await;
        assert!(outcome.is_error && outcome.content.starts_with(says), "{}", outcome.content);
    }
    assert_eq!(todo.client(ANN).await.list().await, []);
}

async fn a_turn_keeps_to_its_offer_when_a_server_comes_back(database: TestDatabase) {
    let mut first = ToolServer::start(database).await;
    let shop = second(&first).await;
    let desk = Desk::of(&first).and("first", &first.url, |server| server.required = false).and(
        "shop",
        &shop.url,
        |_| {},
    );
    let (tools, ann) = desk.tools();
    first.stop().await;
    let offer = tools.offer(&ann).await.unwrap();
    assert_eq!(offer.away, ["first"]);
    assert_eq!(names(&offer)[0], "add_task");
    first.start_again().await;
    let later = tools.offer(&ann).await.unwrap();
    assert_eq!((later.away.len(), names(&later).len()), (0, 10));
    let add = call("add_task", &json!({"title": "Milk"}));
    assert!(!tools.call(&offer, &ann, &add, "k").await.is_error);
    assert_eq!(shop.client(ANN).await.list().await, [(1, "Milk".to_owned(), false)]);
    assert_eq!(first.client(ANN).await.list().await, []);
}

async fn without_a_required_server_there_is_no_offer(database: TestDatabase) {
    let todo = ToolServer::start(database).await;
    let desk = Desk::of(&todo).and("todo", &todo.url, |_| {}).and(
        "away",
        "http://127.0.0.1:1/mcp",
        |_| {},
    );
    let (tools, ann) = desk.tools();
    assert!(tools.offer(&ann).await.is_err());
}

/// A stranger, and a folder with its token and key.
async fn stranger(token: &str) -> (Stranger, TempDir, Tools, UserId) {
    let ours = ToolServer::start(TestDatabase::sqlite().await).await;
    let stranger = Stranger::start("one").await;
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("token"), token).unwrap();
    fs::write(folder.path().join("key"), "k1\n").unwrap();
    let desk = Desk::of(&ours).and("stranger", &stranger.url, |server| {
        server.credential = Credential::Bearer(folder.path().join("token"));
        server.headers = vec![(HeaderName::from_static("x-key"), folder.path().join("key"))];
    });
    let (tools, ann) = desk.tools();
    (stranger, folder, tools, ann)
}

#[tokio::test]
async fn an_older_server_with_pages_and_sessions_is_used() {
    let (stranger, _folder, tools, ann) = stranger("one").await;
    let offer = tools.offer(&ann).await.unwrap();
    assert_eq!(names(&offer), ["look_up", "wipe", "add_task"]);
    let outcome = done(&tools, &ann, "look_up", json!({})).await;
    assert_eq!(outcome.content, "did \"look.up\"");
    assert_eq!(outcome.changed, [""; 0], "it does not know our tasks");
    let seen = stranger.seen("tools/call");
    assert_eq!(seen[0].key.as_deref(), Some("k1"));
    assert_eq!(seen[0].params["_meta"]["todochat.dev/call"], Value::Null);
}

#[tokio::test]
async fn a_token_or_header_that_changes_is_used_with_the_next_request() {
    let (stranger, folder, tools, ann) = stranger("one").await;
    done(&tools, &ann, "wipe", json!({})).await;
    stranger.wants("two");
    fs::write(folder.path().join("token"), "two\n").unwrap();
    done(&tools, &ann, "wipe", json!({})).await;
    fs::write(folder.path().join("key"), "k2").unwrap();
    done(&tools, &ann, "wipe", json!({})).await;
    let keys: Vec<_> = stranger.seen("tools/call").into_iter().map(|seen| seen.key).collect();
    assert_eq!(keys, [Some("k1".to_owned()), Some("k1".to_owned()), Some("k2".to_owned())]);
    assert_eq!(stranger.seen("initialize").len(), 3, "a connection for each change, and no more");
}

#[tokio::test]
async fn a_refused_token_is_read_again_and_the_call_made_once() {
    let (stranger, folder, tools, ann) = stranger("one").await;
    let offer = tools.offer(&ann).await.unwrap();
    stranger.wants("two");
    stranger.gives_token_to(folder.path().join("token"));
    let outcome = tools.call(&offer, &ann, &call("wipe", &json!({})), "k").await;
    assert!(!outcome.is_error, "{}", outcome.content);
    assert_eq!(stranger.seen("tools/call").len(), 1);
}

#[tokio::test]
async fn a_wrong_token_and_a_missing_file_are_failures_without_words_of_theirs() {
    let (stranger, folder, tools, ann) = stranger("one").await;
    let offer = tools.offer(&ann).await.unwrap();
    stranger.wants("two");
    let wipe = call("wipe", &json!({}));
    let refused = tools.call(&offer, &ann, &wipe, "k").await;
    fs::remove_file(folder.path().join("token")).unwrap();
    let unread = tools.call(&offer, &ann, &wipe, "k").await;
    for outcome in [refused, unread] {
        assert!(outcome.is_error && outcome.content.starts_with("The call of wipe did not reach"));
    }
    assert!(tools.offer(&ann).await.is_err());
}
