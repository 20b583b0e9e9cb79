//! Whether a live object is as it was asked for: every field that is sent, looked up in the live one.
//!
//! ```text
//! desired, live ─▶ walked together ─▶ the paths that differ
//!    members      each one that is sent; what the server or others have added is passed over
//!    lists        items by their merge keys where the API merges (`lists`), else one by one, in order and number
//!    scalars      as they are, and where the API writes them another way (`scalar`)
//! ```
//!
//! Lists and maps that belong to one manager as a whole must also still be the operator's: whoever adds a member to an item of
//! such a list takes it, and that is seen where the values are not.

mod lists;
mod quantity;
mod scalar;

use serde_json::{Map, Value};

use super::{drift, path::FieldPath};
use crate::kinds::Kind;

/// Maps that say the same whether they are empty or not there.
const MAPS: &[&str] = &[
    "annotations",
    "labels",
    "matchLabels",
    "nodeSelector",
    "data",
    "binaryData",
    "limits",
    "requests",
];

/// Maps that mean something else with one member more.
const WHOLE: &[&str] = &[
    "selector",
    "podSelector",
    "namespaceSelector",
    "labelSelector",
    "matchLabels",
    "nodeSelector",
];

/// The fields of `desired` that are not so in `live`. Empty: nothing has to be written.
pub(super) fn differences(kind: Kind, desired: &Value, live: &Value) -> Vec<FieldPath> {
    let mut walk = Walk { kind, own: drift::own_fields(live), found: Vec::new() };
    walk.value(&FieldPath::default(), desired, Some(live));
    walk.found
}

struct Walk<'a> {
    kind: Kind,
    /// Our managed fields, if the live object has any.
    own: Option<&'a Value>,
    found: Vec<FieldPath>,
}

impl Walk<'_> {
    fn value(&mut self, at: &FieldPath, desired: &Value, live: Option<&Value>) {
        match (desired, live.filter(|live| !live.is_null())) {
            (Value::Null, _) => {}
            (Value::Object(desired), Some(Value::Object(live))) => self.object(at, desired, live),
            (Value::Array(desired), Some(Value::Array(live))) => self.list(at, desired, live),
            (desired, Some(live)) if scalar::same(at, desired, live) => {}
            (desired, None) if is_as_good_as_absent(at, desired) => {}
            _ => self.found.push(at.clone()),
        }
    }

    fn object(&mut self, at: &FieldPath, desired: &Map<String, Value>, live: &Map<String, Value>) {
        if WHOLE.contains(&at.last_two().1) && live.keys().any(|key| !desired.contains_key(key)) {
            self.found.push(at.clone());
            return;
        }
        for (key, value) in desired {
            self.value(&at.field(key), value, live.get(key));
        }
    }

    fn list(&mut self, at: &FieldPath, desired: &[Value], live: &[Value]) {
        let Some(keys) = lists::merge_keys(self.kind, at) else {
            return self.atomic(at, desired, live);
        };
        for item in desired {
            let keys = lists::keys_of(item, keys);
            let at = at.item(&keys);
            self.value(&at, item, live.iter().find(|live| lists::has_keys(live, &keys)));
        }
    }

    /// A list that belongs to one manager as a whole.
    fn atomic(&mut self, at: &FieldPath, desired: &[Value], live: &[Value]) {
        let lost = self.own.is_some_and(|own| at.within(own).is_none());
        let same = desired.len() == live.len()
            && desired.iter().zip(live).all(|(desired, live)| self.is_within(at, desired, live));
        if lost || !same {
            self.found.push(at.clone());
        }
    }

    /// Whether an item of such a list is as it was asked for; who has it is not told item by item.
    fn is_within(&self, at: &FieldPath, desired: &Value, live: &Value) -> bool {
        let mut walk = Walk { kind: self.kind, own: None, found: Vec::new() };
        walk.value(at, desired, Some(live));
        walk.found.is_empty()
    }
}

/// What the server leaves out when it writes an object.
fn is_as_good_as_absent(at: &FieldPath, desired: &Value) -> bool {
    let name = at.last_two().1;
    match desired {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty() && MAPS.contains(&name),
        scalar => scalar::is_left_out(name, scalar),
    }
}

#[cfg(test)]
mod tests;
