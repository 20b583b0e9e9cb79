//! Ten thousand bodies: sound ones, such with something wrong in them, and such that are no JSON any more.

use chatkit_server::testing::{MemoryStore, ScriptedFiles, ScriptedResponder, Step};
use chatkit_server::{Error, Options, Response, Server};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::chance::Chance;
use super::seeds;
use crate::oracle;
use crate::parity::samples;
use crate::play::data_lines;
use crate::script::{THEN, card, fill, item, message, op, user_message, widget};

const BODIES: u64 = 10_000;

/// Bodies that are answered by one server, before what they leave there makes it slow.
const TOGETHER: usize = 250;

type Scripted = Server<MemoryStore, ScriptedResponder<String>>;

#[tokio::test]
async fn ten_thousand_bodies_are_answered_or_refused_and_never_break_anything() {
    let sound = sound();
    let mut refused = Vec::new();
    for seeds in seeds(BODIES).chunks(TOGETHER) {
        let bodies: Vec<_> =
            seeds.iter().map(|seed| body(&sound, &mut Chance::new(*seed))).collect();
        let hexadecimal: Vec<_> = bodies.iter().map(|body| hex(body)).collect();
        let read = oracle::ask(&json!({"ask": "read", "bodies": hexadecimal}));
        let server = server();
        for ((seed, body), read) in seeds.iter().zip(&bodies).zip(read.as_array().unwrap()) {
            let told = format!("seed {seed}: {}", String::from_utf8_lossy(body));
            let refusal = answer(&server, body, &told).await;
            if let Some(refusal) = refusal.filter(|it| *read == true && !is_our_rule(it, body)) {
                refused.push(format!("{refusal}, {told}"));
            }
        }
    }
    assert!(refused.is_empty(), "the SDK reads what we refuse: {}", refused.join("\n"));
}

/// Answers a body: the refusal, if the body was not read.
async fn answer(server: &Scripted, body: &[u8], told: &str) -> Option<Error> {
    let request = match server.parse(body) {
        Ok(request) => request,
        Err(refusal) => {
            assert_eq!(refusal.status(), 400, "{told}");
            return Some(refusal);
        }
    };
    match server.process_request(request, "ann".to_owned()).await {
        Err(refusal) => {
            let status = refusal.status();
            assert!((400..500).contains(&status), "{status} {refusal}: {told}");
        }
        Ok(Response::Json(bytes)) => {
            assert!(serde_json::from_slice::<Value>(&bytes).is_ok(), "{told}");
        }
        Ok(Response::Stream(stream)) => {
            let bytes = stream.into_sse().collect::<Vec<_>>().await.concat();
            let lines = data_lines(&bytes);
            assert!(lines.iter().any(|line| line.contains("stream_options")), "{told}");
            let error = lines.iter().find(|line| line.starts_with(r#"{"type":"error""#));
            assert_eq!(error, None, "{told}");
        }
    }
    None
}

/// What we refuse although it can be read: the rules of `StrictBodies`, `PlainTypes` and
/// `ActionsHaveTypes`.
fn is_our_rule(refusal: &Error, body: &[u8]) -> bool {
    let message = refusal.message();
    let rules = ["same key twice", "levels deep", "U+0000", "out of range"];
    rules.iter().any(|rule| message.contains(rule))
        || message.contains("wrong type") && has_other_types(body)
}

/// Whether something in a request has a type that only the SDK takes; the refusal does not say what.
fn has_other_types(body: &[u8]) -> bool {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let params = &request["params"];
    params["action"].as_object().is_some_and(|action| !action.contains_key("type"))
        || has_field(params, is_for_python)
}

/// Whether a field is so, at any depth.
fn has_field(value: &Value, is_so: fn(&str, &Value) -> bool) -> bool {
    match value {
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| is_so(name, value) || has_field(value, is_so))
        }
        Value::Array(values) => values.iter().any(|value| has_field(value, is_so)),
        _ => false,
    }
}

/// Whether only Python takes this for an integer or for a boolean.
fn is_for_python(name: &str, value: &Value) -> bool {
    match name {
        "limit" | "size" => value.is_boolean() || is_huge(value),
        "interactive" | "skipped" => !value.is_boolean(),
        _ => false,
    }
}

/// Whether it is a number for which 64 bits are too few.
fn is_huge(value: &Value) -> bool {
    value.as_i64().is_none() && value.as_f64().is_some_and(|number| number.abs() > 9e15)
}

/// A server with something for every operation to find.
fn server() -> Scripted {
    let responder = ScriptedResponder::new(|turn: &chatkit_server::Turn<String>| {
        let item = fill(&message("answer", "Hello"), &turn.thread.id);
        let event = json!({"type": "thread.item.done", "item": item});
        vec![Step::Event(serde_json::from_value(event).unwrap())]
    });
    let store = MemoryStore::default();
    let thread = json!({"id": "t", "created_at": THEN, "metadata": {}});
    let questions =
        json!({"status": "pending", "inputs": [{"id": "p", "question": "?", "type": "freeform"}]});
    let call = json!({"status": "pending", "call_id": "c", "name": "n", "arguments": {}});
    let items = [
        user_message("m", "hi"),
        widget("w", card("hi")),
        item("structured_input", "s", questions),
        item("client_tool_call", "c", call),
    ];
    let items = items.iter().map(|item| serde_json::from_value(fill(item, "t")).unwrap());
    store.put("ann", serde_json::from_value(thread).unwrap(), items.collect());
    let file = json!({"id": "a", "name": "a", "mime_type": "text/plain", "type": "file"});
    store.put_attachment("ann", serde_json::from_value(file).unwrap());
    Server::new(store, responder, Options::default())
        .with_attachments(ScriptedFiles::default())
        .with_transcriber(Deaf)
}

/// Hears nothing.
struct Deaf;

impl chatkit_server::Transcriber<String> for Deaf {
    fn transcribe<'a>(
        &'a self,
        _context: &'a String,
        _audio: chatkit_server::Audio,
    ) -> futures_util::future::BoxFuture<'a, Result<chatkit_server::Transcript, Error>> {
        Box::pin(std::future::ready(Ok(chatkit_server::Transcript { text: String::new() })))
    }
}

/// Requests with nothing wrong in them.
fn sound() -> Vec<Value> {
    let requests = samples::all().into_iter().filter(|sample| sample.part == "requests");
    requests.map(|sample| sample.value).collect()
}

fn body(sound: &[Value], chance: &mut Chance) -> Vec<u8> {
    let mut request = chance.pick(sound).clone();
    if chance.one_in(20) {
        request = op("threads.list", json!({}));
    }
    for _ in 0..chance.below(4) {
        spoil(&mut request, chance, 0);
    }
    let mut text = request.to_string();
    if chance.one_in(5) {
        spoil_text(&mut text, chance);
    }
    let mut bytes = text.into_bytes();
    if chance.one_in(5) {
        spoil_bytes(&mut bytes, chance);
    }
    bytes
}

/// Changes something, at some depth.
fn spoil(value: &mut Value, chance: &mut Chance, depth: usize) {
    match value {
        Value::Object(object) if !object.is_empty() && (depth == 0 || !chance.one_in(4)) => {
            let keys: Vec<_> = object.keys().cloned().collect();
            let key = chance.pick(&keys).clone();
            match chance.below(10) {
                0 => drop(object.remove(&key)),
                1 => drop(object.insert(format!("{key}!"), odd(chance))),
                _ => spoil(&mut object[&key], chance, depth + 1),
            }
        }
        Value::Array(array) if !array.is_empty() && !chance.one_in(4) => {
            let at = chance.below(array.len());
            match chance.below(6) {
                0 => drop(array.remove(at)),
                1 => array.push(odd(chance)),
                _ => spoil(&mut array[at], chance, depth + 1),
            }
        }
        other => *other = odd(chance),
    }
}

/// A value that is seldom what is wanted. Marks are made into what JSON values cannot hold later.
fn odd(chance: &mut Chance) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(5.0),
        json!("5"),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(""),
        json!(" \u{a0}\n"),
        json!("m"),
        json!("w"),
        json!("x".repeat(40_000)),
        json!("\u{0}"),
        json!("\u{feff}\u{202e}\u{2028}😀"),
        json!([]),
        json!({}),
        json!([[[{"type": "input_text"}]]]),
        json!({"type": "input_text", "text": null}),
        json!("asc"),
        json!("MARK deep"),
        json!("MARK twice"),
        json!("MARK surrogate"),
        json!("MARK huge"),
    ];
    chance.pick(&values).clone()
}

/// Puts in what a JSON value cannot hold.
fn spoil_text(text: &mut String, chance: &mut Chance) {
    let deep = "[".repeat(60 + chance.below(100));
    let closed = "]".repeat(deep.len());
    let twice = r#"{"thread_id":"t","thread_id":"t"}"#;
    *text = text
        .replace(r#""MARK deep""#, &format!("{deep}{closed}"))
        .replace(r#""MARK twice""#, twice)
        .replace("MARK surrogate", r"\ud800")
        .replace(r#""MARK huge""#, chance.word(&["1e999", "-0", "9".repeat(400).as_str(), "1E+2"]));
    match chance.below(6) {
        0 => *text = text.replacen('{', r#"{"type":"threads.list","#, 1),
        1 => *text = text.replacen(':', " :\n\t", 3),
        2 => text.push_str(chance.word(&[" ", "\n", "{}", ",", "\u{0}"])),
        3 => *text = format!("{}{text}", chance.word(&["\u{feff}", " ", "[", "//\n"])),
        _ => {}
    }
}

/// Cuts, doubles or changes bytes.
fn spoil_bytes(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(bytes.len());
    match chance.below(4) {
        0 => bytes.truncate(at),
        1 => bytes[at] = u8::try_from(chance.below(256)).expect("it is a byte"),
        2 => bytes.insert(at, *chance.pick(b"\"{}[],:\\\0\xff\xc3")),
        _ => drop(bytes.remove(at)),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
    }
    text
}
