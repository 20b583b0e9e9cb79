//! Which objects were found to be as they shall be: as long as neither what they shall be nor what they are has changed, they
//! need not be looked at.
//!
//! A mark is one number made of the object's name, the hash of what was applied and the shape of what is there. They are kept
//! here, and in the inventory in the status, so that a new process asks nothing either.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::json;

use super::shape;
use crate::{crd::InventoryItem, kinds::ChildId, names::ObjectKey};

/// One object, as it was when it was last compared and equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark(u64);

impl Mark {
    pub(super) fn new(id: &ChildId, applied: &str, shape: u64) -> Self {
        Self(shape::shape(&json!({ "id": id.to_inventory(), "applied": applied, "shape": shape })))
    }

    /// As it stands in the inventory.
    pub(super) fn to_hash(self) -> String {
        format!("{:016x}", self.0)
    }

    /// Reads what stands in the inventory.
    pub(super) fn from_hash(hash: &str) -> Option<Self> {
        u64::from_str_radix(hash, 16).ok().map(Self)
    }
}

/// The marks of all objects. Small: a number for each child.
#[derive(Debug, Default)]
pub(super) struct Marks(Mutex<HashMap<ObjectKey, Box<[Mark]>>>);

impl Marks {
    fn all(&self) -> MutexGuard<'_, HashMap<ObjectKey, Box<[Mark]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the children of `key`: from this process, or from its inventory.
    pub(super) fn of(&self, key: &ObjectKey, inventory: &[InventoryItem]) -> Vec<Mark> {
        let known = self.all().get(key).map(|marks| marks.to_vec()).unwrap_or_default();
        let listed = inventory.iter().filter_map(|item| Mark::from_hash(item.hash.as_deref()?));
        known.into_iter().chain(listed).collect()
    }

    /// Replaces what was known of the children of `key`.
    pub(super) fn remember(&self, key: &ObjectKey, marks: impl Iterator<Item = Mark>) {
        let marks: BTreeSet<Mark> = marks.collect();
        self.all().insert(key.clone(), marks.into_iter().collect());
    }

    /// Forgets the children of `key`.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.all().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Kind;

    fn id(name: &str) -> ChildId {
        ChildId::new(Kind::Service, name)
    }

    #[test]
    fn a_mark_is_of_one_object_one_hash_and_one_shape() {
        let marks = BTreeSet::from([
            Mark::new(&id("a"), "x", 1),
            Mark::new(&id("b"), "x", 1),
            Mark::new(&id("a"), "y", 1),
            Mark::new(&id("a"), "x", 2),
        ]);
        assert_eq!(marks.len(), 4);
        assert_eq!(Mark::new(&id("a"), "x", 1), Mark::new(&id("a"), "x", 1));
    }

    #[test]
    fn the_inventory_tells_a_new_process_what_the_old_one_knew() {
        let key = ObjectKey::new("n", "o");
        let mark = Mark::new(&id("a"), "x", 1);
        let item = |hash: Option<String>| InventoryItem { id: id("a").to_inventory(), hash };
        let inventory =
            [item(Some(mark.to_hash())), item(None), item(Some("no number".to_owned()))];
        assert_eq!(Marks::default().of(&key, &inventory), [mark]);
    }

    #[test]
    fn what_is_remembered_replaces_what_was() {
        let (marks, key) = (Marks::default(), ObjectKey::new("n", "o"));
        for shape in [1, 2] {
            let mark = Mark::new(&id("a"), "x", shape);
            marks.remember(&key, [mark].into_iter());
            assert_eq!(marks.of(&key, &[]), [mark]);
        }
        marks.forget(&key);
        assert_eq!(marks.of(&key, &[]), []);
    }
}
