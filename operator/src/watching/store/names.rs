//! Which objects a list had.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

/// Which objects a list had, by namespace and name: of each a hash. All first lists come at once, and their names would take
/// more memory than all that is kept of a child. Two names of one hash, which chance alone could make in ages, would have an
/// object that is gone stay in the store until the next list.
#[derive(Debug, Default)]
pub(in crate::watching) struct Names {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Names {
    /// The list has this one.
    pub(in crate::watching) fn add(&mut self, namespace: &str, name: &str) {
        self.hashes.insert(self.hasher.hash_one((namespace, name)));
    }

    /// Whether the list had this one.
    pub(in crate::watching) fn has(&self, namespace: &str, name: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one((namespace, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_had_what_was_told_of_it_and_nothing_else() {
        let mut names = Names::default();
        names.add("people", "team");
        names.add("", "class");
        assert!(names.has("people", "team") && names.has("", "class"));
        for (namespace, name) in [("people", "class"), ("team", "people"), ("peoplet", "eam")] {
            assert!(!names.has(namespace, name), "{namespace}/{name}");
        }
    }
}
