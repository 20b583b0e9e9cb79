//! Files, before and with a message.

use super::*;
use crate::protocol::Attachment;
use crate::testing::ScriptedFiles;

fn with_files() -> Scripted {
    told().with_attachments(ScriptedFiles::default())
}

fn announce(name: &str, mime_type: &str) -> Value {
    op("attachments.create", json!({"name": name, "size": 5, "mime_type": mime_type}))
}

fn take_back(id: &str) -> Value {
    op("attachments.delete", json!({"attachment_id": id}))
}

fn say_with(ids: &[&str]) -> Value {
    create(json!({"content": [], "attachments": ids}))
}

#[tokio::test]
async fn a_file_is_announced_with_where_to_send_it() {
    let server = with_files();
    let answer = ask(&server, "ann", announce("a.txt", "text/plain")).await.unwrap();
    let expected = json!({
        "id": "atc_1", "name": "a.txt", "mime_type": "text/plain", "type": "file",
        "upload_descriptor": {
            "url": "https://files.example/atc_1", "method": "PUT", "headers": {"x-token": "t"},
        },
    });
    assert_eq!(answer, expected, "its metadata stays here");
    assert_eq!(server.store().operations(), ["save_attachment"]);
    let kept = server.store().attachment("atc_1").unwrap();
    assert_eq!(kept.metadata()["size"], 5);
}

#[tokio::test]
async fn a_picture_has_a_preview() {
    let answer = ask(&with_files(), "ann", announce("a.png", "image/png")).await.unwrap();
    assert_eq!(answer["type"], "image");
    assert_eq!(answer["preview_url"], "https://files.example/atc_1/preview");
}

#[tokio::test]
async fn a_file_of_less_than_nothing_is_refused() {
    let request = op("attachments.create", json!({"name": "a", "size": -1, "mime_type": "b"}));
    let refusal = refused(&with_files(), "ann", request).await;
    assert_eq!(refusal, (422, "invalid_size".to_owned()));
}

#[tokio::test]
async fn a_file_is_deleted_once_and_asking_again_is_no_error() {
    let files = ScriptedFiles::default();
    let server = told().with_attachments(files.clone());
    ask(&server, "ann", announce("a.txt", "text/plain")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(ask(&server, "ann", take_back("atc_1")).await.unwrap(), json!({}));
    }
    assert_eq!(server.store().attachment("atc_1"), None);
    assert_eq!(server.store().operations(), ["save_attachment", "delete_attachment"]);
    assert_eq!(files.deleted(), ["atc_1"]);
}

#[tokio::test]
async fn nobody_deletes_the_file_of_somebody_else() {
    let files = ScriptedFiles::default();
    let server = told().with_attachments(files.clone());
    ask(&server, "ann", announce("a.txt", "text/plain")).await.unwrap();
    assert_eq!(ask(&server, "bob", take_back("atc_1")).await.unwrap(), json!({}));
    assert!(server.store().attachment("atc_1").is_some());
    assert!(files.deleted().is_empty(), "its bytes are there");
}

#[tokio::test]
async fn a_message_takes_its_files_into_the_conversation_in_one_commit() {
    let server = with_files();
    ask(&server, "ann", announce("a.txt", "text/plain")).await.unwrap();
    ask(&server, "ann", announce("b.png", "image/png")).await.unwrap();
    let events = ask(&server, "ann", say_with(&["atc_2", "atc_1"])).await.unwrap();
    let files = events[1]["item"]["attachments"].as_array().unwrap();
    let told: Vec<_> = files.iter().map(|file| (&file["id"], &file["thread_id"])).collect();
    let thread = json!("thr_1");
    assert_eq!(told, [(&json!("atc_2"), &thread), (&json!("atc_1"), &thread)]);
    assert!(files.iter().all(|file| file.get("metadata").is_none()), "{files:?}");
    let operations = server.store().operations();
    let expected = ["begin_turn new", "save_attachment", "save_attachment"];
    assert_eq!(operations[2..], expected);
    let kept = server.store().attachment("atc_1").unwrap();
    assert_eq!((kept.thread_id(), &kept.metadata()["size"]), (Some("thr_1"), &json!(5)));
}

#[tokio::test]
async fn a_message_goes_on_in_a_conversation_with_files_too() {
    let server = with_files();
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![]);
    ask(&server, "ann", announce("a.txt", "text/plain")).await.unwrap();
    let input = json!({"content": [], "attachments": ["atc_1"]});
    let request = op("threads.add_user_message", json!({"thread_id": "thr_a", "input": input}));
    ask(&server, "ann", request).await.unwrap();
    let kept = server.store().attachment("atc_1").unwrap();
    assert_eq!(kept.thread_id(), Some("thr_a"));
}

#[tokio::test]
async fn a_file_that_is_missing_or_foreign_leaves_nothing_half_made() {
    let server = with_files();
    ask(&server, "bob", announce("a.txt", "text/plain")).await.unwrap();
    ask(&server, "ann", announce("b.txt", "text/plain")).await.unwrap();
    for missing in ["atc_1", "atc_none"] {
        let refusal = refused(&server, "ann", say_with(&["atc_2", missing])).await;
        assert_eq!(refusal, (404, "not_found".to_owned()));
    }
    let list = ask(&server, "ann", op("threads.list", json!({}))).await.unwrap();
    assert_eq!(list["data"], json!([]));
    let kept = server.store().attachment("atc_2").unwrap();
    assert_eq!(kept.thread_id(), None);
}

#[tokio::test]
async fn a_message_brings_a_hundred_files_at_most() {
    let server = with_files();
    let ids = vec!["atc_1"; 101];
    let refusal = refused(&server, "ann", say_with(&ids)).await;
    assert_eq!(refusal, (422, "too_many_attachments".to_owned()));
}

#[tokio::test]
async fn files_kept_by_the_application_itself_need_no_announcement() {
    let server = told();
    let file = json!({"type": "file", "id": "atc_direct", "name": "a", "mime_type": "text/plain"});
    let file: Attachment = serde_json::from_value(file).unwrap();
    server.store().put_attachment("ann", file);
    let events = ask(&server, "ann", say_with(&["atc_direct"])).await.unwrap();
    assert_eq!(events[1]["item"]["attachments"][0]["thread_id"], "thr_1");
}
