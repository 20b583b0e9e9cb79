//! What is done with each event of a responder.

use super::Running;
use crate::protocol::{Thread, ThreadItem, ThreadMetadata, ThreadStreamEvent as Event};
use crate::{Responder, Store, StoreError};

impl<S: Store, R: Responder<S::Context>> Running<S, R> {
    /// One event of the responder: kept before it is passed on, and passed on only if the client
    /// may see it.
    pub(super) async fn handle(&mut self, event: Event) -> Result<(), StoreError> {
        let visible = match &event {
            Event::ThreadItemUpdated { item_id, update } => {
                self.pending.apply(item_id, update);
                !self.is_hidden(item_id)
            }
            Event::ThreadItemAdded { item } => {
                self.pending.add(item);
                self.note(item)
            }
            Event::ThreadItemDone { item } => {
                self.outlet.try_flush();
                self.store().add_item(&self.context, &self.thread.id, item).await?;
                self.pending.remove(item.id());
                self.note(item)
            }
            Event::ThreadItemReplaced { item } => {
                self.outlet.try_flush();
                self.store().save_item(&self.context, &self.thread.id, item).await?;
                self.pending.remove(item.id());
                self.note(item)
            }
            Event::ThreadItemRemoved { item_id } => {
                self.outlet.try_flush();
                self.store().delete_item(&self.context, &self.thread.id, item_id).await?;
                self.pending.remove(item_id);
                !self.is_hidden(item_id)
            }
            Event::ThreadUpdated { thread } => {
                self.outlet.try_flush();
                return self.thread_changed(thread.thread.clone()).await;
            }
            _ => true,
        };
        if visible {
            self.outlet.push(event);
        }
        Ok(())
    }

    async fn thread_changed(&mut self, thread: ThreadMetadata) -> Result<(), StoreError> {
        if thread != self.thread {
            self.store().save_thread(&self.context, &thread).await?;
            self.thread = thread.clone();
        }
        self.outlet.push(Event::ThreadUpdated { thread: Thread::from(thread) });
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
