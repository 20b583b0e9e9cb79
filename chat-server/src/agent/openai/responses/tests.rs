mod kinds;

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

fn body(request: &ModelRequest) -> Value {
    let body = Responses::new("m".to_owned()).body(request, REASONING);
    serde_json::from_slice(&body).unwrap()
}

fn said(text: &str) -> ModelEvent {
    ModelEvent::TextDelta(text.to_owned())
}

fn list(id: &str) -> ToolCall {
    ToolCall { id: id.to_owned(), name: "list_tasks".to_owned(), arguments: "{}".to_owned() }
}

fn reasoning() -> Value {
    json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "sealed"})
}

#[test]
fn calls_come_with_the_reasoning_that_led_to_them() {
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "a", "name": "list_tasks",
        "arguments": "{}"});
    let events = [
        json!({"type": "response.created", "sequence_number": 0, "response": {}}),
        json!({"type": "response.output_item.done", "item": reasoning()}),
        json!({"type": "response.function_call_arguments.delta", "delta": "{}"}),
        json!({"type": "response.output_item.done", "item": call}),
        json!({"type": "response.completed", "response": {"output": [reasoning(), call]}}),
    ];
    let raw = vec![reasoning(), call];
    let done = ModelEvent::Done { raw, finish: Finish::Complete };
    assert_eq!(decode(&events).unwrap(), [ModelEvent::ToolCall(list("a")), done]);
}

#[test]
fn what_a_server_left_out_is_read_from_the_end() {
    let message = json!({"type": "message", "content": [{"type": "output_text", "text": "Hi."}]});
    let call = json!({"type": "function_call", "name": "list_tasks", "arguments": ""});
    let events = [json!({"type": "response.completed", "response": {"output": [message, call]}})];
    let out = decode(&events).unwrap();
    assert_eq!(out[..2], [said("Hi."), ModelEvent::ToolCall(list("call_turn_1_0_0"))]);
    let ModelEvent::Done { raw, .. } = &out[2] else { panic!("{out:?}") };
    assert_eq!(raw[1]["call_id"], "call_turn_1_0_0");
    assert_eq!(raw[1]["arguments"], "{}");
}

#[test]
fn texts_of_two_items_are_set_apart() {
    let delta = |index: u32, text: &str| json!({"type": "response.output_text.delta", "output_index": index, "delta": text});
    let end = json!({"type": "response.completed"});
    let out = decode(&[delta(0, "One"), delta(0, " two."), delta(1, "Three."), end]).unwrap();
    assert_eq!(out[..3], [said("One"), said(" two."), said("\n\nThree.")]);
}

#[test]
fn an_incomplete_answer_says_why() {
    for (reason, expected) in
        [("max_output_tokens", Finish::Length), ("content_filter", Finish::Filtered)]
    {
        let details = json!({"incomplete_details": {"reason": reason}});
        let out = decode(&[json!({"type": "response.incomplete", "response": details})]).unwrap();
        assert_eq!(out, [ModelEvent::Done { raw: Vec::new(), finish: expected }]);
    }
}

#[test]
fn failures_are_told_in_every_form() {
    let failures = [
        json!({"type": "response.failed", "response": {"error": {"code": "server_error"}}}),
        json!({"type": "error", "code": "server_error", "message": "m"}),
        json!({"type": "error", "error": {"code": "server_error"}}),
        json!({"error": {"code": "server_error"}}),
    ];
    for failure in failures {
        let reason = "code server_error".to_owned();
        assert_eq!(decode(&[failure]), Err(ModelError::Failed { reason }));
    }
}

#[test]
fn what_it_gave_goes_back_as_it_came() {
    let raw = vec![reasoning(), json!({"type": "function_call", "call_id": "a"})];
    let body = body(&request(vec![
        Message::User("what is left?".to_owned()),
        Message::Assistant { text: "Look:".to_owned(), calls: vec![list("a")], raw: raw.clone() },
        Message::Tool { call_id: "a".to_owned(), content: "[]".to_owned(), is_error: false },
        Message::Assistant { text: "Nothing.".to_owned(), calls: Vec::new(), raw: Vec::new() },
    ]));
    assert_eq!(
        body["input"],
        json!([
            {"role": "user", "content": "what is left?"},
            raw[0],
            raw[1],
            {"type": "function_call_output", "call_id": "a",
             "output": "<data turn_1>\n[]\n</data turn_1>"},
            {"role": "assistant", "content": "Nothing."},
        ])
    );
    assert!(body["instructions"].as_str().unwrap().starts_with("Be brief."));
}
