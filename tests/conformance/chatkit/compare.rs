//! Holds what our server did against what the SDK's own did.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::differences::Difference;
use crate::oracle;
use crate::play::{Transcript, play};
use crate::script::{Case, THEN};

/// A case that was played on both, with ids and times as they were on ours.
pub(crate) struct Played {
    /// Our answers, one for each step.
    pub(crate) answers: Vec<Value>,
    /// What is there in the end on our side.
    pub(crate) state: Value,
}

impl Case {
    /// Both do the same.
    pub(crate) async fn agrees(self) -> Played {
        self.differs(&[]).await
    }

    /// Both do the same, except in these places, where ours does otherwise for a reason: `answer 0`,
    /// `writes 0`, `hooks 0` with the number of the step, `state`, or `schema` for what the SDK's
    /// types do not read. A place in which there is no difference is a mistake too.
    pub(crate) async fn differs(self, expected: &[(&str, Difference)]) -> Played {
        let ours = play(&self).await;
        let mut question = serde_json::to_value(&self).unwrap();
        question["ask"] = "play".into();
        let theirs = oracle::ask(&question);
        let mut places = differences(&ours, &theirs);
        let problems = oracle::problems(&ours.sent);
        if !problems.is_empty() {
            places.push(("schema".to_owned(), problems.join("\n")));
        }
        for (place, told) in &places {
            let known = expected.iter().any(|(expected, _)| expected == place);
            assert!(known, "in {place}:\n{told}\n(ours: {})", json!(ours.answers));
        }
        for (expected, reason) in expected {
            let found = places.iter().any(|(place, _)| place == expected);
            assert!(found, "{reason:?} is no difference in {expected}");
        }
        check_shown(&self, &ours);
        Played { answers: ours.answers, state: ours.state }
    }
}

impl Played {
    /// The events of a step.
    pub(crate) fn events(&self, step: usize) -> &[Value] {
        self.answers[step]["events"].as_array().expect("a stream")
    }

    /// The types of a step's events.
    pub(crate) fn kinds(&self, step: usize) -> Vec<&str> {
        self.events(step).iter().map(|event| event["type"].as_str().unwrap()).collect()
    }

    /// The JSON of a step.
    pub(crate) fn json(&self, step: usize) -> &Value {
        &self.answers[step]["json"]
    }

    /// The status and the code of a step that was refused.
    pub(crate) fn refused(&self, step: usize) -> (u64, &str) {
        let refused = &self.answers[step]["refused"];
        let status = refused["status"].as_u64();
        let status = status.unwrap_or_else(|| panic!("not refused: {}", self.answers[step]));
        (status, refused["code"].as_str().unwrap())
    }

    /// The items that are there in the end, of a conversation by its place.
    pub(crate) fn items(&self, thread: usize) -> &[Value] {
        self.state["threads"][thread]["items"].as_array().unwrap()
    }
}

/// Where the two differ, and how.
fn differences(ours: &Transcript, theirs: &Value) -> Vec<(String, String)> {
    let (mut our_names, mut their_names) = (Names::default(), Names::default());
    let mut found = Vec::new();
    let mut compare = |place: String, ours: Value, theirs: Value| {
        if ours != theirs {
            found.push((place, format!("ours:   {ours}\ntheirs: {theirs}")));
        }
    };
    for (at, answer) in ours.answers.iter().enumerate() {
        let (our_answer, their_answer) =
            (our_names.normal(answer), their_names.normal(&theirs["answers"][at]));
        compare(format!("answer {at}"), our_answer, their_answer);
        compare(format!("writes {at}"), json!(ours.writes[at]), theirs["writes"][at].clone());
        compare(format!("hooks {at}"), json!(ours.hooks[at]), theirs["hooks"][at].clone());
    }
    let (our_state, their_state) =
        (our_names.normal(&ours.state), their_names.normal(&theirs["state"]));
    compare("state".to_owned(), our_state, their_state);
    found
}

/// Ids that a server made, by when they were first seen; times that it made are all the same.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn normal(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) if is_made(text) => {
                let next = format!("id {}", self.0.len());
                Value::String(self.0.entry(text.clone()).or_insert(next).clone())
            }
            Value::Array(array) => array.iter().map(|value| self.normal(value)).collect(),
            Value::Object(object) => {
                let mut normal = serde_json::Map::new();
                for (key, value) in object {
                    let stamped = key == "created_at" && value != THEN;
                    let value = if stamped { "now".into() } else { self.normal(value) };
                    normal.insert(key.clone(), value);
                }
                Value::Object(normal)
            }
            // 1 and 1.0 are the same number in JSON.
            Value::Number(number) => json!(number.as_f64()),
            other => other.clone(),
        }
    }
}

fn is_made(text: &str) -> bool {
    let number = ["thr_", "msg_", "tc_", "wf_", "tsk_", "atc_", "shcx_"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix));
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What clients are shown is what is kept, without what is hidden; and where events tell all of
/// it, an independent reducer comes to the same.
fn check_shown(case: &Case, ours: &Transcript) {
    for thread in ours.state["threads"].as_array().unwrap() {
        let id = thread["thread"]["id"].as_str().unwrap();
        let kept = thread["items"].as_array().unwrap();
        let visible: Vec<_> = kept.iter().filter(|item| !is_hidden(item)).cloned().collect();
        let (_, shown) = ours.shown.iter().find(|(shown, _)| shown == id).unwrap();
        assert_eq!(*shown, visible, "{id} is shown otherwise than it is kept");
        if let Some(events) = all_events(case, ours, id) {
            let folded = oracle::ask(&json!({"ask": "fold", "events": events}));
            assert_eq!(by_id(&folded), by_id(&json!(visible)), "the reducer sees {id} otherwise");
        }
    }
}

/// The events that make up a conversation, if there is nothing that events do not tell.
fn all_events(case: &Case, ours: &Transcript, id: &str) -> Option<Vec<Value>> {
    let seeds = case.threads.iter().filter(|seed| seed.thread["id"] == id);
    let mut events: Vec<Value> = seeds
        .flat_map(|seed| &seed.items)
        .filter(|item| !is_hidden(item))
        .map(|item| json!({"type": "thread.item.done", "item": crate::script::fill(item, id)}))
        .collect();
    for (step, answer) in case.steps.iter().zip(&ours.answers) {
        let told = [
            "threads.create",
            "threads.add_user_message",
            "threads.add_structured_input",
            "threads.custom_action",
        ];
        let hung = step.respond.iter().chain(&step.act).any(|act| act.get("hang").is_some());
        let streamed = answer["events"].as_array();
        let Some(streamed) = streamed else { continue };
        if hung || !told.iter().any(|told| step.request["type"] == *told) {
            return None;
        }
        let of = |event: &Value| event["item"]["thread_id"].as_str().is_none_or(|of| of == id);
        events.extend(streamed.iter().filter(|event| of(event)).cloned());
    }
    Some(events)
}

fn is_hidden(item: &Value) -> bool {
    item["type"] == "hidden_context_item" || item["type"] == "sdk_hidden_context"
}

/// The items by id: a client shows them in the order in which they were begun, a store keeps them
/// in the order in which they were done.
pub(crate) fn by_id(items: &Value) -> HashMap<String, Value> {
    let items = items.as_array().expect("items").iter();
    items.map(|item| (item["id"].as_str().unwrap().to_owned(), item.clone())).collect()
}
