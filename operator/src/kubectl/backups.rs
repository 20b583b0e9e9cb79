//! Which backups there are: only what can reach the volume or the bucket can tell, so a pod is asked that is like those that
//! take them.

use std::time::Duration;

use anyhow::{Context as _, bail};
use k8s_openapi::api::{
    batch::v1::{CronJob, Job},
    core::v1::Pod,
};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, ListParams, LogParams, PostParams},
    core::ObjectMeta,
};
use todochat_service::Clock;

use super::{
    backup::until_ended,
    place::{MANAGER, Place, say},
};
use crate::names::Part;

/// How long it may take to ask.
const PATIENCE: Duration = Duration::from_mins(5);
/// It goes by itself where nobody is left to remove it.
const KEPT_SECONDS: i32 = 300;

/// Prints their names, the last one last.
pub(super) async fn list(place: &Place, object: &str) -> anyhow::Result<()> {
    let name = Part::Backup.name(object);
    let cron_jobs = Api::<CronJob>::namespaced(place.client.clone(), &place.namespace);
    let found = cron_jobs.get_opt(&name).await;
    let Some(cron_job) = found.with_context(|| format!("could not read the CronJob {name}"))?
    else {
        bail!("the operator has not made the CronJob {name} yet");
    };
    let jobs = Api::<Job>::namespaced(place.client.clone(), &place.namespace);
    let asking = job(object, cron_job, Clock::system().now().timestamp());
    let by = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    let made = jobs.create(&by, &asking).await.context("could not create a Job to ask with")?;
    let name = made.name_any();
    let ended = until_ended(&jobs, &name, PATIENCE).await;
    let said = log(place, &name).await;
    // It goes by itself too.
    let _ = jobs.delete(&name, &DeleteParams::background()).await;
    match (ended, said) {
        (Ok(()), Ok(text)) if text.is_empty() => say("No backups found.\n"),
        (Ok(()), text) => say(&text?),
        (Err(error), text) => Err(error.context(text.unwrap_or_default())),
    }
}

/// Like one that takes a backup, but for what it does. It is nobody's child: it says nothing of how backups are.
fn job(object: &str, cron_job: CronJob, seconds: i64) -> Job {
    let name = Some(format!("{object}-list-{seconds}"));
    let mut spec = cron_job.spec.unwrap_or_default().job_template.spec.unwrap_or_default();
    spec.backoff_limit = Some(0);
    spec.pod_failure_policy = None;
    spec.ttl_seconds_after_finished = Some(KEPT_SECONDS);
    let containers = spec.template.spec.iter_mut().flat_map(|pod| &mut pod.containers);
    for container in containers {
        let words = container.command.take().unwrap_or_default();
        let own = |word: &String| {
            !word.starts_with("--database-url-file=") && !word.starts_with("--retain=")
        };
        let words = words.into_iter().filter(own);
        let listing = words.map(|word| if word == "take" { "list".to_owned() } else { word });
        container.command = Some(listing.collect());
    }
    Job { metadata: ObjectMeta { name, ..ObjectMeta::default() }, spec: Some(spec), status: None }
}

async fn log(place: &Place, job: &str) -> anyhow::Result<String> {
    let pods = Api::<Pod>::namespaced(place.client.clone(), &place.namespace);
    let its = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
    let Some(pod) = pods.list(&its).await.context("could not list its pods")?.items.pop() else {
        bail!("the Job {job} has no pod");
    };
    let log = pods.logs(&pod.name_any(), &LogParams::default()).await;
    log.with_context(|| format!("could not read the log of {}", pod.name_any()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_asks_where_the_backups_are_and_for_nothing_else() {
        let words = [
            "/tools/todochat-backup",
            "backup",
            "take",
            "--folder=/backup",
            "--database-url-file=/etc/todochat/admin/url",
            "--retain=7",
        ];
        let pod = json!({"containers": [{"name": "dump", "command": words}]});
        let cron_job = serde_json::from_value(json!({"metadata": {"name": "team-backup"},
            "spec": {"schedule": "", "jobTemplate": {"spec": {"template": {"spec": pod}}}}}));
        let made = job("team", cron_job.unwrap(), 7);
        assert_eq!(made.name_any(), "team-list-7");
        let containers = &made.spec.unwrap().template.spec.unwrap().containers;
        let asked = ["/tools/todochat-backup", "backup", "list", "--folder=/backup"];
        assert_eq!(containers[0].command.as_ref().unwrap(), &asked);
    }
}
