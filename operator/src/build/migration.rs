//! The migration: a Job that brings the schema to this release and makes the servers' login, before any server starts.

use k8s_openapi::api::{
    batch::v1::{Job, JobSpec},
    core::v1::Container,
};

use super::{
    Planned, chat, login, metadata,
    pod::{self, Pod, volumes},
    reads::Reads,
};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, Part},
    validated::{Migration, PodOptions, Validated},
};

/// How often it is tried again before it has failed.
const RETRIES: i32 = 4;

/// The Job. It waits for its Secrets; one that is done, or waits for somebody, stays as it is.
pub(super) fn job(validated: &Validated) -> Option<Planned<Job>> {
    let migration = validated.migration.as_ref().filter(|_| !validated.suspended)?;
    let part = Part::Migration(migration.version.clone());
    let id = ChildId::new(Kind::Job, &part.name(&validated.owner.name));
    let built = migration.wanted.then(|| built(validated, migration, &part)).flatten();
    Some(Planned::once(id, built))
}

fn built(validated: &Validated, migration: &Migration, part: &Part) -> Option<Job> {
    // Not told to the pod: a Job's template can never be changed.
    Reads { own_secrets: own_secrets(validated), ..Reads::default() }.hash(&validated.stage)?;
    let admin = login::has_admin(&validated.database.runs).then(|| login::of_admin(validated));
    let servers = login::of_servers(validated);
    let pod = Pod {
        part,
        account: &Part::Chat,
        user: pod::USER,
        init: None,
        container: container(validated, migration),
        mounted: [volumes::tmp()].into_iter().chain(admin).chain(servers).collect(),
        inputs: None,
        options: &PodOptions::default(),
        several: false,
        grace_seconds: None,
        restart: Some("Never"),
    };
    Some(Job {
        metadata: metadata::object_meta(&validated.owner, part),
        spec: Some(JobSpec {
            active_deadline_seconds: Some(chat::whole_seconds(migration.timeout)),
            backoff_limit: Some(RETRIES),
            template: pod.template(validated),
            ..JobSpec::default()
        }),
        status: None,
    })
}

fn own_secrets(validated: &Validated) -> Vec<String> {
    let object = &validated.owner.name;
    let admin = login::has_admin(&validated.database.runs).then(|| names::admin_secret(object));
    [names::login_secret(object)].into_iter().chain(admin).collect()
}

fn container(validated: &Validated, migration: &Migration) -> Container {
    Container {
        args: Some(args(validated)),
        ..pod::container("migrate", &migration.image, pod::modest_resources())
    }
}

/// The flags of `chat-server`'s `migrate`; `tests/conformance/child_args.rs` has its own parser read them.
fn args(validated: &Validated) -> Vec<String> {
    let urls = if login::has_admin(&validated.database.runs) {
        vec![
            format!("--database-url-file={}", login::ADMIN_URL),
            format!("--runtime-url-file={}", login::SERVER_URL),
        ]
    } else {
        vec![format!("--database-url-file={}", login::SERVER_URL)]
    };
    ["migrate".to_owned()].into_iter().chain(urls).collect()
}
