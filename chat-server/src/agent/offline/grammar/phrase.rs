//! Words in a row: matching their beginning and end, and making titles and names of them.

use super::text::{Mark, Text, Word};

/// A row of words.
#[derive(Clone, Copy)]
pub(super) struct Phrase<'a> {
    text: &'a Text,
    words: &'a [Word],
}

const COURTESIES: &[&str] = &[
    "i would like you to",
    "i would like to",
    "i would love to",
    "i'd like you to",
    "i'd like to",
    "i want you to",
    "i need you to",
    "i want to",
    "i need to",
    "would you please",
    "go ahead and",
    "could you",
    "would you",
    "can you",
    "will you",
    "could we",
    "can we",
    "could i",
    "can i",
    "may i",
    "let's",
    "let us",
    "let me",
    "help me to",
    "please",
    "pls",
    "plz",
    "kindly",
    "hey",
    "hello",
    "hi",
    "okay",
    "ok",
    "well",
    "so",
    "now",
    "just",
    "first",
    "firstly",
    "second",
    "finally",
    "lastly",
    "next",
    "afterwards",
    "after that",
    "but",
    "and",
    "&",
    "+",
    "then",
    "also",
    "plus",
    "additionally",
    "-",
    "–",
    "—",
    "*",
    "•",
];
const THANKS: &[&str] = &[
    "thank you very much",
    "thank you so much",
    "many thanks",
    "thank you",
    "thanks a lot",
    "thanks",
    "thx",
    "please",
    "pls",
    "plz",
    "for me please",
];
const LONGEST_NAME: usize = 64;
/// Enough for everybody's manners, and no more than it takes to read a message quickly.
const MOST_COURTESIES: usize = 16;
const JOINERS: &[&str] = &["and", "&", "+", "then", "also", "plus", "afterwards", "finally"];
const ABBREVIATIONS: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "st", "no", "nr", "vs", "etc", "approx", "dept", "inc", "ltd",
    "jr", "sr", "tel", "e.g", "i.e", "a.m", "p.m", "ca", "min", "max",
];

impl<'a> Phrase<'a> {
    pub(super) fn whole(text: &'a Text) -> Self {
        Self { text, words: text.words() }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn part(self, start: usize, end: usize) -> Self {
        Self { words: &self.words[start..end], ..self }
    }

    pub(super) fn mark(&self, place: usize) -> Mark {
        self.words[place].mark
    }

    /// The words in lower case.
    pub(super) fn lower(&self) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
        self.words.iter().map(|word| word.lower.as_str())
    }

    pub(super) fn is_joiner(&self, place: usize) -> bool {
        JOINERS.contains(&self.words[place].lower.as_str())
    }

    /// Whether a full stop after this word may belong to it.
    pub(super) fn is_abbreviation(&self, place: usize) -> bool {
        let word = self.words[place].lower.as_str();
        ABBREVIATIONS.contains(&word) || word.chars().count() == 1 || self.is_bullet(place)
    }

    /// Whether this is the "1." of a line.
    pub(super) fn is_bullet(&self, place: usize) -> bool {
        let begins = place.checked_sub(1).is_none_or(|before| self.mark(before) == Mark::End);
        begins && is_enumerator(&self.words[place])
    }

    /// Whether this word could begin a sentence.
    pub(super) fn is_capital(&self, place: usize) -> bool {
        let Word { start, end, .. } = self.words[place];
        let written = self.text.between(start, end);
        written.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_alphanumeric())
    }

    /// Without "please", "could you", "thanks" and the like around it, and without a list's bullet.
    pub(super) fn without_courtesies(mut self) -> Self {
        for _ in 0..MOST_COURTESIES {
            let rest = match self.words {
                [first, _, ..] if is_enumerator(first) => Some(self.part(1, self.len())),
                _ => self.after(COURTESIES),
            };
            let Some(rest) = rest else { break };
            self = rest;
        }
        for _ in 0..MOST_COURTESIES {
            let Some(rest) = self.before(THANKS) else {
                break;
            };
            self = rest;
        }
        self
    }

    pub(super) fn without_trailing_joiner(mut self) -> Self {
        while let Some(rest) = self.before(JOINERS) {
            self = rest;
        }
        self
    }

    /// What follows the first of `beginnings` this begins with.
    pub(super) fn after(self, beginnings: &[&str]) -> Option<Self> {
        let len = beginnings.iter().find_map(|words| self.begins(words))?;
        Some(self.part(len, self.len()))
    }

    /// What precedes the first of `ends` this ends with.
    pub(super) fn before(self, ends: &[&str]) -> Option<Self> {
        let len = ends.iter().find_map(|words| self.ends(words))?;
        Some(self.part(0, self.len() - len))
    }

    /// Without one of `beginnings`, if it begins with one.
    pub(super) fn skip(self, beginnings: &[&str]) -> Self {
        self.after(beginnings).unwrap_or(self)
    }

    /// Without one of `ends`, if it ends with one.
    pub(super) fn skip_end(self, ends: &[&str]) -> Self {
        self.before(ends).unwrap_or(self)
    }

    /// Whether it is one of `phrases`, word for word.
    pub(super) fn is(self, phrases: &[&str]) -> bool {
        phrases.iter().any(|words| self.begins(words) == Some(self.len()))
    }

    /// Whether `rest`, its end, follows a colon.
    pub(super) fn is_headed(&self, rest: &Self) -> bool {
        let head = self.len() - rest.len();
        head > 0 && self.mark(head - 1) == Mark::Colon
    }

    /// What is before and after the first of `middles` that has something on both sides. Nothing
    /// has a name so long that it need be sought further than a title goes.
    pub(super) fn around(self, middles: &[&str]) -> Option<(Self, Self)> {
        (1..self.len().min(LONGEST_NAME)).find_map(|place| {
            let rest = self.part(place, self.len()).after(middles)?;
            (!rest.is_empty()).then(|| (self.part(0, place), rest))
        })
    }

    fn begins(self, words: &str) -> Option<usize> {
        let mut mine = self.lower();
        words.split(' ').try_fold(0, |len, word| (mine.next()? == word).then_some(len + 1))
    }

    fn ends(self, words: &str) -> Option<usize> {
        let mut mine = self.lower().rev();
        words.rsplit(' ').try_fold(0, |len, word| (mine.next()? == word).then_some(len + 1))
    }

    /// As it was written, without the punctuation after it.
    pub(super) fn as_written(&self) -> String {
        self.written(Text::between)
    }

    fn written(&self, between: impl Fn(&Text, usize, usize) -> String) -> String {
        let ends = self.words.first().zip(self.words.last());
        ends.map_or_else(String::new, |(first, last)| between(self.text, first.start, last.end))
    }

    /// What is quoted, if that is all there is.
    pub(super) fn quoted(&self) -> Option<&'a str> {
        let [only] = self.words else { return None };
        self.text.quoted(only)
    }

    /// Every word, if each is a quotation; "and" between them is not counted.
    pub(super) fn all_quoted(&self) -> Option<Vec<&'a str>> {
        let words = self.words.iter().filter(|word| !JOINERS.contains(&word.lower.as_str()));
        words.map(|word| self.text.quoted(word)).collect()
    }

    /// A title: a quotation as it is, anything else with a capital.
    pub(super) fn title(&self) -> Option<String> {
        if let Some(quoted) = self.quoted() {
            return (!quoted.is_empty()).then(|| quoted.to_owned());
        }
        let bullets = ["-", "–", "—", "*", "•"];
        let title = self.skip(&bullets).written(Text::between_stray_quotes);
        (!title.is_empty()).then(|| capitalised(&title))
    }

    /// The phrase cut at commas and at "and".
    pub(super) fn enumerated(self) -> Vec<Self> {
        let mut items = Vec::new();
        let mut start = 0;
        for place in 0..self.len() {
            let joiner = self.is_joiner(place);
            if joiner || matches!(self.mark(place), Mark::Comma | Mark::End) {
                items.push(self.part(start, place + usize::from(!joiner)));
                start = place + 1;
            }
        }
        items.push(self.part(start, self.len()));
        items.retain(|item| !item.is_empty());
        items
    }
}

/// "1." or "1)"
fn is_enumerator(word: &Word) -> bool {
    let bracketed = word.lower.strip_suffix(')').is_some_and(is_number);
    bracketed || is_number(&word.lower) && word.mark == Mark::Stop
}

/// Whether `word` is a task's number: "3" or "#3".
pub(super) fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('#').unwrap_or(word);
    (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// With a capital, unless the first word has its own idea of capitals ("iPhone").
fn capitalised(title: &str) -> String {
    let own = title.split(' ').next().is_some_and(|word| word.chars().any(char::is_uppercase));
    let mut chars = title.chars();
    match chars.next() {
        Some(first) if !own => first.to_uppercase().chain(chars).collect(),
        _ => title.to_owned(),
    }
}
