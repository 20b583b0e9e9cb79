//! What is in the cluster and not asked for any more: the operator would delete it.

use kube::{ResourceExt as _, api::DynamicObject};

use crate::{
    apply::is_data,
    children::{Children, Prepared},
    crd::TodoChat,
    kinds::{ChildId, Kind},
};

/// What the object's inventory lists and its children to be are not. Data stays, as when the operator prunes, and so does what
/// is held. Which Jobs there are hangs on what has happened, and nothing is asked for by them.
pub(super) fn unwanted(object: &TodoChat, children: &Children<Prepared>) -> Vec<ChildId> {
    let (name, wanted) = (object.name_any(), children.ids());
    let stays = |id: &ChildId| {
        wanted.contains(id)
            || children.held.contains(id)
            || matches!(id.kind, Kind::Job | Kind::Pod)
            || is_data(&name, id)
    };
    let inventory = object.status.iter().flat_map(|status| &status.inventory);
    let listed = inventory.filter_map(|item| ChildId::from_inventory(&item.id));
    listed.filter(|id| !stays(id)).collect()
}

/// Whether it would be deleted: it is the object's, and nobody has deleted it yet.
pub(super) fn is_ours(object: &TodoChat, live: &DynamicObject) -> bool {
    let Some(uid) = &object.metadata.uid else { return false };
    let mut owners = live.owner_references().iter();
    live.metadata.deletion_timestamp.is_none()
        && owners.any(|owner| owner.controller == Some(true) && owner.uid == *uid)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        crd::{InventoryItem, TodoChatStatus},
        offer::Offer,
        render,
        testing::{UID, object, settings},
    };

    fn with_inventory(ids: &[&str]) -> TodoChat {
        let item = |id: &&str| InventoryItem { id: (*id).to_owned(), hash: None };
        let inventory = ids.iter().map(item).collect();
        let status = TodoChatStatus { inventory, ..TodoChatStatus::default() };
        TodoChat { status: Some(status), ..object("toolServers: []") }
    }

    fn unwanted_of(object: &TodoChat) -> Vec<String> {
        let children = render::children(object, &settings(), &Offer::everything()).unwrap();
        unwanted(object, &children).iter().map(ChildId::to_inventory).collect()
    }

    #[test]
    fn what_is_not_asked_for_any_more_goes() {
        let gone = ["Secret/harbor-tool-todo", "apps/Deployment/harbor-tool-todo"];
        let object = with_inventory(&[gone[0], "apps/Deployment/harbor-chat", gone[1]]);
        assert_eq!(unwanted_of(&object), gone);
        assert!(unwanted_of(&with_inventory(&[])).is_empty());
    }

    #[test]
    fn data_stays_and_so_do_jobs_and_what_another_release_has_listed() {
        let object = with_inventory(&[
            "PersistentVolumeClaim/harbor-backup",
            "postgresql.cnpg.io/Cluster/harbor-db",
            "Secret/harbor-db-login",
            "batch/Job/harbor-migrate-1-3-0",
            "example.com/Unheard/harbor",
        ]);
        assert!(unwanted_of(&object).is_empty());
    }

    #[test]
    fn what_is_held_stays() {
        let object = with_inventory(&["Service/harbor-old"]);
        let mut children = render::children(&object, &settings(), &Offer::everything()).unwrap();
        assert_eq!(unwanted(&object, &children).len(), 1);
        children.held.insert(ChildId::new(Kind::Service, "harbor-old"));
        assert!(unwanted(&object, &children).is_empty());
    }

    fn owner(uid: &str, controller: bool) -> Value {
        json!([{
            "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "name": "harbor",
            "uid": uid, "controller": controller,
        }])
    }

    #[test]
    fn only_what_the_object_controls_goes_and_goes_once() {
        let goes = |metadata: &Value| {
            let live = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata});
            is_ours(&object("{}"), &serde_json::from_value(live).unwrap())
        };
        assert!(goes(&json!({"ownerReferences": owner(UID, true)})));
        let deleted = "2026-01-01T00:00:00Z";
        for metadata in [
            json!({}),
            json!({"ownerReferences": owner("another", true)}),
            json!({"ownerReferences": owner(UID, false)}),
            json!({"ownerReferences": owner(UID, true), "deletionTimestamp": deleted}),
        ] {
            assert!(!goes(&metadata), "{metadata}");
        }
    }
}
