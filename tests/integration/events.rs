//! The live feed: what a page hears while it is open.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use todochat_database::{Notice, Topic, testing::TestDatabase};
use todochat_tests::{
    house::{House, Resident},
    on_each_database,
};

on_each_database!(
    changes_of_every_kind_are_heard_at_once,
    a_client_that_comes_back_hears_what_it_missed,
    a_strange_last_event_id_starts_from_now,
    one_user_does_not_hear_another,
    the_feed_ends_with_the_session,
    the_feed_ends_when_the_server_stops,
    the_feed_ends_when_notices_may_be_lost,
);

/// A reader of the feed. Reads block by block; each is given as its fields.
struct Listening {
    response: Response,
    read: String,
}

#[derive(Debug, Default, PartialEq)]
struct Block {
    event: Option<String>,
    id: Option<String>,
    data: Option<Value>,
    retry: Option<String>,
}

impl Listening {
    /// Opens the feed and reads its first block, which names the sequence it starts after.
    async fn begin(who: &Resident, last_event_id: Option<&str>) -> (Self, Block) {
        let mut request = who.request("GET", "/api/events");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        let mut feed = Self { response, read: String::new() };
        let first = feed.next().await.unwrap();
        (feed, first)
    }

    /// The next block; nothing when the feed has ended.
    async fn next(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let block = parse(block);
                self.read = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk());
            let chunk = chunk.await.expect("the feed says something or ends").ok().flatten()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn parse(text: &str) -> Block {
    let mut block = Block::default();
    for line in text.lines() {
        let (field, value) = line.split_once(": ").unwrap();
        match field {
            "event" => block.event = Some(value.to_owned()),
            "id" => block.id = Some(value.to_owned()),
            "retry" => block.retry = Some(value.to_owned()),
            "data" => block.data = Some(serde_json::from_str(value).unwrap()),
            other => panic!("{other}"),
        }
    }
    block
}

fn tasks_changed(ids: &[&String], sequence: i64) -> Block {
    Block {
        event: Some("tasks.changed".to_owned()),
        id: Some(sequence.to_string()),
        data: Some(json!({"ids": ids, "seq": sequence})),
        retry: None,
    }
}

async fn add(who: &Resident, title: &str) -> String {
    who.post("/api/tasks", json!({"title": title})).await.text("/id")
}

async fn changes_of_every_kind_are_heard_at_once(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let (mut feed, first) = Listening::begin(&ann, None).await;
    let start = Block { id: Some("0".into()), retry: Some("2000".into()), ..Block::default() };
    assert_eq!(first, start);

    let id = add(&ann, "Buy milk").await;
    assert_eq!(feed.next().await.unwrap(), tasks_changed(&[&id], 1));
    let done = ann.request("PATCH", &format!("/api/tasks/{id}/complete")).send().await.unwrap();
    assert_eq!(done.status(), 200);
    assert_eq!(feed.next().await.unwrap(), tasks_changed(&[&id], 2));
    ann.request("POST", "/api/tasks/undo").send().await.unwrap();
    assert_eq!(feed.next().await.unwrap(), tasks_changed(&[&id], 3));

    let user = ann.get("/api/auth/me").await.text("/id");
    announce(&house, Topic::ThreadChanged, &user, "thr_1").await;
    let heard = feed.next().await.unwrap();
    assert_eq!(
        (heard.event.as_deref(), heard.data),
        (Some("thread.changed"), Some(json!({"id": "thr_1"})))
    );
}

async fn announce(house: &House, topic: Topic, user: &str, subject: &str) {
    let mut tx = house.database.database().write().await.unwrap();
    tx.notify(Notice { topic, user: user.to_owned(), subject: subject.to_owned() });
    tx.commit().await.unwrap();
}

async fn a_client_that_comes_back_hears_what_it_missed(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let (first, second) = (add(&ann, "One").await, add(&ann, "Two").await);
    ann.request("PATCH", &format!("/api/tasks/{first}/complete")).send().await.unwrap();

    let (mut feed, start) = Listening::begin(&ann, Some("1")).await;
    assert_eq!(start.id.as_deref(), Some("1"));
    assert_eq!(feed.next().await.unwrap(), tasks_changed(&[&second, &first], 3));
    let third = add(&ann, "Three").await;
    assert_eq!(feed.next().await.unwrap(), tasks_changed(&[&third], 4));
}

async fn a_strange_last_event_id_starts_from_now(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    add(&ann, "One").await;
    for strange in ["", "x", "-1", "99", "99999999999999999999", "1.5"] {
        let (_, start) = Listening::begin(&ann, Some(strange)).await;
        assert_eq!(start.id.as_deref(), Some("1"), "{strange:?}");
    }
}

async fn one_user_does_not_hear_another(test: TestDatabase) {
    let house = House::open(test).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let (mut feed, _) = Listening::begin(&bob, None).await;
    add(&ann, "Secret party").await;
    let own = add(&bob, "Buy milk").await;
    assert_eq!(feed.next().await.unwrap(), tasks_changed(&[&own], 1));
}

async fn the_feed_ends_with_the_session(test: TestDatabase) {
    let house = House::open(test).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let (mut of_ann, _) = Listening::begin(&ann, None).await;
    let (mut of_bob, _) = Listening::begin(&bob, None).await;
    let user = ann.get("/api/auth/me").await.text("/id");
    announce(&house, Topic::SessionsRevoked, &user, "ses_another").await;
    let id = add(&ann, "Still here").await;
    assert_eq!(of_ann.next().await.unwrap(), tasks_changed(&[&id], 1));

    announce(&house, Topic::SessionsRevoked, &user, "").await;
    assert_eq!(of_ann.next().await, None);
    let own = add(&bob, "Not concerned").await;
    assert_eq!(of_bob.next().await.unwrap(), tasks_changed(&[&own], 1));
}

async fn the_feed_ends_when_the_server_stops(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let (mut feed, _) = Listening::begin(&ann, None).await;
    house.stop_chat();
    assert_eq!(feed.next().await, None);
}

async fn the_feed_ends_when_notices_may_be_lost(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let (mut feed, _) = Listening::begin(&ann, None).await;
    announce(&house, Topic::Missed, "", "").await;
    assert_eq!(feed.next().await, None);
}
