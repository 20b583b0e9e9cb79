//! Bodies that are no requests. Whatever they are, the answer is 400 and says what is wrong, in one
//! of a few sentences that repeat nothing of them.

use super::*;

const NOT_JSON: &str = "the body is not JSON";
const LONE_SURROGATE: &str = "a text contains half of a surrogate pair";
const UNFIT: &str = "a parameter is missing or of the wrong type";

fn refusal(body: impl AsRef<[u8]>) -> (u16, String, String) {
    let error = server().parse(body.as_ref()).expect_err("it is no request");
    (error.status(), error.code().to_owned(), error.message().to_owned())
}

#[test]
fn what_is_not_json_is_refused() {
    for (body, sentence) in [
        ("", NOT_JSON),
        (" ", NOT_JSON),
        ("{", NOT_JSON),
        ("nope", NOT_JSON),
        ("{}{}", NOT_JSON),
        ("[1,]", NOT_JSON),
        ("\u{feff}{}", NOT_JSON),
        (r#"{"a":1e999}"#, "a number is out of range"),
        (r#"{"type":"\ud800"}"#, LONE_SURROGATE),
        (r#"{"type":"\udc00"}"#, LONE_SURROGATE),
        (r#"{"type":"\ud800\n"}"#, LONE_SURROGATE),
        (r#"{"type":"\ud800\u0041"}"#, LONE_SURROGATE),
        (r#"{"\ud800":1}"#, LONE_SURROGATE),
    ] {
        let (status, code, message) = refusal(body);
        assert_eq!((status, code.as_str(), message.as_str()), (400, "invalid_json", sentence));
    }
    assert_eq!(refusal(b"{\"type\":\"\xff\"}").2, NOT_JSON);
}

#[test]
fn what_no_store_could_keep_is_refused() {
    let nul = refusal(r#"{"type":"threads.list","metadata":{"a":["\u0000"]}}"#);
    assert_eq!((nul.0, nul.1.as_str()), (400, "invalid_json"));
    assert_eq!(nul.2, "a text contains the character U+0000");
    assert_eq!(refusal(r#"{"a\u0000":1}"#), nul);
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let twice = refusal(r#"{"type":"threads.list","type":"threads.delete"}"#);
    assert_eq!(twice.1, "invalid_json");
    assert_eq!(twice.2, "an object has the same key twice");
}

#[test]
fn nothing_hides_in_a_text_that_serde_json_would_read() {
    let hide = |json: &str| json!({"$serde_json::private::RawValue": json});
    let nul = json!({"thread_id": "t", "result": hide(r#""a\u0000b""#)});
    let deep = format!("{}{}", "[".repeat(126), "]".repeat(126));
    let data = json!({"deep": hide(&deep)});
    let tag = json!({"type": "input_tag", "id": "i", "text": "x", "data": data});
    let number = json!({"$serde_json::private::Number": "1e999"});
    for body in [
        op("threads.add_client_tool_output", nul).to_string(),
        create(json!({"content": [tag]})).to_string(),
        json!({"type": "threads.list", "metadata": {"a": [number]}}).to_string(),
        r#"{"type":"threads.list","a":1,"\u0024serde_json::private::RawValue":"1"}"#.to_owned(),
    ] {
        let (status, code, message) = refusal(&body);
        assert_eq!((status, code.as_str()), (400, "invalid_json"), "{body}");
        assert_eq!(message, "an object has a key that is reserved", "{body}");
    }
    assert!(server().parse(br#"{"type":"threads.list","metadata":{"$serde_json":1}}"#).is_ok());
}

#[test]
fn sixty_four_levels_are_read_and_no_more() {
    let nested = |depth: usize| {
        let inside = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"type":"threads.list","metadata":{{"a":{inside}}}}}"#)
    };
    assert!(server().parse(nested(62).as_bytes()).is_ok());
    let too_deep = refusal(nested(63));
    assert_eq!((too_deep.0, too_deep.1.as_str()), (400, "invalid_json"));
    assert_eq!(too_deep.2, "the body is more than 64 levels deep");
    assert_eq!(refusal(nested(500_000)), too_deep);
    assert_eq!(refusal("[".repeat(1_000_000)), too_deep);
    assert_eq!(refusal(r#"{"a":"#.repeat(200_000)), too_deep);
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
    for (body, sentence) in [
        ("[]", "the request is not a JSON object"),
        ("null", "the request is not a JSON object"),
        ("\"threads.list\"", "the request is not a JSON object"),
        ("{}", "the request has no `type`"),
        (r#"{"type":5}"#, "`type` is not a text"),
        (r#"{"type":"threads.list","params":[]}"#, "`params` is not an object"),
        (r#"{"type":"threads.list","metadata":"x"}"#, "`metadata` is not an object"),
        (r#"{"type":"threads.create","params":{"input":[[]]}}"#, UNFIT),
        (
            r#"{"type":"threads.create","params":{"input":{"content":[["input_text","hi"]]}}}"#,
            UNFIT,
        ),
        (r#"{"type":"threads.update","params":{"thread_id":"t","title":null}}"#, UNFIT),
        (r#"{"type":"threads.get_by_id","params":{"thread_id":5}}"#, UNFIT),
        (r#"{"type":"threads.list","params":{"limit":1.5}}"#, UNFIT),
        (r#"{"type":"threads.list","params":{"limit":"many"}}"#, UNFIT),
        (r#"{"type":"threads.list","params":{"limit":99999999999999999999}}"#, UNFIT),
        (r#"{"type":"threads.list","params":{"order":"ASC"}}"#, UNFIT),
    ] {
        let (status, code, message) = refusal(body);
        assert_eq!((status, code.as_str()), (400, "invalid_request"), "{body}");
        assert_eq!(message, sentence, "{body}");
    }
}

#[test]
fn an_unknown_operation_is_not_repeated() {
    for name in ["threads.stop", "attachments.get_preview", "", &"x\n\u{7}".repeat(10_000)] {
        let (status, code, message) = refusal(json!({"type": name}).to_string());
        assert_eq!((status, code.as_str()), (400, "unknown_operation"));
        assert_eq!(message, "there is no such operation");
    }
}

#[test]
fn a_missing_field_is_refused() {
    for (name, params) in [
        ("threads.create", json!({})),
        ("threads.create", json!({"input": {}})),
        ("threads.add_user_message", json!({"input": {"content": []}})),
        ("threads.add_user_message", json!({"thread_id": "t"})),
        ("threads.add_client_tool_output", json!({"thread_id": "t"})),
        ("threads.add_structured_input", json!({"thread_id": "t", "input": {}})),
        ("threads.retry_after_item", json!({"thread_id": "t"})),
        ("threads.custom_action", json!({"thread_id": "t", "action": {}})),
        ("threads.sync_custom_action", json!({"thread_id": "t"})),
        ("threads.get_by_id", Value::Null),
        ("threads.update", json!({"thread_id": "t"})),
        ("threads.delete", json!({})),
        ("items.list", json!({})),
        ("items.feedback", json!({"thread_id": "t", "item_ids": []})),
        ("attachments.create", json!({"name": "a", "mime_type": "b"})),
        ("attachments.delete", json!({})),
        ("input.transcribe", json!({"mime_type": "b"})),
    ] {
        let (status, code, message) = refusal(op(name, params).to_string());
        assert_eq!((status, code.as_str(), message.as_str()), (400, "invalid_request", UNFIT));
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
        if let Err(error) = server.process_request(request, "ann".to_owned()).await {
            assert!(matches!(error.status(), 400 | 404 | 409 | 422 | 501), "{error:?}");
        }
    }
}
