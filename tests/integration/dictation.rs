//! Speech becomes text, by a scripted server.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::Multipart,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use todochat_service::{HttpMetrics, Shutdown, listener};
use todochat_tests::{
    TestDatabase,
    house::{House, Reply, Resident},
};
use tokio::net::TcpListener;

/// What the server was asked: its key, and the fields of the form by name, with file name and type.
type Heard = Arc<Mutex<Vec<(String, Vec<[String; 4]>)>>>;

/// A server that answers each recording alike; its base URL.
async fn server(status: StatusCode, answer: Value) -> (String, Heard) {
    let heard = Heard::default();
    let asked = heard.clone();
    let handler = move |headers: HeaderMap, mut form: Multipart| async move {
        let mut fields = Vec::new();
        while let Some(field) = form.next_field().await.unwrap() {
            let [name, file, kind] = [field.name(), field.file_name(), field.content_type()]
                .map(|it| it.unwrap_or_default().to_owned());
            fields.push([name, file, kind, field.text().await.unwrap()]);
        }
        let key = headers.get("authorization").map_or("", |key| key.to_str().unwrap());
        asked.lock().unwrap().push((key.to_owned(), fields));
        (status, answer.to_string())
    };
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", socket.local_addr().unwrap());
    let router = Router::new().route("/v1/audio/transcriptions", post(handler));
    let (limits, metrics) = (listener::Limits::default(), HttpMetrics::detached());
    tokio::spawn(listener::serve(socket, router, limits, metrics, Shutdown::new()));
    (url, heard)
}

async fn dictate(who: &Resident, kind: &str) -> Reply {
    let audio = BASE64_STANDARD.encode("la la la");
    who.chatkit("input.transcribe", json!({"audio_base64": audio, "mime_type": kind})).await
}

#[tokio::test]
async fn what_was_said_is_answered() {
    let (url, heard) = server(StatusCode::OK, json!({"text": "Add milk."})).await;
    let key = NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "secret\n").unwrap();
    let flags = [
        ["--transcribe-url", &url],
        ["--transcribe-model", "whisper"],
        ["--transcribe-api-key-file", key.path().to_str().unwrap()],
    ];
    let house = House::with(TestDatabase::sqlite().await, flags.as_flattened()).await;
    let ann = house.sign_up("ann").await;
    let answer = dictate(&ann, "audio/webm;codecs=opus").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"text": "Add milk."})));
    let text = |text: &str| text.to_owned();
    let fields = vec![
        ["model", "", "", "whisper"].map(text),
        ["file", "recording.webm", "audio/webm", "la la la"].map(text),
    ];
    assert_eq!(heard.lock().unwrap()[..], [(text("Bearer secret"), fields)]);
    assert_eq!(dictate(&ann, "video/x-other").await.status, 415);
    assert_eq!(ann.get("/config.json").await.json()["chat"]["dictation"], json!(true));
}

#[tokio::test]
async fn the_models_key_goes_to_the_models_server_only() {
    let (url, heard) = server(StatusCode::OK, json!({"text": "Yes."})).await;
    for (model, key) in [(url.as_str(), "Bearer of-model"), ("http://127.0.0.1:1/v1", "")] {
        let flags = [
            ["--transcribe-url", &url],
            ["--model-base-url", model],
            ["--model-api-key", "of-model"],
        ];
        let house = House::with(TestDatabase::sqlite().await, flags.as_flattened()).await;
        assert_eq!(dictate(&house.sign_up("ann").await, "audio/mp4").await.status, 200);
        assert_eq!(heard.lock().unwrap().pop().unwrap().0, key);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_well_is_503_and_a_strange_recording_422() {
    for (status, answer, expected) in [
        (StatusCode::BAD_REQUEST, json!({}), 422),
        (StatusCode::UNAUTHORIZED, json!({}), 503),
        (StatusCode::INTERNAL_SERVER_ERROR, json!({}), 503),
        (StatusCode::OK, json!({"words": 1}), 503),
    ] {
        let (url, _) = server(status, answer).await;
        let flags = ["--transcribe-url", &url];
        let house = House::with(TestDatabase::sqlite().await, &flags).await;
        let refused = dictate(&house.sign_up("ann").await, "audio/mp4").await;
        assert_eq!(refused.status.as_u16(), expected, "{status}");
    }
}

#[tokio::test]
async fn without_such_a_server_there_is_no_dictation() {
    let house = House::open(TestDatabase::sqlite().await).await;
    assert_eq!(dictate(&house.sign_up("ann").await, "audio/mp4").await.status, 501);
}
