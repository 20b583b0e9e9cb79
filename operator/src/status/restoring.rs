//! How far a restore is: part of `SchemaReady`, since nothing may use the database before it is done.

use todochat_service::exit;

use super::{
    Verdict, View,
    backup::{because, exit_code},
    pods,
};
use crate::{
    kinds::{ChildId, Kind},
    names::{Part, restore_job},
    validated::{Restore, RestoreSource},
    world::{JobState, State, Trouble},
};

/// The restore that is to be done first, if there is one.
pub(super) fn restore<'a>(view: &View<'a>) -> Option<&'a Restore> {
    view.validated()?.restore.as_ref()
}

/// What was asked for, once it is done.
pub(super) fn done<'a>(view: &View<'a>) -> Option<&'a str> {
    restore(view).filter(|restore| restore.done).map(|restore| &*restore.word)
}

pub(super) fn judge(view: &View<'_>) -> Verdict {
    let Some(restore) = restore(view) else {
        return Verdict::fails("Restoring", "A backup is restored.");
    };
    let job = restore_job(&view.name, &restore.id);
    let state = view.world().children.get(&ChildId::new(Kind::Job, &job)).map(|job| &job.state);
    let told = told(restore);
    match state {
        Some(State::Job(JobState::Failed(why))) => failed(view, restore, &job, why),
        Some(_) => match no_volume(view, &job) {
            Some(why) => Verdict::fails("BackupNotFound", format!("{told} {why}")),
            None => Verdict::fails("Restoring", told),
        },
        None => {
            let waits = "It waits for the database, and for those who still use it.";
            Verdict::fails("Restoring", format!("{told} {waits}"))
        }
    }
}

fn told(restore: &Restore) -> String {
    let from = match &restore.source {
        RestoreSource::Claim(claim) => format!("the volume {claim}"),
        RestoreSource::Bucket(bucket) => format!("the bucket {}", bucket.name),
    };
    match restore.backup.as_str() {
        "latest" => format!("The last backup is restored from {from}."),
        backup => format!("The backup {backup} is restored from {from}."),
    }
}

fn failed(view: &View<'_>, restore: &Restore, job: &str, why: &str) -> Verdict {
    let code = exit_code(view.world(), job);
    let because = because(view.world(), job, why);
    let remedy = if restore.replaces {
        "remove the annotation todochat.dev/restore to go on with it"
    } else {
        "mend spec.database.restoreFrom, or leave it out to start without data"
    };
    let message = format!(
        "{} It came to nothing: {because}. What was there before is untouched: {remedy}. See `kubectl logs -n {} job/{job}`.",
        told(restore),
        view.namespace
    );
    Verdict::fails(code.map_or("RestoreFailed", reason), message)
}

fn reason(code: u8) -> &'static str {
    match code {
        exit::NO_BACKUP => "BackupNotFound",
        exit::BACKUP_TOO_NEW => "BackupTooNew",
        exit::BACKUP_BROKEN => "BackupBroken",
        exit::DATABASE_NOT_EMPTY => "DatabaseNotEmpty",
        _ => "RestoreFailed",
    }
}

/// The volume that was named is not there.
fn no_volume(view: &View<'_>, job: &str) -> Option<String> {
    let prefix = format!("{job}-");
    let mut pods = view.world().pods.iter().filter(|pod| pod.name.starts_with(&prefix));
    let trouble = pods.find_map(|pod| pod.trouble.as_ref())?;
    let workload = format!("job/{}", Part::Backup.name(&view.name));
    match trouble {
        Trouble::Unschedulable { message } if message.contains("persistentvolumeclaim") => {
            Some(pods::diagnose(trouble, &view.namespace, &workload).message)
        }
        _ => None,
    }
}
