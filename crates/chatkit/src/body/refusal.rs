//! What a client is told of a body that is no request: a constant sentence for each kind of mistake.
//!
//! Nothing of the body is repeated, neither to the client nor to the log, which never has a person's
//! words. The log is told the place and what was wanted there.

use crate::Error;

/// Said by `Strict`, as the next three are.
pub(super) const TOO_DEEP: &str = "the body is more than 64 levels deep";
pub(super) const KEY_TWICE: &str = "an object has the same key twice";
pub(super) const NUL: &str = "a text contains the character U+0000";
pub(super) const RESERVED_KEY: &str = "an object has a key that is reserved";

const LONE_SURROGATE: &str = "a text contains half of a surrogate pair";
const OUT_OF_RANGE: &str = "a number is out of range";
const NOT_JSON: &str = "the body is not JSON";

/// How the words of an error begin, and what is told then. The parser has no other way to tell its
/// errors apart.
const TOLD: [(&str, &str); 7] = [
    (TOO_DEEP, TOO_DEEP),
    (KEY_TWICE, KEY_TWICE),
    (NUL, NUL),
    (RESERVED_KEY, RESERVED_KEY),
    ("lone leading surrogate in hex escape", LONE_SURROGATE),
    ("unexpected end of hex escape", LONE_SURROGATE),
    ("number out of range", OUT_OF_RANGE),
];

/// The body is not JSON, or not such as can be kept.
pub(super) fn unread(error: &serde_json::Error) -> Error {
    // The parser's words are constants too, with a line and a column.
    tracing::debug!(%error, "A request is not JSON");
    let words = error.to_string();
    let told = TOLD.into_iter().find(|(beginning, _)| words.starts_with(*beginning));
    Error::invalid_json(told.map_or(NOT_JSON, |(_, sentence)| sentence))
}

/// Nobody knows what is asked.
pub(super) fn unknown_operation() -> Error {
    Error::new(400, "unknown_operation", "there is no such operation")
}

/// The parameters are not those of the operation.
pub(super) fn unfit(
    operation: &str,
    error: &serde_path_to_error::Error<serde_json::Error>,
) -> Error {
    let words = error.inner().to_string();
    let wanted = wanted(&words);
    tracing::debug!(operation, place = %error.path(), wanted, "The parameters do not fit");
    Error::invalid_request("a parameter is missing or of the wrong type")
}

/// The words of serde without what was found, which is the client's.
fn wanted(words: &str) -> &str {
    words.rsplit_once(", expected ").map_or(words, |(_, wanted)| wanted)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::{ItemFeedbackParams, Order};

    fn words<T: serde::de::DeserializeOwned>(value: Value) -> String {
        serde_json::from_value::<T>(value).err().unwrap().to_string()
    }

    #[test]
    fn the_log_is_told_what_was_wanted_and_not_what_was_found() {
        let text = words::<ItemFeedbackParams>(json!({"item_ids": "secret, expected"}));
        assert_eq!(wanted(&text), "a sequence");
        let kind = words::<Order>(json!("secret, expected"));
        assert_eq!(wanted(&kind), "`asc` or `desc`");
        let missing = words::<ItemFeedbackParams>(json!({"secret": "secret"}));
        assert_eq!(wanted(&missing), "missing field `thread_id`");
    }
}
