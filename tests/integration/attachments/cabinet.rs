//! A house with a folder for files.

use std::fs;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tempfile::TempDir;
use todochat_service::Clock;
use todochat_tests::{
    TestDatabase,
    house::{House, Reply, Resident, message},
};

pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

/// A house that keeps files in a folder.
pub(super) struct Cabinet {
    pub(super) house: House,
    pub(super) folder: TempDir,
}

impl Cabinet {
    pub(super) async fn open(database: TestDatabase) -> Self {
        Self::with(database, &[]).await
    }

    pub(super) async fn with(database: TestDatabase, flags: &[&str]) -> Self {
        Self::at(database, flags, Clock::system()).await
    }

    pub(super) async fn at(database: TestDatabase, flags: &[&str], clock: Clock) -> Self {
        let folder = TempDir::new().unwrap();
        let place = ["--attachments", "disk", "--attachments-dir", folder.path().to_str().unwrap()];
        let house = House::at(database, &[&place, flags].concat(), clock).await;
        Self { house, folder }
    }

    /// What is in the folder, by name.
    pub(super) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Announces a file.
pub(super) async fn announce(who: &Resident, name: &str, kind: &str, size: usize) -> Reply {
    let params = json!({"name": name, "size": size, "mime_type": kind});
    who.chatkit("attachments.create", params).await
}

/// Sends the bytes of an announced file to its address, as a stock client does: without a token of the user's.
pub(super) async fn send(house: &House, announced: &Value, bytes: &[u8]) -> Reply {
    let descriptor = &announced["upload_descriptor"];
    assert_eq!(descriptor["method"], "PUT");
    let request = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = request.put(descriptor["url"].as_str().unwrap());
    assert!(descriptor["url"].as_str().unwrap().starts_with(&house.url));
    for (name, value) in descriptor["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    Reply::of(request.body(bytes.to_vec())).await
}

/// Announces and sends.
pub(super) async fn upload(
    house: &House,
    who: &Resident,
    name: &str,
    kind: &str,
    bytes: &[u8],
) -> Value {
    let announced = announce(who, name, kind, bytes.len()).await;
    assert_eq!(announced.status, 200, "{}", announced.body);
    let sent = send(house, &announced.json(), bytes).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    sent.json()
}

/// Sends a file as a form.
pub(super) async fn direct(who: &Resident, name: &str, kind: &str, bytes: &[u8]) -> Reply {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str(kind).unwrap();
    let form = Form::new().text("purpose", "chat").part("file", part);
    Reply::of(who.request("POST", "/api/chatkit/attachments").multipart(form)).await
}

/// Begins a conversation with a message that has these files.
pub(super) async fn say_with(who: &Resident, text: &str, files: &[&str]) -> Reply {
    let mut input = message(text);
    input["attachments"] = json!(files);
    who.chatkit("threads.create", json!({ "input": input })).await
}

pub(super) fn id(attachment: &Value) -> &str {
    attachment["id"].as_str().unwrap()
}

/// Where a file is read with the owner's token.
pub(super) fn content(id: &str) -> String {
    format!("/api/chatkit/attachments/{id}/content")
}
