//! What a file is: what it is declared to be, and whether its bytes agree.

use std::{fmt, str::FromStr};

/// A media type without parameters, in lower case: `text/plain`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// A text that is no media type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a media type such as image/png")]
pub struct NotAMediaType;

/// Pictures: browsers show them, models see them, and their beginning tells what they are.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// What ends of names mean, for files that come without a type or with the one for anything.
const BY_ENDING: [(&str, &str); 12] = [
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("markdown", "text/markdown"),
    ("md", "text/markdown"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
];

const ANYTHING: &str = "application/octet-stream";
const LONGEST: usize = 127;

impl MediaType {
    /// What a file with this name and this declared type is taken for.
    pub fn of_file(name: &str, declared: Option<&str>) -> Self {
        let declared = declared.and_then(|declared| declared.parse().ok());
        match declared {
            Some(Self(declared)) if declared != ANYTHING => Self(declared),
            _ => Self(by_ending(name).unwrap_or(ANYTHING).to_owned()),
        }
    }

    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a picture that browsers and models can be shown.
    pub fn is_image(&self) -> bool {
        IMAGES.contains(&self.as_str())
    }

    /// Whether it is text that a model can read.
    pub fn is_text(&self) -> bool {
        let kind = self.as_str();
        let written = ["+json", "+xml"].iter().any(|suffix| kind.ends_with(suffix));
        kind.starts_with("text/")
            || written
            || matches!(kind, "application/json" | "application/xml")
    }

    /// Whether a file with these bytes can be of this type. Text is text in UTF-8; what is neither text nor known by its
    /// beginning only has to be nothing else that is known.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        match recognised(bytes) {
            Some(found) => found == self.as_str(),
            None if self.is_image() || self.as_str() == "application/pdf" => false,
            None if self.is_text() => !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok(),
            None => true,
        }
    }
}

impl FromStr for MediaType {
    type Err = NotAMediaType;

    /// Parameters are left out: `audio/webm;codecs=opus` is `audio/webm`.
    fn from_str(text: &str) -> Result<Self, NotAMediaType> {
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let token = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
        };
        match essence.split_once('/') {
            Some((kind, sub)) if token(kind) && token(sub) && essence.len() <= LONGEST => {
                Ok(Self(essence))
            }
            _ => Err(NotAMediaType),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn by_ending(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    BY_ENDING.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, kind)| *kind)
}

/// What the first bytes say, where they say anything (the WHATWG's MIME sniffing standard, section 6).
fn recognised(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', b'V', b'P', ..] => {
            Some("image/webp")
        }
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0....";
    const WEBP: &[u8] = b"RIFF\x04\0\0\0WEBPVP8 ";

    fn fits(declared: &str, bytes: &[u8]) -> bool {
        declared.parse::<MediaType>().unwrap().fits(bytes)
    }

    #[test]
    fn a_file_must_be_what_it_is_declared_to_be() {
        assert!(fits("image/png", PNG) && fits("image/jpeg", JPEG) && fits("image/webp", WEBP));
        assert!(fits("application/pdf", b"%PDF-1.7") && fits("image/gif", b"GIF89a"));
        assert!(fits("text/plain", "grüße\n".as_bytes()) && fits("application/json", b"{}"));
        for (declared, bytes) in [
            ("image/png", JPEG),
            ("image/png", b"<svg onload=alert(1)>"),
            ("image/png", b""),
            ("text/plain", PNG),
            ("text/csv", b"%PDF-1.7"),
            ("text/plain", b"a\0b"),
            ("application/json", b"\xff\xfe"),
            ("application/pdf", b"<script>"),
            ("application/zip", PNG),
        ] {
            assert!(!fits(declared, bytes), "{declared} {bytes:?}");
        }
        assert!(fits("application/zip", b"PK\x03\x04"));
    }

    #[test]
    fn parameters_and_case_do_not_matter() {
        assert_eq!(
            "Text/Plain; charset=UTF-8".parse::<MediaType>().unwrap().as_str(),
            "text/plain"
        );
        for bad in
            ["", "text", "text/", "/plain", "a/b/c", "text/pl ain", "te\nxt/plain", "text/plän"]
        {
            assert_eq!(bad.parse::<MediaType>(), Err(NotAMediaType), "{bad:?}");
        }
    }

    #[test]
    fn the_name_tells_the_type_of_a_file_that_comes_without_one() {
        let of = |name, declared| MediaType::of_file(name, declared).to_string();
        assert_eq!(of("notes.MD", None), "text/markdown");
        assert_eq!(of("notes.md", Some(ANYTHING)), "text/markdown");
        assert_eq!(of("notes.md", Some("text/plain; charset=utf-8")), "text/plain");
        assert_eq!(of("notes", Some("nonsense")), ANYTHING);
    }
}
