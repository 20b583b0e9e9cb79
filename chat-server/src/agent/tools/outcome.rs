//! What the agent is told of a call: text for the model, made harmless, and what has changed.

use std::{fmt::Write, time::Duration};

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::Value;
use todochat_tasks::CHANGED_KEY;

use super::{ToolSpec, ToolsError};

/// How much text of a result the model gets, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;

/// How many characters a string in a result that is too long keeps, at most and at least.
const LONGEST_STRING: usize = 4_000;
const SHORTEST_STRING: usize = 100;

/// How many changed things one call may name.
const MOST_CHANGED: usize = 500;

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    /// What the model reads: the tool's own words, or what went wrong and what to do about it.
    pub content: String,
    /// Whether it did not work.
    pub is_error: bool,
    /// Ids of the tasks it changed.
    pub changed: Vec<String>,
}

impl From<CallToolResult> for ToolOutcome {
    fn from(result: CallToolResult) -> Self {
        let text = match &result.structured_content {
            // The text is for clients that cannot read this; it need not be the whole.
            Some(json) => short_json(json.clone()),
            None => texts(&result.content),
        };
        Self {
            content: capped(cleaned(&text)),
            is_error: result.is_error == Some(true),
            changed: result.meta.as_ref().map(changed).unwrap_or_default(),
        }
    }
}

impl ToolOutcome {
    /// The model's arguments were no JSON object; nothing was sent.
    pub(super) fn unreadable(tool: &str, reason: &str) -> Self {
        Self::error(&format!(
            "The arguments of {tool} could not be read: {reason}. Nothing was done. Write them as \
             one JSON object and call again."
        ))
    }

    /// There is no such tool; nothing was sent.
    pub(super) fn unknown_tool(tool: &str, specs: &[ToolSpec]) -> Self {
        let names: Vec<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
        let names = names.join(", ");
        Self::error(&format!("There is no tool {tool}. Nothing was done. The tools are: {names}."))
    }

    /// The tool is one that waits for the user's approval; nothing was sent.
    pub(super) fn needs_approval(tool: &str) -> Self {
        Self::error(&format!(
            "{tool} needs the user's approval, and this release of the chat cannot ask for it. \
             Nothing was done, and calling it again will not help. Tell the user so."
        ))
    }

    /// The server took too long.
    pub(super) fn timed_out(tool: &str, limit: Duration) -> Self {
        Self::error(&format!(
            "{tool} did not answer within {} seconds. It may have been done all the same: look \
             before calling it again.",
            limit.as_secs()
        ))
    }

    /// The call did not work, for a reason that is none of the model's business.
    pub(super) fn failed(tool: &str, error: &ToolsError) -> Self {
        let reason = match error {
            ToolsError::Refused(_) => "was refused by the tool server",
            ToolsError::TimedOut => "got no answer in time",
            ToolsError::Connect(_) | ToolsError::Request(_) | ToolsError::Secret(_) => {
                "did not reach the tool server"
            }
        };
        Self::error(&format!(
            "The call of {tool} {reason}. Tell the user that this did not work and can be tried \
             again later."
        ))
    }

    fn error(content: &str) -> Self {
        Self { content: capped(cleaned(content)), is_error: true, changed: Vec::new() }
    }
}

/// JSON that fits and is still JSON: its long strings are cut, the longer the more.
fn short_json(mut json: Value) -> String {
    let mut longest = LONGEST_STRING;
    loop {
        let text = json.to_string();
        if text.len() <= LONGEST_TEXT || longest < SHORTEST_STRING {
            return text;
        }
        shorten(&mut json, longest);
        longest /= 2;
    }
}

fn shorten(json: &mut Value, longest: usize) {
    match json {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(longest) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|json| shorten(json, longest)),
        Value::Object(members) => members.values_mut().for_each(|json| shorten(json, longest)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn texts(content: &[ContentBlock]) -> String {
    let texts: Vec<_> = content
        .iter()
        .map(|block| match block {
            ContentBlock::Text(text) => text.text.as_str(),
            _ => "[something that is not text]",
        })
        .collect();
    texts.join("\n")
}

/// Leaves out what has no place in a text and can only mislead whoever reads it: control
/// characters, and the invisible ones that reorder or hide what is around them. The two joiners
/// stay: emoji and several scripts need them.
fn cleaned(text: &str) -> String {
    let harmless = |c: &char| match c {
        '\n' | '\t' => true,
        '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => false,
        c => !c.is_control(),
    };
    text.chars().filter(harmless).collect()
}

fn capped(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let all = text.len();
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        let cut = all - text.len();
        write!(text, "… [{cut} more bytes left out]").expect("a String takes it all");
    }
    text
}

fn changed(meta: &MetaObject) -> Vec<String> {
    let ids = meta.get(CHANGED_KEY).and_then(|ids| ids.as_array());
    ids.into_iter()
        .flatten()
        .filter_map(|id| id.as_str())
        .filter(|id| (1..=64).contains(&id.len()))
        .take(MOST_CHANGED)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn outcome(result: Value) -> ToolOutcome {
        from_value::<CallToolResult>(result).unwrap().into()
    }

    #[test]
    fn a_result_is_its_json_and_what_it_changed() {
        let result = json!({
            "content": [{"type": "text", "text": "shorter"}],
            "structuredContent": {"id": "tsk_1", "title": "Buy milk"},
            "isError": false,
            "_meta": {"todochat.dev/changed": ["tsk_1", 7, ""]}
        });
        assert_eq!(
            outcome(result),
            ToolOutcome {
                content: r#"{"id":"tsk_1","title":"Buy milk"}"#.to_owned(),
                is_error: false,
                changed: vec!["tsk_1".to_owned()],
            }
        );
    }

    #[test]
    fn a_refusal_is_the_tools_own_words() {
        let result = json!({
            "content": [
                {"type": "text", "text": "There is no such task."},
                {"type": "image", "data": "AA==", "mimeType": "image/png"}
            ],
            "isError": true
        });
        assert_eq!(
            outcome(result),
            ToolOutcome {
                content: "There is no such task.\n[something that is not text]".to_owned(),
                is_error: true,
                changed: Vec::new(),
            }
        );
    }

    #[test]
    fn what_hides_or_reorders_text_is_left_out() {
        let text = "a\u{202e}b\u{200b}c\u{7}d\u{1b}[31m\ne\tf\r\u{2066}g\u{feff}h é 👩\u{200d}💻";
        let result = json!({"content": [{"type": "text", "text": text}]});
        assert_eq!(outcome(result).content, "abcd[31m\ne\tfgh é 👩\u{200d}💻");
    }

    #[test]
    fn a_long_result_is_still_json() {
        let task = json!({"id": "tsk_1", "title": "Buy milk", "description": "\n€".repeat(10_000)});
        let content =
            outcome(json!({"content": [], "structuredContent": {"tasks": [task]}})).content;
        assert!(content.len() <= LONGEST_TEXT);
        let read: Value = serde_json::from_str(&content).unwrap();
        assert_eq!(read["tasks"][0]["title"], "Buy milk");
        let description = read["tasks"][0]["description"].as_str().unwrap();
        assert_eq!(description.chars().count(), 4_001);
        assert!(description.ends_with('…'));
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let result = json!({"content": [{"type": "text", "text": "€".repeat(10_000)}]});
        let content = outcome(result).content;
        assert!(content.starts_with("€€"));
        assert!(content.ends_with("€… [13617 more bytes left out]"), "{}", &content[16_370..]);
    }
}
