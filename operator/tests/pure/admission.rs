//! Each rule of the resource, by the table in `operator/tests/admission`.

mod table;

use std::collections::BTreeSet;

use kube_cel::{CompiledSchema, Validator, compile_schema};
use serde_json::Value;
use todochat_operator::{crd, crd::TodoChat, render::unknown_fields, testing, validate::validate};

use table::{Case, Entry, entries};

#[test]
fn each_case_has_the_verdict_of_its_rule() {
    let schema = compile_schema(&schema());
    let mut wrong = Vec::new();
    for entry in entries().iter().filter(|entry| entry.is_rule()) {
        for (case, accepted) in entry.cases() {
            let told = verdict(&schema, case);
            let expected: &[&str] = if accepted { &[] } else { &[entry.says()] };
            if told != expected {
                wrong.push(format!("{}\n  {}\n  {told:?}", entry.says(), case.spec));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_has_an_object_that_it_accepts_and_one_that_it_refuses() {
    let has = |entry: &Entry, accepted: bool| entry.cases().any(|(_, is)| is == accepted);
    let both = |entry: &Entry| has(entry, true) && has(entry, false);
    let entries = entries();
    let shown = entries.iter().filter(|entry| entry.is_rule() && both(entry)).map(Entry::says);
    assert_eq!(shown.collect::<BTreeSet<_>>(), messages(&schema()));
}

#[test]
fn there_are_at_least_fifty_rules_and_each_says_what_to_write() {
    let schema = schema();
    let rules = rules(&schema);
    let distinct: BTreeSet<_> = rules.iter().map(ToString::to_string).collect();
    assert!(distinct.len() >= 50, "{} rules", distinct.len());
    assert!(rules.iter().all(|rule| rule["message"].is_string()));
}

#[test]
fn render_refuses_the_fields_that_the_server_refuses() {
    for entry in entries() {
        for (case, accepted) in entry.cases() {
            let known = accepted || entry.says() != "unknown field";
            let unknown = unknown_fields(&Case::object(&case.name, &case.spec));
            assert_eq!(unknown.is_empty(), known, "{}: {unknown:?}", case.spec);
        }
    }
}

#[test]
fn what_the_rules_accept_can_be_built() {
    let mut refused = Vec::new();
    for entry in entries().iter().filter(|entry| entry.is_rule()) {
        for (case, _) in entry.cases().filter(|(_, accepted)| *accepted) {
            let mut object = Case::object(&case.name, &case.spec);
            object["metadata"]["namespace"] = testing::NAMESPACE.into();
            object["metadata"]["uid"] = testing::UID.into();
            let object: TodoChat = serde_json::from_value(object).unwrap();
            let found = testing::everything_found(&object);
            let outcome = validate(&object, &found, &testing::settings());
            refused.extend(outcome.err().map(|refusals| format!("{}\n  {refusals:?}", case.spec)));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// The messages of the rules that refuse it.
fn verdict(schema: &CompiledSchema, case: &Case) -> Vec<String> {
    let object = Case::object(&case.name, &case.spec);
    let old = case.old.as_ref().map(|old| Case::object(&case.name, old));
    let errors = Validator::new().validate_compiled(schema, &object, old.as_ref());
    let errors = errors.err().into_iter().flatten();
    errors.map(|error| error.message).collect()
}

fn schema() -> Value {
    let definition = serde_json::to_value(crd::definition()).unwrap();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

fn messages(schema: &Value) -> BTreeSet<&str> {
    rules(schema).into_iter().filter_map(|rule| rule["message"].as_str()).collect()
}

/// The rules of a schema and of all that are in it.
fn rules(schema: &Value) -> Vec<&Value> {
    let own = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
    let fields = schema["properties"].as_object().into_iter().flat_map(|fields| fields.values());
    let each = ["items", "additionalProperties"].into_iter().filter_map(|each| schema.get(each));
    own.chain(fields.chain(each).flat_map(rules)).collect()
}
