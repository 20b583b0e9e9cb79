//! Tasks over REST, on both databases.

use reqwest::header::{ETAG, LOCATION};
use serde_json::{Value, json};
use todochat_database::testing::TestDatabase;
use todochat_tests::{
    house::{House, Reply, Resident},
    on_each_database,
};

on_each_database!(
    a_task_lives_through_all_endpoints,
    a_list_is_filtered_and_paged,
    what_breaks_a_rule_is_422,
    what_is_not_the_right_shape_is_400,
    an_unknown_id_is_404_whatever_it_looks_like,
    somebody_elses_task_is_the_same_404,
    nobody_gets_nothing,
    a_version_that_is_not_the_last_is_409_with_the_task,
    undo_and_restore_bring_things_back,
);

async fn send(who: &Resident, method: &str, path: &str, body: Value) -> Reply {
    Reply::of(who.request(method, path).json(&body)).await
}

async fn call(who: &Resident, method: &str, path: &str) -> Reply {
    Reply::of(who.request(method, path)).await
}

/// Adds a task and gives its path.
async fn add(who: &Resident, title: &str) -> String {
    let reply = send(who, "POST", "/api/tasks", json!({"title": title})).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    format!("/api/tasks/{}", reply.text("/id"))
}

async fn titles(who: &Resident, query: &str) -> Vec<String> {
    let reply = who.get(&format!("/api/tasks{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    let tasks = reply.json()["tasks"].clone();
    let title = |task: &Value| task["title"].as_str().unwrap().to_owned();
    tasks.as_array().unwrap().iter().map(title).collect()
}

async fn a_task_lives_through_all_endpoints(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let new = json!({"title": " Buy milk ", "description": "Two litres", "unknown": [1]});
    let added = send(&ann, "POST", "/api/tasks", new).await;
    assert_eq!(added.status, 201);
    let task = added.json();
    let path = format!("/api/tasks/{}", added.text("/id"));
    assert_eq!(added.headers[LOCATION], path.as_str());
    assert_eq!(added.headers[ETAG], "\"1\"");
    let mut fields: Vec<_> = task.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    let expected = [
        "completed",
        "created_at",
        "description",
        "id",
        "number",
        "title",
        "updated_at",
        "version",
    ];
    assert_eq!(fields, expected);
    assert_eq!((&task["title"], &task["number"]), (&json!("Buy milk"), &json!(1)));
    assert_eq!(ann.get(&path).await.json(), task);

    let put = send(&ann, "PUT", &path, json!({"title": "Buy oat milk"})).await.json();
    assert_eq!((&put["title"], &put["description"]), (&json!("Buy oat milk"), &json!("")));
    let patched = send(&ann, "PATCH", &path, json!({"description": "One"})).await.json();
    assert_eq!(
        (&patched["title"], &patched["description"]),
        (&json!("Buy oat milk"), &json!("One"))
    );

    for _ in 0..2 {
        let done = call(&ann, "PATCH", &format!("{path}/complete")).await;
        assert_eq!((done.status.as_u16(), &done.json()["completed"]), (200, &json!(true)));
    }
    let counted = ann.get("/api/tasks/summary").await.json();
    assert_eq!(counted, json!({"total": 1, "open": 0, "completed": 1}));
    let open = call(&ann, "POST", &format!("{path}/reopen")).await.json();
    assert_eq!((&open["completed"], &open["version"]), (&json!(false), &json!(5)));

    let deleted = call(&ann, "DELETE", &path).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
    for method in ["DELETE", "GET"] {
        assert_eq!(call(&ann, method, &path).await.status, 404, "{method}");
    }
}

async fn a_list_is_filtered_and_paged(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    assert_eq!(ann.get("/api/tasks").await.json(), json!({"tasks": []}));
    for title in ["Buy milk", "Buy bread", "Call Kim"] {
        add(&ann, title).await;
    }
    let milk = add(&ann, "Drink milk").await;
    call(&ann, "PATCH", &format!("{milk}/complete")).await;
    for (query, expected) in [
        ("", vec!["Drink milk", "Call Kim", "Buy bread", "Buy milk"]),
        ("?status=open", vec!["Call Kim", "Buy bread", "Buy milk"]),
        ("?status=completed", vec!["Drink milk"]),
        ("?query=milk&status=open", vec!["Buy milk"]),
        ("?limit=0", vec!["Drink milk"]),
        ("?limit=1000&unknown=1", vec!["Drink milk", "Call Kim", "Buy bread", "Buy milk"]),
        ("?query=%00", vec![]),
    ] {
        assert_eq!(titles(&ann, query).await, expected, "{query}");
    }
    let first = ann.get("/api/tasks?limit=3").await;
    let next = format!("?limit=3&cursor={}", first.text("/next_cursor"));
    assert_eq!(titles(&ann, &next).await, ["Buy milk"]);
    for query in ["?cursor=x", "?limit=-1", "?limit=x", "?status=done", "?cursor=%00"] {
        let refused = ann.get(&format!("/api/tasks{query}")).await;
        assert_eq!(refused.status, 400, "{query}: {}", refused.body);
    }
}

async fn what_breaks_a_rule_is_422(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let path = add(&ann, "Buy milk").await;
    for title in ["", "  ", "a\nb", "a\0b", "\u{200b}", &"x".repeat(256)] {
        for (method, path) in [("POST", "/api/tasks"), ("PUT", &path), ("PATCH", &path)] {
            let refused = send(&ann, method, path, json!({"title": title})).await;
            assert_eq!(refused.status, 422, "{method} {title:?}: {}", refused.body);
            assert_eq!(refused.code(), "invalid_task");
        }
    }
    for description in ["a\0b", &"x".repeat(10_001)] {
        let refused = send(&ann, "PATCH", &path, json!({"description": description})).await;
        assert_eq!(refused.status, 422);
    }
    assert_eq!(titles(&ann, "").await, ["Buy milk"]);
    assert_eq!(ann.get(&path).await.json()["version"], 1);
}

async fn what_is_not_the_right_shape_is_400(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let path = add(&ann, "Buy milk").await;
    for body in ["", "{", "[]", "null", "{}", r#"{"title": 5}"#, r#"{"title": null}"#, "\u{0}"] {
        let refused = Reply::of(ann.request("POST", "/api/tasks").body(body)).await;
        assert_eq!(refused.status, 400, "{body:?}: {}", refused.body);
        assert!(!refused.text("/error/message").is_empty());
    }
    for body in [
        json!({"title": null}),
        json!({"title": ["x"]}),
        json!({"completed": "yes"}),
        json!({"completed": null}),
        json!({"description": 1}),
        json!({"version": "1"}),
    ] {
        let refused = send(&ann, "PATCH", &path, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
    }
    let refused = send(&ann, "PUT", &path, json!({"description": "no title"})).await;
    assert_eq!(refused.status, 400);
    let refused = Reply::of(ann.request("DELETE", &path).header("if-match", "abc")).await;
    assert_eq!(refused.status, 400);
    assert_eq!(titles(&ann, "").await, ["Buy milk"]);
}

async fn an_unknown_id_is_404_whatever_it_looks_like(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let long = "x".repeat(2_000);
    for id in
        ["tsk_0", "1", "%00", "%ff", "%F0%9F%8E%89", "a%2Fb", "'%20OR%201=1--", "..%2f..", &long]
    {
        for (method, end) in [
            ("GET", ""),
            ("DELETE", ""),
            ("PATCH", "/complete"),
            ("POST", "/reopen"),
            ("POST", "/restore"),
        ] {
            let reply = call(&ann, method, &format!("/api/tasks/{id}{end}")).await;
            assert_eq!(reply.status, 404, "{method} {id}{end}: {}", reply.body);
            assert_eq!(reply.code(), "not_found");
        }
    }
}

async fn somebody_elses_task_is_the_same_404(test: TestDatabase) {
    let house = House::open(test).await;
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let path = add(&ann, "Secret party").await;
    let unknown = format!("/api/tasks/tsk_{}", "0".repeat(32));
    let same = |reply: &Reply| (reply.status, reply.code(), reply.text("/error/message"));
    for (method, end) in [
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("PATCH", "/complete"),
        ("POST", "/reopen"),
        ("POST", "/restore"),
    ] {
        let body = json!({"title": "Mine now"});
        let foreign = send(&bob, method, &format!("{path}{end}"), body.clone()).await;
        let nothing = send(&bob, method, &format!("{unknown}{end}"), body).await;
        assert_eq!(foreign.status, 404, "{method} {end}");
        assert_eq!(same(&foreign), same(&nothing), "{method} {end}");
    }
    assert_eq!(titles(&bob, "?query=secret").await, Vec::<String>::new());
    assert_eq!(call(&bob, "POST", "/api/tasks/undo").await.status, 409);
    assert_eq!(titles(&ann, "").await, ["Secret party"]);
}

async fn nobody_gets_nothing(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let path = add(&ann, "Buy milk").await;
    for path in ["/api/tasks", "/api/tasks/summary", "/api/events", &path] {
        let reply = Reply::of(house.get(path)).await;
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
    }
    // Not even what is wrong with a body.
    assert_eq!(Reply::of(house.post("/api/tasks").body("{")).await.status, 401);
}

async fn a_version_that_is_not_the_last_is_409_with_the_task(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let path = add(&ann, "Buy milk").await;
    let at = async |version: &str, method: &str, end: &str| {
        let request = ann.request(method, &format!("{path}{end}")).header("if-match", version);
        Reply::of(request.json(&json!({"title": "Buy tea"}))).await
    };
    assert_eq!(at("\"1\"", "PUT", "").await.headers[ETAG], "\"2\"");
    for (method, end) in
        [("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("PATCH", "/complete"), ("POST", "/reopen")]
    {
        let conflict = at("\"1\"", method, end).await;
        assert_eq!(
            (conflict.status.as_u16(), conflict.code().as_str()),
            (409, "conflict"),
            "{method}{end}"
        );
        assert_eq!(conflict.json()["task"]["version"], 2);
        assert!(!conflict.text("/error/request_id").is_empty());
    }
    let old = send(&ann, "PATCH", &path, json!({"title": "Buy rice", "version": 1})).await;
    assert_eq!(old.status, 409);
    assert_eq!(at("*", "PATCH", "/complete").await.status, 200);
    assert_eq!(at("\"3\"", "DELETE", "").await.status, 204);
}

async fn undo_and_restore_bring_things_back(test: TestDatabase) {
    let house = House::open(test).await;
    let ann = house.sign_up("ann").await;
    let path = add(&ann, "Buy milk").await;
    call(&ann, "DELETE", &path).await;
    let undone = call(&ann, "POST", "/api/tasks/undo").await.json();
    assert_eq!((&undone["kind"], &undone["deleted"]), (&json!("deleted"), &json!(false)));
    assert_eq!(undone["task"], ann.get(&path).await.json());

    call(&ann, "DELETE", &path).await;
    let restored = call(&ann, "POST", &format!("{path}/restore")).await;
    assert_eq!((restored.status.as_u16(), restored.text("/title")), (200, "Buy milk".to_owned()));
    assert_eq!(titles(&ann, "").await, ["Buy milk"]);

    let nobody = house.sign_up("bob").await;
    let nothing = call(&nobody, "POST", "/api/tasks/undo").await;
    assert_eq!((nothing.status.as_u16(), nothing.code().as_str()), (409, "nothing_to_undo"));
}
