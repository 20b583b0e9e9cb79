//! JSON that every store can keep, and that can be read in one way only.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::refusal::{KEY_TWICE, NUL, RESERVED_KEY, TOO_DEEP};
use crate::protocol::Object;

/// Objects and arrays inside each other, at most; [`TOO_DEEP`] says it too.
const MAX_DEPTH: u8 = 64;

/// How the keys begin by which `serde_json` calls its own: an object whose first key is one is
/// read as the JSON in a text, and nobody would look at what is in there.
const RESERVED: &str = "$serde_json::private::";

/// A JSON value that is not too deep, has no key twice and no NUL in any text.
#[derive(Clone, Copy, Default)]
pub(super) struct Strict {
    depth: u8,
}

impl Strict {
    fn inside<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self { depth: self.depth + 1 })
    }

    fn text<E: de::Error>(text: String) -> Result<String, E> {
        // No database keeps it, and nobody types it.
        if text.contains('\0') {
            return Err(E::custom(NUL));
        }
        Ok(text)
    }

    fn key<E: de::Error>(key: String) -> Result<String, E> {
        if key.starts_with(RESERVED) {
            return Err(E::custom(RESERVED_KEY));
        }
        Self::text(key)
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Self::text(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inside)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Object::new();
        while let Some(key) = entries.next_key::<String>()? {
            let key = Self::key(key)?;
            let value = entries.next_value_seed(inside)?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom(KEY_TWICE));
            }
        }
        Ok(Value::Object(object))
    }
}
