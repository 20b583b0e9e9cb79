use super::*;

fn after(schedule: &str, time: &str) -> Option<String> {
    let next = Schedule::parse(schedule).unwrap().next_after(time.parse().unwrap());
    next.map(|next| next.format("%a %F %R").to_string())
}

#[test]
fn five_fields_or_a_word_are_a_schedule() {
    for text in ["0 3 * * *", "*/15 0-6,20 1 JAN-mar mon", "0 0 1/2 ? *", "@daily"] {
        assert!(Schedule::parse(text).is_some(), "{text}");
    }
}

#[test]
fn what_a_cron_job_does_not_take_is_none() {
    for text in [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "+1 * * * *",
        ", * * * *",
        "@often",
        "* * * foo *",
    ] {
        assert_eq!(Schedule::parse(text), None, "{text}");
    }
}

#[test]
fn the_next_time_is_the_first_one_after() {
    for (schedule, time, next) in [
        ("0 3 * * *", "2026-11-21T02:59:59Z", "Sat 2026-11-21 03:00"),
        ("0 3 * * *", "2026-11-21T03:00:00Z", "Sun 2026-11-22 03:00"),
        ("*/15 * * * *", "2026-11-21T03:44:59Z", "Sat 2026-11-21 03:45"),
        ("5/20 1,3-4 * * *", "2026-11-21T01:45:00Z", "Sat 2026-11-21 03:05"),
        ("30 23 31 * *", "2026-11-21T00:00:00Z", "Thu 2026-12-31 23:30"),
        ("0 5 * * 0", "2026-11-22T05:00:00Z", "Sun 2026-11-29 05:00"),
        ("0 0 1 FEB-mar ?", "2026-11-21T00:00:00Z", "Mon 2027-02-01 00:00"),
        ("0 0 29 2 *", "2026-11-21T00:00:00Z", "Tue 2028-02-29 00:00"),
        ("@weekly", "2026-11-21T12:00:00Z", "Sun 2026-11-22 00:00"),
        ("@hourly", "2026-12-31T23:00:00Z", "Fri 2027-01-01 00:00"),
    ] {
        assert_eq!(after(schedule, time).as_deref(), Some(next), "{schedule} after {time}");
    }
}

#[test]
fn of_two_days_either_is_enough_unless_one_says_nothing() {
    let time = "2026-11-21T00:00:00Z";
    assert_eq!(after("0 9 1 * mon", time).as_deref(), Some("Mon 2026-11-23 09:00"));
    assert_eq!(after("0 9 22 * mon", time).as_deref(), Some("Sun 2026-11-22 09:00"));
    assert_eq!(after("0 9 */2 * mon", time).as_deref(), Some("Sat 2026-11-21 09:00"));
    assert_eq!(after("0 9 */1 * mon", time).as_deref(), Some("Mon 2026-11-23 09:00"));
}

#[test]
fn a_day_that_never_comes_is_never_due() {
    assert_eq!(after("0 0 30 2 *", "2026-11-21T00:00:00Z"), None);
}
