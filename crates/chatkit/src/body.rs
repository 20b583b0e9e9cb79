//! From bytes to a request.
//!
//! The body is first read into a JSON value, strictly: what no store could keep and what could be
//! read in two ways is refused here, once. Then the request is read out of it, leniently.

mod refusal;
mod strict;

use serde::de::{DeserializeOwned, DeserializeSeed as _};
use serde_json::Value;

use self::strict::Strict;
use crate::Error;
use crate::protocol::{
    Object, Operation, PlainOperation as Plain, Request, StreamingOperation as Streaming,
};

/// Reads a request.
pub(crate) fn parse(body: &[u8]) -> Result<Request, Error> {
    let Value::Object(mut object) = read(body)? else {
        return Err(Error::invalid_request("the request is not a JSON object"));
    };
    let metadata = match object.remove("metadata") {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Object(metadata)) => metadata,
        Some(_) => return Err(Error::invalid_request("`metadata` is not an object")),
    };
    let params = object.remove("params").unwrap_or_default();
    let operation = match object.get("type") {
        Some(Value::String(name)) => operation(name, params)?,
        Some(_) => return Err(Error::invalid_request("`type` is not a text")),
        None => return Err(Error::invalid_request("the request has no `type`")),
    };
    Ok(Request { operation, metadata })
}

fn operation(name: &str, given: Value) -> Result<Operation, Error> {
    use Operation::{Plain as P, Streaming as S};
    Ok(match name {
        "threads.create" => S(Streaming::ThreadsCreate(params(name, given)?)),
        "threads.add_user_message" => S(Streaming::ThreadsAddUserMessage(params(name, given)?)),
        "threads.add_client_tool_output" => {
            S(Streaming::ThreadsAddClientToolOutput(params(name, given)?))
        }
        "threads.add_structured_input" => {
            S(Streaming::ThreadsAddStructuredInput(params(name, given)?))
        }
        "threads.retry_after_item" => S(Streaming::ThreadsRetryAfterItem(params(name, given)?)),
        "threads.custom_action" => S(Streaming::ThreadsCustomAction(params(name, given)?)),
        "threads.get_by_id" => P(Plain::ThreadsGetById(params(name, given)?)),
        "threads.list" => P(Plain::ThreadsList(params(name, given)?)),
        "threads.update" => P(Plain::ThreadsUpdate(params(name, given)?)),
        "threads.delete" => P(Plain::ThreadsDelete(params(name, given)?)),
        "items.list" => P(Plain::ItemsList(params(name, given)?)),
        "items.feedback" => P(Plain::ItemsFeedback(params(name, given)?)),
        "attachments.create" => P(Plain::AttachmentsCreate(params(name, given)?)),
        "attachments.delete" => P(Plain::AttachmentsDelete(params(name, given)?)),
        "input.transcribe" => P(Plain::InputTranscribe(params(name, given)?)),
        "threads.sync_custom_action" => P(Plain::ThreadsSyncCustomAction(params(name, given)?)),
        _ => return Err(refusal::unknown_operation()),
    })
}

fn params<T: DeserializeOwned>(name: &str, given: Value) -> Result<T, Error> {
    let given = match given {
        Value::Null => Value::Object(Object::new()),
        Value::Object(_) => given,
        _ => return Err(Error::invalid_request("`params` is not an object")),
    };
    serde_path_to_error::deserialize(given).map_err(|error| refusal::unfit(name, &error))
}

fn read(body: &[u8]) -> Result<Value, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Strict::default().deserialize(&mut deserializer);
    value
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| refusal::unread(&error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// One request of each kind, with everything that stock clients send.
    fn requests() -> Vec<Value> {
        let input = json!({"content": [{"type": "input_text", "text": "hi"}], "quoted_text": "", "attachments": [], "inference_options": {}});
        let action = json!({"thread_id": "t", "item_id": "w", "action": {"type": "session.save", "payload": {"x": null}}});
        [
            ("threads.create", json!({"input": input})),
            ("threads.add_user_message", json!({"thread_id": "t", "input": input})),
            ("threads.add_client_tool_output", json!({"thread_id": "t", "result": {"nodes": [1]}})),
            ("threads.add_structured_input", json!({"thread_id": "t", "item_id": "s", "input": {"status": "answered", "answers": {"p": {"values": ["High", "Low"], "skipped": false}}}})),
            ("threads.retry_after_item", json!({"thread_id": "t", "item_id": "m"})),
            ("threads.custom_action", action.clone()),
            ("threads.get_by_id", json!({"thread_id": "t"})),
            ("threads.list", json!({"limit": 9_999, "order": "desc"})),
            ("threads.update", json!({"thread_id": "t", "title": "New"})),
            ("threads.delete", json!({"thread_id": "t"})),
            ("items.list", json!({"thread_id": "t", "limit": 2, "order": "asc", "after": "m"})),
            ("items.feedback", json!({"thread_id": "t", "item_ids": ["m"], "kind": "negative"})),
            ("attachments.create", json!({"name": "a.png", "size": 5, "mime_type": "image/png"})),
            ("attachments.delete", json!({"attachment_id": "a"})),
            ("input.transcribe", json!({"audio_base64": "AAAA", "mime_type": "audio/webm;codecs=opus"})),
            ("threads.sync_custom_action", action),
        ]
        .map(|(name, params)| json!({"type": name, "params": params}))
        .into()
    }

    #[test]
    fn all_sixteen_requests_are_read_and_written_again() {
        for request in requests() {
            let parsed = parse(request.to_string().as_bytes()).unwrap();
            assert_eq!(parsed.operation.name(), request["type"]);
            assert_eq!(serde_json::to_value(&parsed).unwrap(), request);
        }
    }

    #[test]
    fn a_result_may_be_null_but_must_be_there() {
        let with = br#"{"type":"threads.add_client_tool_output","params":{"thread_id":"t","result":null}}"#;
        let without = br#"{"type":"threads.add_client_tool_output","params":{"thread_id":"t"}}"#;
        assert!(parse(with).is_ok());
        assert!(parse(without).is_err());
    }

    #[test]
    fn an_integer_beyond_64_bits_is_a_double_where_any_value_may_stand() {
        let body = br#"{"type":"threads.list","metadata":{"a":18446744073709551616}}"#;
        assert_eq!(parse(body).unwrap().metadata["a"], json!(2_f64.powi(64)));
        let body = br#"{"type":"threads.list","params":{"limit":18446744073709551616}}"#;
        assert_eq!(parse(body).unwrap_err().code(), "invalid_request");
    }

    #[test]
    fn integers_may_come_as_text_or_with_a_fraction_of_nothing() {
        for (size, read) in
            [("5", 5), ("\"5\"", 5), ("5.0", 5), ("\"5.0\"", 5), ("\"5_0\"", 50), ("-1", -1)]
        {
            let body = format!(
                r#"{{"type":"attachments.create","params":{{"name":"a","mime_type":"b","size":{size}}}}}"#
            );
            let Operation::Plain(Plain::AttachmentsCreate(params)) =
                parse(body.as_bytes()).unwrap().operation
            else {
                panic!("it is another operation")
            };
            assert_eq!(params.size, read);
        }
    }
}
