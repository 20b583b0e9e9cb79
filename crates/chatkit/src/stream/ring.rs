//! The last events of a turn, numbered from 1, for a reader that comes back and says which was its
//! last.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::protocol::{ThreadItemUpdate, ThreadStreamEvent as Event};

/// Events, at most. A reader that missed more is told the state instead.
const EVENTS: usize = 128;

/// Bytes of what was said, at most, so that a stream of large widgets does not pile up.
const BYTES: usize = 64 * 1024;

/// The last events. Text, which is nearly all there is, is kept in one piece, so that an event of it
/// takes little more than its length and no allocation of its own; any other is kept as it is written,
/// in one allocation.
#[derive(Default)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    /// What all the entries of text say, one after the other.
    text: VecDeque<u8>,
    /// The number of the newest event.
    last: u64,
    bytes: usize,
    /// Where the newest text belongs.
    place: Option<Arc<Place>>,
}

enum Entry {
    Text { place: Arc<Place>, bytes: u32 },
    Other(Box<[u8]>),
}

/// A part of an item.
struct Place {
    item_id: Box<str>,
    part: u32,
}

impl Ring {
    /// The number of the newest event; 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn push(&mut self, event: &Event) {
        self.last += 1;
        let entry = self.entry(event);
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > EVENTS || self.bytes > BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.text.drain(..oldest.text_bytes());
        }
    }

    fn entry(&mut self, event: &Event) -> Entry {
        if let Event::ThreadItemUpdated {
            item_id,
            update: ThreadItemUpdate::TextDelta { content_index, delta },
        } = event
        {
            self.text.extend(delta.as_bytes());
            let place = self.place(item_id, *content_index);
            return Entry::Text { place, bytes: size(delta.len()) };
        }
        // What cannot be written cannot be sent either.
        Entry::Other(serde_json::to_vec(event).unwrap_or_default().into())
    }

    fn place(&mut self, item_id: &str, part: u32) -> Arc<Place> {
        let known = self.place.take().filter(|at| at.part == part && *at.item_id == *item_id);
        let place = known.unwrap_or_else(|| Arc::new(Place { item_id: item_id.into(), part }));
        self.place = Some(Arc::clone(&place));
        place
    }

    /// Everything after this event; nothing if that has been let go of, or was never said.
    pub(super) fn after(&self, number: u64) -> Option<VecDeque<Event>> {
        let wanted = usize::try_from(self.last.checked_sub(number)?).ok()?;
        let skipped = self.entries.len().checked_sub(wanted)?;
        let passed: usize = self.entries.iter().take(skipped).map(Entry::text_bytes).sum();
        let mut text = self.text.iter().skip(passed).copied();
        self.entries.iter().skip(skipped).map(|entry| entry.event(&mut text)).collect()
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Self::Text { .. } => self.text_bytes(),
            Self::Other(written) => written.len(),
        }
    }

    fn text_bytes(&self) -> usize {
        match self {
            Self::Text { bytes, .. } => usize::try_from(*bytes).unwrap_or(usize::MAX),
            Self::Other(_) => 0,
        }
    }

    /// The event, of which `text` says what comes next; nothing if it cannot be read back.
    fn event(&self, text: impl Iterator<Item = u8>) -> Option<Event> {
        match self {
            Self::Text { place, .. } => {
                let delta = String::from_utf8(text.take(self.bytes()).collect());
                let delta = delta.expect("it was put in as text");
                Some(Event::text_delta(&*place.item_id, place.part, delta))
            }
            Self::Other(written) => serde_json::from_slice(written).ok(),
        }
    }
}

/// No event has 4 GiB.
fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ProgressUpdateEvent;

    fn progress(text: &str) -> Event {
        Event::ProgressUpdate(ProgressUpdateEvent { icon: None, text: text.to_owned() })
    }

    fn ring(events: &[Event]) -> Ring {
        let mut ring = Ring::default();
        for event in events {
            ring.push(event);
        }
        ring
    }

    #[test]
    fn what_comes_after_an_event_is_told_as_it_was() {
        let events = [
            progress("one"),
            Event::text_delta("a", 0, "two"),
            Event::text_delta("a", 1, "three"),
            Event::text_delta("b", 0, "four"),
        ];
        let ring = ring(&events);
        for number in 0..=4_u8 {
            let told = ring.after(number.into()).unwrap();
            assert_eq!(told, &events[usize::from(number)..]);
        }
        assert!(ring.after(5).is_none(), "nothing has that number yet");
    }

    #[test]
    fn the_oldest_events_are_let_go_of() {
        let events: Vec<_> = (0..200).map(|n| Event::text_delta("a", 0, n.to_string())).collect();
        let ring = ring(&events);
        assert!(ring.after(71).is_none());
        assert_eq!(ring.after(72).unwrap(), &events[72..]);
    }

    #[test]
    fn text_is_let_go_of_with_its_event() {
        let event = |n: u32| match n % 3 {
            0 => progress(&n.to_string()),
            _ => Event::text_delta("a", n % 2, format!("{n}ü")),
        };
        let events: Vec<_> = (0..400).map(event).collect();
        let ring = ring(&events);
        assert_eq!(ring.after(272).unwrap(), &events[272..]);
        let kept: usize = ring.entries.iter().map(Entry::text_bytes).sum();
        assert_eq!(ring.text.len(), kept);
    }

    #[test]
    fn large_events_do_not_pile_up() {
        let events: Vec<_> = (0..20).map(|_| progress(&"x".repeat(10_000))).collect();
        let ring = ring(&events);
        assert!(ring.bytes <= BYTES && ring.after(19).is_some() && ring.after(10).is_none());
    }
}
