//! Backups, and the restore that is to be done.
//!
//! ```text
//! restoreFrom, before the first migration ─┐
//! the annotation `todochat.dev/restore` ───┼▶ Restore ─ its Job is done ─▶ status.database.restored ─▶ a migration
//! ```

use super::{
    Pass, addresses,
    gating::{self, Gate},
    resources,
};
use crate::{
    crd::{BackupSpec, DatabaseStatus, S3Addressing, S3Spec},
    cron::Schedule,
    fetched::Reference,
    kinds::Kind,
    names::{self, Part, RESTORE_ANNOTATION},
    validated::{
        Backup, BackupPlace, Bucket, Database, DatabaseRuns, Restore, RestoreSource, Schema,
    },
    world::{JobState, State},
};

const PATH: &str = "spec.database.backup";
/// Longer requests are none.
const LONGEST: usize = 128;

pub(super) fn backup(pass: &mut Pass<'_>, spec: &BackupSpec) -> Backup {
    for (member, schedule) in [("schedule", Some(&spec.schedule)), ("verify", spec.verify.as_ref())]
    {
        if schedule.is_some_and(|schedule| Schedule::parse(schedule).is_none()) {
            let rule = "must be five fields of cron in UTC, e.g. `0 3 * * *`";
            pass.findings.malformed(&format!("{PATH}.{member}"), rule);
        }
    }
    let place = if let Some(s3) = &spec.destination.s3 {
        BackupPlace::Bucket(Box::new(bucket(pass, s3)))
    } else {
        let path = format!("{PATH}.destination.storage");
        let (size, storage_class) = resources::storage(pass, &path, &spec.destination.storage);
        BackupPlace::Volume { size, storage_class }
    };
    let (schedule, verify) = (spec.schedule.clone(), spec.verify.clone());
    Backup { schedule, retain: spec.retain, verify, place }
}

fn bucket(pass: &mut Pass<'_>, spec: &S3Spec) -> Bucket {
    addresses::web_address(pass, &format!("{PATH}.destination.s3.endpoint"), &spec.endpoint);
    Bucket {
        endpoint: addresses::without_slash(&spec.endpoint),
        name: spec.bucket.clone(),
        prefix: prefix(spec, &pass.owner.namespace, &pass.owner.name),
        region: spec.region.clone(),
        virtual_host: spec.addressing == S3Addressing::VirtualHost,
        secret: spec.credentials.name.clone(),
        keys: keys(pass, &spec.credentials.name),
        ca: spec.ca_bundle.as_ref().map(|entry| (entry.name.clone(), entry.key.clone())),
    }
}

/// A key that is good for some hours only comes with a token.
fn keys(pass: &Pass<'_>, secret: &str) -> Vec<&'static str> {
    const TOKEN: &str = "session-token";
    let found = match pass.fetched.secrets.get(secret) {
        Some(Reference::Found(facts)) => facts.keys.contains(TOKEN),
        _ => false,
    };
    let always = ["access-key-id", "secret-access-key"];
    always.into_iter().chain(found.then_some(TOKEN)).collect()
}

/// Each object has a place of its own in a bucket: nobody removes the backups of another.
fn prefix(spec: &S3Spec, namespace: &str, object: &str) -> String {
    let given = spec.prefix.as_deref().map(|prefix| prefix.trim_matches('/'));
    let given = given.filter(|prefix| !prefix.is_empty()).map(|prefix| format!("{prefix}/"));
    format!("{}{namespace}/{object}/", given.unwrap_or_default())
}

/// The restore that is to be done. One that was asked for of an object that is no more is none: with the same manifest an
/// object is made again that has data since.
pub(super) fn restore(
    pass: &Pass<'_>,
    recorded: Option<&DatabaseStatus>,
    database: &Database,
    gate: &Gate,
) -> Option<Restore> {
    let DatabaseRuns::Embedded(embedded) = &database.runs else { return None };
    let restored = recorded.and_then(|recorded| recorded.restored.as_deref());
    let asked = asked(pass).filter(|(word, _)| restored != Some(word.as_str()));
    let (word, backup, object, replaces) = if let Some((word, backup)) = asked {
        (word, backup, pass.owner.name.clone(), true)
    } else {
        let migrated = gate.migration.is_some() && gate.stage.schema == Schema::Current;
        let is_new = restored.is_none()
            && !migrated
            && recorded.is_none_or(|recorded| recorded.schema_version.is_none());
        let from = pass.spec.database.restore_from.as_ref().filter(|_| is_new)?;
        let word = format!("{}/{}", from.object, from.backup);
        (word, from.backup.clone(), from.object.clone(), false)
    };
    let place = embedded.backup.as_ref().map(|backup| &backup.place);
    let source = match (place, &pass.spec.database.backup) {
        (Some(BackupPlace::Bucket(bucket)), Some(spec)) => {
            let mut bucket = bucket.clone();
            let s3 = spec.destination.s3.as_ref();
            let prefix = s3.map(|s3| prefix(s3, &pass.owner.namespace, &object));
            bucket.prefix = prefix.unwrap_or_default();
            RestoreSource::Bucket(bucket)
        }
        _ => RestoreSource::Claim(Part::Backup.name(&object)),
    };
    let id = names::restore_id(&pass.owner.uid, &word);
    let job = names::restore_job(&pass.owner.name, &id);
    let state = gating::own_child(pass, Kind::Job, &job);
    let done = state == Some(&State::Job(JobState::Complete));
    let wanted = state.is_some() || may_begin(pass, database, replaces);
    Some(Restore { word, id, backup, source, replaces, wanted, done })
}

/// What the annotation asks for: `<backup>@<uid of the object>@<anything>`.
fn asked(pass: &Pass<'_>) -> Option<(String, String)> {
    let word = pass.annotations?.get(RESTORE_ANNOTATION)?;
    let mut parts = word.split('@');
    let (backup, uid) = (parts.next()?, parts.next()?);
    let fits = word.len() <= LONGEST
        && uid == pass.owner.uid
        && pass.spec.database.backup.is_some()
        && (backup == "latest" || is_backup(backup));
    fits.then(|| (word.clone(), backup.to_owned()))
}

/// As the definition has it too.
fn is_backup(name: &str) -> bool {
    let time = name.strip_prefix("todochat-").and_then(|time| time.strip_suffix('Z'));
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    time.and_then(|time| time.split_once('T'))
        .is_some_and(|(date, time)| digits(date, 8) && digits(time, 6))
}

/// Whether the database answers, and nobody else uses it any more.
fn may_begin(pass: &Pass<'_>, database: &Database, replaces: bool) -> bool {
    let admin = names::admin_secret(&pass.owner.name);
    let serves = |component: &str| matches!(component, "chat" | "tool");
    let world = &pass.fetched.world;
    let running = pass.fetched.world.pods.iter().any(|pod| serves(&pod.component));
    let deployed = world.children.iter().any(|(id, seen)| {
        let wanted = matches!(&seen.state, State::Workload(one) if one.wanted > 0);
        id.kind == Kind::Deployment && wanted
    });
    !pass.spec.suspended
        && pass.fetched.own_secrets.contains_key(&admin)
        && gating::is_ready(pass, database)
        && !(replaces && (running || deployed))
}
