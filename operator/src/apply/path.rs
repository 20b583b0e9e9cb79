//! Where a field is, as managed fields name it and as people read it.

use std::fmt;

use serde_json::Value;

/// The way from an object to one of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A member.
    Field(Box<str>),
    /// An item of a list whose items are told apart by some of their members: these, as canonical JSON.
    Item(Box<str>),
}

impl FieldPath {
    /// The path of a member of what is at this path.
    #[must_use]
    pub(super) fn field(&self, name: &str) -> Self {
        self.step(Step::Field(name.into()))
    }

    /// The path of an item of the list at this path; `keys` are the members that tell it from others.
    #[must_use]
    pub(super) fn item(&self, keys: &Value) -> Self {
        self.step(Step::Item(keys.to_string().into()))
    }

    fn step(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The last member on the way, and the one before it; items are passed over.
    pub(super) fn last_two(&self) -> (&str, &str) {
        let mut fields = self.0.iter().rev().filter_map(|step| match step {
            Step::Field(name) => Some(&**name),
            Step::Item(_) => None,
        });
        let last = fields.next().unwrap_or_default();
        (fields.next().unwrap_or_default(), last)
    }

    /// What a set of managed fields (`fieldsV1`) says about this path; `None` if it does not have it.
    pub(super) fn within<'a>(&self, fields: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(fields, |at, step| match step {
            Step::Field(name) => at.get(format!("f:{name}")),
            Step::Item(keys) => at.get(format!("k:{keys}")),
        })
    }
}

/// `spec.template.spec.containers[chat].image`; nothing of any value but the names of items.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if at == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Item(keys) => write!(f, "[{}]", plain(keys))?,
            }
        }
        Ok(())
    }
}

/// The values alone: `8080,TCP`.
fn plain(keys: &str) -> String {
    let keys: Value = serde_json::from_str(keys).unwrap_or_default();
    let values = keys.as_object().into_iter().flatten().map(|(_, value)| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    values.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_reads_as_people_write_it() {
        let port =
            FieldPath::default().field("spec").field("containers").item(&json!({"name": "chat"}));
        let port = port.field("ports").item(&json!({"containerPort": 8080, "protocol": "TCP"}));
        assert_eq!(port.to_string(), "spec.containers[chat].ports[8080,TCP]");
        assert_eq!(port.last_two(), ("containers", "ports"));
    }

    #[test]
    fn it_is_found_among_managed_fields() {
        let fields =
            json!({"f:spec": {"f:containers": {"k:{\"name\":\"chat\"}": {"f:image": {}}}}});
        let container =
            FieldPath::default().field("spec").field("containers").item(&json!({"name": "chat"}));
        assert!(container.field("image").within(&fields).is_some());
        assert!(container.field("args").within(&fields).is_none());
    }
}
