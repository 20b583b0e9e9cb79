//! Objects that the spec passes on as they are: read as what their own API takes, so that a slip is told here and not by a
//! Deployment that cannot be written.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::Pass;
use crate::crd::Opaque;

/// Reads all of a list; what cannot be read is refused and left out.
pub(super) fn all<T: DeserializeOwned + Serialize>(
    pass: &mut Pass<'_>,
    path: &str,
    list: &[Opaque],
) -> Vec<T> {
    let at = |index| format!("{path}[{index}]");
    let items = list.iter().enumerate();
    items.filter_map(|(index, item)| one(pass, &at(index), item)).collect()
}

/// Reads one; what cannot be read is refused.
pub(super) fn one<T: DeserializeOwned + Serialize>(
    pass: &mut Pass<'_>,
    path: &str,
    given: &Opaque,
) -> Option<T> {
    let read = T::deserialize(&given.0);
    let read = read.map_err(|error| pass.findings.override_rejected(path, error)).ok()?;
    let kept = serde_json::to_value(&read).expect("what was read can be written");
    if let Some(lost) = lost(&given.0, &kept) {
        let problem = format!("there is no such field: `{}`", lost.trim_start_matches('.'));
        pass.findings.override_rejected(path, problem);
        return None;
    }
    Some(read)
}

/// The first field that was given and not kept: the API would drop it without a word.
fn lost(given: &Value, kept: &Value) -> Option<String> {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => given
            .iter()
            .filter(|(_, value)| !value.is_null())
            .find_map(|(field, value)| match kept.get(field) {
                Some(kept) => lost(value, kept).map(|rest| format!(".{field}{rest}")),
                None => Some(format!(".{field}")),
            }),
        (Value::Array(given), Value::Array(kept)) => {
            let pairs = given.iter().zip(kept).enumerate();
            pairs.into_iter().find_map(|(index, (given, kept))| {
                lost(given, kept).map(|rest| format!("[{index}]{rest}"))
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_not_lost() {
        assert_eq!(lost(&json!({"a": [{"b": 1}], "c": null}), &json!({"a": [{"b": 1}]})), None);
    }

    #[test]
    fn the_first_lost_field_is_named_by_its_path() {
        let given = json!({"a": [{"b": 1}, {"b": 1, "typo": 2}]});
        let kept = json!({"a": [{"b": 1}, {"b": 1}]});
        assert_eq!(lost(&given, &kept).as_deref(), Some(".a[1].typo"));
    }
}
