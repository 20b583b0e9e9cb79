//! A token that is good for one call of one tool.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The call that a token was minted for: whoever steals it can repeat that call and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallBinding {
    /// The tool's name.
    pub tool: String,
    /// SHA-256 of the canonical arguments, base64url without padding.
    pub arguments_sha256: String,
}

impl CallBinding {
    /// Binds a token to a call of `tool` with `arguments`.
    pub fn of(tool: &str, arguments: &Value) -> Self {
        let mut canonical = String::new();
        write_canonical(arguments, &mut canonical);
        Self {
            tool: tool.to_owned(),
            arguments_sha256: URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes())),
        }
    }

    /// Whether this is the call that the token was minted for.
    pub fn allows(&self, tool: &str, arguments: &Value) -> bool {
        *self == Self::of(tool, arguments)
    }
}

/// Writes JSON with its members sorted by name and no space, so that both ends hash the same
/// bytes whatever order their maps keep.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                separate(index, out);
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write_canonical(member, out);
            }
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                separate(index, out);
                write_canonical(element, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_and_spacing_of_arguments_do_not_matter() {
        let bound =
            CallBinding::of("add_task", &json!({"title": "a\"b", "tags": [1, {"y": 0, "x": 1}]}));
        let same: Value =
            serde_json::from_str(r#"{ "tags": [1, {"x": 1, "y": 0}], "title": "a\u0022b" }"#)
                .unwrap();
        assert!(bound.allows("add_task", &same));
    }

    #[test]
    fn another_tool_or_argument_is_another_call() {
        let bound = CallBinding::of("add_task", &json!({"title": "a"}));
        for (tool, arguments) in [
            ("delete_task", json!({"title": "a"})),
            ("add_task", json!({"title": "b"})),
            ("add_task", json!({"title": "a", "x": 1})),
            ("add_task", json!(null)),
        ] {
            assert!(!bound.allows(tool, &arguments), "{tool} {arguments}");
        }
    }
}
