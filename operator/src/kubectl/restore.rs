//! `kubectl todochat restore`: asks the operator to bring a backup back, and waits for it. Without a backup's name it lists
//! those there are.
//!
//! ```text
//! are you sure? ─▶ annotation todochat.dev/restore ─▶ operator: no pods ─▶ Job ─▶ migration ─▶ pods ─▶ Ready
//!                                   └─ it came to nothing: the annotation goes, and with it the chat goes on as it was
//! ```

use std::{
    io::{BufRead as _, IsTerminal as _, stdin},
    time::Duration,
};

use anyhow::{Context as _, bail};
use chrono::SecondsFormat;
use clap::Args;
use kube::{
    ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use todochat_service::{Clock, duration};

use super::{
    backups,
    place::{MANAGER, Place, say},
};
use crate::{
    crd::{Condition, ConditionStatus, TodoChat},
    names::{RESTORE_ANNOTATION, restore_id, restore_job},
};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Whose data, and from when.
#[derive(Debug, Clone, Args)]
pub(super) struct RestoreArgs {
    /// The object
    #[arg(value_name = "NAME")]
    name: String,
    /// Which backup: its name, or `latest`; without it they are listed
    #[arg(long, value_name = "BACKUP")]
    from: Option<String>,
    /// Do not ask: what the database has now is lost
    #[arg(long)]
    yes: bool,
    /// How long it may take
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    timeout: Duration,
}

pub(super) async fn restore(place: &Place, args: &RestoreArgs) -> anyhow::Result<()> {
    let object = place.object(&args.name).await?;
    if let Some(why) = cannot(&object) {
        bail!("{} {why}", args.name);
    }
    let Some(backup) = &args.from else { return backups::list(place, &args.name).await };
    if !args.yes {
        be_sure(&args.name, backup)?;
    }
    let now = Clock::system().now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let word = format!("{backup}@{}@{now}", object.uid().unwrap_or_default());
    annotate(place, &args.name, json!(word)).await?;
    say(&format!("todochat.todochat.dev/{} restore of {backup} asked for\n", args.name))?;
    match tokio::time::timeout(args.timeout, until_done(place, args, &word)).await {
        Err(_) => bail!(
            "{} is not restored yet; `kubectl todochat status` tells how far it is",
            args.name
        ),
        Ok(done) => {
            // Done or not, it is not to be done again.
            annotate(place, &args.name, Value::Null).await?;
            done?;
        }
    }
    say(&format!("todochat.todochat.dev/{} restored\n", args.name))
}

/// Why nothing would come of it.
fn cannot(object: &TodoChat) -> Option<&'static str> {
    let spec = &object.spec;
    match (spec.database.backup.is_some(), spec.paused, spec.suspended) {
        (false, ..) => Some("has no backups configured: set spec.database.backup"),
        (_, true, _) => Some("is paused: the operator does nothing before that ends"),
        (_, _, true) => Some("is suspended: its database does not run"),
        _ => None,
    }
}

fn be_sure(name: &str, backup: &str) -> anyhow::Result<()> {
    if !stdin().is_terminal() {
        bail!("all that {name} has now would be lost: say --yes");
    }
    say(&format!(
        "All that {name} has now is replaced by the backup {backup}, and nobody can use it meanwhile.\n\
         Type {name} to go on: "
    ))?;
    let mut typed = String::new();
    stdin().lock().read_line(&mut typed)?;
    if typed.trim() == name { Ok(()) } else { bail!("nothing was done") }
}

async fn annotate(place: &Place, name: &str, word: Value) -> anyhow::Result<()> {
    let patch = Patch::Merge(json!({"metadata": {"annotations": {RESTORE_ANNOTATION: word}}}));
    let by = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let patched = place.objects().patch(name, &by, &patch).await;
    patched.map(drop).with_context(|| format!("could not annotate the TodoChat {name}"))
}

async fn until_done(place: &Place, args: &RestoreArgs, word: &str) -> anyhow::Result<()> {
    let mut last = String::new();
    loop {
        let object = place.object(&args.name).await?;
        match Standing::of(&object, word) {
            Standing::Done => return Ok(()),
            Standing::Failed(why) => bail!("{why}"),
            Standing::Waits(why) if why != last => {
                say(&format!("{why}\n"))?;
                last = why;
            }
            Standing::Waits(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// How far it is.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Done,
    Failed(String),
    Waits(String),
}

impl Standing {
    fn of(object: &TodoChat, word: &str) -> Self {
        let find = |kind: &str| -> Option<&Condition> {
            let conditions = object.status.iter().flat_map(|status| &status.conditions);
            conditions.into_iter().find(|one| one.kind == kind)
        };
        let database = object.status.as_ref().and_then(|status| status.database.as_ref());
        let restored = database.and_then(|database| database.restored.as_deref()) == Some(word);
        let tell = |one: &Condition| format!("{}: {}", one.reason, one.message);
        let (ready, schema) = (find("Ready"), find("SchemaReady"));
        if restored {
            return match ready {
                // What was true before the restore is not yet undone in the write that says it is done.
                Some(ready)
                    if ready.status == ConditionStatus::True
                        && database.is_some_and(|database| database.schema_version.is_some()) =>
                {
                    Self::Done
                }
                ready => Self::Waits(ready.map(tell).unwrap_or_default()),
            };
        }
        let uid = object.uid().unwrap_or_default();
        let job = restore_job(&object.name_any(), &restore_id(&uid, word));
        match schema {
            // It names the Job of this restore: not the words of an earlier one.
            Some(schema) if schema.message.contains(&format!("job/{job}`")) => {
                Self::Failed(tell(schema))
            }
            schema => Self::Waits(schema.map(tell).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::object;

    fn said(restored: Option<&str>, ready: bool, schema: &str) -> TodoChat {
        let condition = |kind: &str, status: bool, message: &str| {
            json!({"type": kind, "status": if status { "True" } else { "False" },
                "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "Reason", "message": message})
        };
        let status = json!({
            "conditions": [condition("Ready", ready, "ready"), condition("SchemaReady", false, schema)],
            "database": {"restored": restored, "schemaVersion": "0.1.0"},
        });
        TodoChat { status: Some(serde_json::from_value(status).unwrap()), ..object("") }
    }

    #[test]
    fn it_is_done_when_the_status_repeats_the_word_and_people_can_use_it() {
        assert_eq!(Standing::of(&said(Some("a@b@c"), true, ""), "a@b@c"), Standing::Done);
        for waits in [said(Some("a@b@c"), false, ""), said(Some("other"), true, ""), object("")] {
            assert!(matches!(Standing::of(&waits, "a@b@c"), Standing::Waits(_)));
        }
    }

    #[test]
    fn it_has_failed_when_its_own_job_is_named() {
        let uid = object("").uid().unwrap_or_default();
        let job = restore_job(&object("").name_any(), &restore_id(&uid, "a@b@c"));
        let failed = said(None, false, &format!("no such backup. See `kubectl logs job/{job}`."));
        assert!(
            matches!(Standing::of(&failed, "a@b@c"), Standing::Failed(why) if why.contains("no such"))
        );
        assert!(matches!(Standing::of(&failed, "another"), Standing::Waits(_)));
    }

    #[test]
    fn nothing_is_asked_of_an_object_that_could_not_do_it() {
        let backup = "database: {backup: {schedule: 0 3 * * *}}";
        assert_eq!(cannot(&object(backup)), None);
        assert!(cannot(&object("")).unwrap().contains("set spec.database.backup"));
        assert!(cannot(&object(&format!("{backup}\npaused: true"))).unwrap().contains("paused"));
        assert!(cannot(&object(&format!("{backup}\nsuspended: true"))).is_some());
    }
}
