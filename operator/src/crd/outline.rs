//! YAML in which a schema reads as an outline: a field a line with all that is said about it, and its own fields below it.
//! What stood there before is pointed at (`&image`, `*image`). The usual layout takes twice the space, half of it blanks.

mod scalar;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// What is not longer stays on one line.
const LINE: usize = 140;
/// What is shorter is written again rather than pointed at.
const POINTED_AT: usize = 28;
/// What stands first in a schema, and what last.
const FIRST: [&str; 5] = ["description", "type", "default", "enum", "format"];
const LAST: [&str; 2] = ["items", "properties"];

/// A document, a line or more for each of its members.
pub(super) fn yaml(document: &Map<String, Value>) -> String {
    let mut outline = Outline::default();
    document.values().for_each(|value| outline.find_repeated(value));
    let member =
        |(key, value): (&String, _)| format!("{key}: {}\n", outline.value(value, 0, key, false));
    document.iter().map(member).collect::<Vec<_>>().concat()
}

#[derive(Default)]
struct Outline {
    /// What was met, as JSON.
    met: HashSet<String>,
    /// Of those, what was met again.
    repeated: HashSet<String>,
    /// The names of what was written and will be met again.
    names: HashMap<String, String>,
}

impl Outline {
    fn find_repeated(&mut self, value: &Value) {
        let json = value.to_string();
        if json.len() < POINTED_AT {
            return;
        }
        if self.met.contains(&json) {
            self.repeated.insert(json); // what is in it is not written again either
            return;
        }
        self.met.insert(json);
        match value {
            Value::Object(members) => members.values().for_each(|value| self.find_repeated(value)),
            Value::Array(items) => items.iter().for_each(|item| self.find_repeated(item)),
            _ => {}
        }
    }

    /// What belongs to `field`, and stands `depth` deep.
    fn value(&mut self, value: &Value, depth: usize, field: &str, a_line_each: bool) -> String {
        let json = value.to_string();
        if let Some(name) = self.names.get(&json) {
            return format!("*{name}");
        }
        let mut name = String::new();
        if self.repeated.contains(&json) {
            let new = self.new_name(field);
            name = format!("&{new} ");
            self.names.insert(json.clone(), new);
        }
        let short = json.len() <= LINE;
        name + &match value {
            Value::Object(fields) if a_line_each && !short => self.fields(fields, depth),
            Value::Object(members) => self.members(members, depth, field),
            Value::Array(items) => self.items(items, depth, field, !short),
            Value::String(text) => scalar::string(text),
            Value::Number(number) => number.as_f64().unwrap_or_default().to_string(),
            Value::Bool(_) | Value::Null => json,
        }
    }

    fn new_name(&self, field: &str) -> String {
        let taken = |name: &str| self.names.values().any(|other| other == name);
        let mut name = field.to_owned();
        while taken(&name) {
            name.push('_');
        }
        name
    }

    /// The fields of an object, a line each.
    fn fields(&mut self, fields: &Map<String, Value>, depth: usize) -> String {
        let field = |(name, schema): (&String, _)| {
            format!("{name}: {}", self.value(schema, depth + 1, name, false))
        };
        below(['{', '}'], &fields.iter().map(field).collect::<Vec<_>>(), depth)
    }

    /// All that is said about one thing.
    fn members(&mut self, members: &Map<String, Value>, depth: usize, field: &str) -> String {
        let mut keys: Vec<&String> = members.keys().collect();
        keys.sort_by_key(|key| (place(key), *key));
        let members = keys.into_iter().map(|key| {
            let value = self.value(&members[key], depth, field, key == "properties");
            format!("{key}: {value}")
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }

    fn items(&mut self, items: &[Value], depth: usize, field: &str, a_line_each: bool) -> String {
        let depth_of_each = if a_line_each { depth + 1 } else { depth };
        let item = |item| self.value(item, depth_of_each, field, false);
        let items: Vec<_> = items.iter().map(item).collect();
        if a_line_each {
            below(['[', ']'], &items, depth)
        } else {
            format!("[{}]", items.join(", "))
        }
    }
}

/// Between brackets, a line each, one deeper.
fn below([open, close]: [char; 2], entries: &[String], depth: usize) -> String {
    let indent = " ".repeat(depth);
    let lines: Vec<_> = entries.iter().map(|entry| format!("{indent} {entry}")).collect();
    format!("{open}\n{}\n{indent}{close}", lines.join(",\n"))
}

/// Where a member stands among the others.
fn place(key: &str) -> usize {
    let first = FIRST.iter().position(|first| *first == key);
    let last = LAST.contains(&key).then_some(FIRST.len() + 1);
    first.or(last).unwrap_or(FIRST.len())
}
