//! The keys that tokens are signed with.

use std::time::Duration;

use super::{
    KeysSeen, Record, Wish,
    wish::{delta, until},
};

/// How long a key is published before it signs: more than the kubelets need to bring it into every pod.
const LEAD: Duration = Duration::from_mins(3);
/// A key that signs no more is kept at least for as long as its last token lives, and for clocks that differ.
const SHORTEST_OVERLAP: Duration = Duration::from_mins(20);
/// The same where nothing is said.
const OVERLAP: Duration = Duration::from_hours(24);

/// One step of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStep {
    /// A new key is published.
    Publish,
    /// It signs.
    Sign,
    /// The keys that sign no more are gone.
    Forget,
}

/// What becomes of the keys on this look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysTurn {
    /// The step to take.
    pub step: Option<KeyStep>,
    /// How far it is then.
    pub record: Record,
    /// How long until the next step.
    pub wait: Option<Duration>,
    /// Whether nothing is known of the Secret: it is made, or was not seen yet.
    pub is_first: bool,
    /// Whether a key is published that does not sign yet.
    pub is_published_only: bool,
}

/// What becomes of the keys.
pub fn keys(seen: Option<&KeysSeen>, wish: &Wish, overlap: Option<Duration>) -> KeysTurn {
    let Some(seen) = seen else {
        // They are made on this look: what is asked for is done by that.
        let record = Record { asked: wish.asked.clone(), ..Record::default() };
        return KeysTurn { record, is_first: true, ..KeysTurn::default() };
    };
    let record = seen.record.clone();
    if seen.has_next {
        let turn = after(LEAD, wish, record, |record| {
            (KeyStep::Sign, Record::at(wish.now, record.asked.as_deref()))
        });
        return KeysTurn { is_published_only: turn.step.is_none(), ..turn };
    }
    if wish.is_due(&record) {
        let record = Record::at(wish.now, wish.asked.as_deref().or(record.asked.as_deref()));
        let step = Some(KeyStep::Publish);
        return KeysTurn { step, record, is_published_only: true, ..KeysTurn::default() };
    }
    let wait = wish.wait(&record);
    if seen.has_retired {
        let overlap = overlap.unwrap_or(OVERLAP).max(SHORTEST_OVERLAP);
        let turn = after(overlap, wish, record, |record| (KeyStep::Forget, record));
        return KeysTurn { wait: turn.wait.into_iter().chain(wait).min(), ..turn };
    }
    KeysTurn { record, wait, ..KeysTurn::default() }
}

/// The step, once this much time has passed since the last one.
fn after(
    length: Duration,
    wish: &Wish,
    record: Record,
    step: impl FnOnce(Record) -> (KeyStep, Record),
) -> KeysTurn {
    let then = record.since.and_then(|since| since.checked_add_signed(delta(length)?));
    if let Some(then) = then.filter(|then| *then > wish.now) {
        KeysTurn { record, wait: until(then, wish.now), ..KeysTurn::default() }
    } else {
        let (step, record) = step(record);
        KeysTurn { step: Some(step), record, ..KeysTurn::default() }
    }
}

#[cfg(test)]
mod tests;
