//! What the model gets of the files of a conversation: text as text, pictures as pictures where it sees any, of all else that they
//! are there. The newest come first; what is over the limits is only named.

use std::collections::HashMap;

use bytes::BytesMut;
use chatkit_server::protocol::{Attachment, ThreadItem};
use futures_util::TryStreamExt as _;

use super::{AttachmentError, Attachments, MediaType};
use crate::agent::FileContent;

/// Most text of one file, in bytes.
const TEXT: usize = 32 * 1024;

/// Most text of all files of a conversation together, in bytes.
const ALL_TEXT: usize = 64 * 1024;

/// Most pictures.
const PICTURES: usize = 4;

/// The largest picture, in bytes; providers refuse larger ones with the whole conversation.
const PICTURE: usize = 5 * 1024 * 1024;

/// What may still be told.
struct Left {
    text: usize,
    pictures: usize,
}

impl Attachments {
    /// What there is to tell of the files in these items, by their ids.
    pub async fn told(
        &self,
        items: &[ThreadItem],
        sees_pictures: bool,
    ) -> HashMap<String, FileContent> {
        let mut told = HashMap::new();
        let mut left = Left { text: ALL_TEXT, pictures: if sees_pictures { PICTURES } else { 0 } };
        for item in items.iter().rev() {
            let ThreadItem::UserMessage(message) = item else { continue };
            for attachment in &message.attachments {
                if left.text == 0 && left.pictures == 0 {
                    return told;
                }
                match self.read(attachment, &mut left).await {
                    Ok(content) => {
                        told.insert(attachment.id().to_owned(), content);
                    }
                    // It was deleted since.
                    Err(AttachmentError::NotFound) => {}
                    Err(error) => {
                        let error = todochat_service::chain(&error);
                        tracing::warn!(
                            error,
                            attachment.id = attachment.id(),
                            "Could not read a file for the model"
                        );
                    }
                }
            }
        }
        told
    }

    async fn read(
        &self,
        attachment: &Attachment,
        left: &mut Left,
    ) -> Result<FileContent, AttachmentError> {
        let kind: Option<MediaType> = attachment.mime_type().parse().ok();
        match kind {
            Some(kind) if kind.is_text() && left.text > 0 => {
                let most = TEXT.min(left.text);
                let (bytes, cut) = self.beginning(attachment.id(), most).await?;
                let text = text(&bytes);
                left.text -= text.len();
                Ok(FileContent::Text { text: text.into(), cut })
            }
            Some(kind) if kind.is_image() && left.pictures > 0 => {
                let (bytes, cut) = self.beginning(attachment.id(), PICTURE).await?;
                if cut {
                    return Ok(FileContent::NotShown);
                }
                left.pictures -= 1;
                Ok(FileContent::Picture(bytes.into()))
            }
            _ => Ok(FileContent::NotShown),
        }
    }

    /// The first `most` bytes, and whether there are more.
    async fn beginning(&self, id: &str, most: usize) -> Result<(Vec<u8>, bool), AttachmentError> {
        let mut content = self.parts.files.open(id).await?;
        let mut bytes = BytesMut::new();
        while let Some(piece) = content.try_next().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > most {
                bytes.truncate(most);
                return Ok((bytes.into(), true));
            }
        }
        Ok((bytes.into(), false))
    }
}

/// As much of it as is whole characters.
fn text(bytes: &[u8]) -> String {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    String::from_utf8_lossy(&bytes[..whole]).into_owned()
}
