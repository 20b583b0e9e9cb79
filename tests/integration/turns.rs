//! Turns over HTTP, with two chat servers on one database: one answer at a time, one turn for each
//! key, and readers that come back.

mod hung_up;
mod model;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use todochat_tests::{
    TestDatabase,
    house::{House, Reply, Resident, message},
    postgres,
};

use self::model::{Model, SAME_ID};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

async fn house(database: TestDatabase, model: &Model, flags: &[&str]) -> House {
    let url = ["--model-base-url", &model.url, "--rate-limit-per-minute", "10000"];
    House::with(database, &[&url[..], flags].concat()).await
}

/// The same person by way of another replica.
async fn elsewhere(house: &House, ann: &Resident, model: &Model, flags: &[&str]) -> Resident {
    let url = ["--model-base-url", &model.url, "--rate-limit-per-minute", "10000"];
    ann.by_way_of(&house.replica_with(&[&url[..], flags].concat()).await)
}

fn ask(text: &str) -> Value {
    json!({"type": "threads.create", "params": {"input": message(text)}})
}

fn go_on(thread: &str, text: &str) -> Value {
    let params = json!({"thread_id": thread, "input": message(text)});
    json!({"type": "threads.add_user_message", "params": params})
}

/// Sends a message and reads until the model has said its first word.
async fn begun(ann: &Resident, body: &Value) -> (reqwest::Response, String) {
    let mut answer = ann.request("POST", "/api/chatkit").json(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut text = String::new();
    while !text.contains("one ") {
        text += std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap();
    }
    (answer, text)
}

fn turn_id(answer: &reqwest::Response) -> String {
    answer.headers()["chatkit-turn-id"].to_str().unwrap().to_owned()
}

fn thread_id(text: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let created: Value = serde_json::from_str(line).unwrap();
    created["thread"]["id"].as_str().unwrap().to_owned()
}

async fn items(ann: &Resident, thread: &str) -> Vec<Value> {
    let thread = ann.chatkit("threads.get_by_id", json!({"thread_id": thread})).await.json();
    thread["items"]["data"].as_array().unwrap().clone()
}

fn texts(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["content"][0]["text"].as_str().unwrap_or("-")).collect()
}

async fn events_of(ann: &Resident, turn: &str) -> Reply {
    ann.get(&format!("/api/chatkit/turns/{turn}/events")).await
}

#[tokio::test]
async fn messages_to_two_servers_at_once_are_answered_one_after_the_other() {
    let model = Model::at_once().await;
    let house = house(postgres().await, &model, &[]).await;
    let ann = house.sign_up("ann").await;
    let other = elsewhere(&house, &ann, &model, &[]).await;
    let first = ann.post("/api/chatkit", ask("begin")).await;
    let thread = thread_id(&first.body);
    for race in 0..25 {
        let [here, there] = [format!("here {race}"), format!("there {race}")];
        let (one, two) = tokio::join!(
            ann.post("/api/chatkit", go_on(&thread, &here)),
            other.post("/api/chatkit", go_on(&thread, &there)),
        );
        for reply in [&one, &two] {
            assert_eq!(reply.status, 200, "{}", reply.body);
            assert_eq!(reply.done("assistant_message").len(), 1, "{}", reply.body);
        }
    }
    let params = json!({"thread_id": thread, "limit": 1000, "order": "asc"});
    let all = ann.chatkit("items.list", params).await.json();
    let kinds: Vec<_> = all["data"].as_array().unwrap().iter().map(|item| &item["type"]).collect();
    assert_eq!(kinds.len(), 2 * 51);
    for pair in kinds.chunks(2) {
        assert_eq!(pair, ["user_message", "assistant_message"], "never one between the other");
    }
}

#[tokio::test]
async fn messages_have_ids_of_their_own_whatever_a_model_calls_its_answers() {
    let model = Model::at_once().await;
    let house = house(TestDatabase::sqlite().await, &model, &[]).await;
    let ann = house.sign_up("ann").await;
    let first = ann.post("/api/chatkit", ask("first")).await;
    let second = ann.post("/api/chatkit", go_on(&thread_id(&first.body), "second")).await;
    let id = |reply: &Reply| reply.done("assistant_message")[0]["id"].clone();
    assert_ne!(id(&first), id(&second));
    for reply in [&first, &second] {
        assert!(!reply.body.contains(SAME_ID), "{}", reply.body);
        let added = reply.events().into_iter().find(|it| it["type"] == "thread.item.added");
        assert_eq!(added.unwrap()["item"]["id"], id(reply));
    }
}

#[tokio::test]
async fn a_message_waits_for_the_answer_of_another_server() {
    let model = Model::start().await;
    let house = house(postgres().await, &model, &[]).await;
    let ann = house.sign_up("ann").await;
    let other = elsewhere(&house, &ann, &model, &[]).await;
    let (answer, head) = begun(&ann, &ask("first")).await;
    let thread = thread_id(&head);
    let waiting = other.post("/api/chatkit", go_on(&thread, "second"));
    let (second, ()) = tokio::join!(waiting, async {
        model.says_more();
        answer.text().await.unwrap();
        model.says_more();
    });
    assert_eq!(second.status, 200);
    let items = items(&ann, &thread).await;
    assert_eq!(texts(&items), ["first", "one two", "second", "one two"]);
}

/// A new conversation is named as it begins: what the user calls it while it is answered stays.
async fn a_name_given_during_the_first_answer_stays(database: TestDatabase) {
    let model = Model::start().await;
    let house = house(database, &model, &[]).await;
    let ann = house.sign_up("ann").await;
    let (answer, head) = begun(&ann, &ask("first")).await;
    assert!(head.contains(r#""type":"thread.updated""#), "{head}");
    let thread = thread_id(&head);
    let named = json!({"thread_id": thread, "title": "Mine"});
    assert_eq!(ann.chatkit("threads.update", named).await.status, 200);
    model.says_more();
    let rest = answer.text().await.unwrap();
    assert!(!rest.contains("thread.updated"), "{rest}");
    let kept = ann.chatkit("threads.get_by_id", json!({"thread_id": thread})).await.json();
    assert_eq!(kept["title"], "Mine");
}

todochat_tests::on_each_way!(a_name_given_during_the_first_answer_stays);

#[tokio::test]
async fn by_configuration_a_second_message_is_a_conflict() {
    let model = Model::start().await;
    let flags = ["--when-busy", "conflict"];
    let house = house(postgres().await, &model, &flags).await;
    let ann = house.sign_up("ann").await;
    let other = elsewhere(&house, &ann, &model, &flags).await;
    let (_answer, head) = begun(&ann, &ask("first")).await;
    let thread = thread_id(&head);
    for person in [&ann, &other] {
        let refused = person.post("/api/chatkit", go_on(&thread, "second")).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "thread_busy"));
        assert!(refused.headers.contains_key("retry-after"));
    }
    assert_eq!(texts(&items(&ann, &thread).await)[0], "first");
    model.says_more();
}

#[tokio::test]
async fn a_message_that_waits_too_long_is_a_conflict() {
    let model = Model::start().await;
    let house = house(TestDatabase::sqlite().await, &model, &["--queue-time", "200ms"]).await;
    let ann = house.sign_up("ann").await;
    let (_answer, head) = begun(&ann, &ask("first")).await;
    let refused = ann.post("/api/chatkit", go_on(&thread_id(&head), "second")).await;
    assert_eq!(refused.code(), "thread_busy");
}

async fn keyed(ann: &Resident, path: &str, key: &str, body: &Value) -> Reply {
    Reply::of(ann.request("POST", path).header("Idempotency-Key", key).json(body)).await
}

#[tokio::test]
async fn the_same_key_on_two_servers_is_one_turn() {
    let model = Model::at_once().await;
    let house = house(postgres().await, &model, &[]).await;
    let ann = house.sign_up("ann").await;
    let other = elsewhere(&house, &ann, &model, &[]).await;
    for race in 0..25 {
        let (key, body) = (format!("race-{race}"), ask("once"));
        let (one, two) = tokio::join!(
            keyed(&ann, "/api/chatkit", &key, &body),
            keyed(&other, "/api/chatkit", &key, &body),
        );
        let later = keyed(&other, "/api/chatkit", &key, &body).await;
        for reply in [&one, &two, &later] {
            assert_eq!(reply.status, 200, "{}", reply.body);
            assert_eq!(reply.headers["chatkit-turn-id"], one.headers["chatkit-turn-id"]);
            assert_eq!(reply.events()[0]["type"], "thread.created");
            assert_eq!(reply.done("assistant_message"), one.done("assistant_message"));
        }
    }
    let threads = ann.chatkit("threads.list", json!({"limit": 1000})).await.json();
    assert_eq!(threads["data"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn a_key_with_another_body_is_422_and_a_bad_one_400() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    assert_eq!(keyed(&ann, "/api/chatkit", "k", &ask("help")).await.status, 200);
    let other = keyed(&ann, "/api/chatkit", "k", &ask("list")).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "idempotency_key_reused"));
    for bad in ["", "a b", "\u{e4}", &"k".repeat(256)] {
        let refused = keyed(&ann, "/api/chatkit", bad, &ask("help")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (400, "invalid_idempotency_key"),
            "{bad:?}"
        );
    }
    let list = json!({"type": "threads.list", "params": {}});
    assert_eq!(keyed(&ann, "/api/chatkit", "k", &list).await.status, 200, "it begins no turn");
}

#[tokio::test]
async fn a_plain_answer_is_given_once_for_a_key_too() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    let body = json!({"message": "add buy milk"});
    let first = keyed(&ann, "/api/chat", "k", &body).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(keyed(&ann, "/api/chat", "k", &body).await.json(), first.json());
    let tasks = ann.get("/api/tasks").await.json();
    assert_eq!(tasks["tasks"].as_array().unwrap().len(), 1);
    let other = keyed(&ann, "/api/chat", "k", &json!({"message": "list"})).await;
    assert_eq!(other.status.as_u16(), 422);
}

#[tokio::test]
async fn a_reader_comes_back_to_the_server_that_answers() {
    let model = Model::start().await;
    let house = house(TestDatabase::sqlite().await, &model, &[]).await;
    let ann = house.sign_up("ann").await;
    let (answer, head) = begun(&ann, &ask("first")).await;
    let (turn, thread) = (turn_id(&answer), thread_id(&head));
    let running = ann.get(&format!("/api/chatkit/threads/{thread}/turn")).await;
    assert_eq!(running.text("/turn_id"), turn);
    let seen = head.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    drop(answer);
    let path = format!("/api/chatkit/turns/{turn}/events");
    let exact = ann.request("GET", &path).header("Last-Event-ID", seen).send().await.unwrap();
    let fresh = ann.request("GET", &path).send().await.unwrap();
    assert_eq!(turn_id(&exact), turn);
    model.says_more();
    let [exact, fresh] = [exact.text().await.unwrap(), fresh.text().await.unwrap()];
    assert!(!exact.contains("thread.created") && !exact.contains("one \""), "{exact}");
    assert!(exact.contains("\"delta\":\"two\"") && exact.contains("one two"), "{exact}");
    assert!(fresh.contains("thread.item.added") && fresh.contains("one \""), "{fresh}");
    assert!(fresh.trim_end().contains("one two"), "{fresh}");
    let ended = events_of(&ann, &turn).await;
    assert_eq!(ended.done("assistant_message")[0]["content"][0]["text"], "one two");
    assert_eq!(ann.get(&format!("/api/chatkit/threads/{thread}/turn")).await.status, 404);
}

#[tokio::test]
async fn a_reader_comes_back_to_another_server_and_keeps_the_turn_alive() {
    let model = Model::start().await;
    let flags = ["--disconnect-grace", "2s"];
    let house = house(postgres().await, &model, &flags).await;
    let ann = house.sign_up("ann").await;
    let other = elsewhere(&house, &ann, &model, &flags).await;
    let (answer, head) = begun(&ann, &ask("first")).await;
    let (turn, thread) = (turn_id(&answer), thread_id(&head));
    drop(answer);
    let running = other.get(&format!("/api/chatkit/threads/{thread}/turn")).await;
    assert_eq!(running.text("/turn_id"), turn);
    let path = format!("/api/chatkit/turns/{turn}/events");
    let mut back = other.request("GET", &path).send().await.unwrap();
    let mut text = String::new();
    while !text.contains("one ") {
        text += std::str::from_utf8(&back.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert!(!text.contains("id: "), "numbers are the other server's: {text}");
    // Longer than the grace: only the reader keeps it alive.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        let running = other.get(&format!("/api/chatkit/threads/{thread}/turn")).await;
        assert_eq!(running.status, 200);
    }
    model.says_more();
    text += &back.text().await.unwrap();
    assert!(text.contains("one two") && !text.contains("\"error\""), "{text}");
    assert_eq!(texts(&items(&other, &thread).await), ["first", "one two"]);
}

#[tokio::test]
async fn anothers_turn_is_the_same_404_as_none() {
    let model = Model::start().await;
    let house = house(TestDatabase::sqlite().await, &model, &[]).await;
    let (ann, eve) = (house.sign_up("ann").await, house.sign_up("eve").await);
    let (answer, head) = begun(&ann, &ask("first")).await;
    let (turn, thread) = (turn_id(&answer), thread_id(&head));
    let without_id = |reply: &Reply| {
        let mut body = reply.json();
        body["error"]["request_id"] = Value::Null;
        (reply.status.as_u16(), body)
    };
    let unknown = without_id(&events_of(&eve, "trn_none").await);
    assert_eq!(unknown.0, 404);
    assert_eq!(without_id(&events_of(&eve, &turn).await), unknown);
    let path = format!("/api/chatkit/threads/{thread}/turn");
    assert_eq!(without_id(&eve.get(&path).await), unknown);
    assert_eq!(house.get(&path).send().await.unwrap().status(), 401);
    model.says_more();
}

#[tokio::test]
async fn the_message_is_acknowledged_before_the_model_says_anything() {
    let model = Model::silent().await;
    let house = house(TestDatabase::sqlite().await, &model, &[]).await;
    let ann = house.sign_up("ann").await;
    let mut answer = ann.request("POST", "/api/chatkit").json(&ask("hi")).send().await.unwrap();
    let first = tokio::time::timeout(PATIENCE, answer.chunk()).await.unwrap().unwrap().unwrap();
    let first = std::str::from_utf8(&first).unwrap();
    assert!(first.contains("thread.item.done") && first.contains("user_message"), "{first}");
}

#[tokio::test]
async fn a_model_is_left_within_a_tenth_of_a_second_when_the_reader_hangs_up() {
    let model = Model::start().await;
    let flags = ["--on-disconnect", "cancel"];
    let house = house(TestDatabase::sqlite().await, &model, &flags).await;
    let ann = house.sign_up("ann").await;
    let (mut head, mut best) = (String::new(), PATIENCE);
    // A machine that is busy with other things may take longer, but not each time.
    for _ in 0..5 {
        let (answer, text) = begun(&ann, &ask("first")).await;
        let began = Instant::now();
        drop(answer);
        tokio::time::timeout(PATIENCE, model.left()).await.unwrap();
        (head, best) = (text, best.min(began.elapsed()));
        if best < Duration::from_millis(100) {
            break;
        }
    }
    assert!(best < Duration::from_millis(100), "{best:?}");
    let thread = thread_id(&head);
    let path = format!("/api/chatkit/threads/{thread}/turn");
    let over = async { while ann.get(&path).await.status != 404 {} };
    tokio::time::timeout(PATIENCE, over).await.expect("the turn is over");
    assert_eq!(texts(&items(&ann, &thread).await), ["first", "one "]);
}

#[tokio::test]
async fn turns_are_counted_by_how_they_ended() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    ann.say("help").await;
    let families = house.registry.gather();
    let ended = families.iter().find(|one| one.name() == "todochat_chat_turns_ended_total");
    let done = ended
        .unwrap()
        .get_metric()
        .iter()
        .find(|metric| metric.get_label().iter().any(|label| label.value() == "done"));
    assert!((done.unwrap().get_counter().get_value() - 1.0).abs() < f64::EPSILON);
}
