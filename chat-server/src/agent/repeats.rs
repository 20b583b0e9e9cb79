//! Remembers what was called the last time the model was asked. Small models repeat a call that
//! has succeeded for as long as they are let.

use serde_json::Value;

/// What a call's history says about making it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is new.
    Make,
    /// It was made the last time, and this was its result.
    Made(String),
}

/// The calls of the last round and of the one under way.
#[derive(Default)]
pub(super) struct Repeats {
    last: Vec<Made>,
    current: Vec<Made>,
    going_in_circles: bool,
}

struct Made {
    name: String,
    arguments: Value,
    read_only: bool,
    result: String,
    asked: u32,
}

impl Repeats {
    /// A new round begins.
    pub(super) fn next_round(&mut self) {
        self.last = std::mem::take(&mut self.current);
    }

    /// Whether `name` with `arguments` was already called in the round before.
    pub(super) fn judge(&mut self, name: &str, arguments: &Value) -> Verdict {
        let is_same = |made: &Made| made.name == name && made.arguments == *arguments;
        let Some(place) = self.last.iter().position(is_same) else {
            return Verdict::Make;
        };
        let mut made = self.last.swap_remove(place);
        made.asked += 1;
        self.going_in_circles |= made.asked >= 3;
        let result = made.result.clone();
        self.current.push(made);
        Verdict::Made(result)
    }

    /// A call was made.
    pub(super) fn made(&mut self, name: &str, arguments: Value, read_only: bool, result: &str) {
        if !read_only {
            // What was read before may be out of date now, and may be read again.
            self.last.retain(|made| !made.read_only);
            self.current.retain(|made| !made.read_only);
        }
        let (name, result) = (name.to_owned(), result.to_owned());
        self.current.push(Made { name, arguments, read_only, result, asked: 1 });
    }

    /// Whether some call was asked for in three rounds running.
    pub(super) fn going_in_circles(&self) -> bool {
        self.going_in_circles
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_made_once_answered_once_and_then_it_is_a_circle() {
        let mut repeats = Repeats::default();
        repeats.next_round();
        assert_eq!(repeats.judge("add", &json!({"a": 1, "b": 2})), Verdict::Make);
        repeats.made("add", json!({"a": 1, "b": 2}), false, "added");
        repeats.next_round();
        assert_eq!(repeats.judge("add", &json!({"b": 2, "a": 1})), Verdict::Made("added".into()));
        assert!(!repeats.going_in_circles());
        repeats.next_round();
        assert_eq!(repeats.judge("add", &json!({"a": 1, "b": 2})), Verdict::Made("added".into()));
        assert!(repeats.going_in_circles());
    }

    #[test]
    fn only_rounds_that_follow_each_other_count() {
        let mut repeats = Repeats::default();
        repeats.next_round();
        repeats.made("add", json!({}), false, "added");
        repeats.next_round();
        repeats.next_round();
        assert_eq!(repeats.judge("add", &json!({})), Verdict::Make);
    }

    #[test]
    fn what_was_read_before_a_change_may_be_read_again() {
        let mut repeats = Repeats::default();
        repeats.next_round();
        repeats.made("list", json!({}), true, "one task");
        repeats.made("complete", json!({"task_id": "1"}), false, "completed");
        repeats.next_round();
        assert_eq!(repeats.judge("list", &json!({})), Verdict::Make);
    }
}
