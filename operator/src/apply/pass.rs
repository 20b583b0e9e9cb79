//! What one visit goes by, and what it is about to send.

use serde_json::Value;

use super::canonical;
use crate::{
    crd::InventoryItem,
    kinds::ChildId,
    names::{APPLIED_ANNOTATION, ObjectKey},
    validated::Owner,
    world::{Seen, World},
};

/// What one visit goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass<'a> {
    /// The object.
    pub(super) key: &'a ObjectKey,
    /// Whose children they are.
    pub(super) owner: &'a Owner,
    /// The children as they were last seen.
    pub(super) world: &'a World,
    /// The inventory as it was last written.
    pub(super) inventory: &'a [InventoryItem],
}

impl<'a> Pass<'a> {
    /// The child as it was last seen, if it is there, ours, and not on its way out.
    pub(super) fn ours(&self, id: &ChildId) -> Option<&'a Seen> {
        self.world.children.get(id).filter(|found| self.is_ours(found) && !found.deleting)
    }

    /// Whether an object of that name is there, or was when the status was last written.
    pub(super) fn knows(&self, id: &ChildId) -> bool {
        self.world.children.contains_key(id) || {
            let id = id.to_inventory();
            self.inventory.iter().any(|item| item.id == id)
        }
    }

    /// Whether the object is this one's child.
    pub(super) fn is_ours(&self, found: &Seen) -> bool {
        found.is_controlled_by(&self.owner.uid)
    }

    /// Whether the child was there, and as it should be, when the status was last written.
    pub(super) fn listed(&self, id: &ChildId) -> bool {
        let id = id.to_inventory();
        self.inventory.iter().any(|item| item.id == id && item.hash.is_some())
    }
}

/// An object as it is sent: its annotation tells what was sent last.
#[derive(Clone, Debug)]
pub(super) struct Desired {
    /// Its kind and name.
    pub(super) id: ChildId,
    /// What is sent.
    pub(super) body: Value,
    /// The hash of it, without the annotation that holds the hash.
    pub(super) hash: String,
}

impl Desired {
    /// `manifest` with the annotation.
    pub(super) fn new(id: ChildId, mut manifest: Value) -> Self {
        let hash = canonical::hash(&manifest);
        manifest["metadata"]["annotations"][APPLIED_ANNOTATION] = hash.clone().into();
        Self { id, body: manifest, hash }
    }

    /// The body for an object that is not there yet. Server-side apply of a version that no object can have (etcd counts on
    /// from 1) makes an object and changes none: it is a conflict with whatever is there.
    pub(super) fn first(&self) -> Value {
        let mut body = self.body.clone();
        body["metadata"]["resourceVersion"] = "1".into();
        body
    }

    /// The body for an object that is there: of any other uid the server does not take it.
    pub(super) fn for_uid(&self, uid: &str) -> Value {
        let mut body = self.body.clone();
        body["metadata"]["uid"] = uid.into();
        body
    }
}

/// A manifest as it is sent by the operator, for those who want to show what would be.
pub fn as_sent(id: &ChildId, manifest: Value) -> Value {
    Desired::new(id.clone(), manifest).body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::Kind;

    #[test]
    fn what_is_sent_holds_its_own_hash_and_nothing_else_is_lost() {
        let manifest = json!({"metadata": {"name": "a", "annotations": {"x": "y"}}});
        let desired = Desired::new(ChildId::new(Kind::Service, "a"), manifest.clone());
        assert_eq!(desired.hash, canonical::hash(&manifest));
        let sent = json!({"metadata": {
            "name": "a", "uid": "u", "annotations": {"x": "y", "todochat.dev/applied": desired.hash},
        }});
        assert_eq!(desired.for_uid("u"), sent);
    }
}
