//! Backups of the Embedded database: what takes them, tries them and brings them back.
//!
//! ```text
//! CronJob <object>-backup ─┐                                       ┌ init: the chat's image brings `todochat-backup`
//! CronJob <object>-verify ─┼▶ pod in the database's own image ─────┤ which starts pg_dump, pg_restore, postgres there
//! Job <object>-restore-…  ─┘   (place: volume or bucket)           └ and says by its exit code what went wrong
//! ```

mod place;

use k8s_openapi::{
    api::{
        batch::v1::{
            CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec, PodFailurePolicy,
            PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule,
        },
        core::v1::{Container, PersistentVolumeClaim, ResourceRequirements, VolumeMount},
    },
    apimachinery::pkg::api::resource::Quantity,
};
use kube::core::ObjectMeta;
use todochat_service::exit;

use self::place::Where;
use super::{
    Planned, database, login, metadata,
    pod::{
        self, Pod,
        volumes::{self, Mounted},
    },
    reads::Reads,
};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, Part},
    validated::{
        Backup, BackupPlace, Bucket, DatabaseRuns, Embedded, PodOptions, Restore, RestoreSource,
        Validated,
    },
};

/// Where the program is put, with the authorities that it trusts.
const TOOLS: &str = "/tools";
/// Where a backup is tried.
const SCRATCH: &str = "/scratch";
/// How often it is tried again.
const RETRIES: i32 = 2;
/// What another try would not mend.
const FINAL: [u8; 4] =
    [exit::BACKUP_BROKEN, exit::NO_BACKUP, exit::BACKUP_TOO_NEW, exit::DATABASE_NOT_EMPTY];

fn embedded(validated: &Validated) -> Option<&Embedded> {
    match &validated.database.runs {
        DatabaseRuns::Embedded(embedded) => Some(embedded),
        DatabaseRuns::Cnpg { .. } | DatabaseRuns::External(_) => None,
    }
}

fn wanted(validated: &Validated) -> Option<(&Embedded, &Backup)> {
    let embedded = embedded(validated)?;
    Some((embedded, embedded.backup.as_ref()?))
}

/// The part whose pods work on backups, if any do.
pub(super) fn part(validated: &Validated) -> Option<Part> {
    let works = wanted(validated).is_some() || validated.restore.is_some();
    works.then_some(Part::Backup)
}

/// The bucket that these pods talk to, if it is one.
pub(super) fn bucket(validated: &Validated) -> Option<&Bucket> {
    match &wanted(validated)?.1.place {
        BackupPlace::Bucket(bucket) => Some(bucket),
        BackupPlace::Volume { .. } => None,
    }
}

/// Where the dumps are kept.
pub(super) fn claim(validated: &Validated) -> Option<PersistentVolumeClaim> {
    let (_, backup) = wanted(validated)?;
    let BackupPlace::Volume { size, storage_class } = &backup.place else { return None };
    let metadata = metadata::object_meta(&validated.owner, &Part::Backup);
    Some(database::volume_claim(metadata, size, storage_class.as_deref()))
}

/// What takes the dumps and what tries them; they wait for their Secret.
pub(super) fn cron_jobs(validated: &Validated) -> Vec<Planned<CronJob>> {
    let Some((embedded, backup)) = wanted(validated) else { return Vec::new() };
    let object = &validated.owner.name;
    let takes = (Part::Backup.name(object), &backup.schedule, take(validated, embedded, backup));
    let verifies = backup.verify.as_ref().map(|schedule| {
        (names::verify_cron_job(object), schedule, verify(validated, embedded, backup))
    });
    let planned = [takes].into_iter().chain(verifies).map(|(name, schedule, template)| {
        let id = ChildId::new(Kind::CronJob, &name);
        let metadata = metadata::named(&validated.owner, &Part::Backup, name);
        Planned::once(id, cron_job(validated, metadata, schedule, template))
    });
    planned.collect()
}

/// The last backup of an object that is deleted with `deletionPolicy: Snapshot`: one run of what takes the dumps.
pub(super) fn snapshot(validated: &Validated) -> Option<Job> {
    let (embedded, backup) = wanted(validated)?;
    let name = format!("{}-snapshot", validated.owner.name);
    Some(job(validated, name, take(validated, embedded, backup)))
}

/// What brings a backup back, once nothing is in its way.
pub(super) fn restore_job(validated: &Validated) -> Option<Job> {
    let wanted = validated.restore.as_ref().filter(|restore| restore.wanted)?;
    let name = names::restore_job(&validated.owner.name, &wanted.id);
    Some(job(validated, name, restore(validated, embedded(validated)?, wanted)))
}

fn job(validated: &Validated, name: String, spec: JobSpec) -> Job {
    let metadata = metadata::named(&validated.owner, &Part::Backup, name);
    Job { metadata, spec: Some(spec), status: None }
}

fn cron_job(
    validated: &Validated,
    metadata: ObjectMeta,
    schedule: &str,
    spec: JobSpec,
) -> Option<CronJob> {
    let own_secrets = vec![names::admin_secret(&validated.owner.name)];
    Reads { own_secrets, ..Reads::default() }.hash(&validated.stage)?;
    let labels = Some(Part::Backup.labels(&validated.owner.name));
    let metadata_of_jobs = Some(ObjectMeta { labels, ..ObjectMeta::default() });
    Some(CronJob {
        metadata,
        spec: Some(CronJobSpec {
            schedule: schedule.to_owned(),
            time_zone: Some("Etc/UTC".to_owned()),
            // A backup of what is about to be replaced would be called the last.
            suspend: (validated.suspended || validated.restore.is_some()).then_some(true),
            concurrency_policy: Some("Forbid".to_owned()),
            successful_jobs_history_limit: Some(1),
            failed_jobs_history_limit: Some(1),
            job_template: JobTemplateSpec { metadata: metadata_of_jobs, spec: Some(spec) },
            ..CronJobSpec::default()
        }),
        status: None,
    })
}

fn take(validated: &Validated, embedded: &Embedded, backup: &Backup) -> JobSpec {
    let object = &validated.owner.name;
    let place = match &backup.place {
        BackupPlace::Volume { .. } => Where::volume(&Part::Backup.name(object)),
        BackupPlace::Bucket(bucket) => Where::bucket(validated, bucket),
    };
    let retain = format!("--retain={}", backup.retain);
    Work {
        name: "dump",
        command: "take",
        flags: vec![format!("--database-url-file={}", login::ADMIN_URL), retain],
        mounted: vec![login::of_admin(validated)],
        resources: pod::modest_resources(),
    }
    .job(validated, embedded, place)
}

fn verify(validated: &Validated, embedded: &Embedded, backup: &Backup) -> JobSpec {
    let place = match &backup.place {
        BackupPlace::Volume { .. } => Where::volume(&Part::Backup.name(&validated.owner.name)),
        BackupPlace::Bucket(bucket) => Where::bucket(validated, bucket),
    };
    Work {
        name: "verify",
        command: "verify",
        flags: vec![format!("--scratch={SCRATCH}")],
        mounted: vec![volumes::scratch("scratch", SCRATCH, &embedded.size)],
        resources: resources_of_a_server(&embedded.size),
    }
    .job(validated, embedded, place)
}

/// It may take as much as the database has.
fn resources_of_a_server(size: &str) -> ResourceRequirements {
    let modest = pod::modest_resources();
    let limits = modest.limits.map(|limits| {
        let room = [("memory", "512Mi"), ("ephemeral-storage", size)];
        let room = room.map(|(name, value)| (name.to_owned(), Quantity(value.to_owned())));
        limits.into_iter().chain(room).collect()
    });
    ResourceRequirements { limits, ..modest }
}

fn restore(validated: &Validated, embedded: &Embedded, restore: &Restore) -> JobSpec {
    let place = match &restore.source {
        RestoreSource::Claim(claim) => Where::volume(claim),
        RestoreSource::Bucket(bucket) => Where::bucket(validated, bucket),
    };
    let mut flags = vec![
        format!("--database-url-file={}", login::ADMIN_URL),
        format!("--from={}", restore.backup),
        format!("--id={}", restore.id),
    ];
    flags.extend(restore.replaces.then(|| "--replace".to_owned()));
    Work {
        name: "restore",
        command: "restore",
        flags,
        mounted: vec![login::of_admin(validated)],
        resources: pod::modest_resources(),
    }
    .job(validated, embedded, place)
}

/// What such a pod does.
struct Work {
    name: &'static str,
    command: &'static str,
    flags: Vec<String>,
    mounted: Vec<Mounted>,
    resources: ResourceRequirements,
}

impl Work {
    /// The flags of `chat-server`'s `backup`; `tests/conformance/child_args.rs` has its own parser read them.
    fn job(self, validated: &Validated, embedded: &Embedded, place: Where) -> JobSpec {
        let tools = volumes::scratch("tools", TOOLS, "128Mi");
        let words = [format!("{TOOLS}/todochat-backup"), "backup".to_owned()];
        let command = words.into_iter().chain([self.command.to_owned()]);
        let command = command.chain(place.flags).chain(self.flags).collect();
        let init = install(validated, tools.mount.clone());
        let pod = Pod {
            part: &Part::Backup,
            account: &Part::Database,
            user: database::USER,
            init: Some(init),
            container: Container {
                command: Some(command),
                ..pod::container(self.name, &embedded.image, self.resources)
            },
            mounted: [volumes::tmp(), tools]
                .into_iter()
                .chain(place.mounted)
                .chain(self.mounted)
                .collect(),
            inputs: None,
            options: &PodOptions::default(),
            several: false,
            grace_seconds: None,
            restart: Some("Never"),
        };
        JobSpec {
            active_deadline_seconds: i64::try_from(Backup::DEADLINE.as_secs()).ok(),
            backoff_limit: Some(RETRIES),
            pod_failure_policy: Some(give_up(self.name)),
            template: pod.template(validated),
            ..JobSpec::default()
        }
    }
}

/// The chat's program copies itself to where the database's image finds it.
fn install(validated: &Validated, mount: VolumeMount) -> Container {
    let words = ["backup", "install", TOOLS];
    Container {
        args: Some(words.map(str::to_owned).into()),
        volume_mounts: Some(vec![mount]),
        ..pod::container("tools", &validated.chat.image, pod::modest_resources())
    }
}

fn give_up(container: &str) -> PodFailurePolicy {
    let on_exit_codes = Some(PodFailurePolicyOnExitCodesRequirement {
        container_name: Some(container.to_owned()),
        operator: "In".to_owned(),
        values: FINAL.map(i32::from).into(),
    });
    let action = "FailJob".to_owned();
    PodFailurePolicy {
        rules: vec![PodFailurePolicyRule {
            action,
            on_exit_codes,
            ..PodFailurePolicyRule::default()
        }],
    }
}
