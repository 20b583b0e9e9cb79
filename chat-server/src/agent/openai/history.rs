//! A conversation as providers take it: each call directly followed by exactly one result. Histories
//! can have holes, when a turn was stopped while its calls were under way.

use std::collections::HashSet;

use crate::agent::model::Message;

const NOT_MADE: &str = "this call was not made";

/// `messages` with a result for every call, directly after it, and without results of no call.
pub(super) fn whole(messages: &[Message]) -> Vec<Message> {
    let mut whole = Vec::with_capacity(messages.len());
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        if let Message::Tool { call_id, .. } = message {
            let Some(place) = open.iter().position(|id| id == call_id) else {
                continue;
            };
            open.remove(place);
            whole.push(message.clone());
            continue;
        }
        close(&mut open, &mut whole);
        if let Message::Assistant { calls, .. } = message {
            let mut seen = HashSet::new();
            open.extend(
                calls.iter().map(|call| call.id.clone()).filter(|id| seen.insert(id.clone())),
            );
        }
        whole.push(message.clone());
    }
    close(&mut open, &mut whole);
    whole
}

fn close(open: &mut Vec<String>, whole: &mut Vec<Message>) {
    whole.extend(open.drain(..).map(|call_id| Message::Tool {
        call_id,
        content: NOT_MADE.to_owned(),
        is_error: true,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::model::ToolCall;

    fn assistant(ids: &[&str]) -> Message {
        let call = |id: &&str| ToolCall {
            id: (*id).to_owned(),
            name: "list_tasks".to_owned(),
            arguments: "{}".to_owned(),
        };
        Message::Assistant {
            text: String::new(),
            calls: ids.iter().map(call).collect(),
            raw: Vec::new(),
        }
    }

    fn result(id: &str, content: &str) -> Message {
        Message::Tool {
            call_id: id.to_owned(),
            content: content.to_owned(),
            is_error: content == NOT_MADE,
        }
    }

    #[test]
    fn holes_are_filled_and_strays_dropped() {
        let user = Message::User("hello".to_owned());
        let told = [result("x", "stray"), assistant(&["a", "b"]), result("b", "ok"), user.clone()];
        let expected =
            [assistant(&["a", "b"]), result("b", "ok"), result("a", NOT_MADE), user.clone()];
        assert_eq!(whole(&told), expected);
    }

    #[test]
    fn a_whole_history_stays_as_it_is() {
        let told = [Message::User("hi".to_owned()), assistant(&["a"]), result("a", "ok")];
        assert_eq!(whole(&told), told);
    }
}
