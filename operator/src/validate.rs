//! From what people wrote to what can be built: defaults filled in, references looked up, every choice made.
//!
//! ```text
//! spec ┐
//! Fetched ├▶ Pass ─┬ lookup, base_urls           is it there, may it be used, may it be sent there
//! Settings ┘       ├ chat, tools, database, …    one file for each part of the spec
//!                  ├ images, resources, opaque, … one file for each kind of value
//!                  └ gating                      what must have happened before the rest may exist
//!                       ─▶ Validated, or every Refusal at once
//! ```
//!
//! Pure. What is wrong becomes a [`Refusal`] in [`Findings`] and a stand-in value, so that one look tells all that is wrong.
//! Much of it the schema refuses already; objects stored under an older schema come here all the same.

mod addresses;
mod assumed;
mod backup;
mod base_urls;
mod chat;
mod database;
mod digest;
mod environment;
mod exposure;
mod findings;
mod gating;
mod images;
mod issuers;
mod lookup;
mod model;
mod names;
mod network;
mod opaque;
mod pods;
mod quantity;
mod resources;
mod rotation;
mod scaling;
mod syntax;
mod tools;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use self::findings::Findings;
use crate::{
    conditions::Refusal,
    crd::{Delay, DeletionPolicy, MonitorMode, TodoChat, TodoChatSpec},
    fetched::Fetched,
    kinds::Kind,
    settings::Settings,
    validated::{Owner, Validated},
};

/// Makes of an object what can be built, or says everything that is wrong with it.
pub fn validate(
    object: &TodoChat,
    fetched: &Fetched,
    settings: &Settings,
) -> Result<Validated, Vec<Refusal>> {
    let mut pass = Pass::new(object, fetched, settings);
    names::check(&mut pass);
    lookup::check(&mut pass);
    base_urls::check(&mut pass);
    let exposure = exposure::exposure(&mut pass);
    let recorded = object.status.as_ref().and_then(|status| status.database.as_ref());
    let database = database::database(&mut pass, recorded);
    let chat = chat::chat(&mut pass, exposure.as_ref());
    let tool_servers = tools::tool_servers(&mut pass);
    let network = network::network(&mut pass);
    let monitor = monitor(&mut pass);
    let mut gate = gating::gate(&mut pass, recorded, &database, &chat.image);
    let restore = backup::restore(&pass, recorded, &database, &gate);
    if restore.is_some() {
        gate.wait();
    }
    let rotation = rotation::rotation(&mut pass, recorded, &database, &gate);
    let validated = Validated {
        rotation,
        restore,
        stage: gate.stage,
        migration: gate.migration,
        monitor,
        chat,
        tool_servers,
        database,
        exposure,
        network,
        disruption_budget: pass.spec.availability.pod_disruption_budget,
        image_pull_secrets: image_pull_secrets(&pass),
        suspended: pass.spec.suspended,
        keeps_data: pass.spec.deletion_policy == DeletionPolicy::Retain,
        owner: pass.owner,
    };
    pass.findings.none().map(|()| validated)
}

/// One validation: what it looks at, and what it has found so far.
struct Pass<'a> {
    owner: Owner,
    spec: &'a TodoChatSpec,
    annotations: Option<&'a BTreeMap<String, String>>,
    fetched: &'a Fetched,
    settings: &'a Settings,
    findings: Findings,
}

impl<'a> Pass<'a> {
    fn new(object: &'a TodoChat, fetched: &'a Fetched, settings: &'a Settings) -> Self {
        let metadata = &object.metadata;
        let owner = Owner {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone().unwrap_or_default(),
        };
        let (spec, annotations) = (&object.spec, metadata.annotations.as_ref());
        Self { owner, spec, annotations, fetched, settings, findings: Findings::default() }
    }

    /// A length of time.
    fn time(&mut self, path: &str, delay: &Delay) -> Duration {
        delay.duration().unwrap_or_else(|| {
            let what = "is no length of time such as `90s` or `1h30m`";
            self.findings.malformed(path, format!("`{}` {what}", delay.as_str()));
            Duration::ZERO
        })
    }

    /// Refuses unless the cluster has an optional kind.
    fn needs(&mut self, kind: Kind, path: &str, remedy: &str) {
        if !self.fetched.available.contains(&kind) {
            let definition = kind.definition().unwrap_or_default();
            let what =
                format!("the cluster has no kind {} ({definition}): {remedy}", kind.as_str());
            self.findings.unsupported(path, what);
        }
    }
}

fn monitor(pass: &mut Pass<'_>) -> bool {
    match pass.spec.observability.monitor {
        MonitorMode::Disabled => false,
        MonitorMode::Auto => pass.fetched.available.contains(&Kind::ServiceMonitor),
        MonitorMode::Enabled => {
            let remedy = "install the Prometheus operator, or set `Auto`";
            pass.needs(Kind::ServiceMonitor, "spec.observability.monitor", remedy);
            true
        }
    }
}

/// The operator's first, then the object's own; none twice.
fn image_pull_secrets(pass: &Pass<'_>) -> Vec<String> {
    let own = pass.spec.image_pull_secrets.iter().map(|secret| &secret.name);
    let mut seen = BTreeSet::new();
    let all = pass.settings.image_pull_secrets.iter().chain(own);
    all.filter(|name| seen.insert(name.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests;
