//! Files that came with a message, as providers take them: their text in the message's own, pictures beside it. Not as messages of
//! their own, because many servers take no two of one person in a row.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::agent::{
    data::Fence,
    model::{File, FileContent, Message},
};

/// Each message with the files that came with it.
pub(super) fn with_files(messages: &[Message]) -> impl Iterator<Item = (&Message, Vec<&File>)> {
    let mut told: Vec<(&Message, Vec<&File>)> = Vec::with_capacity(messages.len());
    for message in messages {
        match (message, told.last_mut()) {
            (Message::File(file), Some((Message::User(_), files))) => files.push(file),
            _ => told.push((message, Vec::new())),
        }
    }
    told.into_iter()
}

/// What a person said, and what there is to read of the files.
pub(super) fn words(text: &str, files: &[&File], fence: &Fence<'_>) -> String {
    let said = (!text.is_empty()).then(|| text.to_owned());
    let files = files.iter().map(|file| fence.file(file));
    said.into_iter().chain(files).collect::<Vec<_>>().join("\n\n")
}

/// The pictures among the files, as `data:` URLs.
pub(super) fn pictures(files: &[&File]) -> impl Iterator<Item = String> {
    files.iter().filter_map(|file| match &file.content {
        FileContent::Picture(bytes) => {
            Some(format!("data:{};base64,{}", file.mime_type, BASE64_STANDARD.encode(bytes)))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: FileContent) -> Message {
        let (name, mime_type) = (name.to_owned(), "image/png".to_owned());
        Message::File(File { name, mime_type, content })
    }

    #[test]
    fn files_go_with_the_message_before_them() {
        let user = Message::User("look".to_owned());
        let [a, b] = ["a", "b"].map(|name| file(name, FileContent::NotShown));
        let told = [user.clone(), a, b, user.clone()];
        let grouped: Vec<_> = with_files(&told).map(|(m, files)| (m, files.len())).collect();
        assert_eq!(grouped, [(&user, 2), (&user, 0)]);
    }

    #[test]
    fn a_picture_is_given_as_itself() {
        let Message::File(picture) = file("a", FileContent::Picture(b"\x89PNG"[..].into())) else {
            unreachable!()
        };
        let urls: Vec<_> = pictures(&[&picture]).collect();
        assert_eq!(urls, ["data:image/png;base64,iVBORw=="]);
    }

    #[test]
    fn nothing_is_said_before_the_files_of_a_message_without_words() {
        let Message::File(note) = file("a", FileContent::NotShown) else { unreachable!() };
        let fence = Fence::new("turn_1");
        assert_eq!(words("", &[&note], &fence), fence.file(&note));
        assert!(words("look", &[&note], &fence).starts_with("look\n\nA file"));
    }
}
