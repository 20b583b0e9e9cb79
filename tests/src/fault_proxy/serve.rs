//! One connection after another, one call after another.

use std::{convert::Infallible, error, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    Call, Fault, Flow, Moment, Note, Refusal, Shared, Verb,
    fault::{Action, Decision, Hold},
};

/// The connection breaks: whoever asked learns nothing more.
#[derive(Debug)]
pub(super) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is to break")
    }
}

impl error::Error for Broken {}

type Answer = Response<UnsyncBoxBody<Bytes, Broken>>;

/// Serves until it is aborted; its connections end with it.
pub(super) async fn accept(socket: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = socket.accept() => accepted.expect("a test machine has descriptors left"),
            Some(_) = connections.join_next() => continue,
        };
        _ = stream.set_nodelay(true);
        let shared = shared.clone();
        let service = service_fn(move |request| handle(shared.clone(), request));
        let mut server = http1::Builder::new();
        let connection =
            server.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move { _ = connection.await });
    }
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Answer, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let call = Call::read(&parts.method, &parts.uri, &parts.headers);
    let mut action = None;
    let (place, note) = shared.journal.arrived(call, |note| {
        action = shared.plan().for_call(note);
        action.is_some()
    });
    let passing =
        Passing { shared: shared.clone(), note, request: Request::from_parts(parts, body) };
    let answer = match action {
        None => passing.forward(Flow::Open).await,
        Some(Action::Fault(fault)) => passing.fail(fault).await,
        Some(Action::Hold(hold)) => passing.hold(hold).await,
    }?;
    shared.journal.answered(place, answer.status().as_u16());
    Ok(answer)
}

/// A call on its way.
struct Passing {
    shared: Arc<Shared>,
    note: Note,
    request: Request<Bytes>,
}

impl Passing {
    async fn fail(self, fault: Fault) -> Result<Answer, Broken> {
        match fault {
            Fault::Refuse(refusal) => Ok(refuse(refusal, &self.note.call)),
            Fault::Reset => Err(Broken),
            Fault::ApplyAndReset => {
                self.forward(Flow::Open).await?;
                Err(Broken)
            }
            Fault::ApplyAndSilence => {
                self.forward(Flow::Open).await?;
                std::future::pending().await
            }
            Fault::Delay(time) => {
                tokio::time::sleep(time).await;
                self.forward(Flow::Open).await
            }
            Fault::WatchExpired => Ok(expired(&self.note.call)),
            Fault::WatchSilent => self.forward(Flow::Silent).await,
        }
    }

    async fn hold(self, hold: Hold) -> Result<Answer, Broken> {
        let note = self.note.clone();
        match hold.moment {
            Moment::Before => match hold.wait(note).await {
                Decision::GoOn => self.forward(Flow::Open).await,
                Decision::Lose => Err(Broken),
            },
            Moment::After => {
                let answer = self.forward(Flow::Open).await?;
                match hold.wait(note).await {
                    Decision::GoOn => Ok(answer),
                    Decision::Lose => Err(Broken),
                }
            }
        }
    }

    /// In a task of its own: what has been sent is applied, even if whoever asked is killed meanwhile.
    async fn forward(self, flow: Flow) -> Result<Answer, Broken> {
        tokio::spawn(self.send(flow)).await.expect("it does not panic")
    }

    async fn send(self, flow: Flow) -> Result<Answer, Broken> {
        let Self { shared, note, request } = self;
        let (mut parts, body) = request.into_parts();
        let bearer = parts.headers.contains_key(header::AUTHORIZATION);
        let client = if bearer { &shared.bearer } else { &shared.admin };
        keep_end_to_end(&mut parts.headers);
        let answer = client.send(Request::from_parts(parts, Body::from(body.to_vec()))).await;
        // The API server is away: the caller sees what it would have seen.
        let (mut parts, body) = answer.map_err(|_| Broken)?.into_parts();
        keep_end_to_end(&mut parts.headers);
        if note.call.verb == Verb::Watch && parts.status == StatusCode::OK {
            let body = StreamBody::new(shared.watches.follow(note.call, flow, body));
            return Ok(Response::from_parts(parts, body.boxed_unsync()));
        }
        let body = body.collect_bytes().await.map_err(|_| Broken)?;
        Ok(Response::from_parts(parts, whole(body)))
    }
}

/// Leaves out what belongs to one connection.
fn keep_end_to_end(headers: &mut HeaderMap) {
    for name in
        [header::CONNECTION, header::HOST, header::TRANSFER_ENCODING, header::CONTENT_LENGTH]
    {
        headers.remove(name);
    }
}

fn refuse(refusal: Refusal, call: &Call) -> Answer {
    let mut answer = json_answer(refusal.code(), &refusal.body(call));
    if let Refusal::TooManyRequests { retry_after } = refusal {
        answer.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
    }
    answer
}

/// A watch whose first word is its last.
fn expired(call: &Call) -> Answer {
    let event = json!({"type": "ERROR", "object": Refusal::Gone.body(call)});
    json_answer(StatusCode::OK, &event)
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(whole(format!("{body}\n").into()));
    *answer.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

fn whole(body: Bytes) -> UnsyncBoxBody<Bytes, Broken> {
    Full::new(body).map_err(|never: Infallible| match never {}).boxed_unsync()
}
