//! Against a scripted server on loopback that writes raw bytes, because that is where servers differ.

mod server;

use std::sync::Mutex;

use serde_json::{Value, json};

use self::server::{Answer, Server};
use super::*;
use crate::agent::{
    AgentError, Limits,
    listen::Listening,
    model::{Finish, Message, ToolSpec},
};

const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

struct Asked {
    events: Vec<ModelEvent>,
    error: Option<ModelError>,
    requests: Vec<server::Request>,
    statuses: Vec<Option<u16>>,
}

fn settings(base_url: String, api: ModelApi, key: Key) -> Settings {
    Settings {
        base_url: Some(base_url),
        model: "scripted".to_owned(),
        api,
        key,
        pictures: None,
        outgoing: Outgoing::new(&["127.0.0.0/8"]).unwrap(),
        observe: Arc::new(|_| {}),
    }
}

fn request() -> ModelRequest {
    let spec = ToolSpec {
        name: "list_tasks".to_owned(),
        own_name: "list_tasks".to_owned(),
        description: "Lists.".to_owned(),
        parameters: json!({"$schema": "x", "type": "object"}),
        read_only: true,
        destructive: false,
    };
    ModelRequest {
        turn_id: "turn_1".to_owned(),
        system: "Be brief.".to_owned(),
        messages: vec![Message::User("hello".to_owned())],
        tools: Arc::new([spec]),
    }
}

/// Asks a server that gives `answers`, one a request.
async fn ask(api: ModelApi, answers: Vec<Answer>) -> Asked {
    let server = Server::start(answers).await;
    let statuses = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&statuses);
    let observe: Observe = Arc::new(move |attempt| seen.lock().unwrap().push(attempt.status));
    let settings = Settings { observe, ..settings(server.url(), api, Key::None) };
    let mut stream = OpenAi::new(settings).unwrap().stream(request());
    let (mut events, mut error) = (Vec::new(), None);
    while let Some(event) = stream.next().await {
        match event {
            Ok(ModelEvent::Alive) => {}
            Ok(event) => events.push(event),
            Err(why) => error = Some(why),
        }
    }
    drop(stream);
    let statuses = statuses.lock().unwrap().clone();
    Asked { events, error, requests: server.finish().await, statuses }
}

async fn chat(body: &str) -> Asked {
    ask(ModelApi::Chat, vec![Answer::stream(body)]).await
}

fn said(text: &str) -> ModelEvent {
    ModelEvent::TextDelta(text.to_owned())
}

fn done() -> ModelEvent {
    ModelEvent::Done { raw: Vec::new(), finish: Finish::Complete }
}

fn delta(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}))
}

#[tokio::test]
async fn text_arrives_whole_however_the_bytes_are_cut() {
    let body = format!("{}{}{FINISH}data: [DONE]\n\n", delta("Grüße "), delta("👋🏽"));
    let asked = ask(ModelApi::Chat, vec![Answer::stream(&body).byte_by_byte()]).await;
    assert_eq!(asked.events, [said("Grüße "), said("👋🏽"), done()]);
    assert_eq!(asked.error, None);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_skipped() {
    let asked = chat(&format!("data: {{oops\n\ndata: [1]\n\n{}{FINISH}", delta("hi"))).await;
    assert_eq!(asked.events, [said("hi"), done()]);
}

#[tokio::test]
async fn an_answer_that_ends_without_a_finish_was_cut_off() {
    for body in [delta("hi"), format!("{}data: [DONE]\n\n", delta("hi"))] {
        let asked = chat(&body).await;
        assert_eq!(asked.events, [said("hi")]);
        assert!(matches!(asked.error, Some(ModelError::CutOff { .. })), "{:?}", asked.error);
    }
    let broken = ask(ModelApi::Chat, vec![Answer::stream(&delta("hi")).broken()]).await;
    assert!(matches!(broken.error, Some(ModelError::CutOff { .. })), "{:?}", broken.error);
}

#[tokio::test]
async fn a_body_that_is_no_stream_is_an_answer_cut_off() {
    let asked = chat("<html>It works!</html>").await;
    assert_eq!(asked.events, []);
    assert!(matches!(asked.error, Some(ModelError::CutOff { .. })));
}

#[tokio::test]
async fn an_error_within_the_stream_is_told() {
    let asked = chat("data: {\"error\":{\"code\":500,\"type\":\"server_error\"}}\n\n").await;
    let reason = "type server_error, code 500".to_owned();
    assert_eq!(asked.error, Some(ModelError::Failed { reason }));
}

#[tokio::test]
async fn a_model_that_finishes_without_hanging_up_has_finished() {
    let asked = ask(ModelApi::Chat, vec![Answer::stream(&delta("hi")).then(FINISH).hangs()]).await;
    assert_eq!(asked.events, [said("hi"), done()]);
}

#[tokio::test]
async fn a_busy_model_is_asked_again_even_when_its_error_is_odd() {
    let busy = Answer::status("429 Too Many Requests", r#"{"error":{"code":429}}"#)
        .header("retry-after: 0");
    let asked = ask(ModelApi::Chat, vec![busy, Answer::stream(&delta("hi")).then(FINISH)]).await;
    assert_eq!(asked.events, [said("hi"), done()]);
    assert_eq!(asked.statuses, [Some(429), Some(200)]);
}

#[tokio::test]
async fn what_will_not_pass_is_asked_once_and_keeps_its_status() {
    let refusals = [
        ("401 Unauthorized", "<html>who are you</html>", 401, "no details"),
        ("302 Found", "", 302, "no details"),
        ("429 No", r#"{"error":{"code":"insufficient_quota"}}"#, 429, "code insufficient_quota"),
    ];
    for (line, body, status, reason) in refusals {
        let answer = Answer::status(line, body).header("location: http://127.0.0.1:1/");
        let asked = ask(ModelApi::Chat, vec![answer]).await;
        let reason = reason.to_owned();
        assert_eq!(asked.error, Some(ModelError::Refused { status, reason }), "{line}");
        assert_eq!(asked.requests.len(), 1, "{line}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let model =
        OpenAi::new(settings(format!("http://{port}/v1"), ModelApi::Chat, Key::None)).unwrap();
    let answer: Vec<_> = model.stream(request()).collect().await;
    assert!(matches!(&answer[..], [Err(ModelError::Unreachable { .. })]), "{answer:?}");
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let server = Server::start(vec![Answer::stream(FINISH)]).await;
    let url = server.url().replace("127.0.0.1", "localhost");
    let outgoing = Outgoing::default();
    let settings = Settings { outgoing, ..settings(url, ModelApi::Chat, Key::None) };
    let answer: Vec<_> = OpenAi::new(settings).unwrap().stream(request()).collect().await;
    let [Err(ModelError::Unreachable { reason })] = &answer[..] else { panic!("{answer:?}") };
    assert!(reason.contains("--outgoing-allow"), "{reason}");
}

#[tokio::test]
async fn the_key_is_sent_when_there_is_one_and_read_anew_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let answers = || vec![Answer::stream(FINISH), Answer::stream(FINISH)];
    let server = Server::start(answers()).await;
    let key = Key::File(file.clone());
    let model = OpenAi::new(settings(server.url(), ModelApi::Chat, key)).unwrap();
    for key in ["first\n", "second"] {
        std::fs::write(&file, key).unwrap();
        model.stream(request()).count().await;
    }
    let requests = server.finish().await;
    assert_eq!(requests[0].header("authorization"), Some("Bearer first"));
    assert_eq!(requests[1].header("authorization"), Some("Bearer second"));
    assert_eq!(chat(FINISH).await.requests[0].header("authorization"), None);
}

#[tokio::test]
async fn what_is_sent_over_chat() {
    let asked = chat(FINISH).await;
    assert_eq!(asked.requests[0].line, "POST /v1/chat/completions HTTP/1.1");
    let body = &asked.requests[0].body;
    assert_eq!(body["model"], "scripted");
    assert_eq!(body["stream"], true);
    assert_eq!(body["messages"][1], json!({"role": "user", "content": "hello"}));
    let parameters = json!({"type": "object"});
    let function = json!({"name": "list_tasks", "description": "Lists.", "parameters": parameters});
    assert_eq!(body["tools"], json!([{"type": "function", "function": function}]));
}

#[tokio::test]
async fn what_is_sent_over_responses() {
    let finish = "data: {\"type\":\"response.completed\",\"response\":{}}\n\n";
    let asked = ask(ModelApi::Responses, vec![Answer::stream(finish)]).await;
    assert_eq!(asked.events, [done()]);
    assert_eq!(asked.requests[0].line, "POST /v1/responses HTTP/1.1");
    let body = &asked.requests[0].body;
    assert_eq!(body["store"], false);
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(body["input"], json!([{"role": "user", "content": "hello"}]));
}

#[tokio::test]
async fn a_model_that_does_not_reason_is_asked_without() {
    let refusal = r#"{"error":{"param":"include","type":"invalid_request_error"}}"#;
    let finish = "data: {\"type\":\"response.completed\",\"response\":{}}\n\n";
    let answers = vec![Answer::status("400 Bad Request", refusal), Answer::stream(finish)];
    let asked = ask(ModelApi::Responses, answers).await;
    assert_eq!(asked.events, [done()]);
    assert_eq!(asked.requests[1].body["include"], Value::Null);
}

#[tokio::test]
async fn silence_is_noticed_before_and_within_an_answer() {
    let limits = Limits {
        first_byte: Duration::from_millis(30),
        stall: Duration::from_millis(30),
        ..Limits::default()
    };
    for (begin, expected) in [("", "ModelTimeout"), (&*delta("hi"), "ModelStalled")] {
        let server = Server::start(vec![Answer::stream(begin).hangs()]).await;
        let model = OpenAi::new(settings(server.url(), ModelApi::Chat, Key::None)).unwrap();
        let mut listening = Listening::new(model.stream(request()), &limits);
        let error = loop {
            if let Err(error) = listening.next().await {
                break error;
            }
        };
        let expected_one = match expected {
            "ModelTimeout" => matches!(error, AgentError::ModelTimeout),
            _ => matches!(error, AgentError::ModelStalled),
        };
        assert!(expected_one, "{expected}: {error:?}");
    }
}

#[tokio::test]
async fn comments_show_that_the_model_is_alive() {
    let server = Server::start(vec![Answer::stream(": working\n\n").hangs()]).await;
    let model = OpenAi::new(settings(server.url(), ModelApi::Chat, Key::None)).unwrap();
    assert_eq!(model.stream(request()).next().await, Some(Ok(ModelEvent::Alive)));
}

#[tokio::test]
async fn dropping_the_stream_hangs_up_on_the_model() {
    let server = Server::start(vec![Answer::stream(&delta("hi")).hangs()]).await;
    let model = OpenAi::new(settings(server.url(), ModelApi::Chat, Key::None)).unwrap();
    let mut stream = model.stream(request());
    assert_eq!(stream.next().await, Some(Ok(said("hi"))));
    drop(stream);
    server.hung_up().await;
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_longer_is_counted() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", silent.local_addr().unwrap());
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let observe: Observe = Arc::new(move |attempt| told.send(attempt.status).unwrap());
    let settings = Settings { observe, ..settings(url, ModelApi::Chat, Key::None) };
    let mut stream = OpenAi::new(settings).unwrap().stream(request());
    let connection = tokio::select! {
        _ = stream.next() => None,
        accepted = silent.accept() => accepted.ok(),
    };
    assert!(connection.is_some());
    drop(stream);
    assert_eq!(heard.recv().await, Some(None));
}

#[test]
fn the_api_follows_the_host() {
    let is_responses = |base_url: Option<&str>| {
        let base_url = base_url.map(ToOwned::to_owned);
        let settings = Settings { base_url, ..settings(String::new(), ModelApi::Auto, Key::None) };
        matches!(OpenAi::new(settings).unwrap().api, Api::Responses(_))
    };
    assert!(is_responses(None));
    assert!(is_responses(Some("https://api.openai.com/v1/")));
    assert!(is_responses(Some("https://mine.openai.azure.com/openai/v1")));
    assert!(!is_responses(Some("http://127.0.0.1:4010/v1")));
    assert!(!is_responses(Some("https://api.openai.com.example.org/v1")));
}

#[test]
fn a_base_url_must_be_one_and_be_allowed() {
    for bad in ["", "localhost", "ftp://example.com", "http://10.0.0.1/v1", "http://u:p@a.org/"] {
        let settings = settings(bad.to_owned(), ModelApi::Auto, Key::None);
        assert!(OpenAi::new(settings).is_err(), "{bad}");
    }
}
