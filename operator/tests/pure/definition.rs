//! `crds/todochats.yaml`, as it lies in the repository.

use std::time::Duration;

use serde_json::Value;
use todochat_operator::{crd, crd::Delay};

const INSTALLED: &str = include_str!("../../../crds/todochats.yaml");
const OF_THE_CHART: &str = include_str!("../../../charts/todochat-operator/files/todochats.yaml");

#[test]
fn the_definition_in_the_repository_is_that_of_the_code() {
    assert!(INSTALLED == crd::crds_yaml(), "crds/todochats.yaml is stale: run `make generate`");
}

#[test]
fn the_chart_has_the_same_definition() {
    assert!(OF_THE_CHART == INSTALLED, "the chart's definition is stale: run `make generate`");
}

#[test]
fn the_outline_says_what_the_definition_says() {
    let read: Value = serde_saphyr::from_str(INSTALLED).unwrap();
    let written = serde_json::to_value(crd::definition()).unwrap();
    assert!(without_fractions(read) == without_fractions(written), "the outline lost something");
}

#[test]
fn the_definition_stays_small() {
    assert!(INSTALLED.len() < 40_000, "{} bytes", INSTALLED.len());
}

#[test]
fn each_field_has_a_sentence() {
    let definition = serde_json::to_value(crd::definition()).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut silent = Vec::new();
    find_silent(schema, "", &mut silent);
    assert!(silent.is_empty(), "no description: {silent:?}");
}

#[test]
fn each_column_shows_a_field_that_there_is() {
    let definition = serde_json::to_value(crd::definition()).unwrap();
    let version = &definition["spec"]["versions"][0];
    let columns = version["additionalPrinterColumns"].as_array().unwrap();
    for column in columns {
        let path = column["jsonPath"].as_str().unwrap();
        // What stands behind the bracket is looked for in a list.
        let members = path.split("[?(").next().unwrap().split('.').skip(1);
        let schema = &version["schema"]["openAPIV3Schema"];
        let field = members.fold(schema, |schema, member| &schema["properties"][member]);
        assert!(!field.is_null() || path.starts_with(".metadata."), "{path}");
    }
    let wide = columns.iter().filter(|column| column["priority"] == 1);
    let wide: Vec<_> = wide.map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(wide, ["Operator", "Next rotation", "Last backup"]);
}

#[test]
fn lengths_of_time_are_read_as_people_write_them() {
    let read = |text: &str| serde_json::from_value::<Delay>(text.into()).unwrap().duration();
    assert_eq!(read("90s"), Some(Duration::from_secs(90)));
    assert_eq!(read("1h30m"), Some(Duration::from_mins(90)));
    assert_eq!(read("1s500ms"), Some(Duration::from_millis(1500)));
    for refused in ["", "90", "1d", "-5s", "1.5h", "PT1H", "1h ", "ms"] {
        assert_eq!(read(refused), None, "{refused}");
    }
}

/// The schema takes bounds as floating-point numbers, the YAML has them as people write them.
fn without_fractions(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.into_iter().map(without_fractions).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(key, value)| (key, without_fractions(value))).collect()
        }
        other => other,
    }
}

fn find_silent(schema: &Value, path: &str, silent: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if !field["description"].as_str().is_some_and(|sentence| sentence.ends_with('.')) {
            silent.push(path.clone());
        }
        find_silent(field, &path, silent);
    }
    if let Some(items) = schema.get("items") {
        find_silent(items, path, silent);
    }
}
