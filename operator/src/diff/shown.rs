//! How an object is shown, without what changes by itself; and how a difference is.

use kube::api::DynamicObject;
use serde_json::Value;
use similar::TextDiff;

use crate::{
    kinds::ChildId,
    names::{APPLIED_ANNOTATION, INPUTS_ANNOTATION, MADE_OF_ANNOTATION},
    render,
};

/// What the server writes down about every object.
const BOOKS: [&str; 5] =
    ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"];
/// Hashes of what is shown itself, and of Secrets and ConfigMaps, which are not read here.
const HASHES: [&str; 3] = [APPLIED_ANNOTATION, INPUTS_ANNOTATION, MADE_OF_ANNOTATION];

/// The object as YAML, without what changes by itself.
pub(super) fn shown(object: &DynamicObject) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(object)?;
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.retain(|field, _| !BOOKS.contains(&field.as_str()));
    }
    for metadata in ["/metadata", "/spec/template/metadata"] {
        remove_hashes(value.pointer_mut(metadata));
    }
    render::yaml(&[value])
}

fn remove_hashes(metadata: Option<&mut Value>) {
    let Some(metadata) = metadata.and_then(Value::as_object_mut) else { return };
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|name, _| !HASHES.contains(&name.as_str()));
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
}

/// What is another, line by line; empty if nothing is.
pub(super) fn unified(id: &ChildId, before: &str, after: &str) -> String {
    let name = id.to_inventory();
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().header(&format!("live/{name}"), &format!("file/{name}")).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn neither_hashes_nor_what_the_server_writes_down_are_shown() {
        let read = json!({INPUTS_ANNOTATION: "3", "theirs": "stays"});
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "team-chat", "uid": "u", "resourceVersion": "7", "managedFields": [],
                "annotations": {APPLIED_ANNOTATION: "1", MADE_OF_ANNOTATION: "2"},
            },
            "spec": {"template": {"metadata": {"annotations": read}}},
            "status": {"replicas": 1},
        });
        let text = shown(&serde_json::from_value(object).unwrap()).unwrap();
        for hidden in ["todochat.dev", "uid", "resourceVersion", "managedFields", "status"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        assert!(text.contains("team-chat") && text.contains("theirs"), "{text}");
        assert_eq!(text.matches("annotations").count(), 1, "{text}");
    }
}
