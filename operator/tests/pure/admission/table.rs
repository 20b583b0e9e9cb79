//! The table in `operator/tests/admission`: what the resource accepts and refuses. The rules are evaluated here, and the
//! same table is sent to a real API server by `tests/operator/admission.rs`.

use serde::Deserialize;
use serde_json::{Value, json};

/// One rule of the resource, or one bound of its schema.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    rule: Option<String>,
    schema: Option<String>,
    accepts: Vec<Case>,
    refuses: Vec<Case>,
}

/// An object, or a change of one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(default = "usual")]
    pub(crate) name: String,
    pub(crate) old: Option<Value>,
    pub(crate) spec: Value,
}

fn usual() -> String {
    "team-a".to_owned()
}

impl Entry {
    /// What the API server says when it refuses: a rule's whole message, or a part of its own words.
    pub(crate) fn says(&self) -> &str {
        self.rule
            .as_deref()
            .or(self.schema.as_deref())
            .expect("an entry is of a rule or of the schema")
    }

    /// Whether it is of a rule, which can be evaluated anywhere.
    pub(crate) fn is_rule(&self) -> bool {
        self.rule.is_some()
    }

    /// All cases, with whether they are accepted.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (&Case, bool)> {
        let accepted = self.accepts.iter().map(|case| (case, true));
        accepted.chain(self.refuses.iter().map(|case| (case, false)))
    }
}

impl Case {
    /// The object under this name with this spec.
    pub(crate) fn object(name: &str, spec: &Value) -> Value {
        json!({
            "apiVersion": "todochat.dev/v1alpha1",
            "kind": "TodoChat",
            "metadata": {"name": name},
            "spec": spec,
        })
    }
}

/// The whole table.
pub(crate) fn entries() -> Vec<Entry> {
    [
        include_str!("../../admission/object.yaml"),
        include_str!("../../admission/chat.yaml"),
        include_str!("../../admission/auth.yaml"),
        include_str!("../../admission/pods.yaml"),
        include_str!("../../admission/tool_servers.yaml"),
        include_str!("../../admission/database.yaml"),
        include_str!("../../admission/exposure.yaml"),
        include_str!("../../admission/schema.yaml"),
    ]
    .into_iter()
    .flat_map(|yaml| serde_saphyr::from_str::<Vec<Entry>>(yaml).unwrap())
    .collect()
}
