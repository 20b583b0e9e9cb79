//! Logging out: here, elsewhere, and as other replicas see it.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use todochat_tests::{
    TestDatabase,
    house::{House, Reply},
    on_each_database,
};

use super::browser::Browser;

on_each_database!(
    logging_out_ends_the_session_with_either_credential,
    logging_out_twice_is_no_error,
    the_others_can_be_ended_and_this_one_stays,
    one_session_can_be_ended,
    a_restarted_server_remembers_who_logged_out,
);

async fn logging_out_ends_the_session_with_either_credential(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    let by_token = Browser { cookie: None, ..ann.copy() };
    let request = by_token.request(Method::POST, "/api/auth/logout").bearer_auth(&by_token.token);
    assert_eq!(Reply::of(request).await.status, StatusCode::NO_CONTENT);
    assert!(!ann.is_in().await);
    assert_eq!(ann.refresh().await.status, StatusCode::UNAUTHORIZED);

    ann.log_in("ann@example.org").await;
    assert!(ann.is_in().await);
    let token = ann.token.clone();
    assert_eq!(ann.log_out().await.status, StatusCode::NO_CONTENT);
    assert!(!Browser { token, ..ann.copy() }.is_in().await);
}

async fn logging_out_twice_is_no_error(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    assert_eq!(ann.log_out().await.status, StatusCode::NO_CONTENT);
    ann.sign_up("ann@example.org").await;
    let mut again = ann.copy();
    assert_eq!(ann.log_out().await.status, StatusCode::NO_CONTENT);
    assert_eq!(again.log_out().await.status, StatusCode::NO_CONTENT);
}

async fn the_others_can_be_ended_and_this_one_stays(database: TestDatabase) {
    let house = House::open(database).await;
    let (mut laptop, mut phone) = (Browser::at(&house), Browser::at(&house));
    laptop.sign_up("ann@example.org").await;
    phone.log_in("ann@example.org").await;
    assert_eq!(laptop.delete("/api/auth/sessions").await.status, StatusCode::NO_CONTENT);
    assert!(!phone.is_in().await);
    assert_eq!(phone.refresh().await.status, StatusCode::UNAUTHORIZED);
    assert!(laptop.is_in().await);
    assert_eq!(laptop.refresh().await.status, StatusCode::OK);
    assert_eq!(laptop.session_ids().await.len(), 1);
}

async fn one_session_can_be_ended(database: TestDatabase) {
    let house = House::open(database).await;
    let (mut laptop, mut phone) = (Browser::at(&house), Browser::at(&house));
    laptop.sign_up("ann@example.org").await;
    phone.log_in("ann@example.org").await;
    let listed = laptop.get("/api/auth/sessions").await.json();
    let listed = listed["sessions"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let other = listed.iter().find(|session| session["current"] == false).unwrap();
    for time in ["created_at", "last_used_at"] {
        assert!(other[time].as_str().unwrap().ends_with('Z'), "{other}");
    }
    let path = format!("/api/auth/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(laptop.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert!(!phone.is_in().await);
    assert!(laptop.is_in().await);
}

async fn a_restarted_server_remembers_who_logged_out(database: TestDatabase) {
    let house = House::open(database).await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    let before = ann.copy();
    ann.log_out().await;
    let restarted = house.replica().await;
    assert!(!before.talking_to(&restarted).is_in().await);
}

/// Replicas share a Postgres; a SQLite file has one server.
#[tokio::test]
async fn another_replica_hears_of_a_log_out() {
    let house = House::open(todochat_tests::postgres().await).await;
    let replica = house.replica().await;
    let mut ann = Browser::at(&house);
    ann.sign_up("ann@example.org").await;
    let elsewhere = ann.copy().talking_to(&replica);
    assert!(elsewhere.is_in().await);
    ann.log_out().await;
    let patience = Instant::now() + Duration::from_secs(15);
    while elsewhere.is_in().await {
        assert!(Instant::now() < patience, "the replica never heard of it");
    }
}
