//! A user's message: what is accepted, and the item it becomes.

use chrono::{DateTime, Utc};

use super::Limits;
use crate::Error;
use crate::protocol::{
    Attachment, ThreadMetadata, ThreadStatus, UserMessageContent, UserMessageInput, UserMessageItem,
};

/// Refuses a message that says nothing, says too much or brings too many files.
pub(super) fn check(input: &UserMessageInput, limits: &Limits) -> Result<(), Error> {
    if input.attachments.len() > limits.max_attachments {
        let message = format!("the message has more than {} files", limits.max_attachments);
        return Err(Error::unprocessable("too_many_attachments", message));
    }
    let says_nothing = input.content.iter().all(|part| part.text().trim().is_empty());
    if says_nothing && input.attachments.is_empty() {
        return Err(Error::unprocessable("empty_message", "the message is empty"));
    }
    let content = input.content.iter().map(UserMessageContent::text);
    check_length(content.chain(input.quoted_text.as_deref()), limits)
}

/// Refuses texts that are too long together.
pub(super) fn check_length<'a>(
    texts: impl Iterator<Item = &'a str>,
    limits: &Limits,
) -> Result<(), Error> {
    let chars: usize = texts.map(|text| text.chars().count()).sum();
    if chars > limits.max_message_chars {
        let message = format!("the message is longer than {} characters", limits.max_message_chars);
        return Err(Error::unprocessable("message_too_long", message));
    }
    Ok(())
}

/// Refuses a conversation that takes no messages.
pub(super) fn check_open(thread: &ThreadMetadata) -> Result<(), Error> {
    match thread.status {
        ThreadStatus::Active => Ok(()),
        ThreadStatus::Locked { .. } => Err(Error::conflict(
            "thread_locked",
            "the conversation takes no messages at the moment",
        )),
        ThreadStatus::Closed { .. } => {
            Err(Error::conflict("thread_closed", "the conversation is closed"))
        }
    }
}

/// The item that a message becomes.
pub(super) fn item(
    input: UserMessageInput,
    id: String,
    attachments: Vec<Attachment>,
    thread: &ThreadMetadata,
    created_at: DateTime<Utc>,
) -> UserMessageItem {
    UserMessageItem {
        id,
        thread_id: thread.id.clone(),
        created_at,
        content: input.content,
        attachments,
        quoted_text: input.quoted_text,
        inference_options: input.inference_options,
    }
}
