//! Plays a case on our server, over a store in memory, and keeps every byte that is sent.

mod application;

use chatkit_server::protocol::{Operation, ThreadMetadata};
use chatkit_server::testing::MemoryStore;
use chatkit_server::{Error, EventStream, OnDisconnect, Options, Response, Server, SseStream};
use futures_util::{FutureExt as _, StreamExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::application::{Application, Files, Listener};
use crate::script::{Case, NEW, Step, THEN, fill, op};

/// What came of a case.
pub(crate) struct Transcript {
    /// For each step: `{"events"}`, `{"json"}` or `{"refused"}`.
    pub(crate) answers: Vec<Value>,
    /// For each step: what the store was asked to change.
    pub(crate) writes: Vec<Vec<String>>,
    /// For each step: what the application was asked besides answering.
    pub(crate) hooks: Vec<Vec<String>>,
    /// What is there in the end, hidden items too.
    pub(crate) state: Value,
    /// For each conversation: what `threads.get_by_id` and a walk through `items.list` show of it.
    pub(crate) shown: Vec<(String, Vec<Value>)>,
    /// All that was sent, with the model it claims to be.
    pub(crate) sent: Vec<(String, String)>,
}

/// Our server and who stands around it.
struct World {
    server: Server<MemoryStore, Application>,
    application: Application,
    files: Files,
    threads: Vec<(String, String)>,
    files_seen: Vec<String>,
    sent: Vec<(String, String)>,
    until: Option<usize>,
}

/// Plays a case; a client that hangs up ends its turn.
pub(crate) async fn play(case: &Case) -> Transcript {
    play_with(case, OnDisconnect::Cancel, None).await
}

/// As [`play`], with a client that reads so many events of each stream and then hangs up.
pub(crate) async fn play_until(
    case: &Case,
    on_disconnect: OnDisconnect,
    events: usize,
) -> Transcript {
    play_with(case, on_disconnect, Some(events)).await
}

async fn play_with(case: &Case, on_disconnect: OnDisconnect, until: Option<usize>) -> Transcript {
    let mut world = World::of(case, on_disconnect, until);
    let (mut answers, mut writes, mut hooks) = (Vec::new(), Vec::new(), Vec::new());
    for step in &case.steps {
        let before = world.server.store().operations().len();
        answers.push(world.ask(step).await);
        let operations = world.server.store().operations().split_off(before);
        writes.push(as_the_reference_writes(step, &operations));
        hooks.push(world.heard());
    }
    let state = world.state();
    let shown = world.shown().await;
    Transcript { answers, writes, hooks, state, shown, sent: world.sent }
}

impl World {
    fn of(case: &Case, on_disconnect: OnDisconnect, until: Option<usize>) -> Self {
        let application = Application::default();
        let files = Files::default();
        let store = MemoryStore::default();
        let mut threads = Vec::new();
        for seed in &case.threads {
            let thread = thread(&seed.thread);
            let items = seed.items.iter().map(|item| read(fill(item, &thread.id))).collect();
            threads.push((seed.user.clone(), thread.id.clone()));
            store.put(&seed.user, thread, items);
        }
        for attachment in &case.attachments {
            store.put_attachment("ann", read(attachment.clone()));
        }
        let files_seen =
            case.attachments.iter().map(|file| file["id"].as_str().unwrap().to_owned());
        let options = Options { on_disconnect, ..Options::default() };
        let server = Server::new(store, application.clone(), options)
            .with_attachments(files.clone())
            .with_transcriber(Listener);
        let (files_seen, sent) = (files_seen.collect(), Vec::new());
        Self { server, application, files, threads, files_seen, sent, until }
    }

    async fn ask(&mut self, step: &Step) -> Value {
        self.application.follow(step);
        let body = step.body.clone().unwrap_or_else(|| step.request.to_string());
        let answered = self.process(body.as_bytes(), &step.user).await;
        match answered {
            Err(error) => json!({"refused": {"status": error.status(), "code": error.code()}}),
            Ok((name, Response::Json(bytes))) => {
                let text = String::from_utf8(bytes.to_vec()).expect("JSON is UTF-8");
                let value: Value = serde_json::from_str(&text).expect("it is JSON");
                if name == "attachments.create" {
                    self.files_seen.push(value["id"].as_str().unwrap().to_owned());
                }
                self.sent.push((model(name).to_owned(), text));
                json!({"json": value})
            }
            Ok((_, Response::Stream(stream))) => {
                let lines = match self.until {
                    Some(events) => self.read_some(stream, events).await,
                    None => data_lines(&self.read(stream.into_sse()).await),
                };
                json!({"events": self.events(lines, &step.user)})
            }
        }
    }

    async fn process(&self, body: &[u8], user: &str) -> Result<(&'static str, Response), Error> {
        let request = self.server.parse(body)?;
        let name = match &request.operation {
            Operation::Streaming(operation) => operation.name(),
            Operation::Plain(operation) => operation.name(),
        };
        Ok((name, self.server.process_request(request, user.to_owned()).await?))
    }

    /// Reads to the end, or until the application hangs; then hangs up and waits for the turn.
    async fn read(&self, mut stream: SseStream) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            tokio::select! {
                biased;
                chunk = stream.next() => match chunk {
                    Some(chunk) => bytes.extend(chunk),
                    None => break,
                },
                () = self.application.hanging() => {
                    drain(&mut stream, &mut bytes).await;
                    break;
                }
            }
        }
        drop(stream);
        self.ended().await;
        bytes
    }

    /// Reads so many events; then hangs up and waits for the turn.
    async fn read_some(&self, mut stream: EventStream, events: usize) -> Vec<String> {
        let read: Vec<_> = stream.by_ref().take(events).collect().await;
        drop(stream);
        self.ended().await;
        read.iter().map(|event| serde_json::to_string(event).expect("it is JSON")).collect()
    }

    async fn ended(&self) {
        let tracker = &self.server.options().tracker;
        tracker.close();
        tracker.wait().await;
        tracker.reopen();
    }

    fn events(&mut self, lines: Vec<String>, user: &str) -> Vec<Value> {
        let events: Vec<Value> =
            lines.iter().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
        for event in &events {
            if event["type"] == "thread.created" {
                let id = event["thread"]["id"].as_str().unwrap().to_owned();
                self.threads.push((user.to_owned(), id));
            }
        }
        if self.until == Some(0) {
            self.threads.push((user.to_owned(), NEW.to_owned()));
        }
        self.sent.extend(lines.into_iter().map(|line| ("event".to_owned(), line)));
        events
    }

    fn heard(&self) -> Vec<String> {
        let mut hooks = self.application.heard();
        hooks.extend(self.files.deleted());
        hooks
    }

    fn state(&self) -> Value {
        let store = self.server.store();
        let threads = self.threads.iter().filter_map(|(_, id)| {
            let thread = store.thread(id)?;
            let mut written = serde_json::to_value(&thread).unwrap();
            written["metadata"] = Value::Object(thread.metadata);
            Some(json!({"thread": written, "items": store.items(id)}))
        });
        let threads: Vec<_> = threads.collect();
        let attachments: Vec<_> =
            self.files_seen.iter().filter_map(|id| store.attachment(id)).collect();
        json!({"threads": threads, "attachments": attachments})
    }

    /// What a client sees of each conversation that is there, in two ways.
    async fn shown(&mut self) -> Vec<(String, Vec<Value>)> {
        let mut shown = Vec::new();
        for (user, id) in self.threads.clone() {
            if self.server.store().thread(&id).is_none() {
                continue;
            }
            let first = self.plain(&user, op("threads.get_by_id", json!({"thread_id": id}))).await;
            let mut items = first["items"]["data"].as_array().unwrap().clone();
            let mut page = first["items"].clone();
            while page["has_more"] == true {
                let params =
                    json!({"thread_id": id, "order": "asc", "after": page["after"], "limit": 7});
                page = self.plain(&user, op("items.list", params)).await;
                items.extend(page["data"].as_array().unwrap().iter().cloned());
            }
            shown.push((id, items));
        }
        shown
    }

    async fn plain(&mut self, user: &str, request: Value) -> Value {
        let (name, answer) =
            self.process(request.to_string().as_bytes(), user).await.expect("it is there");
        let Response::Json(bytes) = answer else { panic!("{name} does not stream") };
        let text = String::from_utf8(bytes.to_vec()).expect("JSON is UTF-8");
        let value = serde_json::from_str(&text).expect("it is JSON");
        self.sent.push((model(name).to_owned(), text));
        value
    }
}

/// What the turn had said when the application hung.
async fn drain(stream: &mut SseStream, bytes: &mut Vec<u8>) {
    for _ in 0..16 {
        tokio::task::yield_now().await;
        while let Some(Some(chunk)) = stream.next().now_or_never() {
            bytes.extend(chunk);
        }
    }
}

/// The JSON of each event. A stream is made of `data: {…}`, an empty line after each, comments and
/// ids, and of nothing else.
pub(crate) fn data_lines(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).expect("the stream is UTF-8");
    assert!(text.is_empty() || text.ends_with("\n\n"), "the stream ends in the middle: {text:?}");
    let mut lines = Vec::new();
    for block in text.split_terminator("\n\n") {
        let data =
            block.split('\n').filter(|line| !line.starts_with(':') && !line.starts_with("id: "));
        let data: Vec<_> = data.collect();
        match data.as_slice() {
            [] => {}
            [line] => {
                let json = line.strip_prefix("data: ").expect("a line of data");
                assert!(json.starts_with('{') && json.ends_with('}'), "{json}");
                lines.push(json.to_owned());
            }
            more => panic!("an event of {} lines: {more:?}", more.len()),
        }
    }
    lines
}

/// The model of an operation's answer.
fn model(operation: &str) -> &'static str {
    match operation {
        "threads.get_by_id" | "threads.update" => "thread",
        "threads.list" => "threads",
        "items.list" => "items",
        "attachments.create" => "attachment",
        "input.transcribe" => "transcription",
        "threads.sync_custom_action" => "sync",
        _ => "empty",
    }
}

/// Our one commit at the beginning of a turn as the list of writes that it stands for, and without
/// what keeps a turn alive, which the reference does not have.
fn as_the_reference_writes(step: &Step, operations: &[String]) -> Vec<String> {
    let mut writes = Vec::new();
    let mut left = operations.iter().peekable();
    while let Some(operation) = left.next() {
        let Some(opening) = operation.strip_prefix("begin_turn") else {
            if !["renew_turn", "end_turn", "checkpoint"]
                .iter()
                .any(|own| operation.starts_with(own))
            {
                writes.push(operation.clone());
            }
            continue;
        };
        let kept = match step.request["type"].as_str() {
            Some("threads.add_client_tool_output") => Some("save_item client_tool_call"),
            Some("threads.add_structured_input") => Some("save_item structured_input"),
            Some("threads.create" | "threads.add_user_message") => {
                writes.extend(opening.contains("new").then(|| "save_thread".to_owned()));
                while let Some(file) = left.next_if(|next| *next == "save_attachment") {
                    writes.push(file.clone());
                }
                Some("add_item user_message")
            }
            _ => None,
        };
        writes.extend(kept.map(str::to_owned));
    }
    writes
}

fn thread(value: &Value) -> ThreadMetadata {
    let mut value = value.clone();
    if value.get("created_at").is_none() {
        value["created_at"] = THEN.into();
    }
    let metadata = value.get("metadata").and_then(Value::as_object).cloned();
    let mut thread: ThreadMetadata = serde_json::from_value(value).expect("a conversation");
    thread.metadata = metadata.unwrap_or_default();
    thread
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("what a case names is part of the protocol")
}
