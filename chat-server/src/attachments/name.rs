//! What a file is called. Names come from strangers: they are shown and sent back, and never part of a path.

use std::fmt::Write as _;

/// As long as file systems take them.
const LONGEST: usize = 255;

/// The last part of `given` without what cannot be seen or turns the reading direction; `file` when nothing is left.
pub(super) fn cleaned(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last.chars().filter(|c| !is_unseen(*c)).collect();
    let mut name = seen.trim().to_owned();
    if name.chars().all(|c| c == '.') {
        "file".clone_into(&mut name);
    }
    while name.len() > LONGEST {
        name.pop();
    }
    name
}

/// `Content-Disposition` (RFC 6266): the name in ASCII for old readers, and in full.
pub(super) fn disposition(kind: &str, name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._-()".contains(c);
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{}", encoded(name))
}

/// Percent-encoded but for what RFC 8187 lets stand.
fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Control characters, marks of direction and of no width: they hide what a name ends with.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_path_is_left_of_a_name() {
        for (given, name) in [
            ("notes.txt", "notes.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ann\\notes.txt", "notes.txt"),
            ("/", "file"),
            ("..", "file"),
            ("", "file"),
            (" \u{0}\r\n\t ", "file"),
            ("inv\u{202e}gpj.exe", "invgpj.exe"),
            ("Grüße 🎉.md", "Grüße 🎉.md"),
        ] {
            assert_eq!(cleaned(given), name, "{given:?}");
        }
        assert_eq!(cleaned(&"ä".repeat(300)).len(), 254);
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let header = disposition("attachment", "a\"; x=\"ü.txt");
        assert_eq!(
            header,
            "attachment; filename=\"a__ x___.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22%C3%BC.txt"
        );
        assert!(header.is_ascii());
    }
}
