//! `todochat up`.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, time::Duration};

use tokio::time::timeout;

use crate::running::{Running, complaint, output, up, up_on};

#[tokio::test]
async fn it_says_one_line_when_it_answers_and_ends_well_when_told_to() {
    let running = Running::start().await;
    assert_eq!(running.status("/config.json").await, 200);
    assert_eq!(running.status("/readyz").await, 404, "operators have a listener of their own");
    assert_eq!(running.stop().await, (Some(0), String::new()));
}

#[tokio::test]
async fn an_open_feed_does_not_hold_up_the_end() {
    let running = Running::start().await;
    running.sign_up("ada@example.org").await;
    let token = running.good_token("ada@example.org", "chat").await;
    let feed = running.http.get(format!("{}/api/events", running.url)).bearer_auth(token);
    let feed = feed.send().await.unwrap();
    assert_eq!(feed.status().as_u16(), 200);
    let stopped = timeout(Duration::from_secs(10), running.stop()).await;
    assert_eq!(stopped.expect("long before the grace is over").0, Some(0));
}

#[tokio::test]
async fn its_secrets_are_for_their_owner_only() {
    let running = Running::start().await;
    for entry in fs::read_dir(running.data.path()).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(metadata.permissions().mode() & 0o777, expected, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn a_second_one_on_the_same_data_is_told_so() {
    let running = Running::start().await;
    let second = output(up(running.data.path())).await;
    let expected = format!(
        "error: the data folder {} is in use by another todochat",
        running.data.path().display()
    );
    assert_eq!(complaint(&second), expected);
    assert_eq!(running.status("/config.json").await, 200);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let data = tempfile::tempdir().unwrap();
    let expected = format!("error: cannot listen on {address}: another program uses that port");
    let failed = output(up_on(data.path(), &address.to_string())).await;
    assert_eq!(complaint(&failed), expected);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let failed = output(up(&file.join("data"))).await;
    assert!(complaint(&failed).starts_with("error: cannot create the data folder "), "{failed:?}");
}
