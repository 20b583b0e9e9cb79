//! Puts the pieces of parallel tool calls together.
//!
//! By the book each piece has an `index`, and the first of a call its `id` and name. In the wild the
//! index is missing (Gemini), or 0 for all; the id comes with every piece, or never; arguments come
//! as a string in pieces, as null, or whole as an object.

use std::{collections::HashSet, mem};

use serde::Deserialize;
use serde_json::Value;

use crate::agent::model::ToolCall;

/// A piece of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CallDelta {
    index: Option<u64>,
    id: Value,
    function: Option<FunctionDelta>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FunctionDelta {
    name: Value,
    arguments: Value,
}

/// The calls of one answer, as far as they have come.
pub(super) struct Calls {
    id_prefix: String,
    parts: Vec<Part>,
}

#[derive(Default)]
struct Part {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Calls {
    /// No calls yet; those without an id get one that starts with `id_prefix`.
    pub(super) fn new(id_prefix: String) -> Self {
        Self { id_prefix, parts: Vec::new() }
    }

    pub(super) fn add(&mut self, delta: CallDelta) {
        let FunctionDelta { name, arguments } = delta.function.unwrap_or_default();
        let (id, name) = (delta.id.as_str().unwrap_or(""), name.as_str().unwrap_or(""));
        let place = self.place(delta.index, id, name).unwrap_or_else(|| {
            self.parts.push(Part { index: delta.index, ..Part::default() });
            self.parts.len() - 1
        });
        let part = &mut self.parts[place];
        if part.id.is_empty() {
            id.clone_into(&mut part.id);
        }
        if part.name.is_empty() {
            name.clone_into(&mut part.name);
        }
        match arguments {
            Value::String(piece) => part.arguments.push_str(&piece),
            object @ Value::Object(_) => part.arguments = object.to_string(),
            _ => {}
        }
    }

    /// The call that a piece continues; none when it begins one.
    fn place(&self, index: Option<u64>, id: &str, name: &str) -> Option<usize> {
        let mut parts = self.parts.iter().enumerate().rev();
        let continues = |part: &Part| id.is_empty() || part.id.is_empty() || part.id == id;
        match index {
            Some(_) => parts.find(|(_, part)| part.index == index).filter(|(_, p)| continues(p)),
            None if !id.is_empty() => parts.find(|(_, part)| part.id == id),
            None => parts.next().filter(|(_, part)| name.is_empty() || part.name.is_empty()),
        }
        .map(|(place, _)| place)
    }

    /// The calls, complete, each with an id of its own.
    pub(super) fn take(&mut self) -> Vec<ToolCall> {
        let mut ids = HashSet::new();
        let parts = mem::take(&mut self.parts).into_iter();
        let named = parts.filter(|part| !(part.name.is_empty() && part.arguments.is_empty()));
        named
            .enumerate()
            .map(|(n, Part { mut id, name, mut arguments, .. })| {
                if id.is_empty() || !ids.insert(id.clone()) {
                    id = format!("{}{n}", self.id_prefix);
                }
                if arguments.trim().is_empty() {
                    "{}".clone_into(&mut arguments);
                }
                ToolCall { id, name, arguments }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn calls(pieces: Value) -> Vec<(String, String, String)> {
        let mut calls = Calls::new("new_".to_owned());
        for piece in serde_json::from_value::<Vec<CallDelta>>(pieces).unwrap() {
            calls.add(piece);
        }
        calls.take().into_iter().map(|c| (c.id, c.name, c.arguments)).collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    }

    #[test]
    fn by_the_book_pieces_are_joined_by_index() {
        let pieces = json!([
            {"index": 0, "id": "a", "type": "function", "function": {"name": "add", "arguments": ""}},
            {"index": 0, "function": {"arguments": "{\"x\""}},
            {"index": 1, "id": "b", "function": {"name": "list"}},
            {"index": 0, "function": {"arguments": ":1}"}},
        ]);
        assert_eq!(calls(pieces), [call("a", "add", "{\"x\":1}"), call("b", "list", "{}")]);
    }

    #[test]
    fn without_an_index_a_new_id_begins_a_call() {
        let pieces = json!([
            {"id": "a", "function": {"name": "add", "arguments": "{"}},
            {"function": {"arguments": "}"}},
            {"id": "b", "function": {"name": "add", "arguments": "{}"}},
            {"id": "b", "function": {"arguments": null}},
        ]);
        assert_eq!(calls(pieces), [call("a", "add", "{}"), call("b", "add", "{}")]);
    }

    #[test]
    fn the_same_index_with_another_id_is_another_call() {
        let pieces = json!([
            {"index": 0, "id": "a", "function": {"name": "add", "arguments": "{}"}},
            {"index": 0, "id": "b", "function": {"name": "add", "arguments": "{}"}},
        ]);
        assert_eq!(calls(pieces), [call("a", "add", "{}"), call("b", "add", "{}")]);
    }

    #[test]
    fn an_id_and_a_name_that_are_repeated_are_kept_once() {
        let pieces = json!([
            {"index": 0, "id": "a", "function": {"name": "add", "arguments": "{"}},
            {"index": 0, "id": "a", "function": {"name": "add", "arguments": "}"}},
            {"index": 0, "id": "", "function": {"name": "", "arguments": ""}},
        ]);
        assert_eq!(calls(pieces), [call("a", "add", "{}")]);
    }

    #[test]
    fn whole_calls_without_index_or_id_are_told_apart_by_their_names() {
        let pieces = json!([
            {"function": {"name": "add", "arguments": {"title": "milk"}}},
            {"function": {"name": "list", "arguments": {}}},
        ]);
        let expected = [call("new_0", "add", "{\"title\":\"milk\"}"), call("new_1", "list", "{}")];
        assert_eq!(calls(pieces), expected);
    }

    #[test]
    fn ids_that_are_missing_or_not_unique_are_made() {
        let pieces = json!([
            {"index": 0, "id": "call", "function": {"name": "add"}},
            {"index": 1, "id": "call", "function": {"name": "list"}},
            {"index": 2, "id": null, "function": {"name": "list"}},
            {"index": 3},
        ]);
        let expected =
            [call("call", "add", "{}"), call("new_1", "list", "{}"), call("new_2", "list", "{}")];
        assert_eq!(calls(pieces), expected);
    }
}
