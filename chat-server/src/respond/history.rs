//! The kept items of a conversation as the model is told them.

use std::collections::HashMap;

use chatkit_server::protocol::{Attachment, ThreadItem, UserMessageContent, UserMessageItem};

use crate::agent::{File, FileContent, Message};

/// How much of a conversation a model is told, in bytes of text; the newest message always.
const BUDGET: usize = 64 * 1024;

/// The conversation of these items, oldest first. What was shown but not said (badges, hidden
/// notes) is left out, and so is the beginning of a conversation that is too long. `files` is what
/// there is to tell of files, by their ids; it has a limit of its own.
pub(super) fn messages(items: &[ThreadItem], files: &HashMap<String, FileContent>) -> Vec<Message> {
    let said: Vec<Said> = items.iter().filter_map(|item| said(item, files)).collect();
    let mut left = BUDGET;
    let mut from = said.len();
    for (place, Said { message, .. }) in said.iter().enumerate().rev() {
        let size = size(message);
        if size > left && place + 1 < said.len() {
            break;
        }
        left = left.saturating_sub(size);
        from = place;
    }
    // A conversation begins with what the person said.
    let recent = said.into_iter().skip(from);
    let recent = recent.skip_while(|said| !matches!(said.message, Message::User(_)));
    recent.flat_map(|Said { message, files }| [message].into_iter().chain(files)).collect()
}

/// What was said, and the files that came with it.
struct Said {
    message: Message,
    files: Vec<Message>,
}

fn said(item: &ThreadItem, files: &HashMap<String, FileContent>) -> Option<Said> {
    match item {
        ThreadItem::UserMessage(item) => Some(Said {
            message: Message::User(words(item)),
            files: item.attachments.iter().map(|attachment| file(attachment, files)).collect(),
        }),
        ThreadItem::AssistantMessage(item) => {
            let text = item.content.iter().map(|part| part.text.as_str()).collect();
            let message = Message::Assistant { text, calls: Vec::new(), raw: Vec::new() };
            Some(Said { message, files: Vec::new() })
        }
        _ => None,
    }
}

fn file(attachment: &Attachment, files: &HashMap<String, FileContent>) -> Message {
    let content = files.get(attachment.id()).cloned();
    Message::File(File {
        name: attachment.name().to_owned(),
        mime_type: attachment.mime_type().to_owned(),
        content: content.unwrap_or(FileContent::NotShown),
    })
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
        Message::File(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use chatkit_server::protocol::{
        AssistantMessageContent, AssistantMessageItem, FileAttachment, Object,
    };
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

    fn told(items: &[ThreadItem]) -> Vec<Message> {
        messages(items, &HashMap::new())
    }

    fn with_file(item: ThreadItem, id: &str) -> ThreadItem {
        let ThreadItem::UserMessage(mut item) = item else { unreachable!() };
        item.attachments.push(Attachment::File(FileAttachment {
            id: id.to_owned(),
            name: "notes.txt".to_owned(),
            mime_type: "text/plain".to_owned(),
            upload_descriptor: None,
            thread_id: None,
            metadata: Object::new(),
        }));
        ThreadItem::UserMessage(item)
    }

    fn file(content: FileContent) -> Message {
        let (name, mime_type) = ("notes.txt".to_owned(), "text/plain".to_owned());
        Message::File(File { name, mime_type, content })
    }

    #[test]
    fn files_come_after_the_message_that_has_them() {
        let text = FileContent::Text { text: "milk".into(), cut: false };
        let files = HashMap::from([("atc_1".to_owned(), text.clone())]);
        let items = [with_file(said("read", None), "atc_1"), with_file(said("and", None), "atc_2")];
        assert_eq!(
            messages(&items, &files),
            [user("read"), file(text), user("and"), file(FileContent::NotShown)]
        );
    }

    #[test]
    fn the_newest_message_is_told_with_its_file_however_long_they_are() {
        let long = "x".repeat(2 * BUDGET);
        let told = told(&[said("first", None), with_file(said(&long, None), "atc_1")]);
        assert_eq!(told, [user(&long), file(FileContent::NotShown)]);
    }

    #[test]
    fn a_quotation_stands_before_what_was_said_of_it() {
        let items = [said("why?", Some("line one\nline two")), said("list", Some(""))];
        assert_eq!(told(&items), [user("> line one\n> line two\n\nwhy?"), user("list")]);
    }

    #[test]
    fn the_beginning_of_a_long_conversation_is_left_out() {
        let long = "x".repeat(BUDGET / 2);
        let items = [said("first", None), answered(&long), said("second", None), answered(&long)];
        let told = told(&[&items[..], &[said("now", None)]].concat());
        assert_eq!((told.len(), &told[0]), (3, &user("second")));
    }

    #[test]
    fn the_newest_message_is_told_however_long_it_is() {
        let long = "x".repeat(2 * BUDGET);
        assert_eq!(told(&[said("first", None), said(&long, None)]), [user(&long)]);
    }
}
