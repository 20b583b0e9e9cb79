//! Whether a backup should have come since the last good one. A schedule that stops without a word fails no Job: the clock
//! alone tells.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Verdict, View, backup, restoring};
use crate::{
    conditions::ConditionType,
    crd::{TodoChat, TodoChatStatus},
    cron::Schedule,
    names::Part,
    validated::Backup,
};

const OVERDUE: &str = "BackupOverdue";

/// What is said where one is overdue. Once it is, it stays so until one succeeds, or is not wanted that often any more.
pub(super) fn judge(
    view: &View<'_>,
    database_answers: bool,
    now: DateTime<Utc>,
) -> Option<Verdict> {
    let backup = view.spec().database.backup.as_ref()?;
    let from = overdue_from(&backup.schedule, backup::last_good(view)?)?;
    let is_news = || database_answers && !may_be_coming(view);
    (from <= now && (was_overdue(view) || is_news())).then(|| verdict(view))
}

/// From when on: what was due first after the last good one has had all the time that it may take.
fn overdue_from(schedule: &str, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let due = Schedule::parse(schedule)?.next_after(last)?;
    due.checked_add_signed(TimeDelta::from_std(Backup::DEADLINE).ok()?)
}

/// A CronJob takes none while the object is suspended (its database does not answer then) or restored, and makes up for it
/// at once.
fn may_be_coming(view: &View<'_>) -> bool {
    restoring::restore(view).is_some() || backup::is_under_way(view)
}

fn was_overdue(view: &View<'_>) -> bool {
    let before = view.previous_condition(ConditionType::BackupReady);
    before.is_some_and(|before| before.reason == OVERDUE)
}

fn verdict(view: &View<'_>) -> Verdict {
    let cron_job = Part::Backup.name(&view.name);
    let message = format!(
        "One was due after the last that succeeded (status.database.lastBackup), and has not come. See `kubectl describe -n {} cronjob/{cron_job}`.",
        view.namespace
    );
    Verdict::fails(OVERDUE, message)
}

/// How long it is until a backup is overdue unless one succeeds; `None` once it is. Nothing else wakes the object then.
pub fn until_backup_is_overdue(
    object: &TodoChat,
    status: &TodoChatStatus,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let backup = object.spec.database.backup.as_ref()?;
    let last: DateTime<Utc> = status.database.as_ref()?.last_backup.as_deref()?.parse().ok()?;
    let wait = overdue_from(&backup.schedule, last)? - now;
    wait.to_std().ok().filter(|wait| !wait.is_zero())
}
