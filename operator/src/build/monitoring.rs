//! What tells Prometheus where the metrics are.

use kube::core::DynamicObject;
use serde_json::json;

use super::{metadata, pod::probes::ADMIN};
use crate::{
    kinds::Kind,
    names::{COMPONENT_LABEL, NAME_LABEL, OBJECT_LABEL, Part, TOOL_SERVER_LABEL},
    validated::Validated,
};

/// One for all servers of the object: every Service of it that has an admin port.
pub(super) fn service_monitor(validated: &Validated) -> Option<DynamicObject> {
    let owner = &validated.owner;
    let spec = json!({
        "selector": { "matchLabels": { OBJECT_LABEL: owner.name } },
        "endpoints": [{ "port": ADMIN }],
        "jobLabel": NAME_LABEL,
        "targetLabels": [OBJECT_LABEL, COMPONENT_LABEL, TOOL_SERVER_LABEL],
    });
    let metadata = metadata::object_meta(owner, &Part::Chat);
    validated.monitor.then(|| metadata::optional(Kind::ServiceMonitor, metadata, &spec))
}
