//! Widgets, carried as they are.

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// A widget's tree: `Card`, `ListView` or `Basic` with its children, as opaque JSON, because
/// every typed model of it so far has dropped properties that clients know.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct WidgetRoot(
    #[cfg_attr(feature = "typescript", ts(type = "{ type: string } & Record<string, unknown>"))]
    pub Value,
);

impl Serialize for WidgetRoot {
    /// Unlike in other free-form values, a property that is null is left out, at any depth.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WithoutNulls(&self.0).serialize(serializer)
    }
}

struct WithoutNulls<'a>(&'a Value);

impl Serialize for WithoutNulls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                    map.serialize_entry(key, &WithoutNulls(value))?;
                }
                map.end()
            }
            Value::Array(array) => {
                let mut sequence = serializer.serialize_seq(Some(array.len()))?;
                for value in array {
                    sequence.serialize_element(&WithoutNulls(value))?;
                }
                sequence.end()
            }
            scalar => scalar.serialize(serializer),
        }
    }
}
