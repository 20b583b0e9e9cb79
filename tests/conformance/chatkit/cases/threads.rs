//! Conversations.

use serde_json::{Value, json};

use crate::differences::Difference::{
    BoundedLimits, ClosedConversations, EarlyRefusal, EmptyMessages, ErrorsComeLast, GivenDefaults,
    HiddenBeforeCut,
};
use crate::script::{
    Case, NEW, and_thread_is, create, done, fail, get, hidden, input, message, op, say, thread_is,
    user_message,
};

#[tokio::test]
async fn case_13_a_conversation_begins_with_itself_the_message_and_the_options() {
    let played = Case::new().ask(create("hi")).agrees().await;
    assert_eq!(played.kinds(0), ["thread.created", "thread.item.done", "stream_options"]);
    assert_eq!(played.events(0)[0]["thread"]["id"], NEW);
}

#[tokio::test]
async fn case_14_a_message_that_says_nothing_is_refused() {
    let nothing = json!({"content": [], "attachments": [], "inference_options": {}});
    let case = Case::new().ask(op("threads.create", json!({"input": nothing}))).ask(create(" \n"));
    let places = ["answer 0", "writes 0", "answer 1", "writes 1", "state"];
    let played = case.differs(&places.map(|place| (place, EmptyMessages))).await;
    assert_eq!(played.refused(0), (422, "empty_message"));
    assert_eq!(played.refused(1), (422, "empty_message"));
}

/// A conversation that begins with this input.
fn begin(change: impl FnOnce(&mut Value)) -> Value {
    let mut input = input("hi");
    change(&mut input);
    op("threads.create", json!({"input": input}))
}

#[tokio::test]
async fn case_15_quotes_and_options_are_echoed() {
    let options = json!({"tool_choice": {"id": "search"}, "model": "large"});
    let case = Case::new()
        .ask(begin(|input| input["quoted_text"] = "".into()))
        .ask(begin(|input| input["quoted_text"] = Value::Null))
        .ask(begin(|input| input["quoted_text"] = "as you said".into()))
        .ask(begin(|input| input["inference_options"] = options.clone()));
    let played = case.agrees().await;
    let item = |step: usize| &played.events(step)[1]["item"];
    assert_eq!(item(0)["quoted_text"], "");
    assert!(item(1).get("quoted_text").is_none());
    assert_eq!(item(3)["inference_options"], options);
}

#[tokio::test]
async fn case_16_mentions_are_echoed() {
    let tag = |more: Value| {
        let mut tag = json!({"type": "input_tag", "id": "e1", "text": "Ann"});
        tag.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        begin(|input| input["content"] = json!([tag, {"type": "input_text", "text": " hi"}]))
    };
    let case = Case::new()
        .ask(tag(json!({"data": {"k": null, "n": 1}, "group": "people", "interactive": true})))
        .ask(tag(json!({"data": {}})))
        .ask(tag(json!({})));
    let places = ["answer 2", "writes 2", "state"].map(|place| (place, GivenDefaults));
    let played = case.differs(&places).await;
    assert_eq!(played.events(2)[1]["item"]["content"][0]["data"], json!({}));
}

#[tokio::test]
async fn case_17_a_message_to_nowhere_leaves_nothing() {
    let case = Case::new().thread_of("bob", json!({"id": "foreign"}), []);
    let case = case.ask(say("unknown", "hi")).ask(say("foreign", "hi"));
    let places = ["answer 0", "answer 1"].map(|place| (place, EarlyRefusal));
    let played = case.differs(&places).await;
    assert_eq!(played.refused(0), (404, "not_found"));
    assert_eq!(played.answers[0], played.answers[1]);
}

#[tokio::test]
async fn case_18_locked_and_closed_conversations_take_no_messages() {
    let locked = json!({"id": "locked", "status": {"type": "locked"}});
    let closed = json!({"id": "closed", "status": {"type": "closed", "reason": "done"}});
    let case = Case::new().thread_of("ann", locked, []).thread_of("ann", closed, []);
    let case = case.ask(say("locked", "hi")).ask(say("closed", "hi"));
    let places = ["answer 0", "writes 0", "answer 1", "writes 1", "state"];
    let played = case.differs(&places.map(|place| (place, ClosedConversations))).await;
    assert_eq!(played.refused(0), (409, "thread_locked"));
    assert_eq!(played.refused(1), (409, "thread_closed"));
}

#[tokio::test]
async fn case_19_a_conversation_shows_its_items_and_not_what_is_hidden() {
    let thread = json!({"id": "t", "title": "T", "metadata": {"plan": "gold"}});
    let items = [user_message("u", "hi"), hidden("h"), message("m", "Hello")];
    let played = Case::new().thread_of("ann", thread, items).ask(get("t")).agrees().await;
    let thread = played.json(0);
    assert_eq!(thread["metadata"], json!({}));
    let ids: Vec<_> =
        thread["items"]["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, ["u", "m"]);
}

#[tokio::test]
async fn case_20_the_first_page_and_the_walk_after_it_show_everything_once() {
    let items = |hidden_one: Option<usize>| {
        (0..45).map(move |n| match n {
            n if Some(n) == hidden_one => hidden(&format!("h{n}")),
            n => message(&format!("m{n}"), "x"),
        })
    };
    // That the walk shows all of them is checked in every case.
    let played = Case::new().thread("t", items(None)).ask(get("t")).agrees().await;
    assert_eq!(played.json(0)["items"]["after"], "m19");
    let case = Case::new().thread("t", items(Some(19))).ask(get("t"));
    let played = case.differs(&[("answer 0", HiddenBeforeCut)]).await;
    assert_eq!(played.json(0)["items"]["data"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn case_21_a_list_has_twenty_of_them_newest_first_unless_asked_otherwise() {
    let threads = (0..25).fold(Case::new(), |case, n| case.thread(&format!("t{n}"), []));
    let list = |params: Value| op("threads.list", params);
    let asked = [
        json!({}),
        json!({"limit": 0}),
        json!({"limit": null}),
        json!({"limit": 9_999, "order": "desc"}),
        json!({"limit": 3, "order": "asc"}),
        json!({"limit": 3, "order": "asc", "after": "t2"}),
        json!({"limit": 25}),
        json!({"limit": 24}),
        json!({"limit": -5}),
    ];
    let case = asked.into_iter().fold(threads, |case, params| case.ask(list(params)));
    let played = case.differs(&[("answer 8", BoundedLimits)]).await;
    let ids = |step: usize| -> Vec<&Value> {
        played.json(step)["data"].as_array().unwrap().iter().map(|thread| &thread["id"]).collect()
    };
    assert_eq!((ids(0).len(), ids(0)[0]), (20, &json!("t24")));
    assert_eq!(ids(5), ["t3", "t4", "t5"]);
    assert_eq!(ids(8), ["t24"]);
}

#[tokio::test]
async fn case_22_everywhere_but_in_get_by_id_the_page_of_items_is_empty() {
    let update = op("threads.update", json!({"thread_id": "t", "title": "New"}));
    let case = Case::new()
        .thread("t", [message("m", "Hello")])
        .ask(op("threads.list", json!({})))
        .ask(update)
        .ask(create("hi"))
        .respond([thread_is(json!({"title": "Named"}))]);
    let played = case.agrees().await;
    let empty = json!({"data": [], "has_more": false});
    assert_eq!(played.json(0)["data"][0]["items"], empty);
    assert_eq!(played.json(1)["items"], empty);
    assert_eq!(played.events(2)[0]["thread"]["items"], empty);
    assert_eq!(played.events(2)[3]["thread"]["items"], empty);
}

#[tokio::test]
async fn case_23_a_title_may_be_empty_but_not_null() {
    let update = |title: Value| op("threads.update", json!({"thread_id": "t", "title": title}));
    let case = Case::new().thread("t", []);
    let case = case.ask(update(json!("New"))).ask(update(json!(""))).ask(update(json!(null)));
    let played = case.differs(&[("answer 2", EarlyRefusal)]).await;
    assert_eq!(played.json(1)["title"], "");
    assert_eq!(played.refused(2).0, 400);
}

#[tokio::test]
async fn case_24_a_conversation_can_be_deleted_twice() {
    let delete = op("threads.delete", json!({"thread_id": "t"}));
    let case = Case::new()
        .thread("t", [message("m", "Hello")])
        .ask(delete.clone())
        .ask(delete.clone())
        .ask(delete)
        .by("bob")
        .ask(get("t"));
    let played = case.differs(&[("answer 3", EarlyRefusal)]).await;
    assert_eq!(*played.json(1), json!({}));
    assert_eq!(played.refused(3).0, 404);
}

#[tokio::test]
async fn case_25_a_change_of_the_conversation_is_told_after_the_event_it_goes_with() {
    let title = |title: &str| json!({"title": title});
    let case = Case::new()
        .ask(create("hi"))
        .respond([and_thread_is(done(message("a", "A")), title("Mid")), done(message("b", "B"))])
        .ask(say(NEW, "again"))
        .respond([done(message("c", "C")), thread_is(title("End"))]);
    let played = case.agrees().await;
    let kinds = played.kinds(0);
    assert_eq!(kinds[3..], ["thread.item.done", "thread.updated", "thread.item.done"]);
    assert_eq!(played.state["threads"][0]["thread"]["title"], "End");
}

#[tokio::test]
async fn case_25_nothing_comes_after_an_error() {
    let mut failing = fail();
    failing["thread"] = json!({"title": "Before"});
    let case = Case::new().ask(create("hi")).respond([failing]);
    let played = case.differs(&[("answer 0", ErrorsComeLast)]).await;
    assert_eq!(played.kinds(0)[3..], ["thread.updated", "error"]);
    assert_eq!(played.state["threads"][0]["thread"]["title"], "Before");
}

#[tokio::test]
async fn case_26_status_and_image_domains_are_kept_and_told() {
    let script = [
        thread_is(json!({"status": {"type": "locked"}})),
        done(message("a", "A")),
        thread_is(json!({"status": {"type": "locked", "reason": "mod"}})),
        done(message("b", "B")),
        thread_is(json!({"allowed_image_domains": ["a.com"]})),
        done(message("c", "C")),
        thread_is(json!({"status": {"type": "closed", "reason": "done"}})),
        done(message("d", "D")),
        thread_is(json!({"status": {"type": "closed"}, "allowed_image_domains": []})),
    ];
    // The reference tells of a change after the next event, so here each goes with one.
    let mut joined = Vec::new();
    for step in script {
        match step.get("thread") {
            Some(fields)
                if joined.last().is_some_and(|last: &Value| last.get("emit").is_some()) =>
            {
                let said = joined.pop().unwrap();
                joined.push(and_thread_is(said, fields.clone()));
            }
            Some(fields) => {
                joined.push(and_thread_is(done(message("z", "Z")), fields.clone()));
            }
            None => joined.push(step),
        }
    }
    let case = Case::new().ask(create("hi")).respond(joined).ask(get(NEW));
    let played = case.agrees().await;
    assert_eq!(played.json(1)["status"], json!({"type": "closed"}));
    assert_eq!(played.json(1)["allowed_image_domains"], json!([]));
}
