//! Whose an object of the right name is.

use serde_json::Value;

use super::pass::Pass;
use crate::{
    crd::TodoChat,
    kinds::{ChildId, Kind},
    watching::seen::seen,
};
use kube::Resource as _;

/// Whose an object of the right name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// This `TodoChat`'s.
    Ours,
    /// Left behind on purpose by an earlier object of this name: its data becomes this one's.
    LeftBehind,
    /// This one's or an earlier one's, and on its way out.
    Going(&'static str),
    /// Somebody else's.
    Foreign,
}

impl Standing {
    /// Whose `live` is.
    pub(super) fn of(pass: &Pass<'_>, id: &ChildId, live: &Value) -> Self {
        let found = seen(id.kind, live);
        let ours = found.is_controlled_by(&pass.owner.uid);
        match (&found.controller, found.deleting) {
            (Some(_), true) if ours => {
                Self::Going("is being deleted, and is made anew once it is gone")
            }
            (Some(_), false) if ours => Self::Ours,
            (Some(_), _) if is_of_earlier(pass, live) => {
                Self::Going("belongs to an earlier object of this name, and is being deleted")
            }
            (None, true) if found.retained => Self::Going("is being deleted"),
            (None, false) if found.retained && has_data(id.kind) => Self::LeftBehind,
            (None, false) if found.applied.is_some() && pass.listed(id) => Self::Ours,
            _ => Self::Foreign,
        }
    }
}

/// Kinds that can be left behind.
fn has_data(kind: Kind) -> bool {
    matches!(kind, Kind::Secret | Kind::PersistentVolumeClaim | Kind::CnpgCluster)
}

/// Whether its controller was a `TodoChat` of the same name: the garbage collector is about to come.
fn is_of_earlier(pass: &Pass<'_>, live: &Value) -> bool {
    let owners = live["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let mut controllers = owners.filter(|owner| owner["controller"] == true);
    controllers.any(|owner| {
        owner["kind"] == *TodoChat::kind(&())
            && owner["apiVersion"]
                .as_str()
                .is_some_and(|version| version.starts_with("todochat.dev/"))
            && owner["name"] == *pass.owner.name
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{crd::InventoryItem, names::ObjectKey, validated::Owner, world::World};

    fn owner_reference(kind: &str, name: &str, uid: &str) -> Value {
        json!([{"apiVersion": "todochat.dev/v1alpha1", "kind": kind, "name": name, "uid": uid, "controller": true}])
    }

    fn standing(kind: Kind, metadata: &Value) -> Standing {
        let owner =
            Owner { namespace: "n".to_owned(), name: "team".to_owned(), uid: "u2".to_owned() };
        let (key, world) = (ObjectKey::new("n", "team"), World::default());
        let id = ChildId::new(kind, "team-known");
        let inventory = [InventoryItem { id: id.to_inventory(), hash: Some("0".to_owned()) }];
        let pass = Pass { key: &key, owner: &owner, world: &world, inventory: &inventory };
        let name = if metadata["name"].is_null() { "team-x" } else { "team-known" };
        Standing::of(&pass, &ChildId::new(kind, name), &json!({ "metadata": metadata }))
    }

    #[test]
    fn an_object_is_ours_by_its_controller_alone() {
        let ours = owner_reference("TodoChat", "team", "u2");
        assert_eq!(standing(Kind::Service, &json!({"ownerReferences": ours})), Standing::Ours);
        for metadata in [
            json!({}),
            json!({"labels": {"todochat.dev/object": "team"}, "annotations": {"todochat.dev/applied": "x"}}),
            json!({"ownerReferences": owner_reference("TodoChat", "other", "u1")}),
            json!({"ownerReferences": owner_reference("Deployment", "team", "u1")}),
            json!({"labels": {"todochat.dev/retained": "true"}}),
        ] {
            assert_eq!(standing(Kind::Service, &metadata), Standing::Foreign);
        }
    }

    #[test]
    fn one_that_was_ours_and_lost_its_owner_is_ours_still() {
        let metadata = json!({"name": "team-known", "annotations": {"todochat.dev/applied": "x"}});
        assert_eq!(standing(Kind::Service, &metadata), Standing::Ours);
        assert_eq!(standing(Kind::Service, &json!({"name": "team-known"})), Standing::Foreign);
    }

    #[test]
    fn what_an_earlier_object_of_this_name_had_is_waited_for() {
        let earlier = owner_reference("TodoChat", "team", "u1");
        assert!(matches!(
            standing(Kind::Secret, &json!({"ownerReferences": earlier})),
            Standing::Going(_)
        ));
        let ours = owner_reference("TodoChat", "team", "u2");
        let going = json!({"ownerReferences": ours, "deletionTimestamp": "2026-01-01T00:00:00Z"});
        assert!(matches!(standing(Kind::Service, &going), Standing::Going(_)));
    }

    #[test]
    fn data_that_was_left_behind_is_taken_over() {
        let left = json!({"labels": {"todochat.dev/retained": "true"}});
        assert_eq!(standing(Kind::Secret, &left), Standing::LeftBehind);
        assert_eq!(standing(Kind::CnpgCluster, &left), Standing::LeftBehind);
        assert_eq!(standing(Kind::ConfigMap, &left), Standing::Foreign);
    }
}
