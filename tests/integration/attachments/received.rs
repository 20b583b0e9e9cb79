//! Files that are taken: announced and sent, or sent at once; read by their owner and nobody else; gone when deleted.

use chrono::{DateTime, TimeDelta};
use http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use serde_json::{Value, json};
use todochat_service::Clock;
use todochat_tests::{TestDatabase, house::Reply, on_each_database};

use super::cabinet::{Cabinet, PNG, announce, content, direct, id, say_with, send, upload};

on_each_database!(
    a_file_is_announced_and_sent_and_read,
    a_picture_is_shown_by_its_address_for_a_while,
    a_file_is_sent_at_once,
    a_message_makes_its_files_part_of_the_conversation,
    a_deleted_file_is_gone_however_often_it_is_deleted,
);

async fn a_file_is_announced_and_sent_and_read(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    let announced = announce(&ann, "notes.txt", "text/plain", 4).await.json();
    let expected = json!({
        "id": announced["id"],
        "type": "file",
        "name": "notes.txt",
        "mime_type": "text/plain",
        "upload_descriptor": {
            "url": announced["upload_descriptor"]["url"],
            "method": "PUT",
            "headers": {"Content-Type": "text/plain"},
        },
    });
    assert_eq!(announced, expected);
    assert_eq!(ann.get(&content(id(&announced))).await.status, 404);

    let sent = send(&cabinet.house, &announced, b"milk").await.json();
    assert_eq!(sent["upload_descriptor"], Value::Null);
    assert_eq!(cabinet.files(), [id(&announced)]);
    let read = ann.get(&content(id(&announced))).await;
    assert_eq!((read.status.as_u16(), read.body.as_str()), (200, "milk"));
    let header = |name| read.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header(CONTENT_TYPE), "text/plain; charset=utf-8");
    assert_eq!(header(X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(header(CONTENT_SECURITY_POLICY), "default-src 'none'; sandbox");
    assert!(header(CONTENT_DISPOSITION).starts_with("attachment; filename=\"notes.txt\""));
}

async fn a_picture_is_shown_by_its_address_for_a_while(database: TestDatabase) {
    let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let cabinet = Cabinet::at(database, &[], clock.clone()).await;
    let ann = cabinet.house.sign_up("ann").await;
    let late = announce(&ann, "late.png", "image/png", PNG.len()).await.json();
    let picture = upload(&cabinet.house, &ann, "cat.png", "image/png", PNG).await;
    assert_eq!(picture["type"], "image");
    let look = async || {
        let address = picture["preview_url"].as_str().unwrap();
        let path = address.strip_prefix(&cabinet.house.url).unwrap();
        cabinet.house.get(path).send().await.unwrap()
    };
    let seen = look().await;
    assert_eq!(seen.headers()[CONTENT_TYPE], "image/png");
    assert!(seen.headers()[CONTENT_DISPOSITION].to_str().unwrap().starts_with("inline"));
    assert_eq!(seen.bytes().await.unwrap(), PNG);

    let begun = say_with(&ann, "look", &[id(&picture)]).await;
    let thread = begun.events()[0]["thread"]["id"].clone();
    clock.advance(TimeDelta::minutes(17));
    assert_eq!(look().await.status(), 403);
    assert_eq!(send(&cabinet.house, &late, PNG).await.code(), "address_expired");

    // Whoever reads the conversation is given an address that is good again.
    let account = json!({"email": "ann@example.org", "password": "correct horse battery staple"});
    let login = Reply::of(cabinet.house.post("/api/auth/login").json(&account)).await;
    let kept = json!({"type": "threads.get_by_id", "params": {"thread_id": thread}});
    let kept =
        cabinet.house.post("/api/chatkit").bearer_auth(login.text("/access_token")).json(&kept);
    let address = Reply::of(kept).await.text("/items/data/0/attachments/0/preview_url");
    let path = address.strip_prefix(&cabinet.house.url).unwrap();
    assert_eq!(cabinet.house.get(path).send().await.unwrap().bytes().await.unwrap(), PNG);
}

async fn a_file_is_sent_at_once(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    let sent = direct(&ann, "../../etc/\u{202e}cat.png", "image/png", PNG).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let picture = sent.json();
    assert_eq!((&picture["name"], &picture["type"]), (&json!("cat.png"), &json!("image")));
    assert_eq!(cabinet.files(), [id(&picture)]);
    // A browser that knows no type for it sends the one for anything.
    let list = direct(&ann, "list.md", "application/octet-stream", b"- milk").await.json();
    assert_eq!(list["mime_type"], "text/markdown");
    // A form goes to an announced address, too.
    let announced = announce(&ann, "b.txt", "text/plain", 1).await.json();
    let address = announced["upload_descriptor"]["url"].as_str().unwrap();
    let form = reqwest::multipart::Form::new()
        .part("file", reqwest::multipart::Part::bytes(&b"b"[..]).file_name("other.png"));
    let path = address.strip_prefix(&cabinet.house.url).unwrap();
    let posted = Reply::of(cabinet.house.post(path).multipart(form)).await;
    assert_eq!((posted.status.as_u16(), posted.text("/name").as_str()), (200, "b.txt"));
}

async fn a_message_makes_its_files_part_of_the_conversation(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    let file = upload(&cabinet.house, &ann, "notes.txt", "text/plain", b"milk").await;
    // A file is something said.
    let answer = say_with(&ann, "", &[id(&file)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let thread = answer.events()[0]["thread"]["id"].clone();
    let expected = json!([{
        "type": "file",
        "id": file["id"],
        "name": "notes.txt",
        "mime_type": "text/plain",
        "thread_id": thread,
    }]);
    assert_eq!(answer.done("user_message")[0]["attachments"], expected);
    let kept = ann.chatkit("threads.get_by_id", json!({"thread_id": thread})).await.json();
    assert_eq!(kept["items"]["data"][0]["attachments"], expected);
    assert_eq!(kept["title"], "notes.txt");
}

async fn a_deleted_file_is_gone_however_often_it_is_deleted(database: TestDatabase) {
    let cabinet = Cabinet::open(database).await;
    let ann = cabinet.house.sign_up("ann").await;
    let file = upload(&cabinet.house, &ann, "notes.txt", "text/plain", b"milk").await;
    for _ in 0..2 {
        let params = json!({"attachment_id": file["id"]});
        let deleted = ann.chatkit("attachments.delete", params).await;
        assert_eq!((deleted.status.as_u16(), deleted.json()), (200, json!({})));
        assert_eq!(cabinet.files(), [""; 0]);
    }
    assert_eq!(ann.get(&content(id(&file))).await.status, 404);
    assert_eq!(say_with(&ann, "look", &[id(&file)]).await.status, 404);
}
