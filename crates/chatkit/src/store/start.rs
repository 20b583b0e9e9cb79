//! What a turn begins with.

use crate::IdempotencyKey;
use crate::protocol::{Attachment, ThreadItem, ThreadMetadata};

/// What a turn begins with; all of it is done in one commit.
#[derive(Clone, Copy, Debug)]
pub struct TurnStart<'a> {
    /// The conversation.
    pub thread: &'a ThreadMetadata,
    /// Whether it is to be made first.
    pub is_new: bool,
    /// What the user sent: a message, which goes to the end, or an item with the user's part
    /// filled in, which stays where it is.
    pub item: Option<&'a ThreadItem>,
    /// The item that `item` takes the place of, as it was read. If it is another one by now,
    /// somebody was faster: [`StoreError::changed`](crate::StoreError::changed).
    pub instead_of: Option<&'a ThreadItem>,
    /// The message's files, which name the conversation from now on.
    pub attachments: &'a [Attachment],
    /// What is deleted.
    pub drops: Drops<'a>,
    /// What the client calls the request.
    pub key: Option<&'a IdempotencyKey>,
}

impl<'a> TurnStart<'a> {
    /// A turn in a conversation that is there already, with nothing to keep.
    pub fn of(thread: &'a ThreadMetadata) -> Self {
        Self {
            thread,
            is_new: false,
            item: None,
            instead_of: None,
            attachments: &[],
            drops: Drops::Nothing,
            key: None,
        }
    }
}

/// What is deleted when a turn begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drops<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// These items. One that does not exist is no error.
    Items(&'a [String]),
    /// Whatever comes after this item, and with it the turn that runs in the conversation, if one
    /// does: it ends as [`TurnState::Cancelled`](crate::TurnState::Cancelled), and its holder has
    /// lost it. An item that does not exist is [`StoreError::NotFound`](crate::StoreError::NotFound).
    After(&'a str),
}
