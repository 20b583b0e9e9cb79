//! A conversation in memory.

use crate::protocol::{ThreadItem, ThreadMetadata};
use crate::{Drops, StoreError};

/// A conversation and whose it is.
pub(super) struct Kept {
    pub(super) user: String,
    pub(super) thread: ThreadMetadata,
    pub(super) items: Vec<ThreadItem>,
}

impl Kept {
    /// Keeps an item at the end, or in place of the one with its id.
    pub(super) fn put(&mut self, item: &ThreadItem) {
        match self.items.iter_mut().find(|kept| kept.id() == item.id()) {
            Some(kept) => kept.clone_from(item),
            None => self.items.push(item.clone()),
        }
    }

    /// Whether an item is still what it was when it was read.
    pub(super) fn check(&self, read: Option<&ThreadItem>) -> Result<(), StoreError> {
        match read {
            Some(read) if !self.items.contains(read) => Err(StoreError::changed()),
            _ => Ok(()),
        }
    }

    /// Deletes items; says how many.
    pub(super) fn drop(&mut self, drops: Drops<'_>) -> Result<usize, StoreError> {
        let before = self.items.len();
        match drops {
            Drops::Nothing => {}
            Drops::Items(ids) => self.items.retain(|item| !ids.iter().any(|id| id == item.id())),
            Drops::After(id) => {
                let place = self.items.iter().position(|item| item.id() == id);
                self.items.truncate(place.ok_or(StoreError::NotFound)? + 1);
            }
        }
        Ok(before - self.items.len())
    }
}
