//! What a new thread is called until somebody renames it: the beginning of its first message, or the
//! name of a file that came without words.

use chatkit_server::protocol::{UserMessageContent, UserMessageItem};

/// The most characters a title of ours has.
const LONGEST: usize = 60;

/// The first words of a message, or the name of its first file; nothing when it has neither.
pub fn of(message: &UserMessageItem) -> Option<String> {
    let text: Vec<&str> = message.content.iter().map(UserMessageContent::text).collect();
    let words = text.join(" ");
    let words: Vec<&str> = words.split_whitespace().collect();
    let title = words.join(" ");
    if title.is_empty() {
        return message.attachments.first().map(|file| shortened(file.name()));
    }
    Some(shortened(&title))
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= LONGEST {
        return title.to_owned();
    }
    let cut: String = title.chars().take(LONGEST - 1).collect();
    // At a space when one is near, so that no word is cut for the sake of three letters.
    let end = cut.rfind(' ').filter(|at| *at > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_short_message_is_the_title() {
        assert_eq!(shortened("add buy milk"), "add buy milk");
    }

    #[test]
    fn a_long_message_is_cut_between_words() {
        let title = shortened(&"meeting ".repeat(20));
        assert_eq!(title, "meeting meeting meeting meeting meeting meeting meeting…");
    }

    #[test]
    fn a_long_word_is_cut_where_it_must_be() {
        assert_eq!(shortened(&"ä".repeat(100)).chars().count(), 60);
    }
}
