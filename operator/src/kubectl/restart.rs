//! `kubectl todochat restart`: has pods replaced one after the other, as `kubectl rollout restart` does, by an annotation on
//! the pod template. The operator leaves it alone: it compares and applies its own fields only.

use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::SecondsFormat;
use clap::Args;
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use todochat_service::{Clock, duration};

use super::{
    place::{MANAGER, Place, say},
    standing,
};
use crate::{kinds::Kind, names::Part};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// What kubectl writes.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Whose pods.
#[derive(Debug, Clone, Args)]
pub(super) struct RestartArgs {
    /// The object
    #[arg(value_name = "NAME")]
    name: String,
    /// `chat`, or the name of a tool server; all of them if none is named
    #[arg(value_name = "PART")]
    part: Option<String>,
    /// Wait until all of them serve
    #[arg(long)]
    wait: bool,
    /// How long that may take
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration::parse)]
    timeout: Duration,
}

pub(super) async fn restart(place: &Place, args: &RestartArgs) -> anyhow::Result<()> {
    place.object(&args.name).await?;
    let deployments = place.belongings(Kind::Deployment, &args.name).await?;
    let names: Vec<String> = deployments.iter().map(ResourceExt::name_any).collect();
    let now = Clock::system().now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let annotations = json!({"metadata": {"annotations": {RESTARTED_AT: now}}});
    let patch = Patch::Merge(json!({"spec": {"template": annotations}}));
    let by = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let chosen = chosen(&args.name, &names, args.part.as_deref())?;
    for name in &chosen {
        let patched = place.kind(Kind::Deployment).patch(name, &by, &patch).await;
        patched.with_context(|| format!("could not restart the Deployment {name}"))?;
        say(&format!("deployment.apps/{name} restarted\n"))?;
    }
    if args.wait { until_done(place, &chosen, args.timeout).await } else { Ok(()) }
}

async fn until_done(place: &Place, names: &[&str], timeout: Duration) -> anyhow::Result<()> {
    let mut last = String::new();
    let done = async {
        for name in names {
            loop {
                let read = place.kind(Kind::Deployment).get(name).await;
                let read = read.with_context(|| format!("could not read the Deployment {name}"))?;
                match under_way(&serde_json::to_value(&read)?) {
                    Some(why) => last = format!("{name}: {why}"),
                    None => break,
                }
                tokio::time::sleep(PAUSE).await;
            }
            say(&format!("deployment.apps/{name} serves\n"))?;
        }
        anyhow::Ok(())
    };
    match tokio::time::timeout(timeout, done).await {
        Ok(done) => done,
        Err(_) => bail!("not all pods were replaced in time: {last}"),
    }
}

/// What is not done yet.
fn under_way(deployment: &Value) -> Option<String> {
    let number = |pointer: &str| deployment.pointer(pointer).and_then(Value::as_i64);
    if number("/status/observedGeneration") < number("/metadata/generation") {
        return Some("nobody has looked at it yet".to_owned());
    }
    let more = number("/status/replicas") > number("/status/updatedReplicas");
    standing::amiss(Kind::Deployment, deployment)
        .or_else(|| more.then(|| "pods of an earlier revision are left".to_owned()))
}

/// The Deployments of that part, or all.
fn chosen<'n>(
    object: &str,
    deployments: &'n [String],
    part: Option<&str>,
) -> anyhow::Result<Vec<&'n str>> {
    if deployments.is_empty() {
        bail!("{object} has no Deployments yet");
    }
    let Some(part) = part else { return Ok(deployments.iter().map(String::as_str).collect()) };
    let server = part.strip_prefix("tool-").unwrap_or(part);
    let names = [
        (part == "chat").then(|| Part::Chat.name(object)),
        Some(Part::Tool(part.to_owned()).name(object)),
        Some(Part::Tool(server.to_owned()).name(object)),
    ];
    let found = names.iter().flatten().find_map(|name| deployments.iter().find(|one| *one == name));
    match found {
        Some(name) => Ok(vec![name]),
        None => {
            bail!("{object} has no part {part}; it has {}", parts(object, deployments).join(", "))
        }
    }
}

fn parts(object: &str, deployments: &[String]) -> Vec<String> {
    let part = |name: &String| {
        let part = name.strip_prefix(object).unwrap_or(name).trim_start_matches('-');
        part.strip_prefix("tool-").unwrap_or(part).to_owned()
    };
    deployments.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployments() -> Vec<String> {
        ["team-chat", "team-tool-todo", "team-tool-wiki"].map(str::to_owned).into()
    }

    #[test]
    fn a_part_is_named_as_the_spec_names_it_or_as_its_deployment() {
        let all = deployments();
        for (part, name) in [
            (Some("chat"), "team-chat"),
            (Some("todo"), "team-tool-todo"),
            (Some("tool-wiki"), "team-tool-wiki"),
        ] {
            assert_eq!(chosen("team", &all, part).unwrap(), [name]);
        }
        assert_eq!(chosen("team", &all, None).unwrap(), all);
    }

    #[test]
    fn it_is_done_when_all_pods_are_of_the_last_revision_and_no_other_is_left() {
        let of = |observed: i64, replicas: i64, updated: i64, ready: i64| {
            json!({"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": {
                "observedGeneration": observed, "replicas": replicas,
                "updatedReplicas": updated, "readyReplicas": ready,
            }})
        };
        assert_eq!(under_way(&of(2, 2, 2, 2)), None);
        for under in [of(1, 2, 2, 2), of(2, 3, 2, 3), of(2, 2, 1, 2), of(2, 2, 2, 1)] {
            assert!(under_way(&under).is_some(), "{under}");
        }
    }

    #[test]
    fn a_part_that_is_not_there_is_told_with_those_that_are() {
        let error = chosen("team", &deployments(), Some("db")).unwrap_err();
        assert_eq!(error.to_string(), "team has no part db; it has chat, todo, wiki");
        let none = chosen("team", &[], None).unwrap_err();
        assert_eq!(none.to_string(), "team has no Deployments yet");
    }
}
