//! Pods: what is the same in all of them, so that it can be judged in one place.
//!
//! ```text
//! a component's Pod ─▶ template: labels, the restricted Pod Security Standard, scratch space, placement
//!    volumes   files and scratch space: a volume together with where it is mounted
//!    probes    started? ready? alive?
//! ```

pub(super) mod probes;
pub(super) mod volumes;

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        Capabilities, Container, ContainerPort, Lifecycle, LifecycleHandler, LocalObjectReference,
        PodSecurityContext, PodSpec, PodTemplateSpec, ResourceRequirements, SeccompProfile,
        SecurityContext, SleepAction, TopologySpreadConstraint,
    },
    apimachinery::pkg::api::resource::Quantity,
};
use kube::core::ObjectMeta;

use self::volumes::Mounted;
use super::metadata;
use crate::{
    crd::TopologySpread,
    names::{INPUTS_ANNOTATION, Part},
    validated::{Image, PodOptions, Validated},
};

/// The user of our own images and of the tool servers'.
pub(super) const USER: i64 = 65532;
/// How long a pod goes on after it was told to end, until nobody sends it anything any more.
const FAREWELL_SECONDS: i64 = 5;
/// What a pod needs to end beside its farewell and its drain.
const MARGIN_SECONDS: i64 = 10;

/// A pod as its component has it.
pub(super) struct Pod<'a> {
    /// What it is a part of.
    pub(super) part: &'a Part,
    /// Whose service account it has.
    pub(super) account: &'a Part,
    /// As which user it runs; its files are that group's.
    pub(super) user: i64,
    /// What runs before.
    pub(super) init: Option<Container>,
    /// What runs.
    pub(super) container: Container,
    /// What the container finds in its file system.
    pub(super) mounted: Vec<Mounted>,
    /// The hash of what it reads at start, if it is to be replaced when that changes.
    pub(super) inputs: Option<String>,
    /// Where it runs and what it carries.
    pub(super) options: &'a PodOptions,
    /// Whether there can be several. It does not depend on how many there are: to scale is no reason to replace those that run.
    pub(super) several: bool,
    /// How long it may take to end.
    pub(super) grace_seconds: Option<i64>,
    /// When it is started again; always, if it is not said.
    pub(super) restart: Option<&'static str>,
}

impl Pod<'_> {
    /// The template, with all that every pod has.
    pub(super) fn template(self, validated: &Validated) -> PodTemplateSpec {
        PodTemplateSpec {
            metadata: Some(self.metadata(&validated.owner.name)),
            spec: Some(self.spec(validated)),
        }
    }

    fn metadata(&self, object: &str) -> ObjectMeta {
        let mut labels = self.options.labels.clone();
        labels.extend(self.part.labels(object));
        let mut annotations = self.options.annotations.clone();
        annotations
            .extend(self.inputs.iter().map(|hash| (INPUTS_ANNOTATION.to_owned(), hash.clone())));
        ObjectMeta { labels: Some(labels), annotations: some(annotations), ..ObjectMeta::default() }
    }

    fn spec(self, validated: &Validated) -> PodSpec {
        let options = self.options;
        let (mut volumes, mut mounts) = (Vec::new(), Vec::new());
        for Mounted { volume, mount } in self.mounted {
            volumes.push(volume);
            mounts.push(mount);
        }
        let pull_secrets = validated.image_pull_secrets.iter();
        PodSpec {
            service_account_name: Some(self.account.name(&validated.owner.name)),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            security_context: Some(pod_security(self.user)),
            image_pull_secrets: some(
                pull_secrets.map(|name| LocalObjectReference { name: name.clone() }).collect(),
            ),
            init_containers: self.init.map(|container| vec![container]),
            containers: vec![Container { volume_mounts: some(mounts), ..self.container }],
            volumes: some(volumes),
            node_selector: some(options.node_selector.clone()),
            tolerations: some(options.tolerations.clone()),
            affinity: options.affinity.clone(),
            topology_spread_constraints: self
                .several
                .then(|| spread(validated, self.part, options.spread))
                .flatten(),
            priority_class_name: options.priority_class.clone(),
            runtime_class_name: options.runtime_class.clone(),
            termination_grace_period_seconds: self.grace_seconds,
            restart_policy: self.restart.map(str::to_owned),
            ..PodSpec::default()
        }
    }
}

/// How long a pod may take to end whose answers run on for `drain_seconds`.
pub(super) fn grace_seconds(drain_seconds: i64) -> i64 {
    FAREWELL_SECONDS + drain_seconds + MARGIN_SECONDS
}

/// A container that may do nothing to its host or to itself.
pub(super) fn container(name: &str, image: &Image, resources: ResourceRequirements) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(image.0.clone()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        resources: Some(resources),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
            read_only_root_filesystem: Some(true),
            ..SecurityContext::default()
        }),
        ..Container::default()
    }
}

fn pod_security(user: i64) -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(user),
        run_as_group: Some(user),
        fs_group: Some(user),
        // Or else the kubelet would look at every file of a large volume at each start.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            localhost_profile: None,
        }),
        ..PodSecurityContext::default()
    }
}

/// Waits before a server is told to end, until no proxy sends it anything new.
pub(super) fn farewell() -> Lifecycle {
    let sleep = Some(SleepAction { seconds: FAREWELL_SECONDS });
    Lifecycle {
        pre_stop: Some(LifecycleHandler { sleep, ..LifecycleHandler::default() }),
        ..Lifecycle::default()
    }
}

/// A port of a container, by the name that Services and probes know it by.
pub(super) fn port(name: &str, port: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: port.into(),
        ..ContainerPort::default()
    }
}

/// What a container asks for and may use that does one thing and ends.
pub(super) fn modest_resources() -> ResourceRequirements {
    let quantities = |list: &[(&str, &str)]| {
        let quantity =
            |&(name, value): &(&str, &str)| (name.to_owned(), Quantity(value.to_owned()));
        Some(list.iter().map(quantity).collect::<BTreeMap<_, _>>())
    };
    ResourceRequirements {
        requests: quantities(&[("cpu", "50m"), ("memory", "64Mi"), ("ephemeral-storage", "64Mi")]),
        limits: quantities(&[("memory", "256Mi"), ("ephemeral-storage", "256Mi")]),
        claims: None,
    }
}

/// Softly: a cluster with one zone is no reason not to run.
fn spread(
    validated: &Validated,
    part: &Part,
    over: TopologySpread,
) -> Option<Vec<TopologySpreadConstraint>> {
    let key = match over {
        TopologySpread::Zone => "topology.kubernetes.io/zone",
        TopologySpread::Node => "kubernetes.io/hostname",
        TopologySpread::None => return None,
    };
    Some(vec![TopologySpreadConstraint {
        max_skew: 1,
        topology_key: key.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(metadata::selector(&validated.owner, part)),
        ..TopologySpreadConstraint::default()
    }])
}

/// Nothing instead of an empty list or map.
pub(super) fn some<C>(collection: C) -> Option<C>
where
    C: Default + PartialEq,
{
    (collection != C::default()).then_some(collection)
}
