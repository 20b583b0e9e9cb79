//! Every row of "bad input": a clear answer, and nothing that a client sends is a 500.

use serde_json::{Value, json};
use todochat_tests::{
    TestDatabase,
    house::{House, Reply, Resident, message},
    on_each_database,
};

/// What is said of parameters, whatever is wrong with them.
const UNFIT: &str = "a parameter is missing or of the wrong type";

on_each_database!(
    what_is_no_request_is_400_and_says_what,
    another_method_than_post_is_405,
    an_empty_message_and_a_huge_one_are_422,
    a_body_over_one_mebibyte_is_413,
    what_is_not_there_and_what_is_somebody_elses_are_the_same_404,
    without_a_good_token_everything_is_the_same_401,
    the_twenty_first_message_in_a_minute_is_429,
    a_refused_message_does_not_count,
    operations_that_were_not_set_up_say_so,
    hostile_bytes_are_never_a_500,
);

async fn what_is_no_request_is_400_and_says_what(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    for (body, says) in [
        ("", "the body is not JSON"),
        ("secret", "the body is not JSON"),
        ("[]", "the request is not a JSON object"),
        (r#"{"secret": 1, "secret": 2}"#, "an object has the same key twice"),
        (r#"{"type": "threads.secret", "params": {}}"#, "there is no such operation"),
        (r#"{"type": "threads.get_by_id", "params": {"secret": 5}}"#, UNFIT),
        (r#"{"type": "threads.get_by_id", "params": {"thread_id": ["secret"]}}"#, UNFIT),
        (r#"{"type": "threads.list", "params": {"order": "secret"}}"#, UNFIT),
        (r#"{"type": "threads.create", "params": {"input": "secret"}}"#, UNFIT),
    ] {
        let reply = raw(&ann, body).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.body);
        assert_eq!(reply.text("/error/message"), says, "{body}");
        assert!(reply.text("/error/request_id").starts_with("req_"));
    }
    for body in [json!({"message": {"secret": 5}}), json!({"secret": 5}), json!("secret")] {
        let reply = ann.post("/api/chat", body).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert!(!reply.body.contains("secret"), "{}", reply.body);
    }
}

async fn another_method_than_post_is_405(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    for method in ["GET", "PUT", "DELETE"] {
        let reply = Reply::of(ann.request(method, "/api/chatkit")).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (405, "method_not_allowed"));
        assert_eq!(reply.headers["allow"], "POST", "{method}");
    }
}

async fn an_empty_message_and_a_huge_one_are_422(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let huge = "x".repeat(32_001);
    for text in ["", "  \n\t", huge.as_str()] {
        assert_eq!(ann.say(text).await.status, 422, "{} characters", text.len());
        let plain = ann.post("/api/chat", json!({"message": text})).await;
        assert_eq!(plain.status, 422, "{} characters", text.len());
    }
    let none = json!({"input": {"content": [], "attachments": [], "inference_options": {}}});
    assert_eq!(ann.chatkit("threads.create", none).await.status, 422);
    assert_eq!(ann.say(&"ä".repeat(32_000)).await.status, 200);
    // What was refused left nothing behind.
    let listed = ann.chatkit("threads.list", json!({})).await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

async fn a_body_over_one_mebibyte_is_413(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let body = format!("{{\"type\": \"{}\"}}", "x".repeat(1024 * 1024));
    let reply = raw(&ann, &body).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (413, "too_large"));
}

async fn what_is_not_there_and_what_is_somebody_elses_are_the_same_404(database: TestDatabase) {
    let house = House::open(database).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let thread = ann.say("add buy milk").await.events()[0]["thread"]["id"].clone();
    let task = ann.get("/api/tasks").await.text("/tasks/0/id");
    for operation in ["threads.get_by_id", "threads.update", "items.list"] {
        let params = |id: &Value| json!({"thread_id": id, "title": "mine now"});
        let foreign = bob.chatkit(operation, params(&thread)).await;
        let unknown = bob.chatkit(operation, params(&json!("thr_none"))).await;
        assert_eq!(foreign.status, 404, "{operation}");
        assert_eq!(without_request_id(&foreign), without_request_id(&unknown), "{operation}");
    }
    let add = json!({"thread_id": thread, "input": message("list")});
    assert_eq!(bob.chatkit("threads.add_user_message", add).await.status, 404);
    // As the reference stores do: deleting what is not there is no error, and no effect.
    let delete = bob.chatkit("threads.delete", json!({"thread_id": thread})).await;
    assert_eq!((delete.status.as_u16(), delete.json()), (200, json!({})));
    let kept = ann.chatkit("threads.get_by_id", json!({"thread_id": thread})).await;
    assert_eq!(kept.text("/title"), "add buy milk");
    for (method, path) in [
        ("GET", format!("/api/tasks/{task}")),
        ("DELETE", format!("/api/tasks/{task}")),
        ("PATCH", format!("/api/tasks/{task}/complete")),
        ("POST", format!("/api/tasks/{task}/restore")),
        ("GET", "/api/tasks/tsk_none".to_owned()),
        ("GET", "/api/tasks/%00".to_owned()),
        ("GET", "/api/chatkit/threads/%00/turn".to_owned()),
        ("GET", "/api/chatkit/turns/%00/events".to_owned()),
    ] {
        let reply = Reply::of(bob.request(method, &path)).await;
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.body);
    }
    assert_eq!(bob.get("/api/tasks").await.json()["tasks"], json!([]));
}

async fn without_a_good_token_everything_is_the_same_401(database: TestDatabase) {
    let house = House::open(database).await;
    let mut bodies = Vec::new();
    for path in ["/api/chatkit", "/api/chat", "/api/tasks"] {
        for token in [None, Some(""), Some("nonsense"), Some("a.b.c")] {
            let request = house.post(path).body("{}");
            let request = token.map_or(request.try_clone().unwrap(), |t| request.bearer_auth(t));
            let reply = Reply::of(request).await;
            assert_eq!(reply.status, 401, "{path} {token:?}");
            assert_eq!(reply.headers["www-authenticate"], "Bearer");
            bodies.push(without_request_id(&reply));
        }
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
}

async fn the_twenty_first_message_in_a_minute_is_429(database: TestDatabase) {
    let house = House::with(database, &["--rate-limit-per-minute", "3"]).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    assert_eq!(ann.say("help").await.status, 200);
    assert_eq!(ann.post("/api/chat", json!({"message": "help"})).await.status, 200);
    assert_eq!(ann.say("help").await.status, 200);
    let refused = ann.say("help").await;
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(bob.say("help").await.status, 200);
    // A refused message leaves no thread.
    let listed = ann.chatkit("threads.list", json!({})).await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 3);
}

async fn a_refused_message_does_not_count(database: TestDatabase) {
    let house = House::with(database, &["--rate-limit-per-minute", "1"]).await;
    let ann = house.sign_up("ann").await;
    for _ in 0..5 {
        assert_eq!(ann.say("").await.status, 422);
        let lost = json!({"thread_id": "thr_none", "input": message("help")});
        assert_eq!(ann.chatkit("threads.add_user_message", lost).await.status, 404);
    }
    assert_eq!(ann.say("help").await.status, 200);
    assert_eq!(ann.say("help").await.status, 429);
}

async fn operations_that_were_not_set_up_say_so(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    for (operation, params) in [
        ("attachments.create", json!({"name": "a", "size": 1, "mime_type": "text/plain"})),
        ("attachments.delete", json!({"attachment_id": "atc_1"})),
        ("input.transcribe", json!({"audio_base64": "", "mime_type": "audio/ogg"})),
    ] {
        let reply = ann.chatkit(operation, params).await;
        assert_eq!(reply.status, 501, "{operation}: {}", reply.body);
        assert!(!reply.code().is_empty());
    }
}

async fn hostile_bytes_are_never_a_500(database: TestDatabase) {
    let house = House::open(database).await;
    let ann = house.sign_up("ann").await;
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let bodies = [
        deep.clone(),
        format!(r#"{{"type": "threads.create", "params": {{"input": {deep}}}}}"#),
        r#"{"type": "threads.create", "params": {"input": {"content": [{"type": "input_text", "text": "\ud800"}]}}}"#.to_owned(),
        r#"{"type": "threads.list", "params": {"limit": 99999999999999999999999}}"#.to_owned(),
        r#"{"type": "threads.list", "params": {"limit": -5}}"#.to_owned(),
        r#"{"type": "threads.list", "params": {"after": "\u0000"}}"#.to_owned(),
        r#"{"type": "threads.get_by_id", "params": {"thread_id": "\u0000"}}"#.to_owned(),
        r#"{"type": "threads.delete", "params": {"thread_id": "a\u0000b"}}"#.to_owned(),
        r#"{"type": "items.list", "params": {"thread_id": "' OR 1=1 --", "after": "x"}}"#.to_owned(),
    ];
    for body in bodies {
        let reply = raw(&ann, &body).await;
        assert!(reply.status.as_u16() < 500, "{} {}: {:.80}", reply.status, reply.body, body);
    }
    for question in
        [json!({"message": "add a\u{0}b"}), json!({"message": "help", "conversation_id": "\u{0}"})]
    {
        assert_eq!(ann.post("/api/chat", question).await.status, 400);
    }
    let spoken = ann.say("add a\u{0}b \u{202e} task").await;
    assert!(spoken.status.as_u16() < 500, "{}: {}", spoken.status, spoken.body);
    let thread = ann.say("help").await.events()[0]["thread"]["id"].clone();
    let title = json!({"thread_id": thread, "title": "a\u{0}b"});
    let renamed = ann.chatkit("threads.update", title).await;
    assert!(renamed.status.as_u16() < 500, "{}: {}", renamed.status, renamed.body);
}

async fn raw(ann: &Resident, body: &str) -> Reply {
    Reply::of(ann.request("POST", "/api/chatkit").body(body.to_owned())).await
}

fn without_request_id(reply: &Reply) -> String {
    let id = reply.text("/error/request_id");
    reply.body.replace(&id, "")
}
