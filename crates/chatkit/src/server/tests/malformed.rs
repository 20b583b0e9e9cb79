//! Bodies that are no requests. Whatever they are, the answer is 400 and says what is wrong.

use super::*;

fn refusal(body: impl AsRef<[u8]>) -> (u16, String, String) {
    let error = server().parse(body.as_ref()).expect_err("it is no request");
    (error.status(), error.code().to_owned(), error.message().to_owned())
}

#[test]
fn what_is_not_json_is_refused() {
    for body in [
        "",
        " ",
        "{",
        "nope",
        "{}{}",
        "[1,]",
        "{\"a\":1e999}",
        "\u{feff}{}",
        "{\"type\":\"\\ud800\"}",
    ] {
        let (status, code, _) = refusal(body);
        assert_eq!((status, code.as_str()), (400, "invalid_json"), "{body}");
    }
    assert_eq!(refusal(b"{\"type\":\"\xff\"}").1, "invalid_json");
}

#[test]
fn what_no_store_could_keep_is_refused() {
    let nul = refusal(r#"{"type":"threads.list","metadata":{"a":["\u0000"]}}"#);
    assert_eq!((nul.0, nul.1.as_str()), (400, "invalid_json"));
    assert!(nul.2.contains("U+0000"), "{}", nul.2);
    assert!(refusal(r#"{"a\u0000":1}"#).2.contains("U+0000"));
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let twice = refusal(r#"{"type":"threads.list","type":"threads.delete"}"#);
    assert!(twice.2.contains("same key twice"), "{}", twice.2);
}

#[test]
fn sixty_four_levels_are_read_and_no_more() {
    let nested = |depth: usize| {
        let inside = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"type":"threads.list","metadata":{{"a":{inside}}}}}"#)
    };
    assert!(server().parse(nested(62).as_bytes()).is_ok());
    assert!(refusal(nested(63)).2.contains("64 levels"));
    assert_eq!(refusal(nested(500_000)).0, 400);
    assert_eq!(refusal("[".repeat(1_000_000)).0, 400);
    assert_eq!(refusal(r#"{"a":"#.repeat(200_000)).0, 400);
}

#[test]
fn more_bytes_than_a_request_may_have_are_refused_unread() {
    let limits = Limits { max_request_bytes: 64, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let script = ScriptedResponder::<String>::new(|_| Vec::new());
    let server = Server::new(MemoryStore::default(), script, options);
    let request =
        |pad| format!(r#"{{"type":"threads.list","metadata":{{"a":"{}"}}}}"#, "x".repeat(pad));
    assert!(server.parse(request(21).as_bytes()).is_ok());
    let error = server.parse(request(22).as_bytes()).unwrap_err();
    assert_eq!((error.status(), error.code()), (413, "too_large"));
}

#[test]
fn what_is_json_but_no_request_is_refused() {
    for (body, words) in [
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("\"threads.list\"", "not a JSON object"),
        ("{}", "no `type`"),
        (r#"{"type":5}"#, "`type` is not a text"),
        (r#"{"type":"threads.list","params":[]}"#, "threads.list"),
        (r#"{"type":"threads.create","params":{"input":[[]]}}"#, "not an object"),
        (
            r#"{"type":"threads.create","params":{"input":{"content":[["input_text","hi"]]}}}"#,
            "not an object",
        ),
        (r#"{"type":"threads.list","metadata":"x"}"#, "`metadata`"),
        (r#"{"type":"threads.update","params":{"thread_id":"t","title":null}}"#, "threads.update"),
        (r#"{"type":"threads.get_by_id","params":{"thread_id":5}}"#, "threads.get_by_id"),
        (r#"{"type":"threads.list","params":{"limit":1.5}}"#, "not an integer"),
        (r#"{"type":"threads.list","params":{"limit":"many"}}"#, "not an integer"),
        (r#"{"type":"threads.list","params":{"limit":99999999999999999999}}"#, "not an integer"),
        (r#"{"type":"threads.list","params":{"order":"ASC"}}"#, "ASC"),
    ] {
        let (status, code, message) = refusal(body);
        assert_eq!((status, code.as_str()), (400, "invalid_request"), "{body}");
        assert!(message.contains(words), "{body}: {message}");
    }
}

#[test]
fn an_unknown_operation_is_named_but_not_at_length() {
    for name in ["threads.stop", "attachments.get_preview", ""] {
        let (status, code, message) = refusal(json!({"type": name}).to_string());
        assert_eq!((status, code.as_str()), (400, "unknown_operation"));
        assert_eq!(message, format!("there is no operation \"{name}\""));
    }
    let (_, _, message) = refusal(json!({"type": "x\n\u{7}".repeat(10_000)}).to_string());
    assert!(message.len() < 400 && !message.contains('\n'), "{message}");
}

#[test]
fn a_missing_field_is_named() {
    for (name, params, missing) in [
        ("threads.create", json!({}), "input"),
        ("threads.create", json!({"input": {}}), "content"),
        ("threads.add_user_message", json!({"input": {"content": []}}), "thread_id"),
        ("threads.add_user_message", json!({"thread_id": "t"}), "input"),
        ("threads.add_client_tool_output", json!({"thread_id": "t"}), "result"),
        ("threads.add_structured_input", json!({"thread_id": "t", "input": {}}), "item_id"),
        ("threads.retry_after_item", json!({"thread_id": "t"}), "item_id"),
        ("threads.custom_action", json!({"thread_id": "t", "action": {}}), "type"),
        ("threads.sync_custom_action", json!({"thread_id": "t"}), "action"),
        ("threads.get_by_id", Value::Null, "thread_id"),
        ("threads.update", json!({"thread_id": "t"}), "title"),
        ("threads.delete", json!({}), "thread_id"),
        ("items.list", json!({}), "thread_id"),
        ("items.feedback", json!({"thread_id": "t", "item_ids": []}), "kind"),
        ("attachments.create", json!({"name": "a", "mime_type": "b"}), "size"),
        ("attachments.delete", json!({}), "attachment_id"),
        ("input.transcribe", json!({"mime_type": "b"}), "audio_base64"),
    ] {
        let (status, _, message) = refusal(op(name, params).to_string());
        assert_eq!(status, 400);
        assert!(message.contains(name) && message.contains(missing), "{message}");
    }
}

#[test]
fn unknown_keys_are_ignored_at_every_level() {
    let body = json!({
        "type": "threads.create", "later": 1, "metadata": {"any": null},
        "params": {"later": 1, "input": {
            "content": [{"type": "input_text", "text": "hi", "later": 1}],
            "inference_options": {"later": 1}, "later": 1,
        }},
    });
    let request = server().parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(request.operation.name(), "threads.create");
    assert_eq!(request.metadata["any"], Value::Null);
}

/// Steps of xorshift: the same bodies in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most of it is a table of what can be damaged")]
async fn ten_thousand_damaged_requests_are_answered_or_refused() {
    let server = server();
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![message("m")]);
    let names = [
        "threads.create",
        "threads.add_user_message",
        "threads.add_client_tool_output",
        "threads.add_structured_input",
        "threads.retry_after_item",
        "threads.custom_action",
        "threads.sync_custom_action",
        "threads.get_by_id",
        "threads.list",
        "threads.update",
        "threads.delete",
        "items.list",
        "items.feedback",
        "attachments.create",
        "attachments.delete",
        "input.transcribe",
    ];
    let values = [
        "null",
        "-1",
        "1e308",
        "\"\"",
        "[]",
        "{}",
        "true",
        "\"thr_a\"",
        "[[[]]]",
        "\"\\u0000\"",
        "18446744073709551616",
        "\"\\udc00\"",
        "\"m\"",
        "\"AQID\"",
        "[\"m\"]",
        "{\"type\":\"go\"}",
        "{\"content\":[{\"type\":\"input_text\",\"text\":\"a\"}]}",
    ];
    let keys = [
        "thread_id",
        "input",
        "title",
        "limit",
        "order",
        "after",
        "content",
        "mime_type",
        "item_id",
        "result",
        "action",
        "item_ids",
        "attachment_id",
        "audio_base64",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..10_000 {
        let (a, b) = (keys[dice.roll(keys.len())], keys[dice.roll(keys.len())]);
        let (x, y) = (values[dice.roll(values.len())], values[dice.roll(values.len())]);
        let name = names[dice.roll(names.len())];
        let mut body =
            format!(r#"{{"type":"{name}","params":{{"{a}":{x},"{b}":{y}}}}}"#).into_bytes();
        if dice.roll(3) == 0 {
            let at = dice.roll(body.len());
            body[at] = u8::try_from(dice.roll(256)).unwrap();
        }
        let Ok(request) = server.parse(&body) else { continue };
        if let Err(error) = server.process(request, "ann".to_owned()).await {
            assert!(matches!(error.status(), 400 | 404 | 409 | 422 | 501), "{error:?}");
        }
    }
}
