//! Widgets, at once or state by state.

use futures_util::{Stream, StreamExt as _, pin_mut};

use super::Reply;
use crate::IdKind;
use crate::protocol::{ThreadStreamEvent, WidgetItem, WidgetRoot};
use crate::widget::diff;

/// A widget that changes while it is shown. It begins with its first state; one without any is
/// never seen.
#[derive(Debug)]
#[must_use = "a widget is kept when it is `done`"]
pub struct WidgetWriter {
    reply: Reply,
    copy_text: Option<String>,
    item: Option<WidgetItem>,
}

impl Reply {
    /// A widget as it stays, and what the copy button copies.
    pub async fn widget(&self, root: impl Into<WidgetRoot>, copy_text: Option<String>) {
        let root = root.into();
        self.write(|| ThreadStreamEvent::done(self.widget_item(root, copy_text).into())).await;
    }

    /// A widget to show state by state.
    pub fn changing_widget(&self) -> WidgetWriter {
        WidgetWriter { reply: self.clone(), copy_text: None, item: None }
    }

    /// A widget whose states come one after the other. The last one is kept.
    pub async fn stream_widget(
        &self,
        roots: impl Stream<Item = WidgetRoot>,
        copy_text: Option<String>,
    ) {
        let mut widget = WidgetWriter { copy_text, ..self.changing_widget() };
        pin_mut!(roots);
        while let Some(root) = roots.next().await {
            widget.show(root).await;
        }
        widget.done().await;
    }

    fn widget_item(&self, widget: WidgetRoot, copy_text: Option<String>) -> WidgetItem {
        WidgetItem {
            id: self.new_id(IdKind::Message),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
            widget,
            copy_text,
        }
    }
}

impl WidgetWriter {
    /// Says what the copy button copies; until the first state has been shown.
    pub fn with_copy_text(self, copy_text: impl Into<String>) -> Self {
        Self { copy_text: Some(copy_text.into()), ..self }
    }

    /// The widget as it is now. Only what has changed is sent: what texts have gained, or all of it.
    pub async fn show(&mut self, root: impl Into<WidgetRoot>) {
        let root = root.into();
        let Some(item) = &mut self.item else {
            let begin = || {
                let item = self.reply.widget_item(root, self.copy_text.take());
                ThreadStreamEvent::added(self.item.insert(item).clone().into())
            };
            return self.reply.write(begin).await;
        };
        let updates = diff(&item.widget, &root);
        item.widget = root;
        for update in updates {
            self.reply.write(|| ThreadStreamEvent::updated(&item.id, update)).await;
        }
    }

    /// The widget stays as it was shown last.
    pub async fn done(self) {
        if let Some(item) = self.item {
            self.reply.write(|| ThreadStreamEvent::done(item.into())).await;
        }
    }
}
