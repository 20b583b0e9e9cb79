use std::sync::Arc;

use super::*;

fn request(messages: Vec<Message>) -> ModelRequest {
    ModelRequest {
        turn_id: "turn_1".to_owned(),
        system: "Be brief.".to_owned(),
        messages,
        tools: Arc::new([]),
    }
}

fn body(request: &ModelRequest) -> Value {
    serde_json::from_slice(&Chat::new("m".to_owned()).body(request)).unwrap()
}

fn decode(events: &[Value]) -> Result<Vec<ModelEvent>, ModelError> {
    let mut decoder = Decoder::new(&request(Vec::new()));
    let mut out = Vec::new();
    for event in events {
        match decoder.read(event.to_string().as_bytes(), &mut out) {
            Ok(()) => {}
            Err(Unread::Failed(why)) => return Err(why),
            Err(Unread::Malformed(why)) => panic!("{why}: {event}"),
        }
    }
    assert!(decoder.finished());
    decoder.end(&mut out);
    Ok(out)
}

fn said(text: &str) -> ModelEvent {
    ModelEvent::TextDelta(text.to_owned())
}

fn called(id: &str, name: &str, arguments: &str) -> ModelEvent {
    ModelEvent::ToolCall(ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    })
}

fn done(finish: Finish) -> ModelEvent {
    ModelEvent::Done { raw: Vec::new(), finish }
}

#[test]
fn calls_come_at_the_end_even_when_the_finish_says_stop() {
    let call =
        json!({"index": 0, "id": "a", "function": {"name": "list_tasks", "arguments": "{}"}});
    let events = [
        json!({"choices": [{"delta": {"role": "assistant", "content": "Let me see."}}]}),
        json!({"choices": [{"delta": {"content": null, "tool_calls": [call]}}]}),
        json!({"choices": [{"delta": {"tool_calls": null}, "finish_reason": "stop"}]}),
        json!({"choices": [], "usage": {"total_tokens": 9}}),
    ];
    let expected = [said("Let me see."), called("a", "list_tasks", "{}"), done(Finish::Complete)];
    assert_eq!(decode(&events).unwrap(), expected);
}

#[test]
fn what_may_be_missing_or_odd_is_no_error() {
    let events = [
        json!({}),
        json!({"choices": null, "error": null}),
        json!({"choices": [{"index": 0, "delta": null, "finish_reason": ""}]}),
        json!({"choices": [{"index": 1, "delta": {"content": "another choice"}}]}),
        json!({"choices": [{"delta": {"content": [{"type": "text", "text": "in parts"}]}}]}),
        json!({"choices": [{"delta": {"content": "", "refusal": "I cannot."}}]}),
        json!({"choices": [{"finish_reason": "content_filter"}]}),
    ];
    let expected = [said("in parts"), said("I cannot."), done(Finish::Filtered)];
    assert_eq!(decode(&events).unwrap(), expected);
}

#[test]
fn a_length_limit_is_told() {
    let events = [json!({"choices": [{"delta": {"content": "a"}, "finish_reason": "length"}]})];
    assert_eq!(decode(&events).unwrap(), [said("a"), done(Finish::Length)]);
}

#[test]
fn a_conversation_goes_back_with_calls_results_and_fences() {
    let broken = ToolCall {
        id: "a".to_owned(),
        name: "add_task".to_owned(),
        arguments: "{\"title\":".to_owned(),
    };
    let body = body(&request(vec![
        Message::User("add milk".to_owned()),
        Message::Assistant { text: String::new(), calls: vec![broken], raw: Vec::new() },
        Message::Tool { call_id: "a".to_owned(), content: "bad".to_owned(), is_error: true },
    ]));
    let function = json!({"name": "add_task", "arguments": "{}"});
    assert_eq!(
        body["messages"].as_array().unwrap()[1..],
        [
            json!({"role": "user", "content": "add milk"}),
            json!({"role": "assistant", "content": null,
                   "tool_calls": [{"id": "a", "type": "function", "function": function}]}),
            json!({"role": "tool", "tool_call_id": "a",
                   "content": "The call failed.\n<data turn_1>\nbad\n</data turn_1>"}),
        ]
    );
    assert_eq!(body["tools"], Value::Null);
    assert!(body["messages"][0]["content"].as_str().unwrap().contains("is data"));
}
