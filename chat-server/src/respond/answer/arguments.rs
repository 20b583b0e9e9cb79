//! What a badge shows of the arguments of a call, as it is configured.

use serde_json::{Map, Value};

use crate::config::{BadgeArgs, BadgeArguments};

/// In the place of what is not shown.
const CUT: &str = "\u{2026}";

/// These arguments, a model's words, as a badge shows them; nothing if there is nothing to show.
pub(super) fn shown(arguments: &str, badges: BadgeArgs) -> Option<String> {
    let shown = match badges.arguments {
        BadgeArguments::All => match badges.text_length {
            Some(length) => shortened(arguments, usize::try_from(length).unwrap_or(usize::MAX)),
            None => arguments.to_owned(),
        },
        BadgeArguments::Names => names(arguments)?,
        BadgeArguments::None => return None,
    };
    Some(shown).filter(|shown| !shown.is_empty())
}

/// What cannot be read has no names.
fn names(arguments: &str) -> Option<String> {
    let arguments: Map<String, Value> = serde_json::from_str(arguments).ok()?;
    let names: Map<_, _> = arguments.into_iter().map(|(name, _)| (name, CUT.into())).collect();
    Some(Value::Object(names).to_string())
}

/// With each text in them cut to this length; what cannot be read is one text.
fn shortened(arguments: &str, length: usize) -> String {
    let Ok(mut value) = serde_json::from_str(arguments) else {
        return cut(arguments, length).unwrap_or_else(|| arguments.to_owned());
    };
    // What stays as it is stays as the model wrote it.
    if shorten(&mut value, length) { value.to_string() } else { arguments.to_owned() }
}

/// Cuts the texts in a value; says whether there was anything to cut.
fn shorten(value: &mut Value, length: usize) -> bool {
    match value {
        Value::String(text) => match cut(text, length) {
            Some(short) => {
                *text = short;
                true
            }
            None => false,
        },
        Value::Array(values) => {
            values.iter_mut().fold(false, |cut, value| shorten(value, length) | cut)
        }
        Value::Object(members) => {
            members.values_mut().fold(false, |cut, value| shorten(value, length) | cut)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The beginning of a text that is longer than that.
fn cut(text: &str, length: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(length)?;
    Some(format!("{}{CUT}", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"{ "title": "Call Dr. Ng", "tags": ["knee", "ab"], "n": 12345 }"#;

    fn shown_as(arguments: &str, how: BadgeArguments, length: Option<u32>) -> Option<String> {
        shown(arguments, BadgeArgs { arguments: how, text_length: length })
    }

    fn read(shown: Option<String>) -> Value {
        serde_json::from_str(&shown.unwrap()).unwrap()
    }

    #[test]
    fn by_default_they_are_shown_as_the_model_wrote_them() {
        for written in [WRITTEN, "{not json", "7"] {
            assert_eq!(shown_as(written, BadgeArguments::All, None).unwrap(), written);
        }
        assert_eq!(shown_as("", BadgeArguments::All, None), None);
    }

    #[test]
    fn names_are_shown_without_their_values() {
        let names = serde_json::json!({"title": "…", "tags": "…", "n": "…"});
        assert_eq!(read(shown_as(WRITTEN, BadgeArguments::Names, None)), names);
        assert_eq!(read(shown_as(WRITTEN, BadgeArguments::Names, Some(3))), names);
        for nameless in ["{\"title\": \"cut o", "[\"secret\"]", "\"secret\"", ""] {
            assert_eq!(shown_as(nameless, BadgeArguments::Names, None), None, "{nameless}");
        }
    }

    #[test]
    fn nothing_is_shown_at_all() {
        for written in [WRITTEN, "{not json", ""] {
            assert_eq!(shown_as(written, BadgeArguments::None, Some(3)), None);
        }
    }

    #[test]
    fn long_texts_are_cut_at_any_depth_and_between_characters() {
        let cut = serde_json::json!({"title": "Cal…", "tags": ["kne…", "ab"], "n": 12345});
        assert_eq!(read(shown_as(WRITTEN, BadgeArguments::All, Some(3))), cut);
        let whole = shown_as(WRITTEN, BadgeArguments::All, Some(11));
        assert_eq!(whole.unwrap(), WRITTEN, "not a character of it is touched");
        let text = shown_as(r#"{"t":"äöü\ud83d\ude00x"}"#, BadgeArguments::All, Some(4));
        assert_eq!(read(text)["t"], "äöü😀…");
        assert_eq!(shown_as("{not json", BadgeArguments::All, Some(4)).unwrap(), "{not…");
    }
}
