//! JSON in which every member has one meaning.
//!
//! `serde_json` takes the last of two members with the same name where others take the first, and
//! a signed text that two readers read differently is an attack. So each text that decides about
//! trust is checked for duplicate members, at every depth, before anything is read from it.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

/// Reads `bytes` into `T`; `None` if it is not JSON, does not fit, or has a duplicate member.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice::<NoDuplicates>(bytes).ok()?;
    serde_json::from_slice(bytes).ok()
}

/// Any JSON value whose objects name each member once.
struct NoDuplicates;

impl<'de> Deserialize<'de> for NoDuplicates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NoDuplicatesVisitor)
    }
}

struct NoDuplicatesVisitor;

impl<'de> Visitor<'de> for NoDuplicatesVisitor {
    type Value = NoDuplicates;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without duplicate members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NoDuplicates, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<NoDuplicates>()?;
            if !seen.insert(name) {
                return Err(de::Error::custom("duplicate member"));
            }
        }
        Ok(NoDuplicates)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<NoDuplicates, A::Error> {
        while sequence.next_element::<NoDuplicates>()?.is_some() {}
        Ok(NoDuplicates)
    }

    fn visit_bool<E>(self, _: bool) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_i64<E>(self, _: i64) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_u64<E>(self, _: u64) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_f64<E>(self, _: f64) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_str<E>(self, _: &str) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_unit<E>(self) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        assert!(
            from_slice::<Value>(br#"{"a":1,"b":[{"a":null},{"a":1.5,"b":true,"c":"x","d":-1}]}"#)
                .is_some()
        );
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":[{"a":1,"a":2}]}"#,
            r#"{"a":1}{"#,
            "",
            "\u{feff}{}",
        ] {
            assert!(from_slice::<Value>(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_depth_bomb_is_refused() {
        let bomb = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
        assert!(from_slice::<Value>(bomb.as_bytes()).is_none());
    }
}
