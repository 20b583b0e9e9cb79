//! A database that sleeps while nobody uses it, as Neon's do: what is open is cut, and whoever comes first is kept waiting or
//! hung up on. Nothing of ours wakes it, and the first request that does is answered.

use std::time::{Duration, Instant};

use clap::Parser as _;
use serde_json::json;
use todochat_database::{Database, DatabaseArgs, Topic};
use todochat_tests::{
    house::House,
    postgres_proxy::{Mood, PostgresProxy},
};
use tokio::time::{sleep, timeout};

use crate::{
    load::{read, write},
    place::Place,
};

/// How long a database takes to wake.
const WAKING: Duration = Duration::from_secs(3);
/// How long somebody waits who asks first; less than a page or a tool waits for an answer.
const LIMIT: Duration = Duration::from_secs(10);
/// Nothing can be waited for that is not to happen: this is how long it does not.
const A_WHILE: Duration = Duration::from_secs(3);

/// What was done is rolled back a moment later.
const SETTLING: Duration = Duration::from_millis(300);

#[derive(clap::Parser)]
struct Program {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// A server whose database may sleep, and what stands for that database.
async fn server(place: &Place, flags: &[&str]) -> (Database, PostgresProxy) {
    let proxy = PostgresProxy::in_front_of(place.test.url()).await;
    let url = proxy.url(&place.first("one"));
    let program = [&["server", "--database-url", &url][..], flags].concat();
    (Program::parse_from(program).database.connect().await.unwrap(), proxy)
}

async fn sleeping_server(place: &Place) -> (Database, PostgresProxy) {
    server(place, &["--database-may-sleep"]).await
}

/// It sleeps from now on.
async fn falls_asleep(server: &Database, proxy: &PostgresProxy, mood: Mood) {
    proxy.mood(mood);
    proxy.cut();
    while server.hears_others() {
        tokio::task::yield_now().await;
    }
}

async fn wakes(proxy: &PostgresProxy) {
    sleep(WAKING).await;
    proxy.mood(Mood::Awake);
}

#[tokio::test]
async fn nothing_is_asked_of_it_while_there_is_nothing_to_do() {
    let place = Place::new().await;
    let (server, proxy) = sleeping_server(&place).await;
    read(&server).await.unwrap();
    for mood in [Mood::Awake, Mood::Hangs] {
        if mood == Mood::Hangs {
            falls_asleep(&server, &proxy, mood).await;
        }
        sleep(SETTLING).await;
        let before = (proxy.statements(), proxy.connections());
        let end = Instant::now() + A_WHILE;
        while Instant::now() < end {
            // As a kubelet asks, only more often.
            server.check().await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!((proxy.statements(), proxy.connections()), before, "{mood:?}");
    }
}

#[tokio::test]
async fn the_first_one_who_asks_is_answered_and_so_is_everybody_with_him() {
    let place = Place::new().await;
    let (server, proxy) = sleeping_server(&place).await;
    let mut notices = server.subscribe_in_passing();
    for (round, mood) in [Mood::Hangs, Mood::HangsUp].into_iter().enumerate() {
        falls_asleep(&server, &proxy, mood).await;
        let asking = async {
            let [one, other] = ["one", "other"].map(|who| format!("usr_{round}_{who}"));
            let both = async { tokio::join!(write(&server, &one), write(&server, &other)) };
            timeout(LIMIT, both).await.expect("in time")
        };
        let ((one, other), ()) = tokio::join!(asking, wakes(&proxy));
        one.unwrap();
        other.unwrap();
        // Who listens is told that something may have been missed.
        while timeout(LIMIT, notices.recv()).await.unwrap().unwrap().topic != Topic::Missed {}
        assert!(server.hears_others());
        server.check().await.unwrap();
    }
}

#[tokio::test]
async fn readiness_says_so_when_it_does_not_come_back() {
    let place = Place::new().await;
    let (server, proxy) = sleeping_server(&place).await;
    falls_asleep(&server, &proxy, Mood::HangsUp).await;
    server.check().await.unwrap();
    let error = write(&server, "usr_lost").await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    server.check().await.unwrap_err();
    proxy.mood(Mood::Awake);
    // It is asked now until it answers, since it was missed.
    server.check().await.unwrap();
    write(&server, "usr_found").await.unwrap();
}

#[tokio::test]
async fn somebody_who_waits_for_news_keeps_it_awake() {
    let place = Place::new().await;
    let (server, proxy) = sleeping_server(&place).await;
    let mut news = server.subscribe();
    proxy.cut();
    let told = timeout(LIMIT, news.recv()).await.unwrap().unwrap();
    assert_eq!(told.topic, Topic::Missed);
    assert!(server.hears_others());
}

#[tokio::test]
async fn a_server_that_starts_while_it_sleeps_waits_for_it() {
    let place = Place::new().await;
    for mood in [Mood::Hangs, Mood::HangsUp] {
        let proxy = PostgresProxy::in_front_of(place.test.url()).await;
        proxy.mood(mood);
        let url = proxy.url(&place.first("one"));
        let program =
            Program::parse_from(["server", "--database-url", &url, "--database-may-sleep"]);
        let (server, ()) = tokio::join!(program.database.connect(), wakes(&proxy));
        read(&server.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn one_that_is_not_said_to_sleep_is_connected_with_again_at_once() {
    let place = Place::new().await;
    let (server, proxy) = server(&place, &[]).await;
    let mut passing = server.subscribe_in_passing();
    proxy.cut();
    assert_eq!(timeout(LIMIT, passing.recv()).await.unwrap().unwrap().topic, Topic::Missed);
    proxy.mood(Mood::HangsUp);
    proxy.cut();
    server.check().await.unwrap_err();
}

#[tokio::test]
async fn a_person_who_comes_back_in_the_morning_is_let_in_and_served() {
    let place = Place::new().await;
    let (server, proxy) = sleeping_server(&place).await;
    let house = House::open(place.test).await;
    let ann = house.sign_up("ann").await.by_way_of(&house.replica_on(server.clone()).await);
    assert_eq!(ann.post("/api/tasks", json!({"title": "Sleep"})).await.status, 201);
    falls_asleep(&server, &proxy, Mood::Hangs).await;
    let asking = timeout(LIMIT, ann.post("/api/tasks", json!({"title": "Wake up"})));
    let (answer, ()) = tokio::join!(asking, wakes(&proxy));
    let answer = answer.expect("in time");
    assert_eq!(answer.status, 201, "{}", answer.body);
    // A session that ended elsewhere meanwhile is known to have ended before anything is done in its name.
    falls_asleep(&server, &proxy, Mood::Awake).await;
    let at_home = ann.by_way_of(&house.url);
    assert!(at_home.post("/api/auth/logout", json!({})).await.status.is_success());
    assert_eq!(ann.get("/api/tasks").await.status, 401);
}
