//! The definition of the resource, as it is installed: what the derive makes of the types, made fit for the API server.
//!
//! ```text
//! types ─derive─▶ schema ─tidy─▶ CustomResourceDefinition + columns ─outline─▶ crds/todochats.yaml
//! ```

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinition, CustomResourceValidation,
};
use kube::CustomResourceExt;
use serde_json::{Map, Value};

use super::{TodoChat, outline};

/// Quantities above zero. The schema alone takes any text, and a rule that reads another text as a quantity breaks off.
const QUANTITY: &str = "^[0-9]{1,15}([.][0-9]{1,9})?([KMGTPE]i|[mkMGTPE])?$";

/// What `kubectl get` shows: heading, type, where it is, and whether only with `-o wide`. A `date` is shown as its age; a time to
/// come has none.
const COLUMNS: [(&str, &str, &str, bool); 12] = [
    ("Ready", "string", r#".status.conditions[?(@.type=="Ready")].status"#, false),
    ("Reason", "string", r#".status.conditions[?(@.type=="Ready")].reason"#, false),
    ("Serving", "integer", ".status.readyReplicas", false),
    ("Replicas", "integer", ".status.replicas", false),
    ("Database", "string", ".spec.database.mode", false),
    ("Schema", "string", ".status.database.schemaVersion", false),
    ("Tools", "string", ".status.toolsReady", false),
    ("URL", "string", ".status.url", false),
    ("Age", "date", ".metadata.creationTimestamp", false),
    ("Operator", "string", ".status.operatorVersion", true),
    ("Next rotation", "string", ".status.database.nextRotation", true),
    ("Last backup", "date", ".status.database.lastBackup", true),
];

/// The definition of the resource, as it is installed.
pub fn definition() -> CustomResourceDefinition {
    let mut definition = TodoChat::crd();
    for version in &mut definition.spec.versions {
        version.additional_printer_columns = Some(COLUMNS.map(column).to_vec());
        version.schema = version.schema.take().map(tidy_validation);
    }
    definition
}

/// The definition of the resource as YAML: the content of `crds/todochats.yaml`.
pub fn crds_yaml() -> String {
    let definition = serde_json::to_value(definition()).expect("a definition is JSON");
    let document = definition.as_object().expect("a definition is an object");
    format!("# Generated: make generate\n{}", outline::yaml(document))
}

fn column((name, kind, path, wide): (&str, &str, &str, bool)) -> CustomResourceColumnDefinition {
    CustomResourceColumnDefinition {
        name: name.to_owned(),
        type_: kind.to_owned(),
        json_path: path.to_owned(),
        priority: wide.then_some(1),
        ..CustomResourceColumnDefinition::default()
    }
}

fn tidy_validation(validation: CustomResourceValidation) -> CustomResourceValidation {
    let mut schema = serde_json::to_value(validation).expect("a schema is JSON");
    tidy(&mut schema["openAPIV3Schema"]);
    serde_json::from_value(schema).expect("a tidy schema is a schema")
}

/// Makes a schema, and all that are in it, fit for the API server.
fn tidy(schema: &mut Value) {
    let Some(node) = schema.as_object_mut() else { return };
    if let Some(Value::String(sentence)) = node.get_mut("description") {
        *sentence = sentence.replace('\n', " ");
    }
    // The API server drops a null where null is not allowed, so that it is the same as a field that is left out.
    node.remove("nullable");
    node.remove("title");
    // `int32` says nothing beyond the bounds; `duration` is needed by the rules.
    if node.get("type").is_some_and(|kind| kind == "integer") {
        node.remove("format");
    }
    // What is empty by default need not be there.
    if let Some(default) = node.remove("default").and_then(without_empty) {
        node.insert("default".to_owned(), default);
    }
    if node.contains_key("x-kubernetes-int-or-string") {
        node.insert("pattern".to_owned(), QUANTITY.into());
    }
    if let Some(fields) = node.get_mut("properties").and_then(Value::as_object_mut) {
        fields.values_mut().for_each(tidy);
    }
    for each in ["items", "additionalProperties"] {
        if let Some(of_each) = node.get_mut(each) {
            tidy(of_each);
            // The field's own sentence says what stands in the list or map.
            of_each.as_object_mut().map(|of_each| of_each.remove("description"));
        }
    }
}

/// A default without what is empty in it, if anything is left.
fn without_empty(default: Value) -> Option<Value> {
    match default {
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let left = fields.filter_map(|(name, value)| Some((name, without_empty(value)?)));
            Some(left.collect()).filter(|left: &Map<_, _>| !left.is_empty()).map(Value::Object)
        }
        Value::Array(items) => {
            let left: Vec<_> = items.into_iter().filter_map(without_empty).collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        scalar => Some(scalar),
    }
}
