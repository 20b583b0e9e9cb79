//! A message, word by word.

use super::Reply;
use crate::IdKind;
use crate::protocol::{
    Annotation, AssistantMessageContent, AssistantMessageItem, ThreadItemUpdate, ThreadStreamEvent,
};

/// A message that is being written. It begins with its first words; one without any is never seen.
#[derive(Debug)]
#[must_use = "a message is kept when it is `done`"]
pub struct MessageWriter {
    reply: Reply,
    message: Option<AssistantMessageItem>,
    /// Whether the last part takes more.
    is_part_open: bool,
}

impl Reply {
    /// A message to write word by word.
    pub fn message(&self) -> MessageWriter {
        MessageWriter { reply: self.clone(), message: None, is_part_open: false }
    }

    /// A whole message, in markdown.
    pub async fn say(&self, text: impl Into<String>) {
        let content = vec![AssistantMessageContent::text(text)];
        self.write(|| ThreadStreamEvent::done(self.assistant_message(content).into())).await;
    }

    fn assistant_message(&self, content: Vec<AssistantMessageContent>) -> AssistantMessageItem {
        AssistantMessageItem {
            id: self.new_id(IdKind::Message),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
            content,
        }
    }
}

impl MessageWriter {
    /// Appends text, in markdown.
    pub async fn text(&mut self, delta: impl Into<String>) {
        let delta = delta.into();
        if delta.is_empty() {
            return;
        }
        self.open_part().await;
        let update = |part: &mut AssistantMessageContent, content_index| {
            part.text.push_str(&delta);
            ThreadItemUpdate::TextDelta { content_index, delta }
        };
        self.update(update).await;
    }

    /// Cites something. Without an index of its own the citation stands behind the text so far.
    pub async fn annotate(&mut self, annotation: impl Into<Annotation>) {
        let mut annotation = annotation.into();
        self.open_part().await;
        let update = |part: &mut AssistantMessageContent, content_index| {
            let end = || u32::try_from(part.text.chars().count()).unwrap_or(u32::MAX);
            annotation.index.get_or_insert_with(end);
            let annotation_index = u32::try_from(part.annotations.len()).unwrap_or(u32::MAX);
            part.annotations.push(annotation.clone());
            ThreadItemUpdate::AnnotationAdded { content_index, annotation_index, annotation }
        };
        self.update(update).await;
    }

    /// Ends this part of the message: what comes next begins another.
    pub async fn end_part(&mut self) {
        if !self.is_part_open {
            return;
        }
        self.is_part_open = false;
        self.update(|part, content_index| ThreadItemUpdate::ContentPartDone {
            content_index,
            content: part.clone(),
        })
        .await;
    }

    /// The message is complete.
    pub async fn done(mut self) {
        self.end_part().await;
        if let Some(message) = self.message.take() {
            self.reply.write(|| ThreadStreamEvent::done(message.into())).await;
        }
    }

    async fn open_part(&mut self) {
        let (reply, message) = (&self.reply, &mut self.message);
        if message.is_none() {
            let begin = || {
                let begun = message.insert(reply.assistant_message(Vec::new()));
                ThreadStreamEvent::added(begun.clone().into())
            };
            reply.write(begin).await;
        }
        if !self.is_part_open {
            let Some(message) = &mut self.message else { return };
            message.content.push(AssistantMessageContent::default());
            self.is_part_open = true;
            self.update(|part, content_index| ThreadItemUpdate::ContentPartAdded {
                content_index,
                content: part.clone(),
            })
            .await;
        }
    }

    /// Changes the last part and tells of it.
    async fn update(
        &mut self,
        change: impl FnOnce(&mut AssistantMessageContent, u32) -> ThreadItemUpdate,
    ) {
        let Some(message) = &mut self.message else { return };
        let content_index = u32::try_from(message.content.len().saturating_sub(1));
        let Some(part) = message.content.last_mut() else { return };
        let event = || {
            let update = change(part, content_index.unwrap_or(u32::MAX));
            ThreadStreamEvent::updated(&message.id, update)
        };
        self.reply.write(event).await;
    }
}
