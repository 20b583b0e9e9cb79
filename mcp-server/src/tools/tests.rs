//! What clients are told about the tools.

use serde_json::{Value, json};

use super::*;

fn tools() -> Vec<Tool> {
    TodoTools::tool_router().list_all()
}

fn properties(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                found.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| properties(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| properties(element, found)),
        _ => {}
    }
}

#[test]
fn there_are_five_tools_in_a_fixed_order() {
    let names: Vec<_> = tools().iter().map(|tool| tool.name.to_string()).collect();
    assert_eq!(names, ["add_task", "complete_task", "delete_task", "list_tasks", "update_task"]);
}

#[test]
fn no_tool_takes_or_names_a_person() {
    for tool in tools() {
        let mut names = Vec::new();
        properties(&serde_json::to_value(&tool).unwrap(), &mut names);
        assert!(names.len() > 2, "{names:?}");
        for name in names {
            for person in ["user", "owner", "tenant", "account"] {
                assert!(!name.to_lowercase().contains(person), "{} has {name}", tool.name);
            }
        }
    }
}

#[test]
fn unknown_arguments_are_ruled_out_and_results_described() {
    for tool in tools() {
        let closed = tool.input_schema.get("additionalProperties");
        assert_eq!(closed, Some(&Value::Bool(false)), "{}", tool.name);
        let output = tool.output_schema.expect("every result has a schema");
        assert_eq!(output["type"], "object", "{}", tool.name);
        assert!(!Value::Object((*output).clone()).to_string().contains("int64"), "{}", tool.name);
    }
}

#[test]
fn each_tool_says_what_it_does_to_the_list() {
    let hints: Vec<_> = tools()
        .into_iter()
        .map(|tool| {
            let hints = tool.annotations.expect("every tool is annotated");
            let ours = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint);
            assert_eq!(hints.open_world_hint, Some(false));
            (tool.name.to_string(), ours)
        })
        .collect();
    let says =
        |read_only, destructive, idempotent| (Some(read_only), Some(destructive), Some(idempotent));
    assert_eq!(
        hints,
        [
            ("add_task".to_owned(), says(false, false, false)),
            ("complete_task".to_owned(), says(false, false, true)),
            ("delete_task".to_owned(), says(false, true, false)),
            ("list_tasks".to_owned(), says(true, false, true)),
            ("update_task".to_owned(), says(false, true, true)),
        ]
    );
}

#[test]
fn a_model_reads_plain_schemas() {
    let list = tools().into_iter().find(|tool| tool.name == "list_tasks").unwrap();
    let properties = &list.input_schema["properties"];
    assert_eq!(properties["status"]["enum"], json!(["all", "open", "completed", null]));
    assert_eq!(properties["limit"]["type"], json!(["integer", "null"]));
    assert_eq!(properties["limit"].get("format"), None);
    let complete = tools().into_iter().find(|tool| tool.name == "complete_task").unwrap();
    assert_eq!(complete.input_schema["properties"]["task_id"]["type"], "string");
    assert_eq!(complete.input_schema["required"], json!(["task_id"]));
}
