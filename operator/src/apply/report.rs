//! What was done, and seen, on one visit.

use std::collections::BTreeMap;

use crate::{
    kinds::{ChildId, Kind},
    status::{Correction, Fight},
    world::Seen,
};

/// What was done, and seen, on one visit; also when it ended early.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Objects that were made.
    pub created: Vec<ChildId>,
    /// Objects that were changed because they shall be otherwise than before.
    pub changed: Vec<ChildId>,
    /// Objects that were put right after somebody else had changed or deleted them.
    pub corrected: Vec<Correction>,
    /// Objects that somebody else changes again and again; they are put right more and more slowly.
    pub fights: Vec<Fight>,
    /// Objects that are not wanted any more and were deleted.
    pub pruned: Vec<ChildId>,
    /// Objects of the same name that are somebody else's and were not touched. While there are any, nothing that runs pods is.
    pub foreign: Vec<ChildId>,
    /// Secrets whose content was made or changed: the object is to be looked at again.
    pub secrets_made: Vec<ChildId>,
    /// What could not be made yet because it needs something of other people's, and what it needs.
    pub lacking: Vec<(ChildId, String)>,
    /// Every object that was written or read, as it is now.
    pub seen: Vec<(ChildId, Seen)>,
    /// Objects that were found to be gone.
    pub gone: Vec<ChildId>,
    /// Kinds of the objects that needed no request, one entry each.
    pub skipped: Vec<Kind>,
    /// How each object was when it was last compared and equal, for the inventory.
    pub verified: BTreeMap<ChildId, String>,
    /// When to look again though nothing may happen: something was left for later.
    pub again_after: Option<std::time::Duration>,
}

impl Report {
    /// Whether anything was written.
    pub fn wrote(&self) -> bool {
        let Self { created, changed, corrected, pruned, secrets_made, .. } = self;
        !(created.is_empty()
            && changed.is_empty()
            && corrected.is_empty()
            && pruned.is_empty()
            && secrets_made.is_empty())
    }
}
