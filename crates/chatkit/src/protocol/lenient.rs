//! Reading as leniently as the reference server, and a little more.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `null` means the default.
pub(super) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An integer: `5`, `5.0`, `"5"`, `"5.0"` or `"1_000"`, but not `1.5`.
pub(super) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    whole(&value).ok_or_else(|| D::Error::custom("not an integer"))
}

/// As [`integer`]; `null` or nothing is `None`.
pub(super) fn optional_integer<'de, D>(deserializer: D) -> Result<Option<i64>, D::Error>
where
    D: Deserializer<'de>,
{
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(value) => whole(&value).map(Some).ok_or_else(|| D::Error::custom("not an integer")),
    }
}

/// Tells a `null` that was sent from a key that was not there.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Value::deserialize(deserializer)
}

/// An object, and nothing else: derived types would take an array of their fields too.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    from_object(Value::deserialize(deserializer)?)
}

/// As [`object`]; `null` is `None`.
pub(super) fn optional_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Option::<Value>::deserialize(deserializer)?.map(from_object).transpose()
}

/// As [`object`]; `null` is the default.
pub(super) fn object_or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    optional_object(deserializer).map(Option::unwrap_or_default)
}

/// An array of objects.
pub(super) fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Vec::<Value>::deserialize(deserializer)?.into_iter().map(from_object).collect()
}

fn from_object<T: DeserializeOwned, E: serde::de::Error>(value: Value) -> Result<T, E> {
    if !value.is_object() {
        return Err(E::custom("not an object"));
    }
    serde_json::from_value(value).map_err(E::custom)
}

fn whole(value: &Value) -> Option<i64> {
    // Doubles hold every integer up to here exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let double = number.as_f64()?;
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
            (double.fract() == 0.0 && double.abs() <= EXACT).then_some(double as i64)
        }),
        Value::String(text) => digits(text.trim()),
        _ => None,
    }
}

/// As Python writes integers: underscores may stand between digits, and zeros after a point.
fn digits(text: &str) -> Option<i64> {
    let whole = match text.split_once('.') {
        None => text,
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|it| it == b'0') => whole,
        Some(_) => return None,
    };
    // What follows an underscore has to be a digit too, or it is no integer without it.
    let ends_well = |group: &str| group.ends_with(|last: char| last.is_ascii_digit());
    if !whole.split('_').all(ends_well) {
        return None;
    }
    whole.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_in_text_are_those_of_the_reference_server() {
        for (text, integer) in [
            ("5", 5),
            (" +5\n", 5),
            ("-5", -5),
            ("-0", 0),
            ("005", 5),
            ("5.0", 5),
            ("-5.00 ", -5),
            ("1_000", 1_000),
            ("0_1", 1),
            ("-1_0_0.0", -100),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(whole(&json!(text)), Some(integer), "{text:?}");
        }
        for text in [
            "", "-", ".0", "5.", "5.5", "5.0_0", "5.0.0", "5 .0", "_5", "5_", "-_5", "5_.0",
            "1__0", "1_-5", "+-5", "- 5", "1e3", "0x5", "٣", "many",
        ] {
            assert_eq!(whole(&json!(text)), None, "{text:?}");
        }
        // The reference server goes on counting.
        assert_eq!(whole(&json!("9223372036854775808")), None);
    }
}
