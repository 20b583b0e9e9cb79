//! Killed in the middle of answers: at four points of a turn, in twenty-five conversations each, every one
//! of them a little further than the one before. What has to be true afterwards, whatever the moment:
//!
//! - the user's message is there, and the text that was kept, with nothing in it that was never said
//! - nothing in the conversation is still running, and the next message is answered within 20 s
//! - what a tool did was done once at most, and the badge tells of it
//! - questions and answers stand in order, each item once

mod model;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::timeout;

use self::model::{Model, Point, said};
use crate::running::{PATIENCE, Running, up};

const SEEDS: usize = 25;
const ADA: &str = "ada@example.org";

/// From the kill to the last answer. A loaded machine that builds nothing else needs 17 s.
const FREED: Duration = Duration::from_secs(20);

/// A conversation whose answer was cut off.
struct Cut {
    seed: usize,
    thread: String,
    answer: reqwest::Response,
}

async fn start(model: &Model, data: tempfile::TempDir) -> Running {
    let mut command = up(data.path());
    command.args(["--model-base-url", &model.url, "--rate-limit-per-minute", "10000"]);
    Running::start_as(command, data).await
}

async fn post(running: &Running, token: &str, body: &Value) -> reqwest::Response {
    let request = running.http.post(format!("{}/api/chatkit", running.url)).json(body);
    let answer = request.bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    answer
}

fn message(text: &str) -> Value {
    json!({
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "inference_options": {},
    })
}

/// Asks, and reads until the answer is at the point.
async fn begin(running: &Running, token: &str, seed: usize, point: Point) -> Cut {
    let params = json!({"input": message(&format!("seed {seed}"))});
    let body = json!({"type": "threads.create", "params": params});
    let mut answer = post(running, token, &body).await;
    let mut text = String::new();
    while !is_at(&text, seed, point) {
        let chunk = timeout(PATIENCE, answer.chunk()).await.expect("it goes on").unwrap();
        text += std::str::from_utf8(&chunk.expect("it has not ended")).unwrap();
    }
    let created = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let created: Value = serde_json::from_str(created).unwrap();
    Cut { seed, thread: created["thread"]["id"].as_str().unwrap().to_owned(), answer }
}

fn is_at(text: &str, seed: usize, point: Point) -> bool {
    match point {
        Point::BeforeTheFirstByte => text.contains("\"stream_options\""),
        Point::InText | Point::AtTheEnd => {
            text.contains(&format!("\"delta\":{}", json!(said(seed).last().unwrap())))
        }
        Point::InAToolCall => text.contains("\"workflow\""),
    }
}

async fn items(running: &Running, token: &str, thread: &str) -> Vec<Value> {
    let params = json!({"thread_id": thread, "limit": 100, "order": "asc"});
    let body = json!({"type": "items.list", "params": params});
    let page: Value = post(running, token, &body).await.json().await.unwrap();
    page["data"].as_array().unwrap().clone()
}

/// Waits until what was said so far is kept: a second, and what a commit takes.
async fn checkpointed(running: &Running, token: &str, cut: &Cut) {
    let whole = said(cut.seed).concat();
    let began = Instant::now();
    while !items(running, token, &cut.thread).await.iter().any(|item| text(item) == whole) {
        assert!(began.elapsed() < Duration::from_secs(10), "{} is not kept", cut.seed);
    }
}

fn text(item: &Value) -> &str {
    item["content"][0]["text"].as_str().unwrap_or_default()
}

/// Goes on with a conversation after the kill.
async fn go_on(running: &Running, token: &str, thread: &str) -> String {
    let params = json!({"thread_id": thread, "input": message("again")});
    let body = json!({"type": "threads.add_user_message", "params": params});
    let answer = post(running, token, &body).await;
    timeout(PATIENCE, answer.text()).await.expect("it ends").unwrap()
}

/// Begins twenty-five answers, kills the program, and looks at what is left.
async fn killed(point: Point) {
    let model = Model::start(point).await;
    let running = start(&model, tempfile::tempdir().unwrap()).await;
    running.sign_up(ADA).await;
    let token = running.good_token(ADA, "chat").await;
    let mut cut: Vec<_> =
        join_all((0..SEEDS).map(|seed| begin(&running, &token, seed, point))).await;
    if matches!(point, Point::InText | Point::AtTheEnd) {
        join_all(cut.iter().map(|cut| checkpointed(&running, &token, cut))).await;
    }
    if point == Point::AtTheEnd {
        model.ends();
        // The end of one of them; the others are somewhere between that and their commit.
        while !std::str::from_utf8(&cut[0].answer.chunk().await.unwrap().unwrap_or_default())
            .unwrap()
            .contains("thread.item.done")
        {}
    }
    let data = running.kill().await;
    let died = Instant::now();
    model.calms_down();

    let running = start(&model, data).await;
    let token = running.good_token(ADA, "chat").await;
    let answers = join_all(cut.iter().map(|cut| go_on(&running, &token, &cut.thread))).await;
    let took = died.elapsed();
    assert!(took < FREED, "{took:?} from the kill to the last answer");
    for answer in answers {
        assert!(answer.contains("\"again\"") && !answer.contains("\"type\":\"error\""), "{answer}");
    }
    for cut in &cut {
        check(&items(&running, &token, &cut.thread).await, cut.seed, point);
    }
    check_tasks(&running, &token, point).await;
}

fn check(items: &[Value], seed: usize, point: Point) {
    let about = || format!("seed {seed}: {items:#?}");
    let [question, kept @ .., again, answer] = items else { panic!("{}", about()) };
    assert_eq!(text(question), format!("seed {seed}"));
    assert_eq!((text(again), text(answer)), ("again", "again"), "{}", about());
    let ids: HashSet<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), items.len(), "{}", about());
    assert!(!json!(items).to_string().contains("\"loading\""), "{}", about());
    let kinds: Vec<_> = kept.iter().map(|item| item["type"].as_str().unwrap()).collect();
    match point {
        Point::BeforeTheFirstByte => assert!(kept.is_empty(), "{}", about()),
        Point::InText | Point::AtTheEnd => {
            assert_eq!(kinds, ["assistant_message"], "{}", about());
            assert_eq!(text(&kept[0]), said(seed).concat(), "{}", about());
        }
        // The badge was begun less than a second before.
        Point::InAToolCall => assert!(kinds.iter().all(|kind| *kind == "workflow"), "{}", about()),
    }
}

/// Each call did its work once or not at all.
async fn check_tasks(running: &Running, token: &str, point: Point) {
    let request = running.http.get(format!("{}/api/tasks?limit=200", running.url));
    let tasks: Value = request.bearer_auth(token).send().await.unwrap().json().await.unwrap();
    let titles: Vec<_> =
        tasks["tasks"].as_array().unwrap().iter().map(|task| task["title"].clone()).collect();
    if point != Point::InAToolCall {
        assert!(titles.is_empty(), "{titles:?}");
    }
    let different: HashSet<_> = titles.iter().map(ToString::to_string).collect();
    assert_eq!(different.len(), titles.len(), "each once: {titles:?}");
}

#[tokio::test]
async fn before_the_first_byte() {
    killed(Point::BeforeTheFirstByte).await;
}

#[tokio::test]
async fn in_the_text() {
    killed(Point::InText).await;
}

#[tokio::test]
async fn in_a_tool_call() {
    killed(Point::InAToolCall).await;
}

#[tokio::test]
async fn between_the_end_and_its_commit() {
    killed(Point::AtTheEnd).await;
}
