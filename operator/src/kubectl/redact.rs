//! Takes secrets out of what is shown to others. In doubt it takes too much.
//!
//! ```text
//! object ─▶ a Secret? its keys alone
//!        └▶ every field: secret by its name? gone; any text ─▶ text
//! text   ─▶ RULES: what looks like a secret wherever it stands; then `name=value` whose name is a secret's
//! ```

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use serde_json::{Map, Value};

/// What stands where a secret was.
pub(super) const REDACTED: &str = "[redacted]";
/// Kept by kubectl: the whole object as somebody wrote it, a Secret's content included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What looks like a secret wherever it stands, and what stays of it. In this order.
const RULES: [(&str, &str); 10] = [
    // Private keys; also those whose beginning or end was cut off.
    (
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        "[redacted]",
    ),
    (r"(?s)\A.*-----END [A-Z ]*PRIVATE KEY-----", "[redacted]"),
    // Headers, whatever the scheme.
    (
        r#"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(\\?["']?\s*[:=]\s*\\?["']?)[^"'\\\r\n]+"#,
        "$1$2[redacted]",
    ),
    (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", "$1 [redacted]"),
    // Passwords in URLs, and users that are tokens.
    (r#"([A-Za-z][A-Za-z0-9+.-]*://[^\s/@:"']*):[^\s"']*@"#, "$1:[redacted]@"),
    (r#"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@:"']+@"#, "$1[redacted]@"),
    (
        r#"(?i)([?&](?:key|sig|signature|code|auth|access|ticket|x-amz-[a-z-]+)=)[^&\s"']+"#,
        "$1[redacted]",
    ),
    // Keys with the mark of who gave them, tokens, hashes of passwords.
    (
        r"\b(?:(?:sk|pk|rk|ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abeoprs]|xapp|hf|npm|whsec|dop_v1)[-_][A-Za-z0-9_-]{8,}|AKIA[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]+|eyJ[A-Za-z0-9_.=-]{10,})",
        "[redacted]",
    ),
    (r#"(?:\$argon2[a-z]*\$|\$2[aby]\$|SCRAM-SHA-256\$)[^\s"']+"#, "[redacted]"),
    // SQL.
    (r#"(?i)\b(password|identified by)\s+(?:'[^']*'|"[^"]*")"#, "$1 [redacted]"),
];

/// `name=value`, `name: "value"`, `\"name\":\"value\"`.
const PAIR: &str = r#"([A-Za-z][A-Za-z0-9_.-]*)(\\?["']?\s*[:=]\s*)(\\".*?\\"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+)"#;
/// `--name value`.
const FLAG: &str = r#"(--?[A-Za-z][A-Za-z0-9_-]*)(\s+)('[^']*'|"[^"]*"|[^\s'"-][^\s'"]*)"#;

struct Patterns {
    rules: Vec<(Regex, &'static str)>,
    pairs: [Regex; 2],
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).expect("a test compiles every pattern");
    Patterns {
        rules: RULES.iter().map(|(pattern, stays)| (regex(pattern), *stays)).collect(),
        pairs: [regex(PAIR), regex(FLAG)],
    }
});

/// A text without what looks like a secret.
pub(super) fn text(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, stays) in &PATTERNS.rules {
        text = pattern.replace_all(&text, *stays).into_owned();
    }
    pairs(&text)
}

/// What follows a name may hold pairs itself, as the body of a request does.
fn pairs(text: &str) -> String {
    let pair = |found: &Captures<'_>| {
        let (name, between) = (&found[1], &found[2]);
        let value = if is_secret(name) { REDACTED.to_owned() } else { pairs(&found[3]) };
        format!("{name}{between}{value}")
    };
    let [assigned, flags] = &PATTERNS.pairs;
    flags.replace_all(&assigned.replace_all(text, pair), pair).into_owned()
}

/// Whether what goes by this name is a secret. Where one is kept (`…-file`, `secretName`) is none.
fn is_secret(name: &str) -> bool {
    const IN: [&str; 13] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "signingkey",
        "encryptionkey",
        "credential",
        "authorization",
        "cookie",
    ];
    const ENDS: [&str; 4] = ["pass", "pwd", "pgpass", "dsn"];
    const ELSEWHERE: [&str; 14] = [
        "file",
        "path",
        "name",
        "ref",
        "type",
        "kind",
        "namespace",
        "folder",
        "dir",
        "seconds",
        "lifetime",
        "ttl",
        "url",
        "endpoint",
    ];
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let names_one =
        IN.iter().any(|word| plain.contains(word)) || ENDS.iter().any(|end| plain.ends_with(end));
    names_one && !ELSEWHERE.iter().any(|end| plain.ends_with(end))
}

/// Whether an environment variable or a header of this name is one; they say `KEY` where fields of Kubernetes say `key`.
fn is_secret_variable(name: &str) -> bool {
    let ends = |end: &str| name.to_ascii_lowercase().ends_with(end);
    is_secret(name) || ends("key") || ends("auth")
}

/// An object without secrets: of a `Secret` the metadata and the names of its entries.
pub(super) fn object(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    value(object);
}

fn value(any: &mut Value) {
    match any {
        Value::Object(fields) => members(fields),
        Value::Array(items) => elements(items),
        Value::String(words) => *words = text(words),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn members(fields: &mut Map<String, Value>) {
    fields.remove(LAST_APPLIED);
    if fields.get("kind").is_some_and(|kind| kind == "Secret") {
        for content in ["data", "stringData"] {
            fields.get_mut(content).into_iter().for_each(hide);
        }
    }
    let name = fields.get("name").and_then(Value::as_str);
    if name.is_some_and(is_secret_variable) {
        fields.get_mut("value").into_iter().for_each(hide);
    }
    for (name, any) in fields {
        match any {
            Value::String(_) if is_secret(name) => hide(any),
            Value::Array(items) if is_secret(name) && items.iter().all(Value::is_string) => {
                hide(any);
            }
            _ => value(any),
        }
    }
}

/// A flag may stand before its value.
fn elements(items: &mut [Value]) {
    let mut follows = false;
    for item in items {
        let is_flag = item.as_str().is_some_and(|word| {
            word.starts_with('-') && !word.contains('=') && is_secret_variable(word)
        });
        if follows && !is_flag {
            hide(item);
        } else {
            value(item);
        }
        follows = is_flag;
    }
}

/// Keeps the names of what is in there.
fn hide(any: &mut Value) {
    match any {
        Value::Object(fields) => fields.values_mut().for_each(hide),
        Value::Array(items) => items.iter_mut().for_each(hide),
        other => *other = Value::String(REDACTED.to_owned()),
    }
}

#[cfg(test)]
mod tests;
