//! What the cluster offers to everybody: classes of Ingress, which tell whose they are, and metrics for autoscalers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::watching::watched::Watched;

/// The group in which autoscalers look for metrics of pods.
pub(crate) const POD_METRICS: &str = "custom.metrics.k8s.io";
const DEFAULT: &str = "ingressclass.kubernetes.io/is-default-class";

/// What is kept of it.
#[derive(Default)]
pub(crate) struct Offered {
    classes: BTreeMap<Box<str>, Class>,
    metrics: BTreeSet<Box<str>>,
}

#[derive(PartialEq)]
struct Class {
    controller: Box<str>,
    is_default: bool,
}

impl Offered {
    /// Takes in a class or an API; says whether that makes a difference to anybody.
    pub(crate) fn put(&mut self, watched: Watched, object: &Value) -> bool {
        let Some(name) = object.pointer("/metadata/name").and_then(Value::as_str) else {
            return false;
        };
        match watched {
            Watched::IngressClasses => {
                let annotations = &object["metadata"]["annotations"];
                let class = Class {
                    controller: object["spec"]["controller"].as_str().unwrap_or_default().into(),
                    is_default: annotations[DEFAULT] == "true",
                };
                let changes = self.classes.get(name) != Some(&class);
                self.classes.insert(name.into(), class);
                changes
            }
            Watched::Apis if is_of_metrics(name) => {
                let had = self.has_metrics();
                self.metrics.insert(name.into());
                !had
            }
            _ => false,
        }
    }

    /// Forgets a class or an API; says whether that makes a difference to anybody.
    pub(super) fn remove(&mut self, watched: Watched, name: &str) -> bool {
        match watched {
            Watched::IngressClasses => self.classes.remove(name).is_some(),
            Watched::Apis => self.metrics.remove(name) && !self.has_metrics(),
            _ => false,
        }
    }

    /// The names of what is kept of a watch.
    pub(super) fn names(&self, watched: Watched) -> Vec<Box<str>> {
        match watched {
            Watched::IngressClasses => self.classes.keys().cloned().collect(),
            Watched::Apis => self.metrics.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// The controller of a class; without a name of the default one, if there is just one.
    pub(crate) fn controller(&self, class: Option<&str>) -> Option<&str> {
        let found = if let Some(name) = class {
            self.classes.get(name)?
        } else {
            let mut defaults = self.classes.values().filter(|class| class.is_default);
            defaults.next().filter(|_| defaults.next().is_none())?
        };
        Some(&found.controller)
    }

    /// Whether autoscalers can have metrics of pods.
    pub(super) fn has_metrics(&self) -> bool {
        !self.metrics.is_empty()
    }
}

/// An API is called by its version and its group.
fn is_of_metrics(name: &str) -> bool {
    name.split_once('.').is_some_and(|(_, group)| group == POD_METRICS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn class(name: &str, controller: &str, default: &str) -> Value {
        json!({
            "metadata": {"name": name, "annotations": {DEFAULT: default}},
            "spec": {"controller": controller},
        })
    }

    #[test]
    fn a_class_tells_its_controller_and_one_that_is_not_named_is_the_only_default() {
        let (mut offered, classes) = (Offered::default(), Watched::IngressClasses);
        assert!(offered.put(classes, &class("public", "k8s.io/ingress-nginx", "false")));
        assert!(!offered.put(classes, &class("public", "k8s.io/ingress-nginx", "false")));
        assert_eq!(offered.controller(Some("public")), Some("k8s.io/ingress-nginx"));
        assert_eq!((offered.controller(Some("other")), offered.controller(None)), (None, None));
        assert!(offered.put(classes, &class("public", "k8s.io/ingress-nginx", "true")));
        assert_eq!(offered.controller(None), Some("k8s.io/ingress-nginx"));
        offered.put(classes, &class("second", "example.com/x", "true"));
        assert_eq!(offered.controller(None), None, "there are two of them");
        assert!(offered.remove(classes, "second") && offered.controller(None).is_some());
    }

    #[test]
    fn metrics_are_there_while_any_version_of_their_api_is() {
        let (mut offered, apis) = (Offered::default(), Watched::Apis);
        let api = |name: &str| json!({"metadata": {"name": name}});
        assert!(!offered.put(apis, &api("v1.apps")) && !offered.has_metrics());
        assert!(offered.put(apis, &api("v1beta1.custom.metrics.k8s.io")));
        assert!(!offered.put(apis, &api("v1beta2.custom.metrics.k8s.io")));
        assert!(!offered.remove(apis, "v1beta1.custom.metrics.k8s.io") && offered.has_metrics());
        assert!(offered.remove(apis, "v1beta2.custom.metrics.k8s.io") && !offered.has_metrics());
    }

    #[test]
    fn what_is_malformed_is_of_no_use_and_no_harm() {
        let mut offered = Offered::default();
        for object in
            [json!(null), json!({"metadata": {"name": "x", "annotations": 1}, "spec": []})]
        {
            offered.put(Watched::IngressClasses, &object);
            offered.put(Watched::Apis, &object);
        }
        assert_eq!((offered.controller(Some("x")), offered.has_metrics()), (Some(""), false));
    }
}
