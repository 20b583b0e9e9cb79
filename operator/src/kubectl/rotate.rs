//! `kubectl todochat rotate`: asks the operator for a new database login and a new signing key. The operator has one word for
//! both (`todochat.dev/rotate`), and repeats it in the status once both are done.

use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::SecondsFormat;
use clap::Args;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use todochat_service::{Clock, duration};

use super::place::{MANAGER, Place, say};
use crate::{crd::TodoChat, names::ROTATE_ANNOTATION};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Whose credentials.
#[derive(Debug, Clone, Args)]
pub(super) struct RotateArgs {
    /// The object
    #[arg(value_name = "NAME")]
    name: String,
    /// Wait until it is done
    #[arg(long)]
    wait: bool,
    /// How long that may take
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration::parse)]
    timeout: Duration,
}

pub(super) async fn rotate(place: &Place, args: &RotateArgs) -> anyhow::Result<()> {
    let object = place.object(&args.name).await?;
    if let Some(why) = waits(&object) {
        bail!("{} is {why}: nothing would be replaced before that ends", args.name);
    }
    let word = Clock::system().now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let patch = Patch::Merge(json!({"metadata": {"annotations": {ROTATE_ANNOTATION: word}}}));
    let by = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let patched = place.objects().patch(&args.name, &by, &patch).await;
    patched.with_context(|| format!("could not annotate the TodoChat {}", args.name))?;
    say(&format!("todochat.todochat.dev/{} rotation asked for\n", args.name))?;
    if args.wait { until_done(place, args, &word).await } else { Ok(()) }
}

/// Why the operator would not do it now.
fn waits(object: &TodoChat) -> Option<&'static str> {
    match (object.spec.paused, object.spec.suspended) {
        (true, _) => Some("paused"),
        (_, true) => Some("suspended"),
        _ => None,
    }
}

async fn until_done(place: &Place, args: &RotateArgs, word: &str) -> anyhow::Result<()> {
    let mut last = String::new();
    let done = async {
        loop {
            let object = place.object(&args.name).await?;
            if is_done(&object, word) {
                return anyhow::Ok(());
            }
            let standing = standing(&object);
            if standing != last {
                say(&format!("{standing}\n"))?;
                last = standing;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(args.timeout, done).await {
        Ok(done) => done?,
        Err(_) => bail!("{} has not replaced its credentials in time: {last}", args.name),
    }
    say(&format!("todochat.todochat.dev/{} rotated\n", args.name))
}

fn is_done(object: &TodoChat, word: &str) -> bool {
    object.status.as_ref().is_some_and(|status| status.rotated.as_deref() == Some(word))
}

fn standing(object: &TodoChat) -> String {
    let mut conditions = object.status.iter().flat_map(|status| &status.conditions);
    let said = conditions.find(|one| one.kind == "CredentialsReady");
    said.map_or_else(
        || "no operator has looked at it yet".to_owned(),
        |one| format!("{}: {}", one.reason, one.message),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crd::TodoChatStatus, testing::object};

    #[test]
    fn it_is_done_when_the_status_repeats_the_word() {
        let rotated = |word: Option<&str>| TodoChat {
            status: Some(TodoChatStatus {
                rotated: word.map(str::to_owned),
                ..TodoChatStatus::default()
            }),
            ..object("")
        };
        assert!(is_done(&rotated(Some("today")), "today"));
        for other in [rotated(Some("yesterday")), rotated(None), object("")] {
            assert!(!is_done(&other, "today"));
        }
    }

    #[test]
    fn an_object_at_rest_is_not_asked() {
        assert_eq!(waits(&object("")), None);
        assert_eq!(waits(&object("paused: true")), Some("paused"));
        assert_eq!(waits(&object("suspended: true")), Some("suspended"));
    }
}
