//! The kept items of a conversation as the model is told them.

use chatkit_server::protocol::{ThreadItem, UserMessageContent, UserMessageItem};

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
    let text: String = item.content.iter().map(UserMessageContent::text).collect();
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

#[cfg(test)]
mod tests {
    use chatkit_server::protocol::{AssistantMessageContent, AssistantMessageItem};
    use chrono::DateTime;

    use super::*;

    fn said(text: &str, quoted: Option<&str>) -> ThreadItem {
        ThreadItem::UserMessage(UserMessageItem {
            id: "msg_1".to_owned(),
            thread_id: "thr_1".to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            content: vec![UserMessageContent::InputText { text: text.to_owned() }],
            attachments: Vec::new(),
            quoted_text: quoted.map(str::to_owned),
            inference_options: chatkit_server::protocol::InferenceOptions::default(),
        })
    }

    fn answered(text: &str) -> ThreadItem {
        ThreadItem::AssistantMessage(AssistantMessageItem {
            id: "msg_2".to_owned(),
            thread_id: "thr_1".to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            content: vec![AssistantMessageContent::text(text)],
        })
    }

    fn user(text: &str) -> Message {
        Message::User(text.to_owned())
    }

    #[test]
    fn a_quotation_stands_before_what_was_said_of_it() {
        let items = [said("why?", Some("line one\nline two")), said("list", Some(""))];
        assert_eq!(messages(&items), [user("> line one\n> line two\n\nwhy?"), user("list")]);
    }

    #[test]
    fn the_beginning_of_a_long_conversation_is_left_out() {
        let long = "x".repeat(BUDGET / 2);
        let items = [said("first", None), answered(&long), said("second", None), answered(&long)];
        let told = messages(&[&items[..], &[said("now", None)]].concat());
        assert_eq!((told.len(), &told[0]), (3, &user("second")));
    }

    #[test]
    fn the_newest_message_is_told_however_long_it_is() {
        let long = "x".repeat(2 * BUDGET);
        assert_eq!(messages(&[said("first", None), said(&long, None)]), [user(&long)]);
    }
}
