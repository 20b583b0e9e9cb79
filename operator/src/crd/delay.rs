//! Lengths of time as people write them.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A length of time such as `90s`, `10m` or `1h30m`: one to four groups of digits with `h`, `m`, `s` or `ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delay(String);

impl Delay {
    /// A length of time that stands in the code.
    pub(crate) fn literal(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How long it is; `None` for what the schema refuses.
    pub fn duration(&self) -> Option<Duration> {
        let mut rest = self.0.as_str();
        let mut total = Duration::ZERO;
        while !rest.is_empty() {
            let (length, after) = group(rest)?;
            total = total.checked_add(length)?;
            rest = after;
        }
        (!self.0.is_empty()).then_some(total)
    }
}

/// The first group of digits and unit, and what comes after it.
fn group(text: &str) -> Option<(Duration, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = text[..digits].parse().ok()?;
    let rest = &text[digits..];
    let of = |unit: u64| count.checked_mul(unit).map(Duration::from_millis);
    if let Some(rest) = rest.strip_prefix("ms") {
        return Some((of(1)?, rest));
    }
    let unit = match rest.as_bytes().first()? {
        b'h' => 3_600_000,
        b'm' => 60_000,
        b's' => 1_000,
        _ => return None,
    };
    Some((of(unit)?, &rest[1..]))
}

impl JsonSchema for Delay {
    fn schema_name() -> Cow<'static, str> {
        "Delay".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // The format makes it a duration in rules; the format alone lets `1 banana` pass.
        json_schema!({
            "type": "string",
            "format": "duration",
            "pattern": "^([0-9]{1,5}(h|m|s|ms)){1,4}$",
        })
    }
}
