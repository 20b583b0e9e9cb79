//! What of a provider's error is kept. Its message may quote the conversation or a part of the key,
//! so only the names the provider gives its errors go into the log.

use serde_json::Value;

const LONGEST_NAME: usize = 64;

/// A provider's error object, as far as it names things.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    names: Vec<(&'static str, String)>,
}

impl Refusal {
    /// From an error body, `{"error": {...}}` in one of its many forms, or anything else.
    pub(super) fn from_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Array(mut list)) if !list.is_empty() => {
                Self::from_value(&list.swap_remove(0))
            }
            Ok(value) => Self::from_value(&value),
            Err(_) => Self::default(),
        }
    }

    /// From an error object, or something that holds one as `error`.
    pub(super) fn from_value(value: &Value) -> Self {
        let error = value.get("error").filter(|error| error.is_object()).unwrap_or(value);
        let name = |key| Some((key, name(error.get(key)?)?));
        Self { names: ["type", "code", "param", "status"].into_iter().filter_map(name).collect() }
    }

    /// The parameter the provider did not like.
    pub(super) fn param(&self) -> Option<&str> {
        self.names.iter().find(|(key, _)| *key == "param").map(|(_, name)| name.as_str())
    }

    /// The names in a row.
    pub(super) fn reason(&self) -> String {
        if self.names.is_empty() {
            return "no details".to_owned();
        }
        let named: Vec<String> =
            self.names.iter().map(|(key, name)| format!("{key} {name}")).collect();
        named.join(", ")
    }
}

/// A string or number that looks like a name.
fn name(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.[]".contains(c);
    (!text.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_and_messages_are_not() {
        let reason = |body: &str| Refusal::from_body(body.as_bytes()).reason();
        let openai = r#"{"error":{"message":"Incorrect API key provided: sk-ab**","type":
            "invalid_request_error","param":null,"code":"invalid_api_key"}}"#;
        assert_eq!(reason(openai), "type invalid_request_error, code invalid_api_key");
        let numeric = r#"{"error":{"code":429,"message":"busy","type":"rate_limit"}}"#;
        assert_eq!(reason(numeric), "type rate_limit, code 429");
        assert_eq!(
            reason(r#"[{"error":{"code":400,"status":"INVALID_ARGUMENT"}}]"#),
            "code 400, status INVALID_ARGUMENT"
        );
        assert_eq!(
            reason(r#"{"object":"error","type":"BadRequest","code":400}"#),
            "type BadRequest, code 400"
        );
        for nothing in ["<html>Unauthorized</html>", "", "[]", "null", r#"{"error":"no"}"#] {
            assert_eq!(reason(nothing), "no details", "{nothing}");
        }
        assert_eq!(reason(r#"{"error":{"code":"my milk is\nout"}}"#), "no details");
    }

    #[test]
    fn the_parameter_is_known() {
        let refusal = Refusal::from_body(br#"{"error":{"param":"include","code":null}}"#);
        assert_eq!(refusal.param(), Some("include"));
    }
}
