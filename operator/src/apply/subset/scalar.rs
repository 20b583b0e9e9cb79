//! Values that say the same in other words.

use serde_json::Value;

use super::quantity;
use crate::apply::path::FieldPath;

/// Members that the server leaves out when they are false, zero or empty. Others it keeps: a `false` that is gone has been
/// removed by somebody.
const LEFT_OUT: &[&str] = &[
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "minReadySeconds",
    "paused",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "tty",
    "value",
];

/// Whether the server leaves the member `name` out when it has this value.
pub(super) fn is_left_out(name: &str, value: &Value) -> bool {
    let zero = match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    zero && LEFT_OUT.contains(&name)
}

/// Whether the two say the same at this place.
pub(super) fn same(at: &FieldPath, desired: &Value, live: &Value) -> bool {
    if desired == live {
        return true;
    }
    match (desired, live) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::String(_) | Value::Number(_), Value::String(_) | Value::Number(_)) => {
            let (one, other) = (text(desired), text(live));
            one == other || (is_quantity(at) && quantity::same(&one, &other))
        }
        _ => false,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Elsewhere `1000m` and `1` are two texts: an environment variable may hold either.
fn is_quantity(at: &FieldPath) -> bool {
    match at.last_two() {
        ("limits" | "requests", _) | ("target", "value") => true,
        (_, name) => matches!(name, "sizeLimit" | "divisor" | "averageValue"),
    }
}
