//! What an update makes of a widget: the other half of [`diff`](super::diff).

use serde_json::{Map, Value};

use crate::protocol::{ThreadItemUpdate as Update, WidgetRoot};

/// Makes of a widget what a client makes of it that is told this. An update of something that is not
/// there, or of no widget, changes nothing.
pub fn apply(widget: &mut WidgetRoot, update: &Update) {
    match update {
        Update::WidgetRootUpdated { widget: whole } => widget.clone_from(whole),
        Update::WidgetComponentUpdated { component_id, component } => {
            replace(&mut widget.0, component_id, &component.0);
        }
        Update::WidgetTextDelta { component_id, delta, done: _ } => {
            // Only children come last: `diff` never means one of them.
            let _ = grow(&mut widget.0, component_id, delta, OnlyChildren::Skipped)
                || grow(&mut widget.0, component_id, delta, OnlyChildren::Looked);
        }
        _ => {}
    }
}

/// What is done with a child that is no list, such as a `Transition` has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnlyChildren {
    Skipped,
    Looked,
}

/// Adds to the first text of this id; says whether there is one.
fn grow(component: &mut Value, id: &str, delta: &str, only: OnlyChildren) -> bool {
    let Value::Object(component) = component else { return false };
    if is(component, id) && super::is_text(component) {
        return append(component, delta);
    }
    match component.get_mut("children") {
        Some(Value::Array(children)) => {
            children.iter_mut().any(|child| grow(child, id, delta, only))
        }
        Some(child) if only == OnlyChildren::Looked => grow(child, id, delta, only),
        _ => false,
    }
}

fn append(text: &mut Map<String, Value>, delta: &str) -> bool {
    match text.get_mut("value") {
        Some(Value::String(value)) => value.push_str(delta),
        None | Some(Value::Null) => drop(text.insert("value".to_owned(), delta.into())),
        Some(_) => return false,
    }
    true
}

/// Puts something in the place of the first component of this id; says whether there is one.
fn replace(place: &mut Value, id: &str, by: &Value) -> bool {
    let Value::Object(component) = &mut *place else { return false };
    if is(component, id) {
        place.clone_from(by);
        return true;
    }
    match component.get_mut("children") {
        Some(Value::Array(children)) => children.iter_mut().any(|child| replace(child, id, by)),
        Some(child) => replace(child, id, by),
        None => false,
    }
}

fn is(component: &Map<String, Value>, id: &str) -> bool {
    component.get("id").and_then(Value::as_str) == Some(id)
}

#[cfg(test)]
mod tests;
