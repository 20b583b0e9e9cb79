//! What the status says beside its conditions.

use std::collections::BTreeSet;

use kube::ResourceExt as _;

use super::{View, exposed, schema, tool_servers::Judged, verdict::Verdicts};
use crate::{
    crd::{EndpointsStatus, InventoryItem, TodoChatStatus},
    kinds::{ChildId, Kind},
    names::{INPUTS_ANNOTATION, Part},
};

pub(super) fn gather(view: &View<'_>, tools: &[Judged], verdicts: &Verdicts) -> TodoChatStatus {
    let chat = view.workload(Kind::Deployment, &Part::Chat);
    let ready = tools.iter().filter(|tool| tool.is_verified()).count();
    TodoChatStatus {
        observed_generation: None,
        conditions: Vec::new(),
        replicas: chat.map_or(0, |chat| chat.replicas),
        ready_replicas: chat.map_or(0, |chat| chat.ready),
        selector: Some(selector(view)),
        url: exposed::url(view, verdicts),
        endpoints: endpoints(view),
        tool_servers: tools.iter().map(|tool| tool.status.clone()).collect(),
        tools_ready: Some(format!("{ready}/{}", tools.len())),
        database: schema::facts(view),
        config_hash: config_hash(view),
        operator_version: Some(view.input.settings.release.clone()),
        inventory: inventory(view),
    }
}

fn selector(view: &View<'_>) -> String {
    let labels = Part::Chat.selector(&view.name);
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    labels.join(",")
}

fn endpoints(view: &View<'_>) -> Option<EndpointsStatus> {
    view.child(Kind::Service, &Part::Chat)?;
    let host = format!("{}.{}.svc", Part::Chat.name(&view.name), view.namespace);
    Some(EndpointsStatus {
        chat: format!("http://{host}:8080"),
        metrics: format!("http://{host}:9090/metrics"),
    })
}

/// The hash that stands on the chat's pods; while they are held, that of the ones that run on.
fn config_hash(view: &View<'_>) -> Option<String> {
    let (name, known) = (
        Part::Chat.name(&view.name),
        view.previous().and_then(|status| status.config_hash.clone()),
    );
    let Some((children, _)) = view.applied() else {
        return known;
    };
    let Some(chat) = children.deployments.iter().find(|one| one.name_any() == name) else {
        return known;
    };
    let metadata = chat.spec.as_ref()?.template.metadata.as_ref()?;
    metadata.annotations.as_ref()?.get(INPUTS_ANNOTATION).cloned()
}

/// What belongs to the object: what was applied, and what is held and there. After a visit that did not come to its end,
/// what was known before and is not gone, and what has come.
fn inventory(view: &View<'_>) -> Vec<InventoryItem> {
    let Some((children, done)) = view.applied() else {
        return after_less(view);
    };
    let held = children.held.iter().filter(|id| view.world().children.contains_key(id)).cloned();
    let ids: BTreeSet<ChildId> = children.ids().into_iter().chain(held).collect();
    let item = |id: ChildId| InventoryItem {
        id: id.to_inventory(),
        hash: done.verified.get(&id).cloned(),
    };
    ids.into_iter().map(item).collect()
}

fn after_less(view: &View<'_>) -> Vec<InventoryItem> {
    let mut items = view.previous().map(|status| status.inventory.clone()).unwrap_or_default();
    let uid = view.input.object.metadata.uid.as_deref();
    let ours = view.world().children.iter().filter(|(_, child)| child.controller.as_deref() == uid);
    for (id, _) in ours.filter(|_| uid.is_some()) {
        let id = id.to_inventory();
        if !items.iter().any(|item| item.id == id) {
            items.push(InventoryItem { id, hash: None });
        }
    }
    items
}
