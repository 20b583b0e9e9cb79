//! A world in which all is well, to be spoiled by a test.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::{
    apps::v1::{Deployment, DeploymentSpec, StatefulSet},
    core::v1::{PodTemplateSpec, ResourceRequirements, Service},
    networking::v1::NetworkPolicy,
};
use kube::core::ObjectMeta;
use serde_json::{Value, json};

use super::super::{Done, Failure, Outcome, StatusInput, compute, verdict};
use crate::{
    children::{Applied, Children, SecretPlan},
    conditions::{ConditionType, Refusal},
    crd::{Condition, ConditionStatus, TodoChat, TodoChatStatus, ToolPolicy},
    fetched::Fetched,
    kinds::{ChildId, Kind},
    names::INPUTS_ANNOTATION,
    probing::{Handshake, Probe, ProbeError},
    settings::{Images, Settings},
    validated::{
        Chat, Database, DatabaseRuns, Embedded, Image, Migration, Owner, PodOptions, Restore,
        RestoreSource, Rotation, Runs, Schema, Stage, ToolAuth, ToolPods, ToolServer, Validated,
    },
    world::{JobState, PodSeen, Seen, State, Trouble, Workload, World},
};

/// What becomes of the visit.
pub(super) enum Visit {
    Applied,
    Refused(Vec<Refusal>),
    Failed(Failure),
    /// Nothing could be looked up.
    FailedEarly(Failure),
    Paused,
    /// Something was edited that is not carried out.
    PausedBehind,
    Deleting,
}

/// All that a status is judged from, owned.
pub(super) struct Scene {
    pub(super) object: TodoChat,
    pub(super) visit: Visit,
    pub(super) validated: Validated,
    pub(super) children: Children<Applied>,
    pub(super) done: Done,
    pub(super) fetched: Fetched,
    pub(super) world: World,
    pub(super) probes: BTreeMap<String, Probe>,
    pub(super) settings: Settings,
    pub(super) now: DateTime<Utc>,
}

impl Scene {
    /// `team-a` of the namespace `people`, with a required tool server `todo` and an optional one `search`, that serves.
    pub(super) fn serving() -> Self {
        let mut scene = Self {
            object: object(&json!({"toolServers": [
                {"name": "todo"},
                {"name": "search", "required": false},
            ]})),
            visit: Visit::Applied,
            validated: validated(),
            children: Children::empty(),
            done: Done::default(),
            fetched: Fetched::default(),
            world: World::default(),
            probes: BTreeMap::new(),
            settings: settings(),
            now: DateTime::UNIX_EPOCH,
        };
        scene.children.secrets =
            ["team-a-db", "team-a-db-login", "team-a-signing-keys"].map(secret).to_vec();
        scene.children.network_policies = vec![named::<NetworkPolicy>("team-a-chat")];
        scene.children.services = vec![named::<Service>("team-a-chat")];
        scene.children.stateful_sets = vec![named::<StatefulSet>("team-a-db")];
        scene.children.deployments =
            ["team-a-chat", "team-a-tool-search", "team-a-tool-todo"].map(deployment).to_vec();
        for id in scene.children.ids() {
            let workload = matches!(id.kind, Kind::Deployment | Kind::StatefulSet);
            let state = if workload { State::Workload(Box::new(running(1))) } else { State::Plain };
            scene.world.children.insert(id, seen(state));
        }
        scene.probes =
            ["todo", "search"].map(|name| (name.to_owned(), offers(&["add_task"]))).into();
        scene
    }

    /// The same a first time: nothing has been said or made.
    pub(super) fn new_object() -> Self {
        let mut scene = Self::serving();
        scene.world = World::default();
        scene.probes.clear();
        scene.validated.stage.schema = Schema::Behind;
        scene.hold(Kind::Deployment, "team-a-chat");
        scene.hold(Kind::Deployment, "team-a-tool-todo");
        scene.hold(Kind::Deployment, "team-a-tool-search");
        scene
    }

    /// Writes the status that it has now, as of a minute ago.
    pub(super) fn said(mut self) -> Self {
        self.object.status = Some(self.status());
        self.now += TimeDelta::minutes(1);
        self
    }

    pub(super) fn spec(&mut self, spec: &Value) {
        let status = self.object.status.take();
        self.object = object(spec);
        self.object.status = status;
    }

    pub(super) fn hold(&mut self, kind: Kind, name: &str) {
        self.children.deployments.retain(|one| one.metadata.name.as_deref() != Some(name));
        self.children.held.insert(ChildId::new(kind, name));
    }

    pub(super) fn have(&mut self, kind: Kind, name: &str, state: State) {
        self.world.children.insert(ChildId::new(kind, name), seen(state));
    }

    pub(super) fn lose(&mut self, kind: Kind, name: &str) {
        self.world.children.remove(&ChildId::new(kind, name));
    }

    /// The state of this Deployment or StatefulSet.
    pub(super) fn workload(&mut self, kind: Kind, name: &str) -> &mut Workload {
        let seen = self.world.children.get_mut(&ChildId::new(kind, name)).unwrap();
        match &mut seen.state {
            State::Workload(workload) => workload,
            other => panic!("{name} is {other:?}"),
        }
    }

    pub(super) fn chat(&mut self) -> &mut Workload {
        self.workload(Kind::Deployment, "team-a-chat")
    }

    /// A pod of `component` that is not ready.
    pub(super) fn pod(&mut self, component: &str, server: Option<&str>, trouble: Trouble) {
        self.world.pods.push(PodSeen {
            name: "pod-x7k2p".into(),
            component: component.into(),
            tool_server: server.map(Into::into),
            revision: "newest".into(),
            created: "2026-01-02T00:00:00Z".into(),
            ready: false,
            deleting: false,
            trouble: Some(trouble),
        });
    }

    /// The pods of this tool server do not come up.
    pub(super) fn tool_pod(&mut self, server: &str, trouble: Trouble) {
        self.workload(Kind::Deployment, &format!("team-a-tool-{server}")).available = 0;
        self.pod("tool", Some(server), trouble);
    }

    pub(super) fn probe_fails(&mut self, server: &str, error: ProbeError) {
        self.probes.insert(server.to_owned(), Probe { outcome: Err(error) });
    }

    /// The migration to this release is not done; its Job is like this.
    pub(super) fn behind(&mut self, job: Option<JobState>) {
        self.validated.stage.schema = Schema::Behind;
        if let Some(job) = job {
            self.have(Kind::Job, "team-a-migrate-2-0-0", State::Job(job));
        }
    }

    /// A backup is brought back.
    pub(super) fn restoring(&mut self, state: Option<JobState>, code: Option<i32>) {
        let job = "team-a-restore-0123abcd";
        self.validated.stage.schema = Schema::Behind;
        self.validated.restore = Some(Restore {
            word: "old/latest".to_owned(),
            id: "0123abcd".to_owned(),
            backup: "latest".to_owned(),
            source: RestoreSource::Claim("old-backup".to_owned()),
            replaces: false,
            wanted: true,
            done: state == Some(JobState::Complete),
        });
        if let Some(state) = state {
            self.have(Kind::Job, job, State::Job(state));
        }
        if let Some(exit_code) = code {
            self.pod("backup", None, Trouble::CrashLoop { container: "main".into(), exit_code });
            self.world.pods.last_mut().unwrap().name = format!("{job}-x7k2p").into();
        }
    }

    /// It comes to nothing.
    pub(super) fn restore_fails(&mut self, code: i32) {
        self.restoring(Some(JobState::Failed("x".into())), Some(code));
    }

    pub(super) fn status(&self) -> TodoChatStatus {
        let (validated, children) = (&self.validated, &self.children);
        let outcome = match &self.visit {
            Visit::Applied => Outcome::Applied { validated, children, done: self.done.clone() },
            Visit::Refused(refusals) => Outcome::Refused(refusals.clone()),
            Visit::Failed(failure) => {
                Outcome::Failed { validated: Some(validated), failure: failure.clone() }
            }
            Visit::FailedEarly(failure) => {
                Outcome::Failed { validated: None, failure: failure.clone() }
            }
            Visit::Paused => Outcome::Paused { validated: Some(validated), lags: false },
            Visit::PausedBehind => Outcome::Paused { validated: Some(validated), lags: true },
            Visit::Deleting => Outcome::Deleting,
        };
        let input = StatusInput {
            object: &self.object,
            outcome: &outcome,
            fetched: Some(&self.fetched),
            world: &self.world,
            probes: &self.probes,
            settings: &self.settings,
        };
        compute(&input, self.now)
    }

    pub(super) fn condition(&self, kind: ConditionType) -> Condition {
        find(&self.status(), kind)
    }
}

pub(super) fn find(status: &TodoChatStatus, kind: ConditionType) -> Condition {
    verdict::find(Some(status), kind).cloned().unwrap()
}

/// The status and the reason of a condition, as one word each.
pub(super) fn said(condition: &Condition) -> (ConditionStatus, String) {
    (condition.status, condition.reason.clone())
}

pub(super) fn object(spec: &Value) -> TodoChat {
    let mut object = TodoChat::new("team-a", serde_json::from_value(spec.clone()).unwrap());
    object.metadata.namespace = Some("people".to_owned());
    object.metadata.uid = Some("uid-1".to_owned());
    object.metadata.generation = Some(3);
    object
}

pub(super) fn refusal(condition: ConditionType, reason: &'static str) -> Refusal {
    Refusal { condition, reason, message: format!("{reason}: mend it.") }
}

pub(super) fn offers(tools: &[&str]) -> Probe {
    let handshake = Handshake {
        protocol_version: "2026-07-28".to_owned(),
        server_version: "2.0.0".to_owned(),
        tools: tools.iter().map(|&tool| tool.to_owned()).collect(),
        tool_count: tools.len(),
        tools_hash: tools.join("+"),
        missing: Vec::new(),
    };
    Probe { outcome: Ok(Arc::new(handshake)) }
}

/// A workload of which all that is wanted runs.
pub(super) fn running(wanted: i32) -> Workload {
    Workload {
        generation: 1,
        observed_generation: 1,
        wanted,
        replicas: wanted,
        updated: wanted,
        ready: wanted,
        available: wanted,
        complete: true,
        failure: None,
        stuck: false,
        made_of: None,
    }
}

fn seen(state: State) -> Seen {
    Seen {
        uid: "child".into(),
        resource_version: "1".into(),
        controller: Some("uid-1".into()),
        deleting: false,
        retained: false,
        applied: None,
        shape: 0,
        state,
    }
}

fn metadata(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}

fn secret(name: &str) -> SecretPlan {
    SecretPlan { metadata: metadata(name), entries: BTreeMap::new() }
}

fn named<K: kube::Resource + Default>(name: &str) -> K {
    let mut object = K::default();
    *object.meta_mut() = metadata(name);
    object
}

fn deployment(name: &str) -> Deployment {
    let annotations = BTreeMap::from([(INPUTS_ANNOTATION.to_owned(), "1a2b".to_owned())]);
    let pods = ObjectMeta { annotations: Some(annotations), ..ObjectMeta::default() };
    let template = PodTemplateSpec { metadata: Some(pods), spec: None };
    let spec = DeploymentSpec { template, ..DeploymentSpec::default() };
    Deployment { metadata: metadata(name), spec: Some(spec), status: None }
}

fn settings() -> Settings {
    let image = || "registry.example/image:2".to_owned();
    Settings {
        images: Images { chat_server: image(), mcp_server: image(), postgres: image() },
        allowed_registries: Vec::new(),
        operator_namespace: "todochat-system".to_owned(),
        outgoing_allow: Vec::new(),
        metrics_from: Vec::new(),
        image_pull_secrets: Vec::new(),
        release: "2.0.0".to_owned(),
    }
}

fn validated() -> Validated {
    Validated {
        owner: Owner { namespace: "people".into(), name: "team-a".into(), uid: "uid-1".into() },
        stage: Stage { own_secrets: BTreeMap::new(), schema: Schema::Current },
        rotation: Rotation::default(),
        restore: None,
        chat: chat(),
        tool_servers: vec![tool("todo", true), tool("search", false)],
        database: Database {
            host: "team-a-db.people.svc".to_owned(),
            port: 5432,
            runs: DatabaseRuns::Embedded(Box::new(Embedded {
                image: Image("postgres".to_owned()),
                version: Some("18".to_owned()),
                size: "1Gi".to_owned(),
                storage_class: None,
                resources: ResourceRequirements::default(),
                backup: None,
            })),
        },
        migration: Some(Migration {
            version: "2-0-0".to_owned(),
            schema: "2.0.0".to_owned(),
            logins: "cafe".to_owned(),
            hold: None,
            image: Image("chat-server".to_owned()),
            timeout: Duration::from_mins(10),
            wanted: false,
        }),
        exposure: None,
        network: None,
        monitor: false,
        disruption_budget: true,
        image_pull_secrets: Vec::new(),
        suspended: false,
        keeps_data: true,
    }
}

fn chat() -> Chat {
    Chat {
        image: Image("chat-server".to_owned()),
        replicas: Some(1),
        autoscaling: None,
        model: None,
        system_prompt: None,
        signup: "open",
        invite_codes: None,
        issuers: None,
        public_url: "https://chat.example.org".to_owned(),
        max_streams: 1000,
        drain: Duration::from_mins(1),
        heartbeat: Duration::from_secs(15),
        env: Vec::new(),
        resources: ResourceRequirements::default(),
        pod: PodOptions::default(),
        inputs: String::new(),
        outgoing_allow: Vec::new(),
    }
}

fn tool(name: &str, required: bool) -> ToolServer {
    ToolServer {
        name: name.to_owned(),
        url: format!("http://team-a-tool-{name}.people.svc:8081/mcp"),
        required,
        timeout: None,
        tools: ToolPolicy::default(),
        auth: ToolAuth::Minted,
        runs: Runs::Todo(ToolPods {
            image: Image("mcp-server".to_owned()),
            replicas: 1,
            sticky: false,
            egress: None,
            env: Vec::new(),
            resources: ResourceRequirements::default(),
            pod: PodOptions::default(),
            inputs: String::new(),
        }),
    }
}
