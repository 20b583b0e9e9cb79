//! Backups of the Embedded database: dumps on a volume of their own.

use k8s_openapi::api::{
    batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec},
    core::v1::{Container, PersistentVolumeClaim},
};
use kube::core::ObjectMeta;

use super::{
    Planned,
    database::{self, shell, variable},
    login, metadata,
    pod::{self, Pod, volumes},
    reads::Reads,
    secrets,
};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, Part},
    validated::{Backup, DatabaseRuns, Embedded, PodOptions, Validated},
};

const FOLDER: &str = "/backup";
const DUMP: &str = include_str!("backup/dump.sh");
/// A dump that hangs must not keep the next one away for ever.
const DEADLINE_SECONDS: i64 = 6 * 60 * 60;

fn wanted(validated: &Validated) -> Option<(&Embedded, &Backup)> {
    match &validated.database.runs {
        DatabaseRuns::Embedded(embedded) => Some((embedded, embedded.backup.as_ref()?)),
        DatabaseRuns::Cnpg { .. } | DatabaseRuns::External(_) => None,
    }
}

/// The part whose pods take backups, if any do.
pub(super) fn part(validated: &Validated) -> Option<Part> {
    wanted(validated).map(|_| Part::Backup)
}

/// Where the dumps are kept.
pub(super) fn claim(validated: &Validated) -> Option<PersistentVolumeClaim> {
    let (_, backup) = wanted(validated)?;
    let metadata = metadata::object_meta(&validated.owner, &Part::Backup);
    Some(database::volume_claim(metadata, &backup.size, backup.storage_class.as_deref()))
}

/// What takes the dumps; it waits for its Secret.
pub(super) fn cron_job(validated: &Validated) -> Option<Planned<CronJob>> {
    let (embedded, backup) = wanted(validated)?;
    let id = ChildId::new(Kind::CronJob, &Part::Backup.name(&validated.owner.name));
    Some(Planned::once(id, built(validated, embedded, backup)))
}

/// The last backup of an object that is deleted with `deletionPolicy: Snapshot`: one run of what takes the dumps.
pub(super) fn snapshot(validated: &Validated) -> Option<Job> {
    let (embedded, backup) = wanted(validated)?;
    let template = job_template(validated, embedded, backup);
    let metadata = metadata::object_meta(&validated.owner, &Part::Backup);
    let name = Some(format!("{}-snapshot", validated.owner.name));
    Some(Job { metadata: ObjectMeta { name, ..metadata }, spec: template.spec, status: None })
}

fn built(validated: &Validated, embedded: &Embedded, backup: &Backup) -> Option<CronJob> {
    let own_secrets = vec![names::admin_secret(&validated.owner.name)];
    Reads { own_secrets, ..Reads::default() }.hash(&validated.stage)?;
    Some(CronJob {
        metadata: metadata::object_meta(&validated.owner, &Part::Backup),
        spec: Some(CronJobSpec {
            schedule: backup.schedule.clone(),
            time_zone: Some("Etc/UTC".to_owned()),
            suspend: validated.suspended.then_some(true),
            concurrency_policy: Some("Forbid".to_owned()),
            successful_jobs_history_limit: Some(1),
            failed_jobs_history_limit: Some(1),
            job_template: job_template(validated, embedded, backup),
            ..CronJobSpec::default()
        }),
        status: None,
    })
}

fn job_template(validated: &Validated, embedded: &Embedded, backup: &Backup) -> JobTemplateSpec {
    let owner = &validated.owner;
    let pod = Pod {
        part: &Part::Backup,
        account: &Part::Database,
        user: database::USER,
        init: None,
        container: container(validated, embedded, backup),
        mounted: vec![
            volumes::tmp(),
            volumes::claim("backup", &Part::Backup.name(&owner.name), FOLDER),
            login::admin_password(validated),
        ],
        inputs: None,
        options: &PodOptions::default(),
        several: false,
        grace_seconds: None,
        restart: Some("Never"),
    };
    let labels = Some(Part::Backup.labels(&owner.name));
    JobTemplateSpec {
        metadata: Some(ObjectMeta { labels, ..ObjectMeta::default() }),
        spec: Some(JobSpec {
            active_deadline_seconds: Some(DEADLINE_SECONDS),
            backoff_limit: Some(2),
            template: pod.template(validated),
            ..JobSpec::default()
        }),
    }
}

fn container(validated: &Validated, embedded: &Embedded, backup: &Backup) -> Container {
    let database = &validated.database;
    let env = [
        ("PGHOST", database.host.as_str()),
        ("PGPORT", &database.port.to_string()),
        ("PGUSER", secrets::ADMIN),
        ("PGDATABASE", login::database(&database.runs)),
        ("PGPASSFILE", "/tmp/pgpass"),
        ("RETAIN", &backup.retain.to_string()),
    ];
    Container {
        command: Some(shell(DUMP)),
        env: Some(env.iter().map(|(name, value)| variable(name, value)).collect()),
        ..pod::container("dump", &embedded.image, pod::modest_resources())
    }
}
