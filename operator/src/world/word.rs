//! A word that the API server has made up, kept small: most are uids, hashes and counts, and there are many of each object.

use std::fmt;

/// A word. It is told as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Word(Kept);

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// A UUID in its usual form.
    Uuid([u8; 16]),
    /// 32 hexadecimal digits, as small letters.
    Hash([u8; 16]),
    /// A number without leading zeros.
    Number(u64),
    /// Anything else.
    Text(Box<str>),
}

/// Where the hyphens of a UUID stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl Word {
    /// The number that it is; 0 if it is none.
    pub fn number(&self) -> u64 {
        match self.0 {
            Kept::Number(number) => number,
            _ => 0,
        }
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self(
            uuid(text)
                .map(Kept::Uuid)
                .or_else(|| hash(text).map(Kept::Hash))
                .or_else(|| number(text).map(Kept::Number))
                .unwrap_or_else(|| Kept::Text(text.into())),
        )
    }
}

impl PartialEq<str> for Word {
    fn eq(&self, text: &str) -> bool {
        match &self.0 {
            Kept::Uuid(bytes) => uuid(text) == Some(*bytes),
            Kept::Hash(bytes) => hash(text) == Some(*bytes),
            Kept::Number(known) => number(text) == Some(*known),
            Kept::Text(known) => **known == *text,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Uuid(bytes) => bytes.iter().enumerate().try_for_each(|(index, byte)| {
                let hyphen = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
                write!(f, "{hyphen}{byte:02x}")
            }),
            Kept::Hash(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Kept::Number(number) => write!(f, "{number}"),
            Kept::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let stands = |index| text.as_bytes().get(index) == Some(&b'-');
    if text.len() != 36 || !HYPHENS.into_iter().all(stands) {
        return None;
    }
    hash(&text.replace('-', ""))
}

fn hash(text: &str) -> Option<[u8; 16]> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 32 || !text.as_bytes().iter().all(is_digit) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

fn number(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 14] = [
        "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "6F9619ff-8b86-d011-b42d-00cf4fc964ff",
        "6f9619ff8b86d011b42d00cf4fc964ff",
        "6f9619ff8b86d011b42d00cf4fc964fF",
        "6f9619ff-8b86d-011-b42d-00cf4fc964ff",
        "6f9619ff-8b86-d011-b42d-00cf4fc964f-",
        "+f9619ff8b86d011b42d00cf4fc964ff",
        "0",
        "007",
        "+7",
        "18446744073709551615",
        "18446744073709551616",
        "",
        "uid-1",
    ];

    #[test]
    fn every_word_is_told_as_it_came() {
        for word in WORDS {
            assert_eq!(Word::from(word).to_string(), word);
            assert_eq!(Word::from(word), *word);
        }
    }

    #[test]
    fn two_words_are_the_same_only_if_they_are_written_so() {
        for (index, one) in WORDS.iter().enumerate() {
            for other in &WORDS[index + 1..] {
                assert_ne!(Word::from(*one), Word::from(*other));
            }
        }
    }

    #[test]
    fn a_word_is_small_and_may_be_none_at_no_cost() {
        assert!(size_of::<Word>() <= 24);
        assert_eq!(size_of::<Option<Word>>(), size_of::<Word>());
    }

    #[test]
    fn only_a_number_has_one() {
        assert_eq!(Word::from("42").number(), 42);
        assert_eq!(Word::from("x42").number(), 0);
    }
}
