//! What else an answer may hold. Our own calls have badges; what a vendor runs by itself has none, and goes back as it came.

use super::*;

fn done(item: &Value) -> Value {
    json!({"type": "response.output_item.done", "item": item})
}

fn message() -> Value {
    json!({"type": "message", "content": [{"type": "output_text", "text": "Hi."}]})
}

/// What comes of these events, some text and the end.
fn with_text(events: Vec<Value>) -> (Vec<ModelEvent>, Vec<Value>) {
    let text = json!({"type": "response.output_text.delta", "output_index": 9, "delta": "Hi."});
    let end = json!({"type": "response.completed", "response": {}});
    let events: Vec<_> = events.into_iter().chain([text, done(&message()), end]).collect();
    let mut out = decode(&events).unwrap();
    let Some(ModelEvent::Done { raw, .. }) = out.pop() else { panic!("it ends: {out:?}") };
    (out, raw)
}

#[test]
fn reasoning_alone_says_nothing() {
    let end = json!({"type": "response.completed", "response": {}});
    let delta = json!({"type": "response.reasoning_summary_text.delta", "delta": "**Think**"});
    let out = decode(&[delta, done(&reasoning()), end]).unwrap();
    let raw = vec![reasoning()];
    assert_eq!(out, [ModelEvent::Done { raw, finish: Finish::Complete }]);
}

#[test]
fn a_call_that_the_vendor_made_is_none_of_ours() {
    let tools = json!({"type": "mcp_list_tools", "id": "l", "tools": []});
    let call =
        json!({"type": "mcp_call", "id": "m", "name": "x", "arguments": "{}", "output": "y"});
    let (out, raw) = with_text(vec![done(&tools), done(&call)]);
    assert_eq!(out, [said("Hi.")]);
    assert_eq!(raw, [tools, call, message()]);
}

#[test]
fn citations_leave_the_text_as_it_is() {
    let cited = |annotation: Value| json!({"type": "response.output_text.annotation.added", "output_index": 9, "annotation": annotation});
    let (out, _) = with_text(vec![
        cited(
            json!({"type": "url_citation", "url": "https://a.example/", "title": "A", "end_index": 3}),
        ),
        cited(json!({"type": "file_citation", "filename": "a.txt", "index": 1})),
        cited(json!({"type": "container_file_citation", "end_index": 1})),
    ]);
    assert_eq!(out, [said("Hi.")]);
}

#[test]
fn a_refusal_is_said_like_any_text() {
    let delta = json!({"type": "response.refusal.delta", "output_index": 0, "delta": "I cannot."});
    let end = json!({"type": "response.completed", "response": {}});
    assert_eq!(decode(&[delta, end]).unwrap()[0], said("I cannot."));
    let item = json!({"type": "message", "content": [{"type": "refusal", "refusal": "I cannot."}]});
    let end = json!({"type": "response.completed", "response": {"output": [item]}});
    assert_eq!(decode(&[end]).unwrap()[0], said("I cannot."));
}

#[test]
fn pictures_in_the_making_are_not_shown() {
    let image = json!({"type": "image_generation_call", "id": "i", "result": "AAAA"});
    let (out, _) = with_text(vec![
        json!({"type": "response.output_item.added", "item": image}),
        json!({"type": "response.image_generation_call.partial_image", "partial_image_b64": "AA"}),
        done(&image),
    ]);
    assert_eq!(out, [said("Hi.")]);
}
