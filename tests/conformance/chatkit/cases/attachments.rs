//! Files and speech.

use serde_json::{Value, json};

use crate::differences::Difference::{EarlyRefusal, NothingHalfMade, OwnFilesOnly};
use crate::script::{Case, input, op};

fn announce(name: &str, mime_type: &str) -> Value {
    op("attachments.create", json!({"name": name, "size": 5, "mime_type": mime_type}))
}

fn delete(id: &str) -> Value {
    op("attachments.delete", json!({"attachment_id": id}))
}

fn file(id: &str) -> Value {
    json!({"id": id, "name": "a.txt", "mime_type": "text/plain", "type": "file", "metadata": {"secret": 1}})
}

fn image(id: &str) -> Value {
    let preview = "https://files.example/preview";
    json!({"id": id, "name": "a.png", "mime_type": "image/png", "type": "image", "preview_url": preview})
}

fn with_files(ids: &[&str]) -> Value {
    let mut input = input("look");
    input["attachments"] = json!(ids);
    input
}

#[tokio::test]
async fn case_59_a_file_is_announced_with_the_place_to_put_it() {
    let case = Case::new().ask(announce("a.png", "image/png")).ask(announce("a.txt", "text/plain"));
    let played = case.agrees().await;
    assert_eq!(played.json(0)["upload_descriptor"]["method"], "PUT");
    assert!(played.json(0).get("metadata").is_none());
    let case = Case::new()
        .ask(op("attachments.create", json!({"name": "a", "size": "5.5", "mime_type": "b"})));
    assert_eq!(case.differs(&[("answer 0", EarlyRefusal)]).await.refused(0).0, 400);
}

#[tokio::test]
async fn case_61_the_files_of_a_message_become_part_of_its_conversation() {
    let case = Case::new()
        .thread("t", [])
        .attachment(file("f"))
        .attachment(image("i"))
        .ask(op("threads.create", json!({"input": with_files(&["f", "i"])})))
        .ask(op(
            "threads.add_user_message",
            json!({"thread_id": "t", "input": with_files(&["i"])}),
        ));
    let played = case.agrees().await;
    assert_eq!(played.events(0)[1]["item"]["attachments"][0]["thread_id"], "thr_1");
    assert_eq!(played.state["attachments"][1]["thread_id"], "t");
}

#[tokio::test]
async fn case_61_a_file_that_is_missing_leaves_nothing_half_made() {
    let add = json!({"thread_id": "t", "input": with_files(&["f", "missing"])});
    let case = Case::new()
        .thread("t", [])
        .attachment(file("f"))
        .ask(op("threads.create", json!({"input": with_files(&["missing"])})))
        .ask(op("threads.add_user_message", add))
        .ask(op("threads.create", json!({"input": with_files(&["f"])})))
        .by("bob");
    let places = ["answer 0", "writes 0", "answer 1", "answer 2", "writes 2", "state"];
    let played = case.differs(&places.map(|place| (place, NothingHalfMade))).await;
    for step in 0..3 {
        assert_eq!(played.refused(step).0, 404);
    }
    assert_eq!(played.state["threads"].as_array().unwrap().len(), 1);
    assert!(played.state["attachments"][0].get("thread_id").is_none());
}

#[tokio::test]
async fn case_62_a_file_can_be_deleted_twice() {
    let case = Case::new()
        .attachment(file("f"))
        .attachment(file("g"))
        .ask(delete("f"))
        .ask(delete("f"))
        .ask(delete("g"))
        .by("bob");
    let places = ["hooks 1", "writes 1", "hooks 2", "writes 2"].map(|place| (place, OwnFilesOnly));
    let played = case.differs(&places).await;
    assert_eq!((played.json(1), played.json(2)), (&json!({}), &json!({})));
    assert_eq!(played.state["attachments"].as_array().unwrap().len(), 1);
}

fn transcribe(audio: &str, mime_type: &str) -> Value {
    op("input.transcribe", json!({"audio_base64": audio, "mime_type": mime_type}))
}

#[tokio::test]
async fn case_63_speech_is_handed_on_with_its_media_type() {
    let case = Case::new()
        .ask(transcribe("AAAA", "audio/webm;codecs=opus"))
        .ask(transcribe("AAA=", "audio/mp4"))
        .ask(transcribe("AAAAA", "audio/webm"));
    let played = case.differs(&[("answer 2", EarlyRefusal)]).await;
    assert_eq!(played.json(0)["text"], "audio/webm:3");
    assert_eq!(played.refused(2).0 / 100, 4);
}
