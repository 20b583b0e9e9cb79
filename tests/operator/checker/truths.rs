//! Each condition held against the world, as far as a person with `kubectl` could judge it.
//!
//! ```text
//! form    all fourteen, of this generation, with a reason and a message
//! world   what the Deployments, Jobs, Secrets, policies and routes say
//! facts   what stands beside the conditions: url, replicas, tool servers
//! ```

mod facts;
mod world;

use kube::ResourceExt as _;
use serde_json::Value;
use todochat_operator::{
    conditions::ConditionType,
    crd::{Condition, ConditionStatus, TodoChat},
};

use self::world::World;
use super::everything::{Everything, Found};

/// What the statuses say that is not so.
pub(super) fn lies(everything: &Everything) -> Vec<String> {
    let forms = everything.all("TodoChat").flat_map(form);
    let contents = everything.chats().flat_map(|chat| content(everything, &chat));
    forms.chain(contents).collect()
}

/// Whether a status is whole and of the spec as it now is; also of an object that cannot be read.
fn form(found: &Found) -> Vec<String> {
    let name = found.metadata.name.as_deref().unwrap_or_default();
    let generation = found.metadata.generation;
    let status = &found.json["status"];
    let mut wrong = Vec::new();
    if status["observedGeneration"].as_i64() != generation {
        wrong.push(format!("{name}: the status is of an earlier generation"));
    }
    // Those of others have a domain in their type.
    let is_ours = |one: &&Value| one["type"].as_str().is_none_or(|kind| !kind.contains('/'));
    let conditions = status["conditions"].as_array().into_iter().flatten().filter(is_ours);
    let conditions: Vec<&Value> = conditions.collect();
    let types: Vec<&str> = conditions.iter().filter_map(|one| one["type"].as_str()).collect();
    if types != ConditionType::ALL.map(ConditionType::as_str) {
        wrong.push(format!("{name}: its conditions are {types:?}"));
    }
    for condition in conditions {
        let is_word = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_uppercase())
                && text.chars().all(|c| c.is_ascii_alphanumeric())
        };
        let reason = condition["reason"].as_str().unwrap_or_default();
        let message = condition["message"].as_str().unwrap_or_default();
        if condition["observedGeneration"].as_i64() != generation
            || !is_word(reason)
            || message.is_empty()
            || message.len() > 2100
            || condition["lastTransitionTime"].as_str().is_none_or(str::is_empty)
        {
            wrong.push(format!("{name}: {condition} is not what a condition is like"));
        }
    }
    wrong
}

fn content(everything: &Everything, chat: &TodoChat) -> Vec<String> {
    let Some(status) = &chat.status else { return Vec::new() };
    let world = World { everything, chat, name: chat.name_any() };
    let find = |kind: ConditionType| {
        status.conditions.iter().find(|condition| condition.kind == kind.as_str())
    };
    let mut wrong = Vec::new();
    for (kind, expected) in world.expected() {
        let said = find(kind);
        let holds = said.is_some_and(|said| said.status == ConditionStatus::True);
        if expected.is_some_and(|expected| expected != holds) {
            wrong.push(format!("{}: {} is not so", world.name, shown(said)));
        }
    }
    wrong.extend(facts::wrong(&world, status));
    wrong
}

fn shown(condition: Option<&Condition>) -> String {
    let shown = condition.map(serde_json::to_value).and_then(Result::ok);
    shown.unwrap_or(Value::Null).to_string()
}
