//! What holds for the children of every object, whatever its spec says. Each rule looks at the objects as they are sent, and
//! knows nothing of how they are built.
//!
//! ```text
//! Sent ─┬ objects    names, labels, owner; nothing null or empty
//!       ├ selectors  what selects pods selects just the ones it means
//!       ├ pods       probes, resources; every file that is named is mounted
//!       ├ security   the restricted Pod Security Standard
//!       ├ secrecy    no secret outside of Secrets
//!       └ network    who can reach whom, by the policies (`network/`)
//! ```

mod objects;
mod pods;
mod secrecy;
mod security;
mod selectors;

use std::collections::BTreeMap;

use serde_json::Value;
use todochat_operator::{
    build::build,
    children::{Children, Prepared},
    kinds::Kind,
    validated::Validated,
};

use crate::network;

/// The children of an object, and what they were made of.
pub(crate) struct Sent<'a> {
    pub(crate) validated: &'a Validated,
    pub(crate) children: Children<Prepared>,
    /// All but Secrets, as they are sent.
    pub(crate) objects: Vec<(Kind, Value)>,
}

/// A pod template and the object that has it.
pub(crate) struct Workload<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    pub(crate) object: &'a Value,
    pub(crate) template: &'a Value,
}

pub(crate) fn sent(validated: &Validated) -> Sent<'_> {
    let children = build(validated);
    let objects = children.manifests().into_iter().map(|(id, object)| (id.kind, object)).collect();
    Sent { validated, children, objects }
}

/// Every rule.
pub(crate) fn check(validated: &Validated) {
    let sent = sent(validated);
    objects::check(&sent);
    selectors::check(&sent);
    pods::check(&sent);
    for workload in sent.workloads() {
        let broken = security::broken_by(workload.template);
        assert!(broken.is_empty(), "{}: {broken:?}", workload.name);
    }
    secrecy::check(&sent);
    network::laws::check(&sent);
}

impl Sent<'_> {
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |(of, _)| *of == kind).map(|(_, object)| object)
    }

    pub(crate) fn workloads(&self) -> Vec<Workload<'_>> {
        self.objects.iter().filter_map(|(kind, object)| workload(*kind, object)).collect()
    }

    pub(crate) fn owner(&self) -> &str {
        &self.validated.owner.name
    }
}

fn workload(kind: Kind, object: &Value) -> Option<Workload<'_>> {
    let template = match kind {
        Kind::Deployment | Kind::StatefulSet | Kind::Job => &object["spec"]["template"],
        Kind::CronJob => &object["spec"]["jobTemplate"]["spec"]["template"],
        _ => return None,
    };
    Some(Workload { kind, name: name(object), object, template })
}

impl Workload<'_> {
    /// A server goes on for ever; a job ends.
    pub(crate) fn is_server(&self) -> bool {
        matches!(self.kind, Kind::Deployment | Kind::StatefulSet)
    }

    pub(crate) fn labels(&self) -> BTreeMap<&str, &str> {
        texts(&self.template["metadata"]["labels"])
    }

    pub(crate) fn containers(&self) -> impl Iterator<Item = &Value> {
        items(&self.template["spec"]["containers"])
    }

    pub(crate) fn all_containers(&self) -> impl Iterator<Item = &Value> {
        items(&self.template["spec"]["initContainers"]).chain(self.containers())
    }
}

pub(crate) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().expect("an object has a name")
}

pub(crate) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

pub(crate) fn texts(map: &Value) -> BTreeMap<&str, &str> {
    let map = map.as_object().into_iter().flatten();
    map.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
}

pub(crate) fn strings(list: &Value) -> impl Iterator<Item = &str> {
    items(list).filter_map(Value::as_str)
}

/// Whether the labels have all that is asked for.
pub(crate) fn selects(selector: &BTreeMap<&str, &str>, labels: &BTreeMap<&str, &str>) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
