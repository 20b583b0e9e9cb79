//! Starts each example as a program and talks to it.
#![expect(clippy::unwrap_used, reason = "what goes wrong here is a failed test")]

use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A running example; dropping it ends it.
struct Example {
    child: Child,
    /// Where it listens, such as `127.0.0.1:4711`.
    address: String,
}

impl Example {
    fn start(name: &str) -> Self {
        let program = program(name);
        // Port 0: whichever is free.
        let child = Command::new(&program).arg("0").stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo test -p chatkit-server` builds it", program.display())
        });
        let mut url = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut url).unwrap();
        let address =
            url.trim().strip_prefix("http://").and_then(|url| url.strip_suffix("/chatkit"));
        let address = address.unwrap_or_else(|| panic!("{name} says {url:?}")).to_owned();
        Self { child, address }
    }

    /// What is answered: its content type, and one value or the stream's events.
    fn ask(&self, operation: &str, params: &Value) -> (String, Vec<Value>) {
        let body = json!({"type": operation, "params": params}).to_string();
        let mut connection = TcpStream::connect(&self.address).unwrap();
        // HTTP/1.0: the answer ends with the connection, and is not chunked.
        write!(
            connection,
            "POST /chatkit HTTP/1.0\r\nhost: here\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 200"), "{answer}");
        let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap();
        let read = |json: &str| serde_json::from_str(json).unwrap();
        let values = match kind {
            "application/json" => vec![read(body)],
            _ => body.lines().filter_map(|line| line.strip_prefix("data: ")).map(read).collect(),
        };
        (kind.to_owned(), values)
    }

    fn say(&self, text: &str) -> Vec<Value> {
        let content = json!([{"type": "input_text", "text": text}]);
        let input = json!({"content": content, "attachments": [], "inference_options": {}});
        let (kind, events) = self.ask("threads.create", &json!({"input": input}));
        assert_eq!(kind, "text/event-stream; charset=utf-8");
        events
    }

    /// The conversation as it is kept.
    fn kept(&self, thread_id: &Value) -> Value {
        let (kind, mut values) = self.ask("threads.get_by_id", &json!({"thread_id": thread_id}));
        assert_eq!(kind, "application/json");
        values.remove(0)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Cargo puts examples beside the folder of tests.
fn program(name: &str) -> PathBuf {
    let tests = env::current_exe().unwrap();
    let built = tests.parent().and_then(|folder| folder.parent()).unwrap();
    built.join("examples").join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// The text of the last item.
fn text(events: &[Value]) -> &Value {
    &events.last().unwrap()["item"]["content"][0]["text"]
}

#[test]
fn echo_says_what_was_said_word_by_word() {
    let echo = Example::start("echo");
    let events = echo.say("Hello there, you");
    assert_eq!(text(&events), "Hello there, you");
    let deltas: Vec<_> =
        events.iter().filter_map(|event| event["update"]["delta"].as_str()).collect();
    assert_eq!(deltas, ["Hello ", "there, ", "you"]);
    let thread = echo.kept(&events[0]["thread"]["id"]);
    assert_eq!(thread["items"]["data"][1]["content"][0]["text"], "Hello there, you");
}

#[test]
fn tools_shows_a_badge_for_each_call_and_cites_what_it_found() {
    let tools = Example::start("tools");
    let events = tools.say("weather in Oslo and Atlantis");
    let workflow = events
        .iter()
        .find(|event| event["type"] == "thread.item.done" && event["item"]["type"] == "workflow");
    let tasks = &workflow.unwrap()["item"]["workflow"]["tasks"];
    assert_eq!([&tasks[0]["title"], &tasks[1]["title"]], ["weather", "weather"]);
    assert_eq!([&tasks[0]["icon"], &tasks[1]["icon"]], ["bolt", "lucide:circle-x"]);
    let thread = tools.kept(&events[0]["thread"]["id"]);
    assert_eq!(thread["title"], "The weather");
    let message = &thread["items"]["data"][2]["content"][0];
    assert_eq!(message["text"], "It is -3 \u{b0}C in Oslo. There is no station in the rest.");
    assert_eq!(message["annotations"][0]["source"]["title"], "The station in Oslo");
}

#[test]
fn widgets_grow_and_answer_when_their_buttons_are_pressed() {
    let widgets = Example::start("widgets");
    let events = widgets.say("the \"budget\"");
    let deltas = events
        .iter()
        .filter(|event| event["update"]["type"] == "widget.streaming_text.value_delta");
    assert!(deltas.count() > 5);
    let (thread_id, letter) = (&events[0]["thread"]["id"], &events.last().unwrap()["item"]);
    assert_eq!(letter["widget"]["children"][0]["value"], "the \"budget\"");
    let press = |action: &str| json!({"thread_id": thread_id, "item_id": letter["id"], "action": {"type": action}});

    let (_, shorter) = widgets.ask("threads.sync_custom_action", &press("shorten"));
    let short = &shorter[0]["updated_item"]["widget"]["children"][1]["value"];
    assert_eq!(short, "Dear reader,\n\nthis is about the \"budget\".");

    let (_, events) = widgets.ask("threads.custom_action", &press("send"));
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["stream_options", "thread.item.replaced", "notice"]);
    let items = &widgets.kept(thread_id)["items"]["data"];
    assert_eq!(items[1]["widget"]["children"][2]["label"], "Sent");
    assert_eq!(items.as_array().unwrap().len(), 2, "hidden context is seen");

    let (_, events) = widgets.ask("threads.custom_action", &press("burn"));
    assert_eq!(events.last().unwrap()["message"], "There is no letter to send.");
}
