//! The kept items of a conversation as the model is told them.

use chatkit_server::protocol::{ThreadItem, UserMessageItem};

use crate::agent::Message;

/// How much of a conversation a model is told, in bytes of text; the newest message always.
const BUDGET: usize = 64 * 1024;

/// The conversation of these items, oldest first. What was shown but not said (badges, hidden
/// notes) is left out, and so is the beginning of a conversation that is too long.
pub(super) fn messages(items: &[ThreadItem]) -> Vec<Message> {
    let said: Vec<Message> = items.iter().filter_map(message).collect();
    let mut left = BUDGET;
    let mut from = said.len();
    for (place, message) in said.iter().enumerate().rev() {
        let size = size(message);
        if size > left && place + 1 < said.len() {
            break;
        }
        left = left.saturating_sub(size);
        from = place;
    }
    // A conversation begins with what the person said.
    let recent = said.into_iter().skip(from);
    recent.skip_while(|message| !matches!(message, Message::User(_))).collect()
}

fn message(item: &ThreadItem) -> Option<Message> {
    match item {
        ThreadItem::UserMessage(item) => Some(Message::User(words(item))),
        ThreadItem::AssistantMessage(item) => Some(Message::Assistant {
            text: item.content.iter().map(|part| part.text.as_str()).collect(),
            calls: Vec::new(),
            raw: Vec::new(),
        }),
        _ => None,
    }
}

fn words(item: &UserMessageItem) -> String {
    let text: String = item.content.iter().map(|part| part.text()).collect();
    match item.quoted_text.as_deref() {
        None | Some("") => text,
        Some(quoted) => format!("> {}\n\n{text}", quoted.replace('\n', "\n> ")),
    }
}

fn size(message: &Message) -> usize {
    match message {
        Message::User(text) | Message::Assistant { text, .. } => text.len(),
        Message::Tool { content, .. } => content.len(),
    }
}
