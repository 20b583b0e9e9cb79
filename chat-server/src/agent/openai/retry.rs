//! When a request to a model is made again, and after how long.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// Attempts after the first.
const RETRIES: u32 = 2;
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Somebody is waiting: a server that asks for more patience than this gets less.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long to wait before the attempt after `attempt` (the first is 0); none when it was the last.
/// `chance` in 0..1 spreads those who failed together.
pub(super) fn wait(attempt: u32, retry_after: Option<Duration>, chance: f64) -> Option<Duration> {
    if attempt >= RETRIES {
        return None;
    }
    let own = FIRST_WAIT * 2_u32.pow(attempt);
    let spread = own.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    Some(retry_after.map_or(spread, |asked| asked.min(LONGEST_WAIT) + spread / 4))
}

/// Whether a status may be gone the next time. A used-up quota is not.
pub(super) fn is_passing(status: u16, reason: &str) -> bool {
    match status {
        429 => !reason.contains("insufficient_quota"),
        status => matches!(status, 408 | 500 | 502 | 503 | 504 | 529),
    }
}

/// What the server asks to wait. A date is not honoured, only a number.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"));
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(wait(0, None, 1.0), Some(Duration::from_millis(250)));
        assert_eq!(wait(1, None, 0.0), Some(Duration::from_millis(250)));
        assert_eq!(wait(1, None, 1.0), Some(Duration::from_millis(500)));
        assert_eq!(wait(2, None, 1.0), None);
    }

    #[test]
    fn nobody_is_kept_waiting_for_an_hour() {
        let hour = Some(Duration::from_hours(1));
        assert!(wait(0, hour, 1.0).unwrap() < Duration::from_secs(6));
        let second = Some(Duration::from_secs(1));
        assert!(wait(0, second, 0.0).unwrap() >= Duration::from_secs(1));
    }

    #[test]
    fn what_cannot_change_is_not_tried_again() {
        assert!(is_passing(429, "code rate_limit_exceeded"));
        assert!(!is_passing(429, "code insufficient_quota"));
        assert!(is_passing(503, ""));
        for final_status in [302, 400, 401, 403, 404, 501] {
            assert!(!is_passing(final_status, ""), "{final_status}");
        }
    }

    #[test]
    fn only_numbers_are_read_from_retry_after() {
        let asked = |name: &'static str, value: &'static str| {
            asked(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert_eq!(asked("retry-after", " 3 "), Some(Duration::from_secs(3)));
        assert_eq!(asked("retry-after-ms", "150"), Some(Duration::from_millis(150)));
        for no_number in ["-1", "NaN", "1e300", "Wed, 21 Oct 2026 07:28:00 GMT", ""] {
            assert_eq!(asked("retry-after", no_number), None, "{no_number}");
        }
    }
}
