//! E-mail addresses, as names to log in with.

use std::fmt;

const LONGEST: usize = 254; // RFC 5321 section 4.5.3.1.3, without the angle brackets
const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_LABEL: usize = 63;

/// An address in the one form in which it is compared and kept: trimmed and in lower case.
///
/// Two spellings of one mailbox must not be two accounts. Addresses beyond ASCII are refused,
/// since two of them can look the same and be different.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Email(String);

/// It is not an address that somebody can have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub(super) struct NotAnEmail;

impl Email {
    pub(super) fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        if text.len() > LONGEST || !is_local_part(local) || !is_domain(domain) {
            return Err(NotAnEmail);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Dot-separated atoms (RFC 5321 section 4.1.2); the quoted form is used by nobody.
fn is_local_part(local: &str) -> bool {
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
    };
    local.len() <= LONGEST_LOCAL_PART && local.split('.').all(atom)
}

/// At least two labels of letters, digits and inner hyphens.
fn is_domain(domain: &str) -> bool {
    let label = |part: &str| {
        (1..=LONGEST_LABEL).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

/// Never shows the address: it must not get into a log.
impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Email")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        for (text, kept) in [
            ("ann@example.com", "ann@example.com"),
            (" Ann.Lee+todo@Example.COM\n", "ann.lee+todo@example.com"),
            ("o'neil_7@mail.example-host.co.uk", "o'neil_7@mail.example-host.co.uk"),
            ("x@xn--mnchen-3ya.de", "x@xn--mnchen-3ya.de"),
        ] {
            assert_eq!(Email::parse(text).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_nobody_can_have_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_label = format!("a@{}.com", "b".repeat(64));
        let long = format!("a@{}com", "b.".repeat(126));
        assert!(long.len() > LONGEST);
        for text in [
            "",
            " ",
            "ann",
            "@",
            "ann@",
            "@example.com",
            "ann@example",
            "ann@.com",
            "ann@example.",
            "ann@exa mple.com",
            "an n@example.com",
            "ann@@example.com",
            "a@b@example.com",
            ".ann@example.com",
            "ann.@example.com",
            "a..b@example.com",
            "ann@-x.com",
            "ann@x-.com",
            "ann@example..com",
            "ann\0@example.com",
            "ann@example.com\0",
            "ann@exämple.com",
            "änn@example.com",
            "\"ann\"@example.com",
            "ann@[127.0.0.1]",
            "<ann@example.com>",
            "ann@example.com, bob@example.com",
            &long_local,
            &long_label,
            &long,
        ] {
            assert_eq!(Email::parse(text), Err(NotAnEmail), "{text:?}");
        }
    }

    #[test]
    fn the_longest_address_is_accepted() {
        let domain = format!("{}.{}.{}.{}", "b".repeat(63), "c".repeat(63), "d".repeat(57), "com");
        let longest = format!("{}@{domain}", "a".repeat(64));
        assert_eq!(longest.len(), LONGEST);
        assert!(Email::parse(&longest).is_ok());
    }
}
