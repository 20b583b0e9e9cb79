//! `kubectl todochat backup`: a Job made of the object's CronJob, as `kubectl create job --from` makes one.

use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use k8s_openapi::{
    api::batch::v1::{CronJob, Job},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{Api, ResourceExt as _, api::PostParams, core::ObjectMeta};
use todochat_service::{Clock, duration};

use super::place::{MANAGER, Place, say};
use crate::names::Part;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// By whom: the CronJob's schedule had no part in it.
const INSTANTIATE: (&str, &str) = ("cronjob.kubernetes.io/instantiate", "manual");

/// Whose backup.
#[derive(Debug, Clone, Args)]
pub(super) struct BackupArgs {
    /// The object
    #[arg(value_name = "NAME")]
    name: String,
    /// Wait until it is taken; fails when it fails
    #[arg(long)]
    wait: bool,
    /// How long that may take
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    timeout: Duration,
}

pub(super) async fn backup(place: &Place, args: &BackupArgs) -> anyhow::Result<()> {
    let object = place.object(&args.name).await?;
    if object.spec.database.backup.is_none() {
        bail!("{} has no backups configured: set spec.database.backup", args.name);
    }
    if object.spec.suspended {
        bail!("{} is suspended: its database does not run", args.name);
    }
    let name = Part::Backup.name(&args.name);
    let cron_jobs = Api::<CronJob>::namespaced(place.client.clone(), &place.namespace);
    let found = cron_jobs.get_opt(&name).await;
    let Some(cron_job) = found.with_context(|| format!("could not read the CronJob {name}"))?
    else {
        bail!(
            "the operator has not made the CronJob {name} yet: see `kubectl todochat status {}`",
            args.name
        );
    };
    let jobs = Api::<Job>::namespaced(place.client.clone(), &place.namespace);
    let job = job(&cron_job, Clock::system().now());
    let by = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    let made = jobs.create(&by, &job).await;
    let name =
        made.with_context(|| format!("could not create the Job {}", job.name_any()))?.name_any();
    say(&format!("job.batch/{name} created\n"))?;
    if args.wait {
        until_ended(&jobs, &name, args.timeout).await?;
        say(&format!("job.batch/{name} complete\n"))?;
    }
    Ok(())
}

/// One run of the CronJob. It is called after the minute, as the CronJob's own are, so that the newest is the last by its name
/// too; and after the second, which sets it apart from those.
fn job(cron_job: &CronJob, now: DateTime<Utc>) -> Job {
    let (minutes, second) = (now.timestamp() / 60, now.timestamp() % 60);
    let template = cron_job.spec.clone().unwrap_or_default().job_template;
    let given = template.metadata.unwrap_or_default();
    let mut annotations = given.annotations.unwrap_or_default();
    annotations.insert(INSTANTIATE.0.to_owned(), INSTANTIATE.1.to_owned());
    Job {
        metadata: ObjectMeta {
            name: Some(format!("{}-{minutes}-{second:02}", cron_job.name_any())),
            namespace: cron_job.namespace(),
            labels: given.labels,
            annotations: Some(annotations),
            owner_references: Some(vec![owner(cron_job)]),
            ..ObjectMeta::default()
        },
        spec: template.spec,
        status: None,
    }
}

/// It goes with the CronJob, which also counts it among those that it keeps.
fn owner(cron_job: &CronJob) -> OwnerReference {
    OwnerReference {
        api_version: "batch/v1".to_owned(),
        kind: "CronJob".to_owned(),
        name: cron_job.name_any(),
        uid: cron_job.uid().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

/// Waits for a Job's end, which must be a good one.
pub(super) async fn until_ended(
    jobs: &Api<Job>,
    name: &str,
    timeout: Duration,
) -> anyhow::Result<()> {
    let ended = async {
        loop {
            let job =
                jobs.get(name).await.with_context(|| format!("could not read the Job {name}"))?;
            match ending(&job) {
                Some(Ok(())) => return Ok(()),
                Some(Err(why)) => {
                    bail!("the Job {name} has failed: {why}; see `kubectl logs job/{name}`")
                }
                None => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    match tokio::time::timeout(timeout, ended).await {
        Ok(ended) => ended,
        Err(_) => bail!("the Job {name} has not ended in time"),
    }
}

/// Whether it has ended, and how.
fn ending(job: &Job) -> Option<Result<(), String>> {
    let conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut true_ones = conditions.filter(|one| one.status == "True");
    true_ones.find_map(|one| match one.type_.as_str() {
        "Complete" => Some(Ok(())),
        "Failed" => {
            Some(Err(one.message.clone().or_else(|| one.reason.clone()).unwrap_or_default()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn cron_job() -> CronJob {
        let pod = json!({"metadata": {"labels": {"todochat.dev/object": "team"}},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "dump", "image": "postgres:18"}]}});
        serde_json::from_value(json!({
            "metadata": {"name": "team-backup", "namespace": "people", "uid": "1234"},
            "spec": {"schedule": "0 3 * * *", "suspend": true, "jobTemplate": {
                "metadata": {"labels": {"todochat.dev/object": "team"}, "annotations": {"of": "people"}},
                "spec": {"backoffLimit": 2, "template": pod},
            }},
        }))
        .unwrap()
    }

    #[test]
    fn the_job_is_what_kubectl_makes_of_the_cron_job() {
        let now = "2026-01-01T00:00:07Z".parse().unwrap();
        let made = serde_json::to_value(job(&cron_job(), now)).unwrap();
        assert_eq!(
            made["metadata"],
            json!({
                "name": "team-backup-29453760-07", "namespace": "people",
                "labels": {"todochat.dev/object": "team"},
                "annotations": {"of": "people", "cronjob.kubernetes.io/instantiate": "manual"},
                "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "team-backup",
                    "uid": "1234", "controller": true}],
            })
        );
        let template =
            serde_json::to_value(cron_job()).unwrap()["spec"]["jobTemplate"]["spec"].clone();
        assert_eq!(made["spec"], template);
    }

    #[test]
    fn its_name_comes_after_those_of_the_cron_job_until_then_and_says_nothing_of_the_schedule() {
        let now = "2026-01-01T00:00:07Z".parse().unwrap();
        let name = job(&cron_job(), now).name_any();
        assert!(*"team-backup-29453760" < *name && *name < *"team-backup-29453761");
        assert!(name.strip_prefix("team-backup-").unwrap().parse::<u32>().is_err());
        // The longest name of an object has 40 letters, the longest of a Job's pods' label 63.
        assert!(name.len() - "team".len() + 40 <= 63);
    }

    #[test]
    fn a_job_ends_well_or_says_why_not() {
        let with = |condition: Value| -> Job {
            serde_json::from_value(json!({"status": {"conditions": [condition]}})).unwrap()
        };
        assert_eq!(ending(&Job::default()), None);
        assert_eq!(ending(&with(json!({"type": "Failed", "status": "False"}))), None);
        assert_eq!(ending(&with(json!({"type": "Complete", "status": "True"}))), Some(Ok(())));
        let failed = with(json!({"type": "Failed", "status": "True", "message": "no space"}));
        assert_eq!(ending(&failed), Some(Err("no space".to_owned())));
    }
}
