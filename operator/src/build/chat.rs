//! The chat server.
//!
//! ```text
//! config_map   what it is told in files: tool servers, issuers, the text for the model
//! files        what it finds in its file system: the same, and secrets
//! args         its flags, which name the files
//! ```

mod args;
mod config_map;
mod files;

use std::time::Duration;

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Container, Service},
};

use super::{
    Planned, deployment, exposure,
    pod::{self, Pod, probes},
    reads::Reads,
    service,
};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, Part},
    validated::{Chat, ToolAuth, Validated},
};

pub(super) use self::config_map::config_map;

/// The port that people's requests come to.
pub(super) const PORT: u16 = 8080;

/// What the chat is reached by.
pub(super) fn service(validated: &Validated) -> Service {
    let ports = [(probes::HTTP, PORT), (probes::ADMIN, service::ADMIN_PORT)];
    let mut service = service::service(&validated.owner, &Part::Chat, &ports);
    service.metadata.annotations = pod::some(exposure::service_annotations(validated));
    service
}

/// Whether there can be more than one pod.
pub(super) fn several(chat: &Chat) -> bool {
    let most = chat.autoscaling.as_ref().map(|scaling| scaling.max_replicas);
    most.or(chat.replicas).is_some_and(|most| most > 1)
}

/// The server; it waits for its Secrets and for the schema.
pub(super) fn deployment(validated: &Validated) -> Planned<Deployment> {
    let id = ChildId::new(Kind::Deployment, &Part::Chat.name(&validated.owner.name));
    Planned::once(id, built(validated))
}

fn built(validated: &Validated) -> Option<Deployment> {
    if !super::schema_fits(validated) {
        return None;
    }
    let reads = reads(validated);
    let inputs = reads.hash(&validated.stage)?;
    let pod = Pod {
        part: &Part::Chat,
        account: &Part::Chat,
        user: pod::USER,
        init: None,
        container: container(validated),
        mounted: files::mounted(validated),
        inputs: Some(inputs),
        options: &validated.chat.pod,
        several: true,
        grace_seconds: Some(pod::grace_seconds(whole_seconds(validated.chat.drain))),
        restart: None,
    };
    let template = pod.template(validated);
    let replicas = validated.chat.replicas;
    Some(deployment::deployment(validated, &Part::Chat, replicas, template, &reads))
}

fn reads(validated: &Validated) -> Reads<'_> {
    let object = &validated.owner.name;
    let shared = validated.tool_servers.iter().filter(|tool| tool.auth == ToolAuth::Shared);
    let tokens = shared.map(|tool| names::tool_secret(object, &tool.name));
    Reads {
        own_secrets: tokens.collect(),
        followed: vec![names::signing_keys_secret(object), names::login_secret(object)],
        others: &validated.chat.inputs,
        config: Some(config_map::content(validated)),
    }
}

fn container(validated: &Validated) -> Container {
    let chat = &validated.chat;
    let ports = [(probes::HTTP, PORT), (probes::ADMIN, service::ADMIN_PORT)];
    probes::ask_admin(Container {
        args: Some(args::args(validated)),
        env: pod::some(chat.env.clone()),
        ports: Some(ports.iter().map(|(name, port)| pod::port(name, *port)).collect()),
        lifecycle: Some(pod::farewell()),
        ..pod::container("chat", &chat.image, chat.resources.clone())
    })
}

/// Rounded up: what is to wait so long must not wait less.
pub(super) fn whole_seconds(length: Duration) -> i64 {
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
