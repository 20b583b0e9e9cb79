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
mod calls;
mod metrics;

use std::{sync::Arc, time::Duration};

use http::{Request, header::RETRY_AFTER};
use kube::{Client, client::Body};
use serde_json::Value;
use tokio::time::Instant;

use self::budget::Budget;
pub use self::{calls::Precisely, metrics::WriteMetrics};
use crate::{
    api_error::{Answer, ApiError},
    leading::Fence,
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

#[cfg(test)]
mod tests;
