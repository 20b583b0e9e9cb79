//! What is in a namespace belongs to somebody who is there, and the inventories say so.

use std::collections::BTreeSet;

use kube::ResourceExt as _;
use todochat_operator::{
    crd::TodoChat,
    kinds::{ChildId, Kind},
};

use super::everything::{Everything, Found};
use crate::scene::controller;

/// Said here and not taken from the operator's code, which could be wrong.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "todochat-operator");
const RETAINED: &str = "todochat.dev/retained";

/// What is not where it belongs; where nobody collects it, what belongs to nobody stays.
pub(super) fn astray(everything: &Everything, is_collected: bool) -> Vec<String> {
    let listed = everything.chats().flat_map(|chat| unlisted(everything, &chat));
    listed.chain(leaked(everything).filter(|_| is_collected)).collect()
}

/// Where an inventory and what is there differ.
fn unlisted(everything: &Everything, chat: &TodoChat) -> Vec<String> {
    let inventory = chat.status.iter().flat_map(|status| &status.inventory);
    let listed: BTreeSet<String> = inventory.map(|item| item.id.clone()).collect();
    let uid = chat.uid().expect("a stored object has one");
    let mut there = BTreeSet::new();
    for kind in Kind::all().filter(|kind| *kind != Kind::Pod) {
        let ours = everything.all(kind.as_str()).filter(|found| {
            controller(&found.metadata) == Some(&uid) && found.metadata.deletion_timestamp.is_none()
        });
        there.extend(ours.map(|found| ChildId::new(kind, name(found)).to_inventory()));
    }
    let name = chat.name_any();
    // What was deleted while the operator keeps its hands off stays listed: it is to be made again.
    let missing = listed.iter().filter(|_| !chat.spec.paused);
    let missing = missing.filter(|id| !there.contains(*id));
    let missing = missing.map(|id| format!("{name} lists {id}, which is not there"));
    let extra = there.difference(&listed).map(|id| format!("{name} has {id} and does not list it"));
    missing.chain(extra).collect()
}

/// What carries the operator's label or its name as a field manager, and belongs to nobody.
fn leaked(everything: &Everything) -> impl Iterator<Item = String> {
    let uids: BTreeSet<&str> =
        everything.objects.values().filter_map(|found| found.metadata.uid.as_deref()).collect();
    everything.objects.iter().filter_map(move |((kind, name), found)| {
        if matches!(kind.as_str(), "TodoChat" | "Lease" | "Event") {
            return None;
        }
        let labels = found.metadata.labels.clone().unwrap_or_default();
        let labelled = labels.get(MANAGED_BY.0).is_some_and(|value| value == MANAGED_BY.1);
        let applied = is_applied(found);
        if applied && !labelled {
            return Some(format!("{kind} {name} was applied without the operator's label"));
        }
        let retained = labels.contains_key(RETAINED);
        let owned = controller(&found.metadata).is_some_and(|uid| uids.contains(uid));
        (labelled && !owned && !retained).then(|| format!("{kind} {name} belongs to nobody"))
    })
}

fn is_applied(found: &Found) -> bool {
    let entries = found.metadata.managed_fields.iter().flatten();
    let mut own = entries.filter(|entry| entry.manager.as_deref() == Some(MANAGED_BY.1));
    own.any(|entry| entry.operation.as_deref() == Some("Apply"))
}

fn name(found: &Found) -> &str {
    found.metadata.name.as_deref().unwrap_or_default()
}
