//! The way of every read and write to the API server, the watches and the Lease excepted.
//!
//! ```text
//! get ─────────────────────────────────────┐
//! apply, merge, delete ─▶ budget ─▶ fence ─┴▶ one request, 15 s ─▶ counted ─▶ JSON, or an ApiError
//! ```
//!
//! Nothing is tried again here: whoever asked is put back into the queue, and looks anew. Requests are sent raw, because the
//! client's own way drops the header Retry-After and logs bodies that it cannot read, and bodies may be Secrets.

mod budget;
mod metrics;

use std::{sync::Arc, time::Duration};

use http::{Request, header::RETRY_AFTER};
use kube::{
    Client,
    api::{DeleteParams, DynamicObject, GetParams, Patch, PatchParams, PostParams, Preconditions},
    client::Body,
    core::{Request as Path, Resource as _},
};
use serde_json::Value;
use tokio::time::Instant;

use self::budget::Budget;
pub use self::metrics::WriteMetrics;
use crate::{
    api_error::{Answer, ApiError, Denial},
    crd::TodoChat,
    kinds::Kind,
    leading::Fence,
    names::FIELD_MANAGER,
};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The way to the API server. Clones share its budget.
#[derive(Clone)]
pub struct Writer {
    client: Client,
    budget: Arc<Budget>,
    fence: Fence,
    metrics: WriteMetrics,
}

/// A verb, as it stands in RBAC and in metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads one object.
    Get,
    /// Changes one, or makes it.
    Patch,
    /// Makes one.
    Create,
    /// Deletes one.
    Delete,
}

impl Verb {
    /// As it stands in RBAC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Patch => "patch",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }
}

/// A certain object: it has this uid and, if that matters, this version.
#[derive(Clone, Copy, Debug)]
pub struct Precisely<'a> {
    /// Its uid.
    pub uid: &'a str,
    /// Its version.
    pub resource_version: Option<&'a str>,
}

impl Writer {
    /// Writes with `client`, which must not retry by itself, at most `per_second` times a second on average (0: no limit), and
    /// only while `fence` is open.
    pub fn new(client: Client, per_second: u32, fence: Fence, metrics: WriteMetrics) -> Self {
        Self { client, budget: Arc::new(Budget::new(per_second)), fence, metrics }
    }

    /// How many writes could go at once; `None` if there is no limit.
    pub fn budget_remaining(&self) -> Option<u32> {
        self.budget.remaining()
    }

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
        self.read(kind, request.map_err(unsendable)?).await
    }

    /// The metadata of the object, if it is there.
    pub async fn get_metadata(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, ApiError> {
        let request = path(kind, namespace).get_metadata(name, &GetParams::default());
        self.read(kind, request.map_err(unsendable)?).await
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
        let request = path(kind, namespace).create(&parameters, body).map_err(unsendable)?;
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
        let answer = self.write(Verb::Patch, kind.plural(), request.map_err(unsendable)?).await?;
        self.metrics.wrote(kind.as_str(), "apply");
        Ok(answer)
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
        let request = path.patch(name, &parameters, &Patch::Merge(body)).map_err(unsendable)?;
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
        let request = path(kind, namespace).delete(name, &parameters).map_err(unsendable)?;
        match self.write(Verb::Delete, kind.plural(), request).await {
            Ok(_) => self.metrics.wrote(kind.as_str(), "delete"),
            Err(ApiError::Missing) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Sends any other write, e.g. of a status, within the budget and while the fence is open.
    pub async fn write(
        &self,
        verb: Verb,
        kind: &str,
        request: Request<Vec<u8>>,
    ) -> Result<Value, ApiError> {
        let waited = self.budget.take().await;
        self.metrics.waited(waited);
        if !self.fence.is_open() {
            return Err(ApiError::NotLeading);
        }
        let answer = self.send(verb, kind, request).await;
        if let Err(ApiError::Throttled { after }) = &answer {
            self.budget.pause(*after);
        }
        answer
    }

    /// Sends any request, at once.
    pub async fn send(
        &self,
        verb: Verb,
        kind: &str,
        request: Request<Vec<u8>>,
    ) -> Result<Value, ApiError> {
        let began = Instant::now();
        let answer = tokio::time::timeout(TIMEOUT, self.exchange(request)).await;
        let took = began.elapsed();
        let count = |code: &str| self.metrics.answered(verb.as_str(), kind, code, took);
        let (code, retry_after, status) = match answer {
            Err(_) => {
                count("timeout");
                return Err(ApiError::TimedOut);
            }
            Ok(Err(error)) => {
                count("unreachable");
                return Err(ApiError::Unreachable(Box::new(error)));
            }
            Ok(Ok(answer)) => answer,
        };
        count(code.as_str());
        match status {
            Some(object) if code.is_success() => Ok(object),
            None if code.is_success() => Err(ApiError::Garbled),
            status => {
                let status = &status.unwrap_or(Value::Null);
                let verb = verb.as_str();
                let code = code.as_u16();
                Err(Answer { verb, kind, code, retry_after, status }.into())
            }
        }
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> kube::Result<Exchanged> {
        let response = self.client.send(request.map(Body::from)).await?;
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let code = response.status();
        let body = response.into_body().collect_bytes().await?;
        Ok((code, retry_after.map(Duration::from_secs), serde_json::from_slice(&body).ok()))
    }
}

/// The code, the pause that was asked for, and the body if it is JSON.
type Exchanged = (http::StatusCode, Option<Duration>, Option<Value>);

fn path(kind: Kind, namespace: &str) -> Path {
    Path::new(DynamicObject::url_path(&kind.resource(), Some(namespace)))
}

/// A name that cannot stand in a URL names nothing that could be there.
fn unsendable(error: kube::core::request::Error) -> ApiError {
    ApiError::Refused { by: Denial::Invalid, message: error.to_string() }
}
