//! `BackupReady`: whether the last backup succeeded.

use chrono::{DateTime, Utc};

use super::{Verdict, View, pods};
use crate::{
    kinds::{ChildId, Kind},
    names::Part,
    world::{JobState, State, World},
};

pub(super) fn judge(view: &View<'_>) -> Verdict {
    if view.spec().database.backup.is_none() {
        return Verdict::fails("NotConfigured", "spec.database.backup is not set.");
    }
    match last(view) {
        None => Verdict::fails("NeverRun", "No backup has been taken yet."),
        Some((_, None)) => Verdict::holds("LastBackupOk", "The last backup succeeded."),
        Some((job, Some(why))) => Verdict::fails(
            "BackupFailed",
            format!(
                "The last backup failed ({}); see `kubectl logs -n {} job/{}`.",
                pods::shortened(why),
                view.namespace,
                job.name
            ),
        ),
    }
}

/// The newest backup that has ended, and if it failed, why. The CronJob numbers its Jobs by their minute.
fn last<'a>(view: &View<'a>) -> Option<(&'a ChildId, Option<&'a str>)> {
    let prefix = format!("{}-", Part::Backup.name(&view.name));
    let jobs = view.world().children.iter().rev();
    let mut ended = jobs
        .filter(|(id, _)| id.kind == Kind::Job && id.name.starts_with(&prefix))
        .filter_map(|(id, job)| match &job.state {
            State::Job(JobState::Complete) => Some((id, None)),
            State::Job(JobState::Failed(why)) => Some((id, Some(&**why))),
            _ => None,
        });
    ended.next()
}

/// When the newest backup that succeeded was due: the CronJob names its Jobs after that minute. Those that somebody has named
/// otherwise say nothing of the schedule.
pub fn last_success(world: &World, object: &str) -> Option<DateTime<Utc>> {
    let prefix = format!("{}-", Part::Backup.name(object));
    let done = world.children.iter().filter(|(id, job)| {
        id.kind == Kind::Job && matches!(job.state, State::Job(JobState::Complete))
    });
    let minutes = done.filter_map(|(id, _)| id.name.strip_prefix(&prefix)?.parse::<u32>().ok());
    let seconds = i64::from(minutes.max()?).checked_mul(60)?;
    DateTime::from_timestamp(seconds, 0)
}
