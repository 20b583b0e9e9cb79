//! What a status says beside its conditions.

use todochat_operator::{
    conditions::ConditionType,
    crd::{ConditionStatus, TodoChatStatus},
    kinds::Kind,
};

use super::world::World;

/// What of it is not so.
pub(super) fn wrong(world: &World<'_>, status: &TodoChatStatus) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{}: {what}", world.name));
        }
    };
    let exposed = status.conditions.iter().any(|condition| {
        condition.kind == ConditionType::Exposed.as_str()
            && condition.status == ConditionStatus::True
    });
    must(status.url.is_some() == exposed, "the url is there while it is not exposed, or not");
    let deployment = world.part(Kind::Deployment, "chat");
    let count = |name: &str| deployment["status"][name].as_i64().unwrap_or_default();
    must(i64::from(status.replicas) == count("replicas"), "replicas is not the Deployment's");
    must(
        i64::from(status.ready_replicas) == count("readyReplicas"),
        "readyReplicas is not the Deployment's",
    );
    let ready = status.tool_servers.iter().filter(|server| server.ready).count();
    let told = format!("{ready}/{}", status.tool_servers.len());
    must(status.tools_ready.as_deref() == Some(&told), "toolsReady does not add up");
    for server in status.tool_servers.iter().filter(|server| server.ready) {
        must(
            server.tool_count.is_some() && server.tools_hash.is_some(),
            "a verified tool server has no tools",
        );
    }
    must(status.operator_version.is_some(), "the operator's version is missing");
    wrong
}
