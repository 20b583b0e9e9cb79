//! Text as YAML writes it within braces and brackets: plain where nothing can take it for something else.

/// Words that are no text in one of the versions of YAML.
const WORDS: [&str; 11] =
    ["true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"];

pub(super) fn string(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.contains('\'') || text.contains(char::is_control) {
        return serde_json::Value::from(text).to_string();
    }
    format!("'{text}'")
}

fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '(')
        || (text.starts_with('.') && text[1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    let marks = text.contains([',', '[', ']', '{', '}']) || text.contains(char::is_control);
    let reads_on = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    starts && !marks && !reads_on && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}
