//! What is kept of the operator's own Secrets: hashes of all entries, and the values that could not be made again.

use std::fmt;

use serde_json::Value;

use super::content::{Content, Hidden, hash_of};
use crate::{
    apply::{drift, path::FieldPath},
    children::{Entry, SecretPlan},
    rotating::is_passing,
};

/// One of the operator's own Secrets, as it shall be: what others have changed is passed over where it is known how it was.
#[derive(Clone, Debug)]
pub(in crate::apply) struct Own {
    uid: Box<str>,
    version: Box<str>,
    entries: Box<[Kept]>,
    /// Whether the live one differs.
    drifted: bool,
    /// The recipe that it was found to agree with.
    agrees_with: Option<u64>,
}

#[derive(Clone)]
struct Kept {
    key: Box<str>,
    hash: [u8; 32],
    value: Option<Hidden>,
}

/// A hash of something that can be guessed is not printed either.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.key)
    }
}

impl Own {
    /// A live Secret, of which something may be known already. An entry that the operator's field manager has is as some
    /// operator wrote it, perhaps another process than this; any other was changed by somebody.
    pub(super) fn read(live: &Value, known: Option<&Self>) -> Self {
        let content = Content::of(live);
        let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
        let known = known.filter(|known| *known.uid == *uid);
        let lost: Vec<Kept> = known.map(|known| known.lost(live, &content)).unwrap_or_default();
        let mut entries: Vec<Kept> = kept(&content, |_| true);
        entries.retain(|entry| lost.iter().all(|lost| lost.key != entry.key));
        let drifted = !lost.is_empty();
        entries.extend(lost);
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        let mut own = Self::new(live, entries, drifted);
        own.agrees_with =
            known.filter(|known| known.hash() == own.hash()).and_then(|known| known.agrees_with);
        own
    }

    /// A live Secret that agrees with its plan. Of what can be made again only the hash is kept.
    pub(in crate::apply) fn agreeing(live: &Value, plan: &SecretPlan, recipe: u64) -> Self {
        let entries =
            kept(&Content::of(live), |key| plan.entries.get(key).is_some_and(is_original));
        Self { agrees_with: Some(recipe), ..Self::new(live, entries, false) }
    }

    fn new(live: &Value, entries: Vec<Kept>, drifted: bool) -> Self {
        let metadata = &live["metadata"];
        let text = |key: &str| metadata[key].as_str().unwrap_or_default().into();
        let (uid, version) = (text("uid"), text("resourceVersion"));
        Self { uid, version, entries: entries.into(), drifted, agrees_with: None }
    }

    /// What somebody else has changed or taken away, as it was.
    fn lost(&self, live: &Value, content: &Content) -> Vec<Kept> {
        let data = FieldPath::default().field("data");
        let lost = self.entries.iter().filter(|entry| match content.get(&entry.key) {
            // Another process may have ended the turn that it was there for.
            None => !is_passing(&entry.key),
            Some(value) => {
                value.hash() != entry.hash && !drift::is_ours(&data.field(&entry.key), live)
            }
        });
        lost.cloned().collect()
    }

    pub(super) fn is_at(&self, version: &str) -> bool {
        *self.version == *version
    }

    /// Whether it was found to agree with this recipe, and nobody has changed it since.
    pub(in crate::apply) fn agrees(&self, recipe: u64) -> bool {
        !self.drifted && self.agrees_with == Some(recipe)
    }

    /// Whether somebody has changed it.
    pub(in crate::apply) fn is_drifted(&self) -> bool {
        self.drifted
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        hash_of(self.entries.iter().map(|entry| (&*entry.key, entry.hash)))
    }

    /// The same of what its readers use: what is there only for the time of a turn does not count.
    pub(super) fn hash_in_use(&self) -> [u8; 32] {
        let in_use = self.entries.iter().filter(|entry| !is_passing(&entry.key));
        hash_of(in_use.map(|entry| (&*entry.key, entry.hash)))
    }

    pub(super) fn value(&self, key: &str) -> Option<&Hidden> {
        self.entries.iter().find(|entry| *entry.key == *key)?.value.as_ref()
    }

    /// The values that are known, and of those that are not the ones that are unchanged in `live`.
    pub(in crate::apply) fn content(&self, live: &Content) -> Content {
        let mut content = Content::default();
        for entry in &self.entries {
            let there = live.get(&entry.key).filter(|value| value.hash() == entry.hash);
            if let Some(value) = entry.value.as_ref().or(there) {
                content.insert(&entry.key, value.clone());
            }
        }
        content
    }

    /// The whole content, if all of it is known.
    pub(in crate::apply) fn whole(&self) -> Option<Content> {
        let known = self.entries.iter().all(|entry| entry.value.is_some());
        known.then(|| self.content(&Content::default()))
    }

    /// The same, agreeing with this recipe.
    pub(in crate::apply) fn agreed(mut self, plan: &SecretPlan, recipe: u64) -> Self {
        for entry in &mut self.entries {
            if !plan.entries.get(&*entry.key).is_some_and(is_original) {
                entry.value = None;
            }
        }
        self.agrees_with = Some(recipe);
        self
    }
}

/// Whether it could not be made again, or tells how far a turn is.
fn is_original(entry: &Entry) -> bool {
    match entry {
        Entry::Random(_)
        | Entry::TakenOver { .. }
        | Entry::SigningKeys(_)
        | Entry::Text(_)
        | Entry::Default(_) => true,
        Entry::PublicKeys { .. } | Entry::DatabaseUrl(_) => false,
    }
}

fn kept(content: &Content, is_kept: impl Fn(&str) -> bool) -> Vec<Kept> {
    let entry = |(key, value): (&str, &Hidden)| Kept {
        key: key.into(),
        hash: value.hash(),
        value: is_kept(key).then(|| value.clone()),
    };
    content.entries().map(entry).collect()
}

#[cfg(test)]
mod tests;
