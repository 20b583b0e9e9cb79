//! Titles as people remember them: any case, any order, the beginning of a word, one or many.
//!
//! A text is stored as its words between blanks (`" buy groceries grocery milk "`), so that one
//! `LIKE '% groc%'` for each word of a query finds it, on both databases alike, in any script. A
//! plural is stored with its singular beside it.

use unicode_normalization::UnicodeNormalization;

/// How many words of a query count. The SQL has a place for each.
pub(crate) const PATTERNS: usize = 8;

/// Words that say what kind of thing is meant, not which.
const FILLERS: [&str; 17] = [
    "a", "an", "the", "my", "our", "this", "that", "task", "tasks", "todo", "todos", "item",
    "items", "called", "named", "titled", "one",
];

/// The words of a text, folded to one form.
pub(crate) fn of(text: &str) -> Vec<String> {
    let folded = text.nfkc().collect::<String>().to_lowercase().replace("to-do", "todo");
    folded.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The words that say which task is meant. If all are fillers, they are all there is to go by.
pub(crate) fn telling(words: &[String]) -> Vec<String> {
    let telling: Vec<_> =
        words.iter().filter(|word| !FILLERS.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { words.to_vec() } else { telling }
}

/// The form in which words are stored.
pub(crate) fn stored(words: &[String]) -> String {
    let mut stored = String::from(" ");
    for word in words {
        stored.push_str(word);
        stored.push(' ');
        let singular = singular(word);
        if singular != *word {
            stored.push_str(&singular);
            stored.push(' ');
        }
    }
    stored
}

/// One `LIKE` pattern for each word, all of which must match; those left over match anything.
pub(crate) fn patterns(words: &[String]) -> [String; PATTERNS] {
    // Nothing to escape: a word holds neither `%` nor `_` nor a backslash. SQLite refuses a pattern
    // of 50,000 bytes, so a long word counts as far as a title goes.
    let beginning = |word: &String| singular(word).chars().take(255).collect::<String>();
    let mut patterns = words.iter().map(|word| format!("% {}%", beginning(word)));
    std::array::from_fn(|_| patterns.next().unwrap_or_else(|| "%".to_owned()))
}

/// Letters, digits, and what is neither but stands for something: marks on letters, emoji.
fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || !(c.is_ascii()
            || c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}'))
}

/// "groceries" → "grocery", "dishes" → "dish", "bills" → "bill". English, and harmless elsewhere:
/// texts and queries go the same way.
fn singular(word: &str) -> String {
    let keep = word.len() < 4 || ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if keep {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for end in ["sses", "shes", "ches", "xes", "zes"] {
        if word.ends_with(end) {
            return word[..word.len() - 2].to_owned();
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored_of(text: &str) -> String {
        stored(&of(text))
    }

    /// What the `LIKE`s of the SQL do.
    fn finds(query: &str, title: &str) -> bool {
        let title = stored_of(title);
        patterns(&telling(&of(query)))
            .iter()
            .all(|pattern| title.contains(pattern.trim_matches('%')))
    }

    #[test]
    fn words_are_stored_in_one_form() {
        assert_eq!(stored_of("Buy GROCERIES, now!"), " buy groceries grocery now ");
        assert_eq!(stored_of("Caf\u{e9}"), stored_of("CAFE\u{301}"));
        assert_eq!(stored_of("ＡＢＣ １"), " abc 1 ");
        assert_eq!(stored_of("100% _done_ \\o/"), " 100 done o ");
        assert_eq!(stored_of("Party 🎉"), " party 🎉 ");
        assert_eq!(stored_of("…—!"), " ");
    }

    #[test]
    fn a_task_is_found_by_some_of_its_words() {
        for query in [
            "grocery",
            "my grocery task",
            "GROCERIES",
            "buy groc",
            "groceries buy",
            "the groceries to-do",
        ] {
            assert!(finds(query, "Buy groceries"), "{query}");
        }
        assert!(finds("groceries", "Grocery shopping"));
        assert!(finds("wash the dish", "Wash the dishes"));
        assert!(finds("été", "Plans for ÉTÉ"));
    }

    #[test]
    fn every_word_must_be_there() {
        assert!(!finds("buy bread", "Buy groceries"));
        assert!(!finds("rocer", "Buy groceries"));
        assert!(!finds("bus", "Buy groceries"));
    }

    #[test]
    fn fillers_count_when_nothing_else_is_said() {
        assert!(finds("the task", "This is the task"));
        assert!(!finds("the task", "Buy groceries"));
    }
}
