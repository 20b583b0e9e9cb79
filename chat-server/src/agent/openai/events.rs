//! The events of a model's answer, cut out of its bytes as the standard has it: a line ends with CR, LF or
//! both, an empty line ends an event, and one that the end of the bytes cuts off is none.
//!
//! All that is whole is read in one go, and in place: what waits for its end is moved to the front.

use std::ops::Range;

/// Longer events are a server run wild.
const LONGEST: usize = 2 << 20;
/// A buffer that one large piece has made larger is not kept for the small ones that follow.
const SPARE: usize = 1 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes that have come, and what is known of them.
#[derive(Default)]
pub(super) struct Events {
    buffer: Vec<u8>,
    /// Where the line begins that is read next.
    at: usize,
    /// How much of that line is known to hold no end.
    seen: usize,
    /// What stands before this is needed no more.
    done: usize,
    /// The line before ended with CR: an LF that follows belongs to it.
    after_cr: bool,
    begun: bool,
    /// Of the event that is being read.
    data: Option<Range<usize>>,
    is_keep_alive: bool,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// Says something.
    Data(&'a [u8]),
    /// Says that the server is there: a comment, or an event of that name.
    KeepAlive,
    /// Says that nothing follows.
    Done,
}

/// An event without end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Events {
    /// Where the next bytes are put.
    pub(super) fn room(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.done);
        self.at -= self.done;
        if let Some(data) = &mut self.data {
            *data = data.start - self.done..data.end - self.done;
        }
        self.done = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > SPARE {
            self.buffer = Vec::new();
        }
        &mut self.buffer
    }

    /// The next event that is whole.
    pub(super) fn next(&mut self) -> Result<Option<Event<'_>>, TooLong> {
        while let Some(line) = self.line() {
            if line.is_empty() {
                self.done = self.at;
                if let Some(event) = self.event() {
                    return Ok(Some(self.told(event)));
                }
            } else if self.buffer[line.start] == b':' {
                if self.data.is_none() {
                    self.done = self.at;
                }
                return Ok(Some(Event::KeepAlive));
            } else {
                self.field(line);
            }
        }
        if self.buffer.len() - self.done > LONGEST { Err(TooLong) } else { Ok(None) }
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Option<Range<usize>> {
        if !self.begun && !self.begin() {
            return None;
        }
        if self.after_cr && self.at < self.buffer.len() {
            self.at += usize::from(self.buffer[self.at] == b'\n');
            self.after_cr = false;
        }
        let rest = &self.buffer[self.at + self.seen..];
        let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            self.seen += rest.len();
            return None;
        };
        self.after_cr = rest[length] == b'\r';
        let line = self.at..self.at + self.seen + length;
        (self.at, self.seen) = (line.end + 1, 0);
        Some(line)
    }

    /// Passes over a byte order mark; says whether it is known that there is none any more.
    fn begin(&mut self) -> bool {
        if self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
        } else if BYTE_ORDER_MARK.starts_with(&self.buffer) {
            return false;
        }
        self.begun = true;
        true
    }

    fn field(&mut self, line: Range<usize>) {
        let text = &self.buffer[line.clone()];
        let colon = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
        let (name, value) = text.split_at(colon);
        let skipped = match value {
            [b':', b' ', ..] => 2,
            [b':', ..] => 1,
            _ => 0,
        };
        let value = line.start + colon + skipped..line.end;
        match name {
            b"data" => self.add(value),
            b"event" => self.is_keep_alive = self.buffer[value] == *b"keepalive",
            _ => {}
        }
    }

    /// One more line of data. What stands before it is data or the name of the field, so there is room
    /// for the line end between the two.
    fn add(&mut self, value: Range<usize>) {
        self.data = Some(match self.data.take() {
            None => value,
            Some(data) => {
                self.buffer[data.end] = b'\n';
                let (to, length) = (data.end + 1, value.len());
                self.buffer.copy_within(value, to);
                data.start..to + length
            }
        });
    }

    /// The event that an empty line has ended, if it is one.
    fn event(&mut self) -> Option<(Range<usize>, bool)> {
        let is_keep_alive = std::mem::take(&mut self.is_keep_alive);
        let data = self.data.take().filter(|data| !data.is_empty())?;
        Some((data, is_keep_alive))
    }

    fn told(&self, (data, is_keep_alive): (Range<usize>, bool)) -> Event<'_> {
        match &self.buffer[data] {
            b"[DONE]" => Event::Done,
            _ if is_keep_alive => Event::KeepAlive,
            data => Event::Data(data),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of `text` when it comes in pieces of `size` bytes.
    fn read(text: &[u8], size: usize) -> Vec<String> {
        let mut events = Events::default();
        let mut read = Vec::new();
        for piece in text.chunks(size) {
            events.room().extend_from_slice(piece);
            while let Some(event) = events.next().unwrap() {
                read.push(match event {
                    Event::Data(data) => String::from_utf8(data.to_vec()).unwrap(),
                    Event::KeepAlive => ":".to_owned(),
                    Event::Done => "done".to_owned(),
                });
            }
        }
        read
    }

    /// The same however it is cut.
    fn is_read(text: &str, expected: &[&str]) {
        for size in 1..=text.len() {
            assert_eq!(read(text.as_bytes(), size), expected, "{text:?} in pieces of {size}");
        }
    }

    #[test]
    fn lines_end_in_three_ways() {
        is_read("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\r\n", &["a", "b", "c", "d"]);
    }

    #[test]
    fn lines_of_data_are_joined() {
        is_read(
            "data: a\ndata:b\nid: 7\ndata:  c\ndata\ndata:\n\ndata: d\n\n",
            &["a\nb\n c\n\n", "d"],
        );
    }

    #[test]
    fn what_is_no_data_is_passed_over() {
        is_read("event: x\nretry: 3\n\ndata:\n\nnonsense\n\ndatum: y\n\ndata: a\n\n", &["a"]);
    }

    #[test]
    fn an_event_that_is_cut_off_is_none() {
        is_read("data: a\n\ndata: b\n", &["a"]);
        is_read("data: a\n\ndata: b", &["a"]);
    }

    #[test]
    fn comments_and_keep_alives_are_told() {
        is_read(
            ": hello\n\ndata: a\n:\ndata: b\n\nevent: keepalive\ndata: {}\n\n",
            &[":", ":", "a\nb", ":"],
        );
        is_read("event: keepalive\n\nevent: x\ndata: a\n\n", &["a"]);
    }

    #[test]
    fn the_end_is_told() {
        is_read("data: a\n\ndata: [DONE]\n\n", &["a", "done"]);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        is_read("\u{feff}data: a\n\n\u{feff}data: b\n\n", &["a"]);
        is_read("\u{feff}:\n\n", &[":"]);
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut events = Events::default();
        events.room().extend_from_slice(&vec![b'x'; LONGEST]);
        assert_eq!(events.next(), Ok(None));
        events.room().push(b'x');
        assert_eq!(events.next(), Err(TooLong));
        let mut lines = Events::default();
        lines.room().extend_from_slice(&b"data: x\n".repeat(LONGEST / 8 + 1));
        assert_eq!(lines.next(), Err(TooLong));
    }

    #[test]
    fn a_large_buffer_is_not_kept() {
        let mut events = Events::default();
        events.room().extend_from_slice(&b"data: x\n\n".repeat(SPARE));
        while events.next().unwrap().is_some() {}
        assert_eq!(events.room().capacity(), 0);
    }
}
