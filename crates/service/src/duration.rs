//! Durations as people write them in flags: `25s`, `500ms`, `1h30m`.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a duration is digits with h, m, s or ms, for example 25s or 1h30m")]
pub struct NotADuration;

/// Reads `1h30m`, `25s`, `500ms`: units from large to small, each at most once.
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    for (unit, milliseconds) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let name = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        if tail[..name] != *unit || digits == 0 {
            continue;
        }
        let number: u64 = number.parse().map_err(|_| NotADuration)?;
        let part = number.checked_mul(milliseconds).ok_or(NotADuration)?;
        total = total.checked_add(Duration::from_millis(part)).ok_or(NotADuration)?;
        rest = &tail[name..];
    }
    if rest.is_empty() && !text.is_empty() { Ok(total) } else { Err(NotADuration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_from_large_to_small() {
        assert_eq!(parse("25s"), Ok(Duration::from_secs(25)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse("1m1s1ms"), Ok(Duration::from_millis(61_001)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "25", "s", "-1s", "1.5s", "1s2m", "1s1s", " 1s", "1d", "99999999999999999999s"]
        {
            assert_eq!(parse(text), Err(NotADuration), "{text:?}");
        }
    }
}
