//! The HTTP under async-openai. The crate loses the status of many refusals, retries without
//! jitter for as long as a server asks, and reads bodies without bounds; here is what it should do.
//!
//! There is no read timeout: the agent watches for silence itself, for every kind of model alike.

use std::{error::Error, fmt, future::Future, sync::Arc, time::Duration};

use async_openai::{error::OpenAIError, middleware::HttpRequestFactory};
use reqwest::{
    Request, Response,
    header::{AUTHORIZATION, HeaderName},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use tower::service_fn;

use super::{
    body,
    key::{Key, KeyError, secret},
    refusal::Refusal,
    retry,
};
use crate::agent::model::ModelError;

/// One attempt to ask a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What came back; none when nothing did.
    pub status: Option<u16>,
    /// Until the headers.
    pub took: Duration,
}

/// Is told of every attempt.
pub type Observe = Arc<dyn Fn(Attempt) + Send + Sync>;

/// An error's body tells why; it is not worth waiting for.
const ERROR_BODY: Duration = Duration::from_secs(2);
const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// Asks one model. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transport {
    http: reqwest::Client,
    key: Key,
    /// Azure knows keys by a header of its own.
    azure: bool,
    observe: Observe,
}

/// Why a request brought no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: ModelError,
    /// The request's parameter that was not liked.
    pub(super) param: Option<String>,
    passing: bool,
    retry_after: Option<Duration>,
}

impl Transport {
    pub(super) fn new(http: reqwest::Client, key: Key, azure: bool, observe: Observe) -> Self {
        Self { http, key, azure, observe }
    }

    /// The service for one request; `keep_alive` is told of comments in its answer.
    pub(super) fn service(
        &self,
        keep_alive: Arc<Notify>,
    ) -> impl tower::Service<
        HttpRequestFactory,
        Response = Response,
        Error = OpenAIError,
        Future: Future<Output = Result<Response, OpenAIError>> + Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static {
        let transport = self.clone();
        service_fn(move |request: HttpRequestFactory| {
            let (transport, keep_alive) = (transport.clone(), Arc::clone(&keep_alive));
            async move {
                let response = transport.ask(request).await?;
                Ok(body::bounded(response, keep_alive))
            }
        })
    }

    /// Asks, and asks again where that may help.
    async fn ask(&self, request: HttpRequestFactory) -> Result<Response, OpenAIError> {
        let key = self.key.read().await.map_err(|e| Failure::key(&e))?;
        let mut attempt = 0;
        loop {
            let mut asked = request.build().await?;
            self.authorize(&mut asked, key.as_deref()).map_err(|e| Failure::key(&e))?;
            let failure = match self.attempt(asked).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let wait = retry::wait(attempt, failure.retry_after, rand::random());
            match wait.filter(|_| failure.passing) {
                Some(wait) => sleep(wait).await,
                None => return Err(failure.into()),
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, request: Request) -> Result<Response, Failure> {
        let mut observed =
            Observed { observe: &self.observe, started: Instant::now(), status: None };
        let answer = self.http.execute(request).await;
        observed.status = answer.as_ref().ok().map(|response| response.status().as_u16());
        drop(observed);
        match answer {
            Ok(response) if response.status().is_success() => Ok(response),
            Ok(response) => Err(Failure::refused(response).await),
            Err(error) => Err(Failure::unreachable(error)),
        }
    }

    fn authorize(&self, request: &mut Request, key: Option<&str>) -> Result<(), KeyError> {
        let headers = request.headers_mut();
        headers.remove(AUTHORIZATION);
        if let Some(key) = key {
            headers.insert(AUTHORIZATION, secret(&format!("Bearer {key}"))?);
            if self.azure {
                headers.insert(API_KEY, secret(key)?);
            }
        }
        Ok(())
    }
}

/// One attempt, told of when it is over: also when nobody waited for its end.
struct Observed<'a> {
    observe: &'a Observe,
    started: Instant,
    status: Option<u16>,
}

impl Drop for Observed<'_> {
    fn drop(&mut self) {
        (self.observe)(Attempt { status: self.status, took: self.started.elapsed() });
    }
}

impl Failure {
    async fn refused(response: Response) -> Self {
        let status = response.status().as_u16();
        let retry_after = retry::asked(response.headers());
        let body = timeout(ERROR_BODY, body::error(response)).await.unwrap_or_default();
        let refusal = Refusal::from_body(&body);
        let reason = refusal.reason();
        Self {
            passing: retry::is_passing(status, &reason),
            error: ModelError::Refused { status, reason },
            param: refusal.param().map(ToOwned::to_owned),
            retry_after,
        }
    }

    fn unreachable(error: reqwest::Error) -> Self {
        let passing = error.is_connect() || error.is_request() && !error.is_timeout();
        let error = ModelError::Unreachable { reason: chain(&error.without_url()) };
        Self { error, param: None, passing, retry_after: None }
    }

    fn key(error: &KeyError) -> Self {
        let error = ModelError::Unreachable { reason: chain(error) };
        Self { error, param: None, passing: false, retry_after: None }
    }
}

/// An error and its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Failure {}

impl From<Failure> for OpenAIError {
    fn from(failure: Failure) -> Self {
        Self::Boxed(Box::new(failure))
    }
}
