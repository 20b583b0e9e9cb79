//! What a model is told of the tools. It is written once, and again when they change: the schemas are
//! most of a request, and the same in all.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, value::RawValue};

use crate::agent::model::ToolSpec;

/// The tools as one of the protocols has them.
pub(super) struct Offered {
    tool: fn(&ToolSpec) -> Value,
    last: Mutex<Option<Written>>,
}

/// Some tools, and how they are told.
struct Written {
    specs: Arc<[ToolSpec]>,
    told: Arc<RawValue>,
}

impl Offered {
    /// The tools as `tool` writes each of them.
    pub(super) fn new(tool: fn(&ToolSpec) -> Value) -> Self {
        Self { tool, last: Mutex::default() }
    }

    /// These tools as a list; nothing if there are none.
    pub(super) fn list(&self, specs: &Arc<[ToolSpec]>) -> Option<Arc<RawValue>> {
        if specs.is_empty() {
            return None;
        }
        // A poisoned lock still holds a whole list: it is replaced in one go.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = &*last
            && Arc::ptr_eq(&written.specs, specs)
        {
            return Some(Arc::clone(&written.told));
        }
        let tools: Value = specs.iter().map(self.tool).collect();
        let told: Arc<RawValue> = RawValue::from_string(tools.to_string()).ok()?.into();
        *last = Some(Written { specs: Arc::clone(specs), told: Arc::clone(&told) });
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn specs(names: &[&str]) -> Arc<[ToolSpec]> {
        let spec = |name: &&str| ToolSpec {
            name: (*name).to_owned(),
            own_name: (*name).to_owned(),
            description: String::new(),
            parameters: json!({}),
            read_only: false,
            destructive: false,
        };
        names.iter().map(spec).collect()
    }

    #[test]
    fn a_list_is_written_once_for_as_long_as_it_is_the_same() {
        let offered = Offered::new(|spec| json!({"name": spec.name}));
        let (some, others) = (specs(&["add", "list"]), specs(&["add"]));
        let written = offered.list(&some).unwrap();
        assert_eq!(written.get(), r#"[{"name":"add"},{"name":"list"}]"#);
        assert!(Arc::ptr_eq(&written, &offered.list(&some).unwrap()));
        assert_eq!(offered.list(&others).unwrap().get(), r#"[{"name":"add"}]"#);
        assert_eq!(offered.list(&some).unwrap().get(), written.get());
    }

    #[test]
    fn no_tools_are_no_list() {
        assert!(Offered::new(|_| json!({})).list(&specs(&[])).is_none());
    }
}
