//! Answers that stay open, and may be cut, ended or silenced at any time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use kube::client::Body;
use tokio::sync::watch;

use super::{Call, serve::Broken};

/// How a watch goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Open,
    Silent,
    Ended,
    Cut,
}

/// The watches that are open.
#[derive(Default)]
pub(super) struct Watches {
    all: Mutex<Vec<(Call, watch::Sender<Flow>)>>,
}

impl Watches {
    /// What a watch says from now on.
    pub(super) fn follow(
        &self,
        call: Call,
        flow: Flow,
        body: Body,
    ) -> impl Stream<Item = Result<Frame<Bytes>, Broken>> + Send + use<> {
        let (sender, flow) = watch::channel(flow);
        self.all().push((call, sender));
        stream::unfold((body, flow), next)
    }

    pub(super) fn set(&self, which: impl Fn(&Call) -> bool, flow: Flow) {
        for (call, sender) in &*self.all() {
            if which(call) {
                sender.send_replace(flow);
            }
        }
    }

    pub(super) fn open(&self) -> Vec<Call> {
        self.all().iter().map(|(call, _)| call.clone()).collect()
    }

    /// Those that are still read by somebody.
    fn all(&self) -> MutexGuard<'_, Vec<(Call, watch::Sender<Flow>)>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, sender)| !sender.is_closed());
        all
    }
}

type Following = (Body, watch::Receiver<Flow>);

async fn next(
    (mut body, mut flow): Following,
) -> Option<(Result<Frame<Bytes>, Broken>, Following)> {
    loop {
        let now = *flow.borrow_and_update();
        match now {
            Flow::Cut => return Some((Err(Broken), (body, flow))),
            Flow::Ended => return None,
            Flow::Open | Flow::Silent => {}
        }
        let frame = tokio::select! {
            biased;
            Ok(()) = flow.changed() => continue,
            frame = body.frame() => frame,
        };
        match (frame, now) {
            (Some(Ok(_)), Flow::Silent) => {}
            (_, Flow::Silent) => _ = flow.changed().await, // it keeps its silence about its end too
            (Some(Ok(frame)), _) => return Some((Ok(frame), (body, flow))),
            (Some(Err(_)), _) => return Some((Err(Broken), (body, flow))),
            (None, _) => return None,
        }
    }
}
