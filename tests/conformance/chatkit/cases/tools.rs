//! Calls that the browser runs, questions to the user, retries, actions and feedback.

use serde_json::{Value, json};

use crate::differences::Difference::{ActionsHaveTypes, EarlyRefusal, FeedbackFindsItsThread};
use crate::script::{
    Case, NEW, card, create, done, get, hidden, item, message, op, user_message, widget,
};

fn call(id: &str, status: &str) -> Value {
    let fields = json!({"status": status, "call_id": format!("call_{id}"), "name": "get_sel", "arguments": {"a": 1, "n": null}});
    item("client_tool_call", id, fields)
}

fn output(thread_id: &str, result: Value) -> Value {
    op("threads.add_client_tool_output", json!({"thread_id": thread_id, "result": result}))
}

#[tokio::test]
async fn case_45_the_output_of_a_call_completes_it_and_the_turn_goes_on() {
    let case = Case::new()
        .ask(create("hi"))
        .respond([done(call("c", "pending"))])
        .ask(output(NEW, json!({"nodes": [1]})))
        .respond([done(message("m", "Selected"))])
        .ask(get(NEW));
    let played = case.agrees().await;
    assert_eq!(played.kinds(1), ["stream_options", "thread.item.done"]);
    let kept = &played.json(2)["items"]["data"][1];
    assert_eq!((&kept["status"], &kept["output"]), (&json!("completed"), &json!({"nodes": [1]})));
}

#[tokio::test]
async fn case_46_an_output_that_nothing_waits_for_is_refused() {
    let case = Case::new()
        .thread("done", [call("a", "completed")])
        .thread("later", [call("b", "pending"), message("m", "later")])
        .thread("empty", [])
        .thread("null", [call("d", "pending")])
        .ask(output("done", json!(1)))
        .ask(output("later", json!(1)))
        .ask(output("empty", json!(1)))
        .ask(output("unknown", json!(1)))
        .ask(output("null", Value::Null));
    let places = ["answer 0", "answer 1", "answer 2", "answer 3"];
    let played = case.differs(&places.map(|place| (place, EarlyRefusal))).await;
    for step in 0..3 {
        assert_eq!(played.refused(step).0, 409);
    }
    assert_eq!(played.refused(3).0, 404);
    assert_eq!(played.kinds(4), ["stream_options"]);
}

#[tokio::test]
async fn case_47_older_calls_that_still_wait_are_dropped() {
    let items = [
        user_message("u", "hi"),
        call("a", "pending"),
        call("b", "completed"),
        call("c", "pending"),
    ];
    let case = Case::new().thread("t", items).ask(output("t", json!("x"))).ask(get("t"));
    let played = case.agrees().await;
    let ids: Vec<_> = played.items(0).iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["u", "b", "c"]);
}

fn questions(id: &str) -> Value {
    let inputs = json!([
        {"id": "p", "question": "Priority?", "type": "multiple_choice", "options": [{"value": "Low"}, {"value": "High"}], "multiple": false},
        {"id": "many", "question": "Tags?", "type": "multiple_choice", "options": [{"value": "a"}], "multiple": true},
        {"id": "n", "question": "Notes?", "type": "freeform", "description": "optional"},
    ]);
    item("structured_input", id, json!({"status": "pending", "inputs": inputs}))
}

fn submit(id: &str, input: Value) -> Value {
    op("threads.add_structured_input", json!({"thread_id": "t", "item_id": id, "input": input}))
}

#[tokio::test]
async fn case_48_answers_are_put_to_their_questions() {
    let values = |values: &[&str]| json!({"values": values});
    let inputs = [
        json!({"answers": {"p": values(&["High", "Low"]), "many": values(&["x", "y"]), "n": values(&["word"])}}),
        json!({"status": "skipped", "answers": {"p": values(&["High"])}}),
        json!({"answers": {"p": {"values": ["High"], "skipped": true}, "zzz": values(&["1"])}}),
        json!({"answers": {"n": values(&[])}}),
        json!({}),
    ];
    let items = (0..inputs.len()).map(|n| questions(&format!("s{n}")));
    let case = Case::new().thread("t", items);
    let asked = inputs.into_iter().enumerate();
    let case = asked.fold(case, |case, (n, input)| {
        case.ask(submit(&format!("s{n}"), input))
            .respond([done(message(&format!("m{n}"), "Thanks"))])
    });
    let played = case.agrees().await;
    let expected = ["stream_options", "thread.item.replaced", "thread.item.done"];
    assert_eq!(played.kinds(0), expected);
    assert_eq!(played.items(0)[0]["inputs"][0]["answer"]["values"], json!(["High"]));
    assert_eq!(played.items(0)[1]["status"], "skipped");
}

#[tokio::test]
async fn case_48_questions_are_answered_once() {
    let case = Case::new()
        .thread("t", [questions("s"), message("m", "x")])
        .ask(submit("s", json!({})))
        .ask(submit("s", json!({})))
        .ask(submit("m", json!({})))
        .ask(submit("unknown", json!({})))
        .ask(submit("s", json!({"status": "maybe"})));
    let places = ["answer 1", "answer 2", "answer 3", "answer 4"];
    let played = case.differs(&places.map(|place| (place, EarlyRefusal))).await;
    assert_eq!(played.refused(1).0, 409);
    assert!([409, 422].contains(&played.refused(2).0));
    assert_eq!(played.refused(3).0, 404);
    assert_eq!(played.refused(4).0, 400);
}

fn retry(item_id: &str) -> Value {
    op("threads.retry_after_item", json!({"thread_id": "t", "item_id": item_id}))
}

#[tokio::test]
async fn case_49_a_message_is_answered_again_without_what_came_after_it() {
    let items = [
        user_message("u", "hi"),
        message("a", "A"),
        hidden("h"),
        user_message("v", "and"),
        message("b", "B"),
    ];
    let case = Case::new().thread("t", items).ask(retry("u")).respond([done(message("c", "C"))]);
    let played = case.agrees().await;
    assert_eq!(played.kinds(0), ["stream_options", "thread.item.done"]);
    let ids: Vec<_> = played.items(0).iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["u", "c"]);
}

#[tokio::test]
async fn case_50_only_a_users_message_can_be_answered_again() {
    let case = Case::new()
        .thread("t", [user_message("u", "hi"), message("a", "A")])
        .ask(retry("a"))
        .ask(retry("unknown"))
        .ask(op("threads.retry_after_item", json!({"thread_id": "none", "item_id": "u"})));
    let places = ["answer 0", "answer 1", "answer 2"].map(|place| (place, EarlyRefusal));
    let played = case.differs(&places).await;
    assert!([409, 422].contains(&played.refused(0).0));
    assert_eq!(played.refused(1).0, 404);
    assert_eq!(played.refused(2).0, 404);
    assert_eq!(played.items(0).len(), 2);
}

#[tokio::test]
async fn case_51_a_message_far_back_can_be_answered_again() {
    let later = (0..47).map(|n| message(&format!("m{n}"), "x"));
    let items = [user_message("u", "hi")].into_iter().chain(later);
    let played = Case::new().thread("t", items).ask(retry("u")).agrees().await;
    assert_eq!(played.items(0).len(), 1);
}

fn action(name: &str, item_id: Value, action: Value) -> Value {
    op(name, json!({"thread_id": "t", "item_id": item_id, "action": action}))
}

fn go() -> Value {
    json!({"type": "go", "payload": {"x": 1, "n": null}, "handler": "server"})
}

#[tokio::test]
async fn case_52_an_action_is_answered_with_a_turn() {
    let act = |item_id: Value| action("threads.custom_action", item_id, go());
    let case = Case::new()
        .thread("t", [widget("w", card("hi"))])
        .ask(act(json!("w")))
        .act([done(message("a", "Gone"))])
        .ask(act(Value::Null))
        .ask(op("threads.custom_action", json!({"thread_id": "t", "action": {"type": "bare"}})));
    let played = case.agrees().await;
    assert_eq!(played.kinds(0), ["stream_options", "thread.item.done"]);
}

#[tokio::test]
async fn case_52_an_action_that_makes_no_sense_is_refused() {
    let act = |item_id: &str| action("threads.custom_action", json!(item_id), go());
    let case = Case::new()
        .thread("t", [message("m", "no widget")])
        .ask(act("m"))
        .ask(act("unknown"))
        .ask(op("threads.custom_action", json!({"thread_id": "none", "action": go()})))
        .ask(action("threads.custom_action", Value::Null, json!({"payload": 1})));
    let played = case
        .differs(&[
            ("answer 1", EarlyRefusal),
            ("answer 2", EarlyRefusal),
            ("answer 3", ActionsHaveTypes),
            ("hooks 3", ActionsHaveTypes),
        ])
        .await;
    let error = json!({"type": "error", "code": "stream.error", "allow_retry": false});
    assert_eq!(played.events(0), [error]);
    assert_eq!((played.refused(1).0, played.refused(2).0, played.refused(3).0), (404, 404, 400));
}

#[tokio::test]
async fn case_53_an_action_may_be_answered_at_once() {
    let act = |item_id: &str| action("threads.sync_custom_action", json!(item_id), go());
    let case = Case::new()
        .thread("t", [widget("w", card("hi")), message("m", "no widget")])
        .ask(act("w"))
        .sync(widget("w", card("gone")))
        .ask(act("w"))
        .ask(action("threads.sync_custom_action", Value::Null, go()))
        .ask(act("m"))
        .ask(act("unknown"));
    let places = ["answer 3", "answer 4"].map(|place| (place, EarlyRefusal));
    let played = case.differs(&places).await;
    assert_eq!(played.json(0)["updated_item"]["id"], "w");
    assert_eq!(*played.json(1), json!({}));
    // Keeping the item is the application's part.
    assert_eq!(played.items(0)[0]["widget"], card("hi"));
}

#[tokio::test]
async fn case_54_feedback_reaches_the_application() {
    let feedback = |thread: &str, ids: &[&str], kind: &str| {
        op("items.feedback", json!({"thread_id": thread, "item_ids": ids, "kind": kind}))
    };
    let case = Case::new()
        .ask(create("hi"))
        .respond([done(message("a", "A"))])
        .ask(feedback(NEW, &["a", "w"], "positive"))
        .ask(feedback(NEW, &[], "negative"))
        .ask(feedback(NEW, &["a"], "meh"))
        .ask(feedback("unknown", &["a"], "positive"));
    let played = case
        .differs(&[
            ("answer 3", EarlyRefusal),
            ("answer 4", FeedbackFindsItsThread),
            ("hooks 4", FeedbackFindsItsThread),
        ])
        .await;
    assert_eq!(*played.json(1), json!({}));
    assert_eq!((played.refused(3).0, played.refused(4).0), (400, 404));
}

#[tokio::test]
async fn case_53_an_action_is_answered_while_a_turn_runs() {
    use chatkit_server::testing::{MemoryStore, ScriptedResponder, Step};
    use chatkit_server::{Options, Response, Server};

    let responder = ScriptedResponder::new(|_| vec![Step::Hang]).acting_at_once(|_| Ok(None));
    let server = Server::new(MemoryStore::default(), responder, Options::default());
    let process = async |request: Value| {
        let request = server.parse(request.to_string().as_bytes()).unwrap();
        server.process_request(request, "ann".to_owned()).await.unwrap()
    };
    let turn = process(create("hi")).await;
    let action = op("threads.sync_custom_action", json!({"thread_id": NEW, "action": go()}));
    let Response::Json(answer) = process(action).await else { panic!("it does not stream") };
    assert_eq!(answer, "{}");
    drop(turn);
}
