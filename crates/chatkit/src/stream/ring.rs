//! The last events of a turn, numbered from 1, for a reader that comes back and says which was its
//! last.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::protocol::{ThreadItemUpdate, ThreadStreamEvent as Event};

/// Events, at most. A reader that missed more is told the state instead.
const EVENTS: usize = 128;

/// Bytes of what was said, at most, so that a stream of large widgets does not pile up.
const BYTES: usize = 64 * 1024;

/// The last events. Text, which is nearly all there is, is kept in little more than its length.
#[derive(Default)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    /// The number of the newest event.
    last: u64,
    bytes: usize,
    /// The item that the newest text belongs to, to share its id.
    item: Option<Arc<str>>,
}

enum Entry {
    Text { item: Arc<str>, part: u32, delta: Box<str> },
    Other { event: Box<Event>, bytes: usize },
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
        }
    }

    fn entry(&mut self, event: &Event) -> Entry {
        if let Event::ThreadItemUpdated {
            item_id,
            update: ThreadItemUpdate::TextDelta { content_index, delta },
        } = event
        {
            let known = self.item.take().filter(|known| **known == **item_id);
            let item = known.unwrap_or_else(|| item_id.as_str().into());
            self.item = Some(Arc::clone(&item));
            return Entry::Text { item, part: *content_index, delta: delta.as_str().into() };
        }
        let mut written = Count(0);
        // What cannot be written cannot be sent either; it counts nothing.
        let _ = serde_json::to_writer(&mut written, event);
        Entry::Other { event: Box::new(event.clone()), bytes: written.0 }
    }

    /// Everything after this event; nothing if that has been let go of, or was never said.
    pub(super) fn after(&self, number: u64) -> Option<VecDeque<Event>> {
        let wanted = usize::try_from(self.last.checked_sub(number)?).ok()?;
        let skipped = self.entries.len().checked_sub(wanted)?;
        Some(self.entries.iter().skip(skipped).map(Entry::event).collect())
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Self::Text { delta, .. } => delta.len(),
            Self::Other { bytes, .. } => *bytes,
        }
    }

    fn event(&self) -> Event {
        match self {
            Self::Text { item, part, delta } => Event::text_delta(&**item, *part, &**delta),
            Self::Other { event, .. } => (**event).clone(),
        }
    }
}

/// Counts what is written.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    fn large_events_do_not_pile_up() {
        let events: Vec<_> = (0..20).map(|_| progress(&"x".repeat(10_000))).collect();
        let ring = ring(&events);
        assert!(ring.bytes <= BYTES && ring.after(19).is_some() && ring.after(10).is_none());
    }
}
