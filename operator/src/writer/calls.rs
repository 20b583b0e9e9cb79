//! What is asked for, each as one request.

use http::Request;
use kube::{
    api::{DeleteParams, DynamicObject, GetParams, Patch, PatchParams, PostParams, Preconditions},
    core::{Request as Path, Resource as _, request::Error as InvalidRequest},
};
use serde_json::{Value, json};

use super::{Verb, Writer};
use crate::{
    api_error::{ApiError, Denial},
    crd::TodoChat,
    kinds::Kind,
    names::{FIELD_MANAGER, REPLICAS_MANAGER},
};

/// A certain object: it has this uid and, if that matters, this version.
#[derive(Clone, Copy, Debug)]
pub struct Precisely<'a> {
    /// Its uid.
    pub uid: &'a str,
    /// Its version.
    pub resource_version: Option<&'a str>,
}

impl Writer {
    /// The object, if it is there.
    pub async fn get(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, ApiError> {
        if kind == Kind::Secret {
            self.metrics.read_secret();
        }
        let request = path(kind, namespace).get(name, &GetParams::default());
        self.read(kind, request?).await
    }

    /// The metadata of the object, if it is there.
    pub async fn get_metadata(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, ApiError> {
        let request = path(kind, namespace).get_metadata(name, &GetParams::default());
        self.read(kind, request?).await
    }

    async fn read(&self, kind: Kind, request: Request<Vec<u8>>) -> Result<Option<Value>, ApiError> {
        match self.send(Verb::Get, kind.plural(), request).await {
            Ok(object) => Ok(Some(object)),
            Err(ApiError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the object; if there is one of that name already it stays as it is, and that is a conflict.
    pub async fn create(
        &self,
        kind: Kind,
        namespace: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let parameters =
            PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        let body = serde_json::to_vec(body).map_err(|_| ApiError::Garbled)?;
        let request = path(kind, namespace).create(&parameters, body)?;
        let answer = self.write(Verb::Create, kind.plural(), request).await?;
        self.metrics.wrote(kind.as_str(), "create");
        Ok(answer)
    }

    /// Server-side apply: makes the fields in `body` so, whoever set them last, and takes those away that an earlier body had.
    pub async fn apply(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        // A field that the server does not know would else be dropped in silence.
        let parameters = PatchParams::apply(FIELD_MANAGER).force().validation_strict();
        let request = path(kind, namespace).patch(name, &parameters, &Patch::Apply(body));
        let answer = self.write(Verb::Patch, kind.plural(), request?).await?;
        self.metrics.wrote(kind.as_str(), "apply");
        Ok(answer)
    }

    /// Leaves the number of pods as it is when [`apply`](Self::apply) says nothing of it any more: a field that nobody has goes
    /// back to its default, and the default is one pod.
    pub async fn keep_replicas(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        live: &Value,
    ) -> Result<(), ApiError> {
        let body = json!({
            "apiVersion": kind.resource().api_version,
            "kind": kind.as_str(),
            "metadata": { "uid": live["metadata"]["uid"] },
            "spec": { "replicas": live["spec"]["replicas"] },
        });
        // Not by force: if somebody scales it at this very moment, it is theirs.
        let parameters = PatchParams::apply(REPLICAS_MANAGER);
        let request = path(kind, namespace).patch(name, &parameters, &Patch::Apply(body))?;
        self.write(Verb::Patch, kind.plural(), request).await?;
        self.metrics.wrote(kind.as_str(), "keep");
        Ok(())
    }

    /// Merge patch: changes the members in `body` and no others.
    pub async fn merge(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let answer = self.merge_at(&path(kind, namespace), kind.plural(), name, body).await?;
        self.metrics.wrote(kind.as_str(), "merge");
        Ok(answer)
    }

    /// Merge patch of a `TodoChat` itself.
    pub async fn merge_object(
        &self,
        namespace: &str,
        name: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let path = Path::new(TodoChat::url_path(&(), Some(namespace)));
        self.merge_at(&path, "todochats", name, body).await
    }

    async fn merge_at(
        &self,
        path: &Path,
        plural: &str,
        name: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let parameters =
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let request = path.patch(name, &parameters, &Patch::Merge(body))?;
        self.write(Verb::Patch, plural, request).await
    }

    /// Deletes precisely this object; what it owns goes in the background. It is no error if it has gone already.
    pub async fn delete(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        precisely: Precisely<'_>,
    ) -> Result<(), ApiError> {
        let preconditions = Preconditions {
            uid: Some(precisely.uid.to_owned()),
            resource_version: precisely.resource_version.map(str::to_owned),
        };
        let parameters = DeleteParams::background().preconditions(preconditions);
        let request = path(kind, namespace).delete(name, &parameters)?;
        match self.write(Verb::Delete, kind.plural(), request).await {
            Ok(_) => self.metrics.wrote(kind.as_str(), "delete"),
            Err(ApiError::Missing) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn path(kind: Kind, namespace: &str) -> Path {
    Path::new(DynamicObject::url_path(&kind.resource(), Some(namespace)))
}

impl From<InvalidRequest> for ApiError {
    /// A name that cannot stand in a URL names nothing that could be there.
    fn from(error: InvalidRequest) -> Self {
        Self::Refused { by: Denial::Invalid, message: error.to_string() }
    }
}
