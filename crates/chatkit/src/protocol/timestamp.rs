//! Times as the protocol writes them: UTC with `Z` and either no fraction or six digits.
//!
//! The reference server rewrites any other number of digits, so these two forms are the ones that
//! survive a round trip through it. For reading, everything it accepts is accepted.

use std::fmt::Write as _;

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound as _, Timelike as _,
    Utc,
};
use serde::{Deserialize as _, Deserializer, Serializer, de};
use serde_json::Value;

/// Writes a time; for `#[serde(with = "timestamp")]`.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*time))
}

/// Reads a time; for `#[serde(with = "timestamp")]`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    parse(&value).ok_or_else(|| de::Error::custom("not a time"))
}

/// `2026-11-21T02:12:29Z`, or with six digits when there is a fraction.
pub fn format(time: DateTime<Utc>) -> String {
    let mut text = String::with_capacity(27);
    let (date, clock) = (time.date_naive(), time.time());
    let written = write!(
        text,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
    );
    written.expect("writing to a String does not fail");
    // A leap second is 1,000,000 or more microseconds on chrono's clock; it is cut, not carried.
    let micros = (clock.nanosecond() / 1_000).min(999_999);
    if micros > 0 {
        write!(text, ".{micros:06}").expect("writing to a String does not fail");
    }
    text.push('Z');
    text
}

fn parse(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => parse_text(text.trim()),
        Value::Number(number) => parse_epoch(number.as_f64()?),
        _ => None,
    }
    .map(|time| time.trunc_subsecs(6))
}

fn parse_text(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.with_timezone(&Utc));
    }
    // Without an offset it is taken as UTC; a space may stand for the `T`.
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN)))
        .map(|time| time.and_utc())
        .or_else(|| parse_epoch(text.parse().ok()?))
}

fn parse_epoch(number: f64) -> Option<DateTime<Utc>> {
    // Beyond this many it is milliseconds, as in the reference server.
    const LAST_SECOND: f64 = 2e10;
    let seconds = if number.abs() > LAST_SECOND { number / 1_000.0 } else { number };
    if !seconds.is_finite() || seconds.abs() > LAST_SECOND {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
    DateTime::from_timestamp_micros((seconds * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Option<String> {
        parse(value).map(format)
    }

    #[test]
    fn times_are_written_with_z_and_no_or_six_digits() {
        assert_eq!(read(&json!("2026-01-01T00:00:00Z")).unwrap(), "2026-01-01T00:00:00Z");
        assert_eq!(
            read(&json!("2026-01-01T00:00:00.120Z")).unwrap(),
            "2026-01-01T00:00:00.120000Z"
        );
        assert_eq!(
            read(&json!("2026-01-01T00:00:00.000001Z")).unwrap(),
            "2026-01-01T00:00:00.000001Z"
        );
    }

    #[test]
    fn every_form_the_reference_accepts_is_read() {
        for (text, read_as) in [
            (json!("2026-11-21T02:12:29.656103"), "2026-11-21T02:12:29.656103Z"),
            (json!("2026-11-21 02:12:29"), "2026-11-21T02:12:29Z"),
            (json!("2026-11-21T02:12:29.123456789Z"), "2026-11-21T02:12:29.123456Z"),
            (json!("2026-11-21T02:12:29+02:00"), "2026-11-21T00:12:29Z"),
            (json!("2026-11-21"), "2026-11-21T00:00:00Z"),
            (json!(1_700_000_000), "2023-11-14T22:13:20Z"),
            (json!(1_700_000_000_000_i64), "2023-11-14T22:13:20Z"),
            (json!(1_700_000_000.5), "2023-11-14T22:13:20.500000Z"),
        ] {
            assert_eq!(read(&text).as_deref(), Some(read_as), "{text}");
        }
    }

    #[test]
    fn nonsense_is_not_a_time() {
        for value in
            [json!("soon"), json!(""), json!(1e300), json!(null), json!({}), json!("1e999")]
        {
            assert_eq!(read(&value), None, "{value}");
        }
    }
}
