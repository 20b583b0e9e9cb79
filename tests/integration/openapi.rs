//! The OpenAPI description, held against a server that runs.

use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use todochat_tests::{
    TestDatabase,
    house::{House, Reply},
};

const PATH: &str = "/api/openapi.json";

const METHODS: [Method; 5] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

#[tokio::test]
async fn anybody_may_read_it_and_keep_it_for_a_while() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let told = Reply::of(house.get(PATH)).await;
    assert_eq!(told.status, 200, "{}", told.body);
    assert_eq!(told.headers["content-type"], "application/json");
    assert_eq!(told.headers["cache-control"], "public, max-age=300");
    assert!(told.text("/openapi").starts_with("3.1."));
    let nobody = nobody();
    let head = ask(&nobody, &house, Method::HEAD, PATH).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    assert_eq!(head.headers["content-type"], "application/json");
    let posted = ask(&nobody, &house, Method::POST, PATH).await;
    assert_eq!((posted.status.as_u16(), posted.code().as_str()), (405, "method_not_allowed"));
}

#[tokio::test]
async fn it_tells_which_methods_there_are_and_which_need_a_token() {
    let folder = TempDir::new().unwrap();
    let house = house_with_files(&folder).await;
    let (nobody, description) = (nobody(), description(&house).await);
    for (path, operations) in description["paths"].as_object().unwrap() {
        for method in METHODS {
            let operation = operations.get(method.as_str().to_lowercase());
            let path = path.replace("{id}", "unknown_1");
            let reply = ask(&nobody, &house, method.clone(), &path).await;
            let status = reply.status.as_u16();
            let is_as_told = match operation {
                None => status == 405,
                Some(operation) if is_closed(&description, operation) => status == 401,
                Some(_) => !matches!(status, 401 | 404 | 405),
            };
            assert!(is_as_told, "{method} {path}: {status} {}", reply.body);
        }
    }
}

#[tokio::test]
async fn what_is_answered_is_as_it_says() {
    let folder = TempDir::new().unwrap();
    let house = house_with_files(&folder).await;
    let description = description(&house).await;
    for (name, reply) in answers(&house).await {
        let schema = &description["components"]["schemas"][name];
        let found = misfits(&description, schema, &reply.json(), name);
        assert!(schema.is_object() && found.is_empty(), "{found:#?}");
    }
}

#[tokio::test]
async fn its_chatkit_operations_are_those_there_are() {
    let house = House::open(TestDatabase::sqlite().await).await;
    let ann = house.sign_up("ann").await;
    let description = description(&house).await;
    let kinds = &description["components"]["schemas"]["ChatKitRequest"]["properties"]["type"];
    let kinds = kinds["enum"].as_array().unwrap();
    assert_eq!(kinds.len(), 16);
    for kind in kinds {
        let reply = ann.post("/api/chatkit", json!({ "type": kind })).await;
        assert_ne!(reply.json()["error"]["code"], "unknown_operation", "{kind}");
    }
}

/// A house in which nothing that is described is switched off.
async fn house_with_files(folder: &TempDir) -> House {
    let place = folder.path().to_str().unwrap();
    let flags = ["--attachments", "disk", "--attachments-dir", place];
    House::with(TestDatabase::sqlite().await, &flags).await
}

async fn description(house: &House) -> Value {
    Reply::of(house.get(PATH)).await.json()
}

/// Somebody without a token.
fn nobody() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// A request without a body.
async fn ask(who: &Client, house: &House, method: Method, path: &str) -> Reply {
    Reply::of(who.request(method, format!("{}{path}", house.url))).await
}

/// Whether a request of nobody's is refused: there is no way in that needs nothing.
fn is_closed(description: &Value, operation: &Value) -> bool {
    let ways = operation.get("security").unwrap_or(&description["security"]);
    let ways = ways.as_array().unwrap();
    !ways.is_empty() && ways.iter().all(|way| *way != json!({}))
}

/// Answers of a server, each with the name of its schema.
async fn answers(house: &House) -> Vec<(&'static str, Reply)> {
    let ann = house.sign_up("ann").await;
    let bob = json!({"email": "bob@example.org", "password": "correct horse battery staple"});
    let file = json!({"name": "a.txt", "size": 3, "mime_type": "text/plain"});
    let task = ann.post("/api/tasks", json!({"title": "Buy milk"})).await;
    let late = ann.request("PATCH", &format!("/api/tasks/{}", task.text("/id")));
    let late = late.json(&json!({"title": "Buy oat milk", "version": 9}));
    vec![
        ("Access", Reply::of(house.post("/api/auth/signup").json(&bob)).await),
        ("User", ann.get("/api/auth/me").await),
        ("Sessions", ann.get("/api/auth/sessions").await),
        ("KeySet", ann.get("/.well-known/jwks.json").await),
        ("Config", ann.get("/config.json").await),
        ("Task", task),
        ("TaskPage", ann.get("/api/tasks").await),
        ("Summary", ann.get("/api/tasks/summary").await),
        ("TaskConflict", Reply::of(late).await),
        ("Undone", ann.post("/api/tasks/undo", json!({})).await),
        ("Error", ann.get("/api/tasks/tsk_none").await),
        ("Answer", ann.post("/api/chat", json!({"message": "add buy bread"})).await),
        ("Attachment", ann.chatkit("attachments.create", file).await),
    ]
}

/// What of a value is not as its schema says: another type or word, or a member that is missing or not described.
fn misfits(description: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = description.pointer(reference.trim_start_matches('#')).unwrap();
        return misfits(description, schema, value, at);
    }
    let words = schema["enum"].as_array();
    if !is_of(&schema["type"], value) || words.is_some_and(|words| !words.contains(value)) {
        return vec![format!("{at}: {value}")];
    }
    match value {
        Value::Object(members) => misfits_of_members(description, schema, members, at),
        Value::Array(entries) => {
            let each =
                entries.iter().map(|entry| misfits(description, &schema["items"], entry, at));
            each.flatten().collect()
        }
        _ => Vec::new(),
    }
}

fn misfits_of_members(
    description: &Value,
    schema: &Value,
    members: &Map<String, Value>,
    at: &str,
) -> Vec<String> {
    let Some(described) = schema["properties"].as_object() else { return Vec::new() };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| !members.contains_key(*name));
    let mut found: Vec<String> = missing.map(|name| format!("{at}: no {name}")).collect();
    for (name, member) in members {
        let at = format!("{at}.{name}");
        match described.get(name) {
            Some(schema) => found.extend(misfits(description, schema, member, &at)),
            None => found.push(format!("{at} is not described")),
        }
    }
    found
}

/// Whether it is of this type, or of one of these; of any where none is said.
fn is_of(types: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match types {
        Value::Null => true,
        Value::Array(types) => types.iter().any(|one| one == kind),
        one => one == kind,
    }
}
