//! `kubectl todochat status`: all objects in a table; of one all that can be said.

mod look;

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use k8s_openapi::api::events::v1::Event;
use kube::{Api, ResourceExt as _, api::ListParams};
use serde_json::Value;
use todochat_service::Clock;

use self::look::{Seen, look};
use super::{
    place::{Place, say},
    standing::text,
    table::{Table, age},
};
use crate::crd::{ConditionStatus, TodoChat, TodoChatStatus};

/// How many events are shown.
const LAST: usize = 10;

/// Whose status.
#[derive(Debug, Clone, Args)]
pub(super) struct StatusArgs {
    /// The object; a table of all if there is none
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The objects of all namespaces
    #[arg(long, short = 'A', conflicts_with = "name")]
    all_namespaces: bool,
}

pub(super) async fn status(place: &Place, args: &StatusArgs) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let Some(name) = &args.name else {
        let api =
            if args.all_namespaces { Api::all(place.client.clone()) } else { place.objects() };
        let found = api.list(&ListParams::default()).await.context("could not list TodoChats")?;
        return say(&all(&found.items, args.all_namespaces, now));
    };
    let object = place.object(name).await?;
    let seen = look(place, &object).await?;
    say(&one(&object, &seen, now))
}

/// All objects, a line each.
fn all(objects: &[TodoChat], with_namespace: bool, now: DateTime<Utc>) -> String {
    if objects.is_empty() {
        return "No TodoChats found.\n".to_owned();
    }
    let headings = ["NAME", "READY", "REASON", "PODS", "TOOLS", "DATABASE", "URL", "AGE"];
    let first = if with_namespace { &["NAMESPACE"][..] } else { &[] };
    let mut table = Table::new(&[first, &headings].concat());
    for object in objects {
        let namespace = with_namespace.then(|| object.namespace().unwrap_or_default());
        table.row(namespace.into_iter().chain(line(object, now)));
    }
    table.to_string()
}

fn line(object: &TodoChat, now: DateTime<Utc>) -> [String; 8] {
    let unknown = TodoChatStatus::default();
    let status = object.status.as_ref().unwrap_or(&unknown);
    let ready = status.conditions.iter().find(|one| one.kind == "Ready");
    // What was judged of an older spec says nothing of this one.
    let ready = ready.filter(|one| one.observed_generation == object.metadata.generation);
    [
        object.name_any(),
        ready.map_or("Unknown", |one| word(one.status)).to_owned(),
        ready.map_or_else(|| "NotLookedAt".to_owned(), |one| one.reason.clone()),
        format!("{}/{}", status.ready_replicas, status.replicas),
        status.tools_ready.clone().unwrap_or_default(),
        format!("{:?}", object.spec.database.mode),
        status.url.clone().unwrap_or_default(),
        age(&born(object), now),
    ]
}

fn born(object: &TodoChat) -> String {
    let created = object.metadata.creation_timestamp.as_ref();
    created.map(|time| time.0.to_string()).unwrap_or_default()
}

fn word(status: ConditionStatus) -> &'static str {
    match status {
        ConditionStatus::True => "True",
        ConditionStatus::False => "False",
        ConditionStatus::Unknown => "Unknown",
    }
}

/// What was told of the object and of its children of these names, in the order of time.
pub(super) async fn events(
    place: &Place,
    name: &str,
    children: &BTreeSet<String>,
) -> anyhow::Result<Vec<Value>> {
    let api = Api::<Event>::namespaced(place.client.clone(), &place.namespace);
    let listed = api.list(&ListParams::default()).await.context("could not list events")?;
    let events = listed.items.iter().map(serde_json::to_value);
    let mut events: Vec<Value> = events.collect::<Result<_, _>>()?;
    events.retain(|event| match text(event, "/regarding/kind") {
        "TodoChat" => text(event, "/regarding/name") == name,
        _ => children.contains(text(event, "/regarding/name")),
    });
    events.sort_by(|one, other| when(one).cmp(when(other)));
    Ok(events)
}

/// When it last happened.
fn when(event: &Value) -> &str {
    let times = ["/series/lastObservedTime", "/deprecatedLastTimestamp", "/eventTime"];
    let times = times.into_iter().chain(["/metadata/creationTimestamp"]);
    times.map(|pointer| text(event, pointer)).find(|time| !time.is_empty()).unwrap_or_default()
}

/// All that can be said of an object.
fn one(object: &TodoChat, seen: &Seen, now: DateTime<Utc>) -> String {
    let unknown = TodoChatStatus::default();
    let status = object.status.as_ref().unwrap_or(&unknown);
    let summary = all(std::slice::from_ref(object), false, now);
    let mut conditions = Table::new(&["CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"]);
    for one in &status.conditions {
        let since = age(&one.last_transition_time, now);
        let status = word(one.status).to_owned();
        conditions.row([one.kind.clone(), status, one.reason.clone(), since, one.message.clone()]);
    }
    let mut tools = Table::new(&["TOOL SERVER", "READY", "TOOLS", "VERSION", "URL"]);
    for one in &status.tool_servers {
        let (ready, count) = (one.ready.to_string(), one.tool_count.map(|count| count.to_string()));
        let version = one.server_version.clone().unwrap_or_default();
        tools.row([one.name.clone(), ready, count.unwrap_or_default(), version, one.url.clone()]);
    }
    let mut amiss = Table::new(&["NOT AS IT SHOULD BE", "WHY"]);
    for (id, why) in &seen.amiss {
        amiss.row([id.clone(), why.clone()]);
    }
    let mut events = Table::new(&["LAST SEEN", "TYPE", "REASON", "OF", "NOTE"]);
    for event in &seen.events[seen.events.len().saturating_sub(LAST)..] {
        let of = format!("{}/{}", text(event, "/regarding/kind"), text(event, "/regarding/name"));
        let word = |pointer| text(event, pointer).to_owned();
        events.row([age(when(event), now), word("/type"), word("/reason"), of, word("/note")]);
    }
    let tables = [conditions, tools, amiss, events].into_iter().filter(|table| !table.is_empty());
    let missed: Vec<_> =
        seen.missed.iter().map(|what| format!("could not be read: {what}\n")).collect();
    let missed = (!missed.is_empty()).then(|| missed.concat());
    let parts = [summary].into_iter().chain(tables.map(|table| table.to_string())).chain(missed);
    parts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        crd::{Condition, ToolServerStatus},
        testing::object,
    };

    fn now() -> DateTime<Utc> {
        "2026-01-01T01:00:00Z".parse().unwrap()
    }

    fn judged(generation: i64) -> TodoChat {
        let ready = Condition {
            kind: "Ready".to_owned(),
            status: ConditionStatus::False,
            observed_generation: Some(generation),
            last_transition_time: "2026-01-01T00:59:30Z".to_owned(),
            reason: "RollingOut".to_owned(),
            message: "1 of 2 pods serve.".to_owned(),
        };
        let todo = ToolServerStatus {
            name: "todo".to_owned(),
            ready: true,
            url: "http://harbor-tool-todo.pier.svc:8081/mcp".to_owned(),
            protocol_version: None,
            server_version: Some("1.4.2".to_owned()),
            tool_count: Some(9),
            tools: Vec::new(),
            tools_hash: None,
        };
        let status = TodoChatStatus {
            conditions: vec![ready],
            tool_servers: vec![todo],
            replicas: 2,
            ready_replicas: 1,
            tools_ready: Some("1/1".to_owned()),
            ..TodoChatStatus::default()
        };
        TodoChat { status: Some(status), ..object("") }
    }

    #[test]
    fn the_table_has_a_line_for_each_object() {
        let shown = all(&[judged(1)], true, now());
        let words: Vec<Vec<&str>> =
            shown.lines().map(|line| line.split_whitespace().collect()).collect();
        let headings =
            ["NAMESPACE", "NAME", "READY", "REASON", "PODS", "TOOLS", "DATABASE", "URL", "AGE"];
        let cells =
            ["pier", "harbor", "False", "RollingOut", "1/2", "1/1", "Embedded", "-", "<unknown>"];
        assert_eq!(words, [headings, cells]);
        assert_eq!(all(&[], false, now()), "No TodoChats found.\n");
    }

    #[test]
    fn what_was_judged_of_an_older_spec_is_not_shown_as_if_it_were_of_this() {
        let shown = all(&[judged(0)], false, now());
        assert!(shown.contains("Unknown") && shown.contains("NotLookedAt"), "{shown}");
        assert!(!shown.contains("RollingOut"), "{shown}");
    }

    #[test]
    fn of_one_object_all_is_said() {
        let event = |second: u32, note: &str| {
            let time = format!("2026-01-01T00:59:{second:02}.000000Z");
            json!({
                "eventTime": time, "type": "Normal", "reason": "PodsReplaced", "note": note,
                "regarding": {"kind": "TodoChat", "name": "harbor"},
            })
        };
        let seen = Seen {
            amiss: vec![("Pod/harbor-chat-1".to_owned(), "is not ready".to_owned())],
            events: (1..=12).map(|number| event(number, &format!("note {number}."))).collect(),
            missed: vec!["secrets is forbidden".to_owned()],
        };
        let shown = one(&judged(1), &seen, now());
        for part in ["1 of 2 pods serve.", "30s", "harbor-tool-todo", "is not ready", "note 12."] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(shown.ends_with("\ncould not be read: secrets is forbidden\n"), "{shown}");
        assert!(!shown.contains("note 2."), "{shown}");
        let quiet = one(&judged(1), &Seen::default(), now());
        for part in ["NOT AS IT SHOULD BE", "NOTE", "could not be read"] {
            assert!(!quiet.contains(part), "{part}: {quiet}");
        }
    }
}
