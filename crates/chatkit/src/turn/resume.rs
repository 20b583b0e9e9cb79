//! A reader that comes back to a turn, or asks for one a second time.
//!
//! ```text
//! runs here       ─▶ its own task lets the reader in (live.rs): all it missed, or the state
//! runs elsewhere  ─▶ follow: what is kept of it, again whenever that changes
//! has ended       ─▶ what there is of it, at once
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tracing::Instrument as _;

use super::manners;
use crate::protocol::{ErrorCode, ErrorEvent, Thread, ThreadItem, ThreadStreamEvent as Event};
use crate::server::Inner;
use crate::store::{chain, interruption};
use crate::stream::{self, Outlet};
use crate::{Error, EventStream, KeptTurn, Responder, Store, StoreError, TurnState};

/// How often a turn on another server is looked at when nothing is heard of it.
const LOOK: Duration = Duration::from_secs(1);

/// A reader that comes back: `after` is the number of the last event it has seen.
pub(crate) async fn rejoin<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    context: S::Context,
    turn_id: &str,
    after: Option<u64>,
) -> Result<EventStream, Error> {
    // Whose it is comes first, wherever it runs.
    let kept = server.store.load_turn(&context, turn_id).await?;
    join(server, context, kept, after, Vec::new()).await
}

/// A client that sends its request again: the turn from its beginning.
pub(crate) async fn repeat<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    context: S::Context,
    turn_id: &str,
) -> Result<EventStream, Error> {
    let kept = server.store.load_turn(&context, turn_id).await?;
    let thread = || Thread::from(kept.thread.clone());
    let created = kept.is_new.then(|| Event::ThreadCreated { thread: thread() });
    let beginning = created.into_iter().collect();
    join(server, context, kept, Some(0), beginning).await
}

async fn join<S: Store, R: Responder<S::Context>>(
    server: &Arc<Inner<S, R>>,
    context: S::Context,
    kept: KeptTurn,
    after: Option<u64>,
    mut before: Vec<Event>,
) -> Result<EventStream, Error> {
    let stream_options = server.responder.stream_options(&kept.thread, &context);
    if let Some(attached) = server.live.attach(&kept.turn_id, after).await {
        if attached.exact {
            return Ok(attached.events);
        }
        // Read once more: what was done before the reader was let in is kept by now.
        let mut kept = server.store.load_turn(&context, &kept.turn_id).await?;
        kept.items.retain(|item| !attached.open.iter().any(|id| id == item.id()));
        before.extend(user_items(&kept));
        before.push(Event::StreamOptions { stream_options });
        before.extend(answer(&kept));
        return Ok(attached.events.preceded_by(before));
    }
    // It may have ended while the door was looked for.
    let kept = server.store.load_turn(&context, &kept.turn_id).await?;
    before.extend(user_items(&kept));
    if kept.state != TurnState::Running {
        before.extend(answer(&kept));
        before.extend(last_word(&kept).map(Event::Error));
        return Ok(stream::told(&kept.turn_id, before));
    }
    before.push(Event::StreamOptions { stream_options });
    let (mut outlet, events) = stream::remote(&kept.turn_id, manners(&server.options));
    for event in before {
        outlet.push(event);
    }
    let following = Following { server: Arc::clone(server), context, outlet, told: Vec::new() };
    server.options.tracker.spawn(following.run(kept).in_current_span());
    Ok(events)
}

fn user_items(kept: &KeptTurn) -> impl Iterator<Item = Event> {
    let items = kept.items.iter().filter(|item| is_users(item));
    items.cloned().map(Event::done)
}

fn answer(kept: &KeptTurn) -> impl Iterator<Item = Event> {
    let items = kept.items.iter().filter(|item| !is_users(item));
    items.cloned().map(Event::done)
}

fn is_users(item: &ThreadItem) -> bool {
    matches!(item, ThreadItem::UserMessage(_))
}

/// The error that a turn ended with.
fn last_word(kept: &KeptTurn) -> Option<ErrorEvent> {
    match kept.state {
        TurnState::Failed | TurnState::Interrupted => {
            Some(kept.error.clone().unwrap_or_else(interruption))
        }
        TurnState::Running | TurnState::Done | TurnState::Cancelled => None,
    }
}

/// A reader of a turn that another server runs.
struct Following<S: Store, R> {
    server: Arc<Inner<S, R>>,
    context: S::Context,
    outlet: Outlet,
    told: Vec<ThreadItem>,
}

impl<S: Store, R: Responder<S::Context>> Following<S, R> {
    async fn run(mut self, mut kept: KeptTurn) {
        let presence = self.outlet.presence();
        let hard_stop = self.server.options.hard_stop.clone();
        while kept.state == TurnState::Running {
            self.tell_changes(&kept);
            self.outlet.flush().await;
            let next = self.next(&kept);
            let looked = tokio::select! {
                biased;
                () = presence.nobody() => return,
                () = hard_stop.cancelled() => Err(interruption()),
                looked = next => looked,
            };
            match looked {
                Ok(next) => kept = next,
                Err(error) => {
                    self.outlet.push(Event::Error(error));
                    return self.outlet.finish().await;
                }
            }
        }
        self.tell_end(&kept);
        self.outlet.finish().await;
    }

    /// Waits for something new, and says meanwhile that somebody reads.
    async fn next(&self, kept: &KeptTurn) -> Result<KeptTurn, ErrorEvent> {
        let store = &self.server.store;
        let changed = store.turn_changed(&self.context, &kept.thread.id);
        // However often it changes, and whether it does.
        let _ = timeout(LOOK, changed).await;
        if let Err(error) = store.watch_turn(&self.context, &kept.turn_id).await {
            tracing::debug!(error = %chain(&error), "A reader could not be announced");
        }
        store.load_turn(&self.context, &kept.turn_id).await.map_err(|error| gone(&error))
    }

    fn tell_changes(&mut self, kept: &KeptTurn) {
        for item in kept.items.iter().filter(|item| !is_users(item)) {
            let event = match self.told.iter().find(|told| told.id() == item.id()) {
                Some(told) if told == item => continue,
                Some(_) => Event::ThreadItemReplaced { item: item.clone() },
                None => Event::added(item.clone()),
            };
            self.outlet.push(event);
        }
        self.tell_removed(kept);
        self.told.clone_from(&kept.items);
    }

    fn tell_removed(&mut self, kept: &KeptTurn) {
        let is_there = |id: &str| kept.items.iter().any(|item| item.id() == id);
        for gone in self.told.iter().filter(|told| !is_there(told.id())) {
            self.outlet.push(Event::ThreadItemRemoved { item_id: gone.id().to_owned() });
        }
    }

    fn tell_end(&mut self, kept: &KeptTurn) {
        self.tell_removed(kept);
        answer(kept).for_each(|event| self.outlet.push(event));
        if let Some(error) = last_word(kept) {
            self.outlet.push(Event::Error(error));
        }
    }
}

fn gone(error: &StoreError) -> ErrorEvent {
    if matches!(error, StoreError::NotFound) {
        let message = Some("This conversation no longer exists.".to_owned());
        return ErrorEvent { code: ErrorCode::Custom, message, allow_retry: false };
    }
    tracing::warn!(error = %chain(error), "A turn on another server could not be followed");
    interruption()
}
