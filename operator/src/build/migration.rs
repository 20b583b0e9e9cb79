//! What works on the database as its admin: the Job that brings the schema to this release and makes the servers' login,
//! before any server starts, and the Jobs by which that login is replaced.

use std::time::Duration;

use k8s_openapi::api::{
    batch::v1::{Job, JobSpec},
    core::v1::Container,
};

use super::{
    Planned, chat, flags, login, metadata,
    pod::{
        self, Pod,
        volumes::{self, Mounted},
    },
    reads::Reads,
};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, Part},
    rotating::LoginJob,
    validated::{Image, Migration, PodOptions, Schema, Validated},
};

/// How often it is tried again before it has failed.
const RETRIES: i32 = 4;
/// How often that is in all.
const TRIES: u32 = 5;
/// What a try takes besides what it waits for.
const SPARE: Duration = Duration::from_mins(2);

/// The part whose pods work on the database as its admin. What selects them is the same for a migration and for the Jobs that
/// replace a login, which there are also where others migrate.
pub(super) fn part(validated: &Validated) -> Option<Part> {
    let version = validated.migration.as_ref().map(|migration| migration.version.as_str());
    let turns = validated.rotation.login.as_ref().map(|_| "login");
    version.or(turns).map(|version| Part::Migration(version.to_owned()))
}

/// The Job. It waits for its Secrets; one that is done, or waits for somebody, stays as it is.
pub(super) fn job(validated: &Validated) -> Option<Planned<Job>> {
    let migration = validated.migration.as_ref().filter(|_| !validated.suspended)?;
    let part = Part::Migration(migration.version.clone());
    let id = ChildId::new(Kind::Job, &part.name(&validated.owner.name));
    let built = migration.wanted.then(|| built(validated, migration, &part)).flatten();
    Some(Planned::once(id, built))
}

fn built(validated: &Validated, migration: &Migration, part: &Part) -> Option<Job> {
    let own = login::has_admin(&validated.database.runs)
        .then(|| [login::of_admin(validated), login::of_migrator(validated)]);
    let mounted = own.into_iter().flatten().chain(login::of_servers(validated)).collect();
    let work = Work { args: args(validated), mounted, deadline: migration.timeout };
    work.job(validated, &migration.image, part)
}

/// The Job that makes the login ready that takes over next, or retires the one before. While the schema is not that of the
/// release, or nothing runs, it waits.
pub(super) fn login_job(validated: &Validated) -> Option<Job> {
    let rotation = &validated.rotation;
    let is_open = !validated.suspended && validated.stage.schema == Schema::Current;
    let wanted = rotation.login.as_ref().filter(|_| is_open)?.job.as_ref()?;
    let urls = match wanted.retires {
        Some(_) => login::of_servers(validated),
        None => login::of_next(validated),
    };
    let work = Work {
        args: turn_args(validated, wanted),
        mounted: [login::of_admin(validated)].into_iter().chain(urls).collect(),
        deadline: match wanted.retires {
            Some(_) => (rotation.grace + SPARE) * TRIES,
            None => rotation.timeout,
        },
    };
    work.job(validated, &validated.chat.image, &wanted.part())
}

/// What such a Job does.
struct Work {
    args: Vec<String>,
    mounted: Vec<Mounted>,
    deadline: Duration,
}

impl Work {
    fn job(self, validated: &Validated, image: &Image, part: &Part) -> Option<Job> {
        // Not told to the pod: a Job's template can never be changed.
        Reads { followed: own_secrets(validated), ..Reads::default() }.hash(&validated.stage)?;
        let pod = Pod {
            part,
            account: &Part::Chat,
            user: pod::USER,
            init: None,
            container: container(image, self.args),
            mounted: [volumes::tmp()].into_iter().chain(self.mounted).collect(),
            inputs: None,
            options: &PodOptions::default(),
            several: false,
            grace_seconds: None,
            restart: Some("Never"),
        };
        Some(Job {
            metadata: metadata::object_meta(&validated.owner, part),
            spec: Some(JobSpec {
                active_deadline_seconds: Some(chat::whole_seconds(self.deadline)),
                backoff_limit: Some(RETRIES),
                template: pod.template(validated),
                ..JobSpec::default()
            }),
            status: None,
        })
    }
}

fn own_secrets(validated: &Validated) -> Vec<String> {
    let object = &validated.owner.name;
    if login::has_admin(&validated.database.runs) {
        return names::database_secrets(object).into();
    }
    vec![names::login_secret(object)]
}

fn container(image: &Image, args: Vec<String>) -> Container {
    Container { args: Some(args), ..pod::container("migrate", image, pod::modest_resources()) }
}

/// The flags of `chat-server`'s `migrate`; `tests/conformance/child_args.rs` has its own parser read them.
fn args(validated: &Validated) -> Vec<String> {
    let urls = if login::has_admin(&validated.database.runs) {
        vec![
            format!("--database-url-file={}", login::ADMIN_URL),
            format!("--migrator-url-file={}", login::MIGRATOR_URL),
            format!("--runtime-url-file={}", login::SERVER_URL),
        ]
    } else {
        vec![format!("--database-url-file={}", login::SERVER_URL)]
    };
    ["migrate".to_owned()].into_iter().chain(urls).collect()
}

/// The flags of its `rotate-login`.
fn turn_args(validated: &Validated, job: &LoginJob) -> Vec<String> {
    let mut args = vec![
        "rotate-login".to_owned(),
        format!("--database-url-file={}", login::ADMIN_URL),
        format!("--runtime-url-file={}", login::SERVER_URL),
    ];
    if let Some(role) = &job.retires {
        args.push(format!("--retire={role}"));
        args.push(format!("--grace={}", flags::duration(validated.rotation.grace)));
    }
    args
}
