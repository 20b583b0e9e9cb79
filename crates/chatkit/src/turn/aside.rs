//! What a running turn hears besides its responder.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;

use super::checkpoint::{Checkpoints, Due};
use super::end::Ending;
use super::live::{Knock, Seat};
use crate::server::Inner;
use crate::stream::Presence;
use crate::{OnDisconnect, Store};

/// Resolves when the turn is not to go on.
pub(super) type Watch = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// What a running turn hears besides its responder.
pub(super) struct Aside {
    watch: Watch,
    seat: Seat,
    pub(super) checkpoints: Checkpoints,
}

/// One thing of it.
pub(super) enum News {
    /// The turn is not to go on.
    End(Ending),
    /// A reader comes back.
    Knock(Knock),
    /// About what is not done yet.
    Checkpoint(Due),
}

impl Aside {
    pub(super) fn new(watch: Watch, seat: Seat) -> Self {
        Self { watch, seat, checkpoints: Checkpoints::new() }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<News> {
        if let Poll::Ready(ending) = self.watch.poll_unpin(context) {
            return Poll::Ready(News::End(ending));
        }
        if let Poll::Ready(Some(knock)) = self.seat.door.poll_recv(context) {
            return Poll::Ready(News::Knock(knock));
        }
        self.checkpoints.poll(context).map(News::Checkpoint)
    }
}

/// Resolves when the turn is not to go on: the server stops, the turn is another's, or nobody reads
/// and the policy says so.
pub(super) fn watch<S: Store, R: Send + Sync + 'static>(
    server: &Arc<Inner<S, R>>,
    context: &S::Context,
    seat: &Seat,
    presence: Presence,
) -> Watch {
    let hard_stop = server.options.hard_stop.clone();
    let lost = seat.lost.clone();
    let (server, context, lease) = (Arc::clone(server), context.clone(), seat.lease.clone());
    let abandoned = async move {
        loop {
            presence.nobody().await;
            match server.options.on_disconnect {
                OnDisconnect::Cancel => return,
                OnDisconnect::Continue => std::future::pending().await,
                OnDisconnect::Grace(time) if presence.anybody(time).await => {}
                // Somebody may read it on another server.
                OnDisconnect::Grace(_) => {
                    match Box::pin(server.store.is_watched(&context, &lease)).await {
                        Ok(true) => {}
                        Ok(false) | Err(_) => return,
                    }
                }
            }
        }
    };
    Box::pin(async move {
        tokio::select! {
            biased;
            () = hard_stop.cancelled_owned() => Ending::Stopped,
            () = lost.cancelled_owned() => Ending::Lost,
            () = abandoned => Ending::Cancelled,
        }
    })
}
