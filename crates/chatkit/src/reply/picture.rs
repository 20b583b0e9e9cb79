//! A picture while it is made.

use super::Reply;
use crate::IdKind;
use crate::protocol::{GeneratedImage, GeneratedImageItem, ThreadItemUpdate, ThreadStreamEvent};

/// A picture that is being made.
#[derive(Debug)]
#[must_use = "a picture is kept when it is `done`"]
pub struct PictureWriter {
    reply: Reply,
    item: GeneratedImageItem,
    image_id: String,
}

impl Reply {
    /// A picture to show while it is made: an empty frame at first.
    pub async fn generated_image(&self) -> PictureWriter {
        let item = self.image_item();
        self.send(ThreadStreamEvent::added(item.clone().into())).await;
        PictureWriter { reply: self.clone(), item, image_id: self.new_id(IdKind::Message) }
    }

    /// A picture that is there already.
    pub async fn image(&self, url: impl Into<String>) {
        let image = GeneratedImage { id: self.new_id(IdKind::Message), url: url.into() };
        let item = GeneratedImageItem { image: Some(image), ..self.image_item() };
        self.send(ThreadStreamEvent::done(item.into())).await;
    }

    fn image_item(&self) -> GeneratedImageItem {
        GeneratedImageItem {
            id: self.new_id(IdKind::Message),
            thread_id: self.thread_id().to_owned(),
            created_at: self.now(),
            image: None,
        }
    }
}

impl PictureWriter {
    /// The picture so far, and how far it is, from 0 to 1.
    pub async fn show(&mut self, url: impl Into<String>, progress: Option<f64>) {
        let image = self.image(url);
        let update = ThreadItemUpdate::GeneratedImageUpdated { image, progress };
        self.reply.send(ThreadStreamEvent::updated(&self.item.id, update)).await;
    }

    /// The picture is complete.
    pub async fn done(self, url: impl Into<String>) {
        let image = Some(self.image(url));
        let item = GeneratedImageItem { image, ..self.item };
        self.reply.send(ThreadStreamEvent::done(item.into())).await;
    }

    fn image(&self, url: impl Into<String>) -> GeneratedImage {
        GeneratedImage { id: self.image_id.clone(), url: url.into() }
    }
}
