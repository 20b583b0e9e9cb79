//! What is done with each event of a responder.
//!
//! What changes the store is held until the responder has no more to say at once; then all of it is
//! one commit, and only after that is it told. So the end of an answer, its title and the end of its
//! turn cost one commit together.

use tracing::Instrument as _;

use super::Running;
use super::end::Ending;
use crate::protocol::{
    Thread, ThreadItem, ThreadItemUpdate, ThreadMetadata, ThreadStreamEvent as Event,
};
use crate::store::chain;
use crate::{Change, Responder, Store, StoreError};

/// What is to be kept next, and told after that, in this order.
#[derive(Default)]
pub(super) struct Held(Vec<Holding>);

enum Holding {
    /// An event of an item that is to be kept; told unless the item is hidden.
    Item { event: Event, visible: bool },
    /// The conversation is to be kept.
    Thread(ThreadMetadata),
    /// Something that only must not be told before the rest.
    Told(Event),
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        self.0.iter().filter_map(|holding| match holding {
            Holding::Item { event, .. } => change(event),
            Holding::Thread(thread) => Some(Change::Thread(thread)),
            Holding::Told(_) => None,
        })
    }

    /// What is told once all is kept.
    pub(super) fn release(&mut self) -> impl Iterator<Item = Event> + use<> {
        std::mem::take(&mut self.0).into_iter().filter_map(|holding| match holding {
            Holding::Item { event, visible } => visible.then_some(event),
            Holding::Thread(thread) => Some(Event::ThreadUpdated { thread: Thread::from(thread) }),
            Holding::Told(event) => Some(event),
        })
    }
}

/// What an event of an item changes in the store.
pub(super) fn change(event: &Event) -> Option<Change<'_>> {
    match event {
        Event::ThreadItemDone { item } => Some(Change::Add(item)),
        Event::ThreadItemReplaced { item } => Some(Change::Save(item)),
        Event::ThreadItemRemoved { item_id } => Some(Change::Delete(item_id)),
        _ => None,
    }
}

impl<S: Store, R: Responder<S::Context>> Running<S, R> {
    /// One event of the responder: kept before it is passed on, and passed on only if the client
    /// may see it.
    pub(super) fn handle(&mut self, event: Event) {
        match &event {
            Event::ThreadItemUpdated { item_id, update } => {
                self.pending.apply(item_id, update);
                if !self.is_hidden(item_id) {
                    self.aside.checkpoints.note(size(update));
                    self.tell(event);
                }
            }
            Event::ThreadItemAdded { item } => {
                self.pending.add(item);
                if self.note(item) {
                    self.aside.checkpoints.note(0);
                    self.tell(event);
                }
            }
            Event::ThreadItemDone { item } | Event::ThreadItemReplaced { item } => {
                self.pending.remove(item.id());
                let visible = self.note(item);
                self.held.0.push(Holding::Item { event, visible });
            }
            Event::ThreadItemRemoved { item_id } => {
                self.pending.remove(item_id);
                let visible = !self.is_hidden(item_id);
                self.held.0.push(Holding::Item { event, visible });
            }
            Event::ThreadUpdated { thread } => self.thread_changed(thread.thread.clone()),
            _ => self.tell(event),
        }
    }

    fn thread_changed(&mut self, thread: ThreadMetadata) {
        if thread == self.thread {
            return self.tell(Event::ThreadUpdated { thread: Thread::from(thread) });
        }
        self.thread = thread.clone();
        self.held.0.push(Holding::Thread(thread));
    }

    /// Tells the reader, after what is held.
    fn tell(&mut self, event: Event) {
        if self.held.is_empty() {
            self.outlet.push(event);
        } else {
            self.held.0.push(Holding::Told(event));
        }
    }

    /// Keeps what is held, and tells it.
    pub(super) async fn keep_held(&mut self) -> Result<(), Ending> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.outlet.try_flush();
        // An older state must not come after this one. If it failed, so will this, or it does not matter.
        let _ = self.aside.checkpoints.settle().await;
        let changes: Vec<_> = self.held.changes().collect();
        // Boxed, as all that the store is asked: a turn's task is kept small while it waits for words.
        let kept = Box::pin(self.store().keep(&self.context, &self.lease, &changes));
        if let Err(error) = kept.await {
            self.held = Held::default();
            return Err(Ending::lost(&error));
        }
        if self.pending.is_empty() {
            self.aside.checkpoints.clear();
        }
        self.held.release().for_each(|event| self.outlet.push(event));
        Ok(())
    }

    /// Begins to keep what is not done yet, beside everything else.
    pub(super) fn checkpoint(&mut self) {
        let items: Vec<ThreadItem> = self.pending.worth_showing();
        if items.is_empty() {
            return self.aside.checkpoints.clear();
        }
        for item in &items {
            if !self.checkpointed.iter().any(|id| id == item.id()) {
                self.checkpointed.push(item.id().to_owned());
            }
        }
        let (server, context) = (self.server.clone(), self.context.clone());
        let lease = self.lease.clone();
        let writing = async move {
            let changes: Vec<_> = items.iter().map(Change::Checkpoint).collect();
            server.store.keep(&context, &lease, &changes).await
        };
        let writing = self.server.options.tracker.spawn(writing.in_current_span());
        self.aside.checkpoints.begin(writing);
    }

    /// The next one may go better, unless there is nowhere to write to.
    pub(super) fn checkpoint_failed(&mut self, error: &StoreError) -> Result<(), Ending> {
        if matches!(error, StoreError::NotFound | StoreError::Lost) {
            return Err(Ending::lost(error));
        }
        tracing::warn!(error = %chain(error), "What there is of an answer could not be kept yet");
        self.aside.checkpoints.note(0);
        Ok(())
    }

    /// Remembers an item that must not be seen; says whether it may be.
    fn note(&mut self, item: &ThreadItem) -> bool {
        if item.is_hidden() && !self.is_hidden(item.id()) {
            self.hidden.push(item.id().to_owned());
        }
        !item.is_hidden()
    }

    fn is_hidden(&self, item_id: &str) -> bool {
        !self.hidden.is_empty() && self.hidden.iter().any(|hidden| hidden == item_id)
    }
}

/// How much is new, as far as it is worth counting.
fn size(update: &ThreadItemUpdate) -> usize {
    match update {
        ThreadItemUpdate::TextDelta { delta, .. }
        | ThreadItemUpdate::WidgetTextDelta { delta, .. } => delta.len(),
        _ => 0,
    }
}
