//! What all objects have in common: name, labels, owner.

use k8s_openapi::{
    api::core::v1::ServiceAccount,
    apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference},
};
use kube::{
    Resource as _,
    core::{DynamicObject, ObjectMeta},
};
use serde_json::{Value, json};

use crate::{crd::TodoChat, kinds::Kind, names::Part, validated::Owner};

/// The metadata of the part's object, which has the part's name.
pub(super) fn object_meta(owner: &Owner, part: &Part) -> ObjectMeta {
    named(owner, part, part.name(&owner.name))
}

/// The metadata of an object of the part that has another name.
pub(super) fn named(owner: &Owner, part: &Part, name: String) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(owner.namespace.clone()),
        labels: Some(part.labels(&owner.name)),
        owner_references: Some(vec![reference(owner)]),
        ..ObjectMeta::default()
    }
}

fn reference(owner: &Owner) -> OwnerReference {
    OwnerReference {
        api_version: TodoChat::api_version(&()).into_owned(),
        kind: TodoChat::kind(&()).into_owned(),
        name: owner.name.clone(),
        uid: owner.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// Selects the part's pods.
pub(super) fn selector(owner: &Owner, part: &Part) -> LabelSelector {
    LabelSelector { match_labels: Some(part.selector(&owner.name)), match_expressions: None }
}

/// The account that the part's pods run as. It has no rights, and its token is not mounted.
pub(super) fn service_account(owner: &Owner, part: &Part) -> ServiceAccount {
    ServiceAccount {
        metadata: object_meta(owner, part),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

/// An object of an API that a cluster may lack.
pub(super) fn optional(kind: Kind, metadata: ObjectMeta, spec: &Value) -> DynamicObject {
    let mut object = DynamicObject::new("", &kind.resource()).data(json!({ "spec": spec }));
    object.metadata = metadata;
    object
}
