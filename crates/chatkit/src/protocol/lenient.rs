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

/// An integer: `5`, `"5"` or `5.0`, but not `1.5`.
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
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
