//! What needs no tool server; the rest is in `tests/integration/mcp.rs`.

use rmcp::model::CallToolResult;
use todochat_auth::{Issuer, KeyRing};
use todochat_service::{Clock, Ids};
use tokio::net::TcpListener;

use super::*;

fn server(url: String) -> Server {
    server_with(url, |_| {})
}

fn server_with(url: String, change: impl FnOnce(&mut ToolServer)) -> Server {
    let minter = Minter {
        issuer: Issuer::new(Arc::new(KeyRing::generate()), "http://chat.test".to_owned()),
        clock: Clock::fixed(chrono::DateTime::UNIX_EPOCH),
        ids: Ids::sequence(),
    };
    let mut server = ToolServer {
        name: "todo".to_owned(),
        credential: Credential::Minted { audience: url.clone() },
        url,
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        headers: Vec::new(),
        required: true,
        time: Duration::from_secs(10),
        rules: Rules::default(),
    };
    change(&mut server);
    Server::new(server, minter)
}

fn user() -> UserId {
    UserId::parse("usr_1").unwrap()
}

#[test]
fn no_arguments_at_all_are_an_empty_object() {
    for text in ["", "  \n", "{}"] {
        assert_eq!(read_arguments(text), Ok(JsonObject::new()), "{text:?}");
    }
}

#[test]
fn a_list_is_kept_as_long_as_the_server_says_but_no_longer_than_an_hour() {
    let list = |ttl_ms, cache_scope| {
        let mut list = ListToolsResult::with_all_items(Vec::new());
        (list.ttl_ms, list.cache_scope) = (ttl_ms, cache_scope);
        list
    };
    let public = Some(CacheScope::Public);
    assert_eq!(fresh_for(&list(Some(300_000), public)), Some(Duration::from_mins(5)));
    assert_eq!(fresh_for(&list(Some(u64::MAX), public)), Some(Duration::from_hours(1)));
    assert_eq!(fresh_for(&list(Some(300_000), Some(CacheScope::Private))), None);
    assert_eq!(fresh_for(&list(None, None)), None);
}

#[test]
fn a_tool_that_says_nothing_of_itself_is_taken_for_dangerous() {
    let tool: Tool = serde_json::from_value(json!({
        "name": "wipe",
        "inputSchema": {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    }))
    .unwrap();
    assert_eq!(
        spec(&tool),
        ToolSpec {
            name: "wipe".to_owned(),
            own_name: "wipe".to_owned(),
            description: String::new(),
            parameters: json!({"type": "object"}),
            read_only: false,
            destructive: true,
        }
    );
}

#[tokio::test]
async fn unreadable_arguments_are_told_and_not_sent() {
    // Nothing listens there: whatever were sent would fail in other words.
    let server = server("http://127.0.0.1:1/mcp".to_owned());
    for (arguments, reason) in [
        ("{\"title\":", "EOF while parsing a value at line 1 column 9"),
        ("[1]", "they are not a JSON object"),
        ("milk", "expected value at line 1 column 1"),
    ] {
        let outcome = server.call(&user(), "add_task", arguments, "key").await;
        let content = format!(
            "The arguments of add_task could not be read: {reason}. Nothing was done. Write them \
             as one JSON object and call again."
        );
        assert_eq!(outcome, ToolOutcome { content, is_error: true, changed: Vec::new() });
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_for_the_list_and_an_outcome_for_a_call() {
    let server = server("http://127.0.0.1:1/mcp".to_owned());
    assert!(matches!(server.list(&user()).await, Err(ToolsError::Connect(_))));
    let outcome = server.call(&user(), "add_task", "{}", "key").await;
    assert!(outcome.is_error);
    assert_eq!(
        outcome.content,
        "The call of add_task did not reach the tool server. Tell the user that this did not work \
         and can be tried again later."
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_waited_for_no_longer_than_its_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", silent.local_addr().unwrap());
    for seconds in [1, 10, 120] {
        let server = server_with(url.clone(), |server| server.time = Duration::from_secs(seconds));
        let began = Instant::now();
        let outcome = server.call(&user(), "add_task", "{}", "key").await;
        assert!(outcome.is_error);
        let says = format!("add_task did not answer within {seconds} seconds.");
        assert!(outcome.content.starts_with(&says), "{}", outcome.content);
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_that_answers_can_do_without_is_soon_left_alone() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", silent.local_addr().unwrap());
    let server = server_with(url, |server| server.required = false);
    let began = Instant::now();
    for waited in [OPTIONAL_TIMEOUT, OPTIONAL_TIMEOUT] {
        assert!(matches!(server.list(&user()).await, Err(ToolsError::TimedOut)));
        assert_eq!(began.elapsed().as_secs(), waited.as_secs());
    }
    tokio::time::advance(LEFT_ALONE).await;
    assert!(matches!(server.list(&user()).await, Err(ToolsError::TimedOut)));
    assert_eq!(began.elapsed().as_secs(), (2 * OPTIONAL_TIMEOUT + LEFT_ALONE).as_secs());
}

#[tokio::test]
async fn a_tool_that_waits_for_approval_is_not_called() {
    let rules = Rules { require_approval: vec!["wipe".to_owned()], ..Rules::default() };
    // Nothing listens there: whatever were sent would fail in other words.
    let server = server_with("http://127.0.0.1:1/mcp".to_owned(), |server| server.rules = rules);
    let outcome = server.call(&user(), "wipe", "{}", "key").await;
    assert!(outcome.is_error);
    assert_eq!(
        outcome.content,
        "wipe needs the user's approval, and this release of the chat cannot ask for it. Nothing \
         was done, and calling it again will not help. Tell the user so."
    );
}

#[test]
fn a_bearer_shows_nothing_of_itself() {
    assert_eq!(format!("{:?}", Bearer::new("secret".to_owned())), "Bearer(…)");
    let _: ToolOutcome = CallToolResult::default().into();
}
