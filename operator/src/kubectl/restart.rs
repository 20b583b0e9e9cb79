//! `kubectl todochat restart`: has pods replaced one after the other, as `kubectl rollout restart` does, by an annotation on
//! the pod template. The operator leaves it alone: it compares and applies its own fields only.

use anyhow::{Context as _, bail};
use chrono::SecondsFormat;
use clap::Args;
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;
use todochat_service::Clock;

use super::place::{MANAGER, Place, say};
use crate::{kinds::Kind, names::Part};

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
}

pub(super) async fn restart(place: &Place, args: &RestartArgs) -> anyhow::Result<()> {
    place.object(&args.name).await?;
    let deployments = place.belongings(Kind::Deployment, &args.name).await?;
    let names: Vec<String> = deployments.iter().map(ResourceExt::name_any).collect();
    let now = Clock::system().now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let annotations = json!({"metadata": {"annotations": {RESTARTED_AT: now}}});
    let patch = Patch::Merge(json!({"spec": {"template": annotations}}));
    let by = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    for name in chosen(&args.name, &names, args.part.as_deref())? {
        let patched = place.kind(Kind::Deployment).patch(name, &by, &patch).await;
        patched.with_context(|| format!("could not restart the Deployment {name}"))?;
        say(&format!("deployment.apps/{name} restarted\n"))?;
    }
    Ok(())
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
    fn a_part_that_is_not_there_is_told_with_those_that_are() {
        let error = chosen("team", &deployments(), Some("db")).unwrap_err();
        assert_eq!(error.to_string(), "team has no part db; it has chat, todo, wiki");
        let none = chosen("team", &[], None).unwrap_err();
        assert_eq!(none.to_string(), "team has no Deployments yet");
    }
}
