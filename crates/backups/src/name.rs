//! What a backup is called: `todochat-20261121T030000Z`. The names are in the order of time.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime, Utc};

const FORMAT: &str = "todochat-%Y%m%dT%H%M%SZ";

/// The name of a backup, without the ending of one of its two files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// A text that names no backup.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a backup is called todochat- and a time, for example todochat-20261121T030000Z")]
pub struct NotAName;

impl Name {
    /// That of a backup taken now.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(now.format(FORMAT).to_string())
    }

    /// The file with the data.
    pub fn dump(&self) -> String {
        format!("{}.dump", self.0)
    }

    /// The file that says what is in it; without it there is no backup.
    pub fn manifest(&self) -> String {
        format!("{}.json", self.0)
    }

    /// When it was taken.
    pub fn time(&self) -> DateTime<Utc> {
        let time = NaiveDateTime::parse_from_str(&self.0, FORMAT);
        time.expect("only such names are made").and_utc()
    }

    /// The name in the name of a manifest.
    pub fn of_manifest(file: &str) -> Option<Self> {
        file.strip_suffix(".json")?.parse().ok()
    }

    /// The name in the name of a dump.
    pub fn of_dump(file: &str) -> Option<Self> {
        file.strip_suffix(".dump")?.parse().ok()
    }
}

impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let text = text.strip_suffix(".dump").unwrap_or(text);
        let time = NaiveDateTime::parse_from_str(text, FORMAT).map_err(|_| NotAName)?;
        // The parser is more lenient than the writer.
        let name = Self::at(time.and_utc());
        if name.0 == text { Ok(name) } else { Err(NotAName) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_time_and_later_ones_sort_later() {
        let name: Name = "todochat-20261121T030000Z".parse().unwrap();
        assert_eq!(name.dump(), "todochat-20261121T030000Z.dump");
        assert_eq!(name.dump().parse(), Ok(name.clone()));
        assert_eq!(Name::of_manifest(&name.manifest()), Some(name.clone()));
        assert_eq!(Name::at(name.time()), name);
        assert!(name < "todochat-20261121T030001Z".parse().unwrap());
    }

    #[test]
    fn nothing_else_is_a_name() {
        for text in ["", "latest", "../todochat-20261121T030000Z", "todochat-2026-11-21", "a.dump"]
        {
            assert_eq!(text.parse::<Name>(), Err(NotAName), "{text}");
        }
    }
}
