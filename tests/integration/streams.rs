//! How many streams there may be, how they show that they live, and what else the model is told.

use serde_json::json;
use todochat_tests::{TestDatabase, house::House};

#[tokio::test]
async fn beyond_the_limit_a_stream_is_503_and_may_be_asked_for_again() {
    let house = House::with(TestDatabase::sqlite().await, &["--max-streams", "1"]).await;
    let ann = house.sign_up("ann").await;
    let feed = ann.request("GET", "/api/events").send().await.unwrap();
    assert_eq!(feed.status(), 200);
    let refused = ann.get("/api/events").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "too_many_streams"));
    assert_eq!(refused.headers["retry-after"], "5");
    assert_eq!(ann.say("help").await.status, 200, "feeds do not keep anybody from asking");
    assert_eq!(ann.post("/api/chat", json!({"message": "help"})).await.status, 200);
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_lives_as_often_as_it_is_told_to() {
    let house = House::with(TestDatabase::sqlite().await, &["--heartbeat", "1s"]).await;
    let ann = house.sign_up("ann").await;
    let mut feed = ann.request("GET", "/api/events").send().await.unwrap();
    let mut text = String::new();
    while !text.contains("\n:") {
        text += std::str::from_utf8(&feed.chunk().await.unwrap().unwrap()).unwrap();
    }
}

#[tokio::test]
async fn rules_that_cannot_be_told_are_refused_at_start() {
    let folder = tempfile::TempDir::new().unwrap();
    for (name, content, says) in [
        ("long", vec![b'x'; 64 * 1024 + 1], "longer than 65536 bytes"),
        ("binary", vec![0xff], "not UTF-8"),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let flags = ["--system-prompt-file", file.to_str().unwrap()];
        let error = House::try_with(TestDatabase::sqlite().await, &flags).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(says) && error.contains(name), "{error}");
    }
}
