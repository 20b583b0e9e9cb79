//! `BackupReady`: whether the last backup succeeded, came when it was due, and could be restored when that was last tried.

use chrono::{DateTime, SecondsFormat, Utc};
use todochat_service::exit;

use super::{Verdict, View, overdue, pods};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, Part},
    world::{JobState, State, Trouble, World},
};

/// A Job that has ended, and why it failed.
type Ended<'a> = (&'a ChildId, Option<&'a str>);

pub(super) fn judge(view: &View<'_>, database_answers: bool, now: DateTime<Utc>) -> Verdict {
    let Some(backup) = &view.spec().database.backup else {
        return Verdict::fails("NotConfigured", "spec.database.backup is not set.");
    };
    let taken = last(view.world(), &Part::Backup.name(&view.name));
    let tried = last(view.world(), &names::verify_cron_job(&view.name));
    failed(view, taken)
        .or_else(|| not_restored(view, tried.filter(|_| backup.verify.is_some())))
        .or_else(|| overdue::judge(view, database_answers, now))
        .unwrap_or_else(|| well(view, taken, tried))
}

fn failed(view: &View<'_>, taken: Option<Ended<'_>>) -> Option<Verdict> {
    let (job, why) = taken?;
    let why = because(view.world(), &job.name, why?);
    let message = format!("The last backup failed ({why}); {} {}", good(view), see(view, job));
    Some(Verdict::fails("BackupFailed", message))
}

fn not_restored(view: &View<'_>, tried: Option<Ended<'_>>) -> Option<Verdict> {
    let (job, why) = tried?;
    let why = because(view.world(), &job.name, why?);
    let message = format!("The last backup could not be restored ({why}). {}", see(view, job));
    Some(Verdict::fails("VerificationFailed", message))
}

/// Nothing is wrong with those that were taken, if any were.
fn well(view: &View<'_>, taken: Option<Ended<'_>>, tried: Option<Ended<'_>>) -> Verdict {
    match (taken.is_some() || last_good(view).is_some(), tried) {
        (false, _) => Verdict::fails("NeverRun", "No backup has been taken yet."),
        (true, Some((_, None))) => Verdict::holds(
            "LastBackupOk",
            "The last backup succeeded, and one was restored on trial with all of its rows.",
        ),
        (true, _) => Verdict::holds("LastBackupOk", "The last backup succeeded."),
    }
}

fn see(view: &View<'_>, job: &ChildId) -> String {
    format!("See `kubectl logs -n {} job/{}`.", view.namespace, job.name)
}

/// Why a Job that works on backups has failed: what its exit code tells, or else its controller.
pub fn because(world: &World, job: &str, why: &str) -> String {
    let said = exit_code(world, job).and_then(words);
    said.map_or_else(|| pods::shortened(why), str::to_owned)
}

/// With which code the newest pod of a Job has ended.
pub(super) fn exit_code(world: &World, job: &str) -> Option<u8> {
    let prefix = format!("{job}-");
    let pods = world.pods.iter().filter(|pod| pod.name.starts_with(&prefix));
    match pods.max_by_key(|pod| &pod.created)?.trouble.as_ref()? {
        Trouble::CrashLoop { exit_code, .. } => u8::try_from(*exit_code).ok(),
        _ => None,
    }
}

/// What an exit code of `todochat-chat-server backup` tells.
fn words(code: u8) -> Option<&'static str> {
    Some(match code {
        exit::NO_BACKUP => "there is no such backup",
        exit::BACKUP_TOO_NEW => "it has the schema of a later release",
        exit::BACKUP_BROKEN => "it is not what was dumped",
        exit::BACKUP_PLACE => "where backups are kept cannot be used",
        exit::DATABASE_NOT_EMPTY => "the database has data already",
        exit::UNREACHABLE => "the database did not answer",
        exit::LOGIN_REFUSED => "the database refused the login",
        _ => return None,
    })
}

/// Which backup one would have to go back to.
fn good(view: &View<'_>) -> String {
    match recorded(view) {
        Some(time) => format!("the last good one is of {time}."),
        None => "none is known to be good.".to_owned(),
    }
}

/// The minute of the last one that succeeded, as it stands in the status.
pub(super) fn recorded(view: &View<'_>) -> Option<String> {
    last_good(view).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The same by the Jobs that are there, or as it was recorded: Jobs go, and what they made stays.
pub(super) fn last_good(view: &View<'_>) -> Option<DateTime<Utc>> {
    view.spec().database.backup.as_ref()?;
    let database = view.previous().and_then(|status| status.database.as_ref());
    let recorded = database.and_then(|database| database.last_backup.as_deref()?.parse().ok());
    newest_good(view.world(), &Part::Backup.name(&view.name)).max(recorded)
}

/// Whether one is being taken.
pub(super) fn is_under_way(view: &View<'_>) -> bool {
    let prefix = format!("{}-", Part::Backup.name(&view.name));
    let runs = State::Job(JobState::Running);
    let mut children = view.world().children.iter();
    children.any(|(id, job)| id.name.starts_with(&prefix) && job.state == runs)
}

/// The Jobs of a CronJob that have ended, the newest last, each with its number and why it failed.
fn ended<'a>(
    world: &'a World,
    cron_job: &str,
) -> impl DoubleEndedIterator<Item = (&'a ChildId, String, Option<&'a str>)> {
    let prefix = format!("{cron_job}-");
    let jobs = world.children.iter().filter(|(id, _)| id.kind == Kind::Job);
    jobs.filter_map(move |(id, job)| {
        let number = id.name.strip_prefix(&prefix)?.to_owned();
        match &job.state {
            State::Job(JobState::Complete) => Some((id, number, None)),
            State::Job(JobState::Failed(why)) => Some((id, number, Some(&**why))),
            _ => None,
        }
    })
}

/// The newest that has ended, and if it failed, why. The CronJob numbers its Jobs by their minute.
fn last<'a>(world: &'a World, cron_job: &str) -> Option<Ended<'a>> {
    ended(world, cron_job).next_back().map(|(id, _, why)| (id, why))
}

/// When the newest one succeeded, whoever had it taken: `kubectl todochat backup` numbers them too.
fn newest_good(world: &World, cron_job: &str) -> Option<DateTime<Utc>> {
    let good = ended(world, cron_job).filter(|(_, _, why)| why.is_none());
    let minutes = good.filter_map(|(_, number, _)| number.split('-').next()?.parse().ok());
    of_minute(minutes.max()?)
}

/// When the newest backup that succeeded was due: the CronJob names its Jobs after that minute. Those that somebody has named
/// otherwise say nothing of the schedule.
pub fn last_success(world: &World, object: &str) -> Option<DateTime<Utc>> {
    on_schedule(world, &Part::Backup.name(object))
}

/// The same of the trials.
pub fn last_verified(world: &World, object: &str) -> Option<DateTime<Utc>> {
    on_schedule(world, &names::verify_cron_job(object))
}

fn on_schedule(world: &World, cron_job: &str) -> Option<DateTime<Utc>> {
    let good = ended(world, cron_job).filter(|(_, _, why)| why.is_none());
    of_minute(good.filter_map(|(_, number, _)| number.parse().ok()).max()?)
}

fn of_minute(minute: u32) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::from(minute).checked_mul(60)?, 0)
}
