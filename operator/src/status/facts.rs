//! What the status says beside its conditions.

use std::collections::BTreeSet;

use kube::ResourceExt as _;

use super::{Outcome, View, credentials, exposed, schema, tool_servers::Judged, verdict::Verdicts};
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
        rotated: credentials::rotated(view),
        config_hash: config_hash(view),
        operator_version: operator_version(view),
        inventory: inventory(view),
    }
}

/// The release that the objects are as; while they wait for their turn that is an earlier one.
fn operator_version(view: &View<'_>) -> Option<String> {
    match view.input.outcome {
        Outcome::Waiting => view.previous()?.operator_version.clone(),
        _ => Some(view.input.settings.release.clone()),
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

/// What belongs to the object: all that is there and its own, wanted or kept, and what this visit found to be so, whatever
/// somebody has done to it since: without its owner it would be taken for somebody else's. After a visit that did not come to its
/// end, all that is known.
fn inventory(view: &View<'_>) -> Vec<InventoryItem> {
    let Some((_, done)) = view.applied() else {
        return view.known().iter().map(|id| as_before(view, id)).collect();
    };
    let item = |id: &ChildId| InventoryItem {
        id: id.to_inventory(),
        hash: done.verified.get(id).cloned(),
    };
    view.own().chain(done.verified.keys()).collect::<BTreeSet<_>>().into_iter().map(item).collect()
}

fn as_before(view: &View<'_>, id: &ChildId) -> InventoryItem {
    let id = id.to_inventory();
    let before = view.previous().map(|status| status.inventory.as_slice()).unwrap_or_default();
    let hash = before.iter().find(|item| item.id == id).and_then(|item| item.hash.clone());
    InventoryItem { id, hash }
}
