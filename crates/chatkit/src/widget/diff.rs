//! What has changed between two states of a widget.
//!
//! The rules are the reference server's: text that a `Text` or `Markdown` with an id has gained is
//! sent as a delta, anything else as the whole widget. In one thing this is stricter. The reference
//! sends nothing at all for text that has no id, that is the only child of a `Transition`, or that
//! shares its id with another text, so that it stays unseen until the item is done; here the whole
//! widget is sent for it. Whoever applies the updates always has the later state.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::protocol::{ThreadItemUpdate, WidgetRoot};

/// The updates that make `after` of `before`: none if nothing has changed, a
/// [`WidgetTextDelta`](ThreadItemUpdate::WidgetTextDelta) for each text that has only grown, or one
/// [`WidgetRootUpdated`](ThreadItemUpdate::WidgetRootUpdated).
pub fn diff(before: &WidgetRoot, after: &WidgetRoot) -> Vec<ThreadItemUpdate> {
    let mut texts = Texts::default();
    let is_told = match (&before.0, &after.0) {
        (Value::Object(before), Value::Object(after)) => texts.compare(before, after),
        (before, after) => before == after,
    };
    match texts.deltas().filter(|_| is_told) {
        Some(deltas) => deltas,
        None => vec![ThreadItemUpdate::WidgetRootUpdated { widget: after.clone() }],
    }
}

/// The texts of a widget, as far as a delta can name them.
#[derive(Default)]
struct Texts<'a> {
    grown: Vec<Grown<'a>>,
    /// How often each id is a text's.
    ids: HashMap<&'a str, u32>,
}

struct Grown<'a> {
    id: &'a str,
    delta: &'a str,
    done: bool,
}

impl<'a> Texts<'a> {
    /// Whether deltas can tell all that has changed in a component.
    fn compare(&mut self, before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> bool {
        let texts = text(before).zip(text(after));
        if texts.is_some()
            && let Some(id) = id(after)
        {
            *self.ids.entry(id).or_default() += 1;
        }
        let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
        names.into_iter().all(|name| match (name.as_str(), texts) {
            ("value", Some((was, is))) => self.grow(after, was, is),
            ("children", _) => self.compare_children(property(before, name), property(after, name)),
            _ => property(before, name) == property(after, name),
        })
    }

    fn grow(&mut self, component: &'a Map<String, Value>, was: &str, is: &'a str) -> bool {
        let Some(delta) = is.strip_prefix(was) else { return false };
        if delta.is_empty() {
            return true;
        }
        let Some(id) = id(component) else { return false };
        let done = property(component, "streaming").and_then(Value::as_bool) != Some(true);
        self.grown.push(Grown { id, delta, done });
        true
    }

    fn compare_children(&mut self, before: Option<&'a Value>, after: Option<&'a Value>) -> bool {
        let (Some(Value::Array(before)), Some(Value::Array(after))) = (before, after) else {
            // An only child is not looked into: a client may not look there for an id either.
            return before == after;
        };
        before.len() == after.len()
            && before.iter().zip(after).all(|pair| match pair {
                (Value::Object(before), Value::Object(after)) => self.compare(before, after),
                (before, after) => before == after,
            })
    }

    /// The deltas, if each names one text only.
    fn deltas(self) -> Option<Vec<ThreadItemUpdate>> {
        let delta = |grown: Grown<'a>| {
            (self.ids.get(grown.id) == Some(&1)).then(|| ThreadItemUpdate::WidgetTextDelta {
                component_id: grown.id.to_owned(),
                delta: grown.delta.to_owned(),
                done: grown.done,
            })
        };
        self.grown.into_iter().map(delta).collect()
    }
}

/// A property's value; null is as good as absent.
fn property<'a>(component: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    component.get(name).filter(|value| !value.is_null())
}

/// The text of a component that streams: a `Text` or a `Markdown`.
fn text(component: &Map<String, Value>) -> Option<&str> {
    property(component, "value").filter(|_| super::is_text(component)).and_then(Value::as_str)
}

fn id(component: &Map<String, Value>) -> Option<&str> {
    property(component, "id").and_then(Value::as_str).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests;
