//! Whether the description is one, and tells of the same endpoints as the page for people.

use std::collections::BTreeSet;

use serde_json::Value;

use super::DESCRIPTION;

const PAGE: &str = include_str!("../../../../docs/api.md");

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn description() -> Value {
    serde_json::from_slice(&DESCRIPTION).unwrap()
}

/// The operations, each with its route, such as `GET /api/tasks`.
fn operations(description: &Value) -> Vec<(String, &Value)> {
    let mut operations = Vec::new();
    for (path, members) in description["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = members.get(method) {
                operations.push((format!("{} {path}", method.to_uppercase()), operation));
            }
        }
    }
    operations
}

/// Where all references lead.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(entries) => entries.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn resolved<'a>(description: &'a Value, reference: &str) -> Option<&'a Value> {
    description.pointer(reference.strip_prefix('#')?)
}

/// The routes in one cell of the page: `` `PUT`, `PATCH /a/{id}` · `POST …/b` `` are `PUT /a/{id}`, `PATCH /a/{id}` and
/// `POST /a/b`, as `…` stands for all of the last path but its end.
fn routes(cell: &str) -> Vec<String> {
    let (mut routes, mut methods, mut parent) = (Vec::new(), Vec::new(), "");
    for code in cell.split('`').skip(1).step_by(2) {
        let (method, path) = code.split_once(' ').unwrap_or((code, ""));
        methods.push(method);
        if path.is_empty() {
            continue;
        }
        let whole = path.replace('…', parent);
        routes.extend(methods.drain(..).map(|method| format!("{method} {whole}")));
        if !path.starts_with('…') {
            parent = path.rsplit_once('/').unwrap().0;
        }
    }
    routes
}

#[test]
fn it_is_openapi_3_1_of_this_version() {
    let description = description();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let description = description();
    let used: BTreeSet<_> = references(&description).into_iter().collect();
    for reference in &used {
        assert!(resolved(&description, reference).is_some(), "{reference}");
    }
    for (kind, components) in description["components"].as_object().unwrap() {
        let names = components.as_object().unwrap().keys();
        for reference in names.map(|name| format!("#/components/{kind}/{name}")) {
            // Ways to log in are named without a reference.
            let is_used = kind == "securitySchemes" || used.contains(reference.as_str());
            assert!(is_used, "{reference}");
        }
    }
}

#[test]
fn each_operation_has_a_name_of_its_own_and_says_what_it_answers() {
    let description = description();
    let mut names = BTreeSet::new();
    for (route, operation) in operations(&description) {
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{route}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let told = match response["$ref"].as_str() {
                Some(reference) => resolved(&description, reference).unwrap(),
                None => response,
            };
            let text = told["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{route}: {status}");
        }
    }
}

#[test]
fn it_tells_of_the_same_routes_as_the_page() {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| Some(row.split_once(" |")?.0));
    let page: BTreeSet<String> = cells.flat_map(routes).collect();
    let description = description();
    let here: BTreeSet<String> =
        operations(&description).into_iter().map(|(route, _)| route).collect();
    let differing: Vec<_> = page.symmetric_difference(&here).collect();
    assert!(differing.is_empty() && !page.is_empty(), "{differing:#?}");
}
