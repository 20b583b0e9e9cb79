//! What is said beside the conversation's items.

use serde_json::Value;

use super::Reply;
use crate::protocol::{
    ClientEffectEvent, NoticeEvent, NoticeLevel, ProgressUpdateEvent, StreamOptions,
    ThreadMetadata, ThreadStatus, ThreadStreamEvent,
};

impl Reply {
    /// What goes on, until the next message, widget or progress: words, with an icon's name if need
    /// be. It is not kept.
    pub async fn progress(&self, progress: impl Into<ProgressUpdateEvent>) {
        self.send(ThreadStreamEvent::ProgressUpdate(progress.into())).await;
    }

    /// A message beside the conversation, in markdown. It is not kept.
    pub async fn notice(&self, level: NoticeLevel, message: impl Into<String>) {
        let notice = NoticeEvent { level, message: message.into(), title: None };
        self.send(ThreadStreamEvent::Notice(notice)).await;
    }

    /// A message beside the conversation with a heading. It is not kept.
    pub async fn notice_titled(
        &self,
        level: NoticeLevel,
        title: impl Into<String>,
        message: impl Into<String>,
    ) {
        let notice = NoticeEvent { level, message: message.into(), title: Some(title.into()) };
        self.send(ThreadStreamEvent::Notice(notice)).await;
    }

    /// Something for the page around the panel to act on: a name, and what it needs to know, such
    /// as `[("ids", json!([1, 2]))]` or an [`Object`](crate::protocol::Object).
    pub async fn client_effect<K: Into<String>>(
        &self,
        name: impl Into<String>,
        data: impl IntoIterator<Item = (K, Value)>,
    ) {
        let data = data.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let effect = ClientEffectEvent { name: name.into(), data };
        self.send(ThreadStreamEvent::ClientEffect(effect)).await;
    }

    /// Says anew whether the client shows a stop button.
    pub async fn allow_cancel(&self, allow_cancel: bool) {
        let stream_options = StreamOptions { allow_cancel };
        self.send(ThreadStreamEvent::StreamOptions { stream_options }).await;
    }

    /// What the history calls the conversation.
    pub async fn set_title(&self, title: impl Into<String>) {
        let title = title.into();
        self.change_thread(|thread| thread.title = Some(title)).await;
    }

    /// Whether the conversation takes messages.
    pub async fn set_status(&self, status: ThreadStatus) {
        self.change_thread(|thread| thread.status = status).await;
    }

    /// Changes the conversation: its title, status, image domains or metadata. It is kept, and the
    /// client is told.
    pub async fn change_thread(&self, change: impl FnOnce(&mut ThreadMetadata)) {
        let event = || {
            let mut thread = self.lock_thread();
            change(&mut thread);
            ThreadStreamEvent::ThreadUpdated { thread: thread.clone().into() }
        };
        self.write(event).await;
    }
}
