//! The texts of a task, checked once, where they come in.

use crate::Invalid;

const TITLE_MAX: usize = 255;
const DESCRIPTION_MAX: usize = 10_000;

/// One line of 1 to 255 characters, without white space around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// Takes the white space off both ends and checks the rest.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.chars().all(is_invisible) {
            return Err(Invalid::TitleEmpty);
        }
        if text.chars().any(breaks_the_line) {
            return Err(Invalid::TitleControl);
        }
        if text.chars().count() > TITLE_MAX {
            return Err(Invalid::TitleTooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Up to 10,000 characters, any but NUL, which Postgres cannot hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Checks the text, and keeps it as it is.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.contains('\0') {
            return Err(Invalid::DescriptionNul);
        }
        if text.chars().count() > DESCRIPTION_MAX {
            return Err(Invalid::DescriptionTooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that leave nothing on the page: a title of these alone cannot be clicked.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn breaks_the_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(text: &str) -> Result<String, Invalid> {
        Title::parse(text).map(|title| title.as_str().to_owned())
    }

    #[test]
    fn a_title_is_trimmed() {
        assert_eq!(title(" \t Buy milk \n"), Ok("Buy milk".to_owned()));
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(title(&"é".repeat(255)).is_ok());
        assert!(title(&"🎉".repeat(255)).is_ok());
        assert_eq!(title(&"é".repeat(256)), Err(Invalid::TitleTooLong));
        assert!(Description::parse(&"é".repeat(10_000)).is_ok());
        let long = Description::parse(&"é".repeat(10_001));
        assert_eq!(long, Err(Invalid::DescriptionTooLong));
    }

    #[test]
    fn a_title_that_cannot_be_seen_is_empty() {
        for text in ["", "   ", "\n\t", "\u{a0}\u{3000}", "\u{200b}\u{feff}"] {
            assert_eq!(title(text), Err(Invalid::TitleEmpty), "{text:?}");
        }
    }

    #[test]
    fn a_title_is_one_line_without_control_characters() {
        for text in ["a\nb", "a\r\nb", "a\0b", "a\u{1b}[31mb", "a\u{85}b", "a\u{2028}b"] {
            assert_eq!(title(text), Err(Invalid::TitleControl), "{text:?}");
        }
    }

    #[test]
    fn a_description_has_lines_but_no_nul() {
        assert!(Description::parse("one\n\n  two\t").is_ok());
        assert_eq!(Description::parse("a\0b"), Err(Invalid::DescriptionNul));
    }
}
