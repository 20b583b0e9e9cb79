//! Asking a model over HTTP, and asking again where that may help.
//!
//! There is no read timeout: the agent watches for silence itself, for every kind of model alike.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT,
};
use tokio::time::{Instant, sleep, timeout};

use super::{
    body::Body,
    connection::Server,
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
    pub(super) http: Http,
    /// Where it is asked.
    pub(super) url: Arc<str>,
    pub(super) key: Key,
    /// Azure knows keys by a header of its own.
    pub(super) azure: bool,
    pub(super) observe: Observe,
}

/// What carries the requests.
#[derive(Clone)]
pub(super) enum Http {
    /// With TLS, and whatever version of HTTP the server has.
    Reqwest(reqwest::Client),
    /// Without.
    Plain(Server),
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
    /// Asks, and asks again where that may help.
    pub(super) async fn ask(&self, body: Bytes) -> Result<Body, Failure> {
        let key = self.key.read().await.map_err(|e| Failure::key(&e))?;
        let request = self.request(body, key.as_deref())?;
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(request.clone()).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let wait = retry::wait(attempt, failure.retry_after, rand::random());
            match wait.filter(|_| failure.passing) {
                Some(wait) => sleep(wait).await,
                None => return Err(failure),
            }
            attempt += 1;
        }
    }

    fn request(&self, body: Bytes, key: Option<&str>) -> Result<Request<Bytes>, Failure> {
        let mut request = Request::post(&*self.url)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| Failure::unreachable(&error, false))?;
        self.authorize(request.headers_mut(), key).map_err(|error| Failure::key(&error))?;
        Ok(request)
    }

    async fn attempt(&self, request: Request<Bytes>) -> Result<Body, Failure> {
        let mut observed =
            Observed { observe: &self.observe, started: Instant::now(), status: None };
        let answer = self.http.ask(request).await;
        observed.status = answer.as_ref().ok().map(|answer| answer.status.as_u16());
        drop(observed);
        match answer {
            Ok(answer) if answer.status.is_success() => Ok(answer.body),
            Ok(answer) => Err(Failure::refused(answer).await),
            Err(failure) => Err(failure),
        }
    }

    fn authorize(&self, headers: &mut HeaderMap, key: Option<&str>) -> Result<(), KeyError> {
        if let Some(key) = key {
            headers.insert(AUTHORIZATION, secret(&format!("Bearer {key}"))?);
            if self.azure {
                headers.insert(API_KEY, secret(key)?);
            }
        }
        Ok(())
    }
}

/// An answer's head, as far as it matters, and its body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Http {
    async fn ask(&self, request: Request<Bytes>) -> Result<Answer, Failure> {
        match self {
            Self::Reqwest(client) => {
                let request = reqwest::Request::try_from(request);
                let request = request.map_err(Failure::of_reqwest)?;
                let mut response = client.execute(request).await.map_err(Failure::of_reqwest)?;
                let headers = std::mem::take(response.headers_mut());
                Ok(Answer { status: response.status(), headers, body: response.into() })
            }
            Self::Plain(server) => {
                let response = server.ask(as_sent(request)).await;
                let response = response.map_err(|error| Failure::unreachable(&error, true))?;
                let (head, body) = response.into_parts();
                Ok(Answer { status: head.status, headers: head.headers, body: body.into() })
            }
        }
    }
}

/// The request as it stands on the wire: with a path for its address, and the headers that reqwest sets.
fn as_sent(mut request: Request<Bytes>) -> Request<Bytes> {
    let host = request.uri().authority().and_then(|a| HeaderValue::from_str(a.as_str()).ok());
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Uri::from).unwrap_or_default();
    let headers = request.headers_mut();
    headers.extend(host.map(|host| (HOST, host)));
    headers.insert(USER_AGENT, HeaderValue::from_static(crate::outgoing::USER_AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    request
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
    async fn refused(answer: Answer) -> Self {
        let status = answer.status.as_u16();
        let retry_after = retry::asked(&answer.headers);
        let body = timeout(ERROR_BODY, answer.body.beginning()).await.unwrap_or_default();
        let refusal = Refusal::from_body(&body);
        let reason = refusal.reason();
        Self {
            passing: retry::is_passing(status, &reason),
            error: ModelError::Refused { status, reason },
            param: refusal.param().map(ToOwned::to_owned),
            retry_after,
        }
    }

    fn of_reqwest(error: reqwest::Error) -> Self {
        let passing = error.is_connect() || error.is_request() && !error.is_timeout();
        Self::unreachable(&error.without_url(), passing)
    }

    fn unreachable(error: &dyn Error, passing: bool) -> Self {
        let error = ModelError::Unreachable { reason: chain(error) };
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
