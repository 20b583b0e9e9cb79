use chrono::{DateTime, TimeDelta, Utc};

use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn wish(minutes: i64, asked: Option<&str>) -> Wish {
    let interval = Some(Duration::from_hours(2));
    Wish { now: at(minutes), interval, asked: asked.map(str::to_owned), born: at(0) }
}

/// What `fill` makes of a step.
fn taken(seen: &KeysSeen, turn: &KeysTurn) -> KeysSeen {
    let mut seen = KeysSeen { record: turn.record.clone(), ..seen.clone() };
    match turn.step {
        Some(KeyStep::Publish) => seen.has_next = true,
        Some(KeyStep::Sign) => (seen.has_next, seen.has_retired) = (false, true),
        Some(KeyStep::Forget) => seen.has_retired = false,
        None => {}
    }
    seen
}

fn look(seen: &KeysSeen, wish: &Wish) -> KeysTurn {
    keys(Some(seen), wish, Some(Duration::from_mins(30)))
}

#[test]
fn a_key_is_published_then_signs_then_verifies_then_goes() {
    let mut seen = KeysSeen::default();
    let mut steps = Vec::new();
    for minute in 0..400 {
        let turn = look(&seen, &wish(minute, None));
        steps.extend(turn.step.map(|step| (minute, step)));
        seen = taken(&seen, &turn);
    }
    let expected = [
        (120, KeyStep::Publish),
        (123, KeyStep::Sign),
        (153, KeyStep::Forget),
        (243, KeyStep::Publish),
        (246, KeyStep::Sign),
        (276, KeyStep::Forget),
        (366, KeyStep::Publish),
        (369, KeyStep::Sign),
        (399, KeyStep::Forget),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn whoever_looks_late_or_seldom_skips_no_step() {
    // Each step is a write of its own, however much time has passed.
    let mut seen = KeysSeen::default();
    let mut steps = Vec::new();
    for minute in [5000, 9000, 9001] {
        let turn = look(&seen, &wish(minute, None));
        steps.extend(turn.step);
        seen = taken(&seen, &turn);
    }
    assert_eq!(steps, [KeyStep::Publish, KeyStep::Sign]);
    assert!(seen.has_retired, "the key before verifies for the whole overlap");
}

#[test]
fn a_key_that_is_asked_for_comes_once() {
    let asked = wish(10, Some("now"));
    let published = taken(&KeysSeen::default(), &look(&KeysSeen::default(), &asked));
    assert!(published.has_next && published.record.asked.as_deref() == Some("now"));
    let signs = taken(&published, &look(&published, &wish(13, Some("now"))));
    assert!(!signs.has_next && signs.has_retired);
    assert_eq!(look(&signs, &wish(14, Some("now"))).step, None);
    assert_eq!(look(&signs, &wish(14, Some("again"))).step, Some(KeyStep::Publish));
}

#[test]
fn a_key_verifies_for_as_long_as_its_tokens_live_whatever_is_said() {
    let record = Record { since: Some(at(10)), ..Record::default() };
    let seen = KeysSeen { has_retired: true, record, ..KeysSeen::default() };
    let step = |minute| keys(Some(&seen), &wish(minute, None), Some(Duration::ZERO)).step;
    assert_eq!((step(29), step(30)), (None, Some(KeyStep::Forget)));
}

#[test]
fn the_next_look_is_when_there_is_something_to_do() {
    let turn = |seen: &KeysSeen, minute| look(seen, &wish(minute, None)).wait;
    assert_eq!(turn(&KeysSeen::default(), 20), Some(Duration::from_mins(100)));
    let record = Record { since: Some(at(10)), ..Record::default() };
    let published = KeysSeen { has_next: true, record: record.clone(), ..KeysSeen::default() };
    assert_eq!(turn(&published, 11), Some(Duration::from_mins(2)));
    let retired = KeysSeen { has_retired: true, record, ..KeysSeen::default() };
    assert_eq!(turn(&retired, 11), Some(Duration::from_mins(29)));
    let first = keys(None, &wish(0, Some("x")), None);
    assert_eq!((first.step, first.record.asked.as_deref()), (None, Some("x")));
}
