//! What people and controllers do in a scene.

use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use todochat_operator::{crd::TodoChat, kinds::Kind};
use todochat_tests::cluster::until;

use super::{PERSON, Scene};

impl Scene<'_> {
    /// Applies an object with this spec.
    pub(crate) async fn make(&self, name: &str, spec: &Value) -> TodoChat {
        let object = json!({
            "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat",
            "metadata": {"name": name}, "spec": spec,
        });
        let params = PatchParams::apply("person").force();
        self.objects().patch(name, &params, &Patch::Apply(&object)).await.unwrap()
    }

    /// Applies an object that shows nothing of its database and tool servers, and so is Ready soon.
    pub(crate) async fn make_light(&self, name: &str) -> TodoChat {
        self.make(name, &light()).await
    }

    /// Changes a spec, as RFC 7386 merges.
    pub(crate) async fn edit(&self, name: &str, spec: &Value) -> TodoChat {
        let patch = Patch::Merge(json!({ "spec": spec }));
        self.objects().patch(name, &by(PERSON), &patch).await.unwrap()
    }

    /// Creates somebody else's object.
    pub(crate) async fn create(&self, kind: Kind, object: &Value) -> DynamicObject {
        let resource = kind.resource();
        let mut object = object.clone();
        object["apiVersion"] = resource.api_version.into();
        object["kind"] = resource.kind.into();
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        self.kind(kind).create(&PostParams::default(), &object).await.unwrap()
    }

    /// Creates a Secret that `allowed` may use.
    pub(crate) async fn secret(&self, name: &str, allowed: &str, data: &Value) -> DynamicObject {
        let labels = json!({"todochat.dev/allow": allowed});
        let object = json!({"metadata": {"name": name, "labels": labels}, "stringData": data});
        self.create(Kind::Secret, &object).await
    }

    /// Changes somebody's object, the status excepted, as `manager`.
    pub(crate) async fn harm(
        &self,
        manager: &str,
        (kind, name): (Kind, &str),
        change: &Value,
    ) -> DynamicObject {
        let patch = Patch::Merge(change);
        self.kind(kind).patch(name, &by(manager), &patch).await.unwrap()
    }

    /// Changes somebody's status, as its controller would.
    pub(crate) async fn set_status(&self, kind: Kind, name: &str, status: &Value) {
        let patch = Patch::Merge(json!({ "status": status }));
        self.kind(kind).patch_status(name, &by("controller"), &patch).await.unwrap();
    }

    /// Deletes an object, and does not wait.
    pub(crate) async fn delete(&self, kind: Kind, name: &str) {
        self.kind(kind).delete(name, &DeleteParams::background()).await.unwrap();
    }

    /// Deletes a `TodoChat`, and waits until it is gone.
    pub(crate) async fn delete_object(&self, name: &str) {
        self.objects().delete(name, &DeleteParams::background()).await.unwrap();
        self.until_gone(name).await;
    }

    /// Waits until a `TodoChat` is gone.
    pub(crate) async fn until_gone(&self, name: &str) {
        let gone = |object: Option<&TodoChat>| object.is_none();
        until("its end", self.objects(), name, gone).await;
    }
}

/// A spec without tool servers, whose chat waits for no migration.
pub(crate) fn light() -> Value {
    json!({"toolServers": [], "database": {"migrations": {"policy": "Skip"}}})
}

/// The spec `light` with more.
pub(crate) fn light_with(more: &Value) -> Value {
    let mut spec = light();
    let members = more.as_object().expect("a spec is an object").clone();
    spec.as_object_mut().expect("so is this").extend(members);
    spec
}

fn by(manager: &str) -> PatchParams {
    PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() }
}
