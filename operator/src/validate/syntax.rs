//! What the API takes as a name, a label or an annotation.

/// Whether it is a DNS label: lowercase letters, digits and dashes, at most 63, no dash at an end.
pub(super) fn is_dns_label(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= 63
        && text.chars().all(inside)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether it can be the first part of the name of a Service: a DNS label that begins with a letter.
pub(super) fn is_service_name(text: &str) -> bool {
    is_dns_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether it is a host name: DNS labels with dots between them.
pub(super) fn is_host_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// Whether it can be the key of a label or an annotation: a name, and before it, perhaps, a host name and a slash.
pub(super) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_host_name(prefix) && is_name(name),
        None => is_name(text),
    }
}

/// Whether it can be a label's value.
pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

fn is_name(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let at_end = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63
        && text.chars().all(inside)
        && text.starts_with(at_end)
        && text.ends_with(at_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_begins_with_a_letter_and_a_label_need_not() {
        assert!(is_service_name("a1-b") && is_dns_label("1a"));
        for not in ["", "1a", "-a", "a-", "A", "a.b", "a_b", &"a".repeat(64)] {
            assert!(!is_service_name(not), "{not}");
        }
    }

    #[test]
    fn a_label_may_be_empty_and_not_a_star() {
        assert!(is_label_value("") && is_label_value("A_b.c-1"));
        assert!(!is_label_value("*") && !is_label_value("a b") && !is_label_value("a-"));
    }

    #[test]
    fn a_key_may_have_a_prefix_and_only_one() {
        assert!(is_qualified_name("a") && is_qualified_name("example.com/Tier"));
        for not in ["", "/", "a/b/c", "/b", "a/", "A.com/b", "a b"] {
            assert!(!is_qualified_name(not), "{not}");
        }
    }

    #[test]
    fn a_host_name_has_no_empty_part() {
        assert!(is_host_name("chat.example.com"));
        for not in ["", "a..b", ".a", "a.", "*.example.com", "a:1", "A.com"] {
            assert!(!is_host_name(not), "{not}");
        }
    }
}
