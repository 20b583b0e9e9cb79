//! A sentence as words, with what people quote kept out of reach.

/// What follows a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    None,
    Colon,
    Comma,
    /// `.`, `!`, `?` or `…`.
    Stop,
    /// The end of a line, or `;`.
    End,
}

/// A sentence.
pub(super) struct Text {
    /// As written, but each quotation is one character of plane 15.
    written: String,
    quotes: Vec<Quote>,
    words: Vec<Word>,
}

struct Quote {
    inner: String,
    written: String,
}

/// A word without the punctuation after it.
pub(super) struct Word {
    pub(super) lower: String,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) mark: Mark,
}

const PLACEHOLDERS: std::ops::RangeInclusive<char> = '\u{F0000}'..='\u{FFFFD}';

/// Opening quotation marks and those that may close them, as the world writes them.
const PAIRS: [(char, &[char]); 9] = [
    ('"', &['"', '”', '“']),
    ('“', &['”', '“', '"']),
    ('„', &['“', '”', '"']),
    ('«', &['»']),
    ('»', &['«']),
    ('\'', &['\'', '’']),
    ('‘', &['’', '\'']),
    ('‚', &['‘', '’']),
    ('`', &['`']),
];

impl Text {
    pub(super) fn new(sentence: &str) -> Self {
        let plain: String = sentence.chars().filter_map(plain).collect();
        let (written, quotes) = protect(&plain);
        let words = words(&written);
        Self { written, quotes, words }
    }

    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// What stands between two places, quotations included.
    pub(super) fn between(&self, start: usize, end: usize) -> String {
        self.restored(&self.written[start..end])
    }

    /// The same without the marks of a quotation that was begun or ended there, but not both.
    pub(super) fn between_stray_quotes(&self, start: usize, end: usize) -> String {
        let stray = ['"', '“', '”', '„', '«', '»', '‘', '`', ' '];
        self.restored(self.written[start..end].trim_matches(stray))
    }

    fn restored(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        for c in text.chars() {
            match self.quote(c) {
                Some(quote) => restored.push_str(&quote.written),
                None => restored.push(c),
            }
        }
        restored
    }

    /// What is quoted, if `word` is a quotation and nothing else.
    pub(super) fn quoted(&self, word: &Word) -> Option<&str> {
        let mut chars = self.written[word.start..word.end].chars();
        let quote = self.quote(chars.next()?)?;
        chars.next().is_none().then_some(quote.inner.as_str())
    }

    fn quote(&self, c: char) -> Option<&Quote> {
        let place = u32::from(c).checked_sub(u32::from(*PLACEHOLDERS.start()))?;
        self.quotes.get(usize::try_from(place).ok()?)
    }
}

/// Spaces as spaces, hyphens as hyphens; nothing invisible, and nothing that looks like ours.
pub(super) fn plain(c: char) -> Option<char> {
    match c {
        '\n' | '\u{2028}' | '\u{2029}' => Some('\n'),
        c if c.is_whitespace() => Some(' '),
        '\u{2010}' | '\u{2011}' => Some('-'),
        '\u{200B}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' => None,
        c if c.is_control() || PLACEHOLDERS.contains(&c) => None,
        c => Some(c),
    }
}

/// `text` with each quotation replaced by one character.
fn protect(text: &str) -> (String, Vec<Quote>) {
    let (mut out, mut quotes) = (String::with_capacity(text.len()), Vec::new());
    // An opening mark that was never closed once will not be closed later either.
    let mut never_closed: Vec<char> = Vec::new();
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let opens = !before.is_alphanumeric() && !never_closed.contains(&c);
        let closers = PAIRS.iter().find(|(open, _)| *open == c && opens).map(|(_, close)| *close);
        let placeholder = u32::try_from(quotes.len())
            .ok()
            .and_then(|n| char::from_u32(u32::from(*PLACEHOLDERS.start()) + n))
            .filter(|c| PLACEHOLDERS.contains(c));
        before = c;
        match (closers.map(|closers| closing(after, closers)), placeholder) {
            (Some(Some((inner, len))), Some(placeholder)) => {
                let written = rest[..c.len_utf8() + len].to_owned();
                quotes.push(Quote { inner: inner.trim().to_owned(), written });
                out.push(placeholder);
                rest = &after[len..];
                continue;
            }
            (Some(None), _) => never_closed.push(c),
            _ => {}
        }
        out.push(c);
        rest = after;
    }
    (out, quotes)
}

/// What is quoted, and how long it is with its closing mark. A mark within a word is an apostrophe.
fn closing<'a>(after: &'a str, closers: &[char]) -> Option<(&'a str, usize)> {
    let mut chars = after.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside = chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if closers.contains(&c) && !inside {
            return Some((&after[..at], at + c.len_utf8()));
        }
    }
    None
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        if c != ';' && !c.is_whitespace() {
            continue;
        }
        add_word(&mut words, text, start, at);
        if matches!(c, ';' | '\n')
            && let Some(last) = words.last_mut()
        {
            last.mark = Mark::End;
        }
        start = at + c.len_utf8();
    }
    words
}

fn add_word(words: &mut Vec<Word>, text: &str, start: usize, end: usize) {
    let written = &text[start..end];
    let core = written.trim_end_matches(|c| mark(c) != Mark::None);
    let mark = written[core.len()..].chars().map(mark).max().unwrap_or(Mark::None);
    if !core.is_empty() {
        let lower = core.to_lowercase().replace('’', "'");
        words.push(Word { lower, start, end: start + core.len(), mark });
    } else if let Some(last) = words.last_mut() {
        last.mark = last.mark.max(mark);
    }
}

fn mark(c: char) -> Mark {
    match c {
        ',' | '，' | '、' => Mark::Comma,
        ':' => Mark::Colon,
        '.' | '!' | '?' | '…' | '。' | '！' | '？' => Mark::Stop,
        _ => Mark::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sentence: &str) -> Vec<String> {
        let text = Text::new(sentence);
        text.words().iter().map(|word| text.between(word.start, word.end)).collect()
    }

    #[test]
    fn quotations_are_one_word_whatever_marks_they_have() {
        for quoted in ["'a, b'", "\"a, b\"", "“a, b”", "„a, b“", "«a, b»", "‘a, b’", "`a, b`"]
        {
            assert_eq!(read(&format!("add {quoted}, now")), ["add", quoted, "now"]);
        }
    }

    #[test]
    fn apostrophes_and_open_quotes_are_no_quotations() {
        assert_eq!(read("what's mum's"), ["what's", "mum's"]);
        assert_eq!(read("what’s ‘so’"), ["what’s", "‘so’"]);
        assert_eq!(read("add \"milk and"), ["add", "\"milk", "and"]);
        assert_eq!(read("a 5\" nail"), ["a", "5\"", "nail"]);
    }

    #[test]
    fn punctuation_is_told_by_the_word_before_it() {
        let text = Text::new("a, b: c. d; e ... f\ng");
        let marks: Vec<Mark> = text.words().iter().map(|word| word.mark).collect();
        let expected =
            [Mark::Comma, Mark::Colon, Mark::Stop, Mark::End, Mark::Stop, Mark::End, Mark::End];
        assert_eq!(marks, expected);
    }

    #[test]
    fn what_looks_like_our_own_marks_is_left_out() {
        assert_eq!(read("a\u{F0000}b 'c'"), ["ab", "'c'"]);
    }
}
