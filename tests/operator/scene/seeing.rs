//! What people see of a scene, and wait for.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use k8s_openapi::{api::events::v1::Event, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{
    Api, ResourceExt as _,
    api::{DynamicObject, ListParams},
};
use serde_json::Value;
use todochat_operator::{
    conditions::ConditionType,
    crd::{Condition, ConditionStatus, TodoChat},
    kinds::{ChildId, Kind},
};
use todochat_tests::cluster::until;

use super::{Scene, eventually};

impl Scene<'_> {
    /// Waits until a `TodoChat` is as `test` wants it.
    pub(crate) async fn until(
        &self,
        name: &str,
        what: &str,
        test: impl Fn(&TodoChat) -> bool,
    ) -> TodoChat {
        let test = |object: Option<&TodoChat>| object.is_some_and(&test);
        let seen = until(what, self.objects(), name, test).await;
        seen.expect("the test has seen it")
    }

    /// Waits until it is Ready as its spec now says, and nothing is under way any more.
    pub(crate) async fn ready(&self, name: &str) -> TodoChat {
        self.until(name, "Ready and settled", |object| {
            is(object, ConditionType::Ready, ConditionStatus::True)
                && is(object, ConditionType::Progressing, ConditionStatus::False)
        })
        .await
    }

    /// Waits until a condition has this reason, of the spec as it now is.
    pub(crate) async fn says(&self, name: &str, kind: ConditionType, reason: &str) -> Condition {
        let what = format!("{} {reason}", kind.as_str());
        let object = self.until(name, &what, |object| {
            condition(object, kind).is_some_and(|said| said.reason == reason)
        });
        condition(&object.await, kind).cloned().expect("it was just seen")
    }

    /// An object of a kind, if it is there.
    pub(crate) async fn find(&self, kind: Kind, name: &str) -> Option<DynamicObject> {
        match self.kind(kind).get_opt(name).await {
            // A kind that the cluster lacks is a 404 of another sort.
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            found => found.unwrap(),
        }
    }

    /// An object of a kind that is there.
    pub(crate) async fn get(&self, kind: Kind, name: &str) -> DynamicObject {
        let found = self.find(kind, name).await;
        found.unwrap_or_else(|| panic!("there is no {} {name}", kind.as_str()))
    }

    /// Waits until an object of a kind is as `test` wants it, or is not there.
    pub(crate) async fn see(
        &self,
        (kind, name): (Kind, &str),
        what: &str,
        test: impl Fn(Option<&DynamicObject>) -> bool,
    ) -> Option<DynamicObject> {
        let what = format!("{} {name}: {what}", kind.as_str());
        until(&what, self.kind(kind), name, test).await
    }

    /// The objects whose controller this `TodoChat` is, by their entry in the inventory.
    pub(crate) async fn children(&self, object: &TodoChat) -> BTreeMap<String, DynamicObject> {
        let uid = object.uid().unwrap();
        let lists = Kind::all().filter(|kind| *kind != Kind::Pod).map(async |kind| {
            let objects = all(&self.kind(kind)).await.into_iter();
            objects.map(move |object| (ChildId::new(kind, &object.name_any()), object))
        });
        let all = join_all(lists).await.into_iter().flatten();
        let ours = all.filter(|(_, child)| controller(&child.metadata) == Some(&uid));
        ours.map(|(id, child)| (id.to_inventory(), child)).collect()
    }

    /// What was told about a `TodoChat`: the type, the reason and the note of each event, in order.
    pub(crate) async fn told(&self, name: &str) -> Vec<(String, String, String)> {
        let api = self.namespace.api::<Event>();
        let mut events = api.list(&ListParams::default()).await.unwrap().items;
        events.retain(|event| {
            event.regarding.as_ref().is_some_and(|regarding| {
                regarding.kind.as_deref() == Some("TodoChat")
                    && regarding.name.as_deref() == Some(name)
            })
        });
        events.sort_by_key(|event| event.event_time.clone());
        let told = events.into_iter().map(|event| {
            let text = |text: Option<String>| text.unwrap_or_default();
            (text(event.type_), text(event.reason), text(event.note))
        });
        told.collect()
    }

    /// Waits until this was told, and gives its type and note.
    pub(crate) async fn tells(&self, name: &str, reason: &str) -> (String, String) {
        eventually(&format!("the event {reason}"), async || {
            let told = self.told(name).await.into_iter();
            told.filter(|(_, why, _)| why == reason).map(|(kind, _, note)| (kind, note)).next_back()
        })
        .await
    }
}

/// The condition of a type, if it was judged for the spec as it now is.
pub(crate) fn condition(object: &TodoChat, kind: ConditionType) -> Option<&Condition> {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    let mut current =
        conditions.filter(|one| one.observed_generation == object.metadata.generation);
    current.find(|one| one.kind == kind.as_str())
}

/// Whether it has this condition with this status, of the spec as it now is.
pub(crate) fn is(object: &TodoChat, kind: ConditionType, status: ConditionStatus) -> bool {
    condition(object, kind).is_some_and(|condition| condition.status == status)
}

/// The uid of an object's controller.
pub(crate) fn controller(metadata: &ObjectMeta) -> Option<&str> {
    let owners = metadata.owner_references.iter().flatten();
    let mut controllers = owners.filter(|owner| owner.controller == Some(true));
    controllers.next().map(|owner| owner.uid.as_str())
}

/// All that a person could have written of an object: no status, no books of the server's.
pub(crate) fn substance(object: &DynamicObject) -> Value {
    let mut value = serde_json::to_value(object).unwrap();
    let members = value.as_object_mut().expect("an object is one");
    // In lists the kind is not said.
    for aside in ["status", "kind", "apiVersion"] {
        members.remove(aside);
    }
    let metadata = value["metadata"].as_object_mut().expect("every object has some");
    for books in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"] {
        metadata.remove(books);
    }
    if let Some(annotations) = value["metadata"]["annotations"].as_object_mut() {
        annotations.remove("deployment.kubernetes.io/revision");
    }
    value
}

/// All objects that `api` has; none if the cluster lacks the kind.
pub(crate) async fn all(api: &Api<DynamicObject>) -> Vec<DynamicObject> {
    match api.list(&ListParams::default()).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Vec::new(),
        listed => listed.unwrap().items,
    }
}
