//! The tool servers whose pods are ours.
//!
//! ```text
//! running ─▶ Running ─┬ service
//!                     └ deployment ◀─ Program: container, files, what it reads
//!                          ├ todo    the server of this release
//!                          ├ image   one that serves MCP over HTTP
//!                          └ stdio   one that does not, behind the bridge of this release
//! ```

mod image;
mod stdio;
mod todo;

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Container, Service},
};

use super::{
    Planned, deployment,
    pod::{
        self, Pod,
        probes::{ADMIN, HTTP},
        volumes::{self, Mounted},
    },
    reads::Reads,
    service::{self, ADMIN_PORT},
};
use crate::{
    kinds::{ChildId, Kind},
    names::{self, Part},
    validated::{Runs, ToolAuth, ToolPods, ToolServer, Validated},
};

/// How long the servers of this release let running calls go on; their own default.
const DRAIN_SECONDS: i64 = 25;

/// A tool server whose pods are ours.
pub(super) struct Running<'a> {
    pub(super) server: &'a ToolServer,
    pub(super) pods: &'a ToolPods,
    pub(super) part: Part,
    /// The port of its MCP endpoint.
    pub(super) port: u16,
    /// Whether it is one of this release: it has an admin listener.
    pub(super) ours: bool,
    /// Whether it works on the database.
    pub(super) stores: bool,
}

/// All of them, in the order of the spec.
pub(super) fn running(validated: &Validated) -> impl Iterator<Item = Running<'_>> {
    validated.tool_servers.iter().filter_map(|server| {
        let (pods, port, ours, stores) = match &server.runs {
            Runs::Todo(pods) => (pods, todo::PORT, true, true),
            Runs::Image { pods, port, .. } => (pods, *port, false, false),
            Runs::Stdio { pods, .. } => (pods, stdio::PORT, true, false),
            Runs::Remote { .. } => return None,
        };
        Some(Running { server, pods, part: Part::Tool(server.name.clone()), port, ours, stores })
    })
}

/// What a tool server is, as far as it is not like the others.
struct Program {
    init: Option<Container>,
    container: Container,
    mounted: Vec<Mounted>,
    own_secrets: Vec<String>,
    /// Those that it reads again when they change.
    followed: Vec<String>,
}

impl Running<'_> {
    /// What it is reached by.
    pub(super) fn service(&self, validated: &Validated) -> Service {
        let mut service = service::service(&validated.owner, &self.part, &self.ports());
        let spec = service.spec.get_or_insert_default();
        spec.session_affinity = self.pods.sticky.then(|| "ClientIP".to_owned());
        service
    }

    fn ports(&self) -> Vec<(&'static str, u16)> {
        let admin = self.ours.then_some((ADMIN, ADMIN_PORT));
        [(HTTP, self.port)].into_iter().chain(admin).collect()
    }

    /// Its pods. They wait for their Secrets; those that work on the database also wait for its schema.
    pub(super) fn deployment(&self, validated: &Validated) -> Planned<Deployment> {
        let id = ChildId::new(Kind::Deployment, &self.part.name(&validated.owner.name));
        Planned::once(id, self.built(validated))
    }

    fn built(&self, validated: &Validated) -> Option<Deployment> {
        if self.stores && !super::schema_fits(validated) {
            return None;
        }
        let program = self.program(validated);
        let reads = Reads {
            own_secrets: program.own_secrets,
            followed: program.followed,
            others: &self.pods.inputs,
            config: None,
        };
        let inputs = reads.hash(&validated.stage)?;
        let pod = Pod {
            part: &self.part,
            account: &self.part,
            user: pod::USER,
            init: program.init,
            container: program.container,
            mounted: program.mounted,
            inputs: Some(inputs),
            options: &self.pods.pod,
            several: true,
            grace_seconds: Some(pod::grace_seconds(DRAIN_SECONDS)),
            restart: None,
        };
        let template = pod.template(validated);
        let replicas = Some(self.pods.replicas);
        Some(deployment::deployment(validated, &self.part, replicas, template, &reads))
    }

    fn program(&self, validated: &Validated) -> Program {
        match &self.server.runs {
            Runs::Image { command, args, .. } => image::program(self, validated, command, args),
            Runs::Stdio { command, bridge, .. } => stdio::program(self, validated, command, bridge),
            Runs::Todo(_) | Runs::Remote { .. } => todo::program(self, validated),
        }
    }

    /// What all of their containers have.
    fn container(&self) -> Container {
        let ports = self.ports();
        Container {
            ports: Some(ports.iter().map(|(name, port)| pod::port(name, *port)).collect()),
            env: pod::some(self.pods.env.clone()),
            lifecycle: Some(pod::farewell()),
            ..pod::container("server", &self.pods.image, self.pods.resources.clone())
        }
    }

    /// The token that callers have to show, if the chat has one for it: the Secret and the file.
    fn token(&self, object: &str) -> Option<Token> {
        (self.server.auth == ToolAuth::Shared).then(|| Token {
            secret: names::tool_secret(object, &self.server.name),
            folder: format!("/etc/todochat/tool-{}", self.server.name),
        })
    }
}

/// A token that callers have to show.
struct Token {
    secret: String,
    folder: String,
}

impl Token {
    fn file(&self) -> String {
        format!("{}/token", self.folder)
    }

    fn mounted(&self) -> Mounted {
        volumes::secret("token", (&self.secret, "token"), &self.folder, "token")
    }
}
