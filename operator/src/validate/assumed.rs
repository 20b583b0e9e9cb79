//! What `render` and `diff` take for granted: that all the spec points at is there, and that everything has come up.

use std::collections::BTreeMap;

use super::validate;
use crate::{
    crd::TodoChat,
    fetched::{ConfigMapFacts, Fetched, Readiness, Reference, SecretFacts},
    kinds::{ChildId, Kind},
    names::{Part, admin_secret, login_secret, migrator_secret, signing_keys_secret, tool_secret},
    offer::Offer,
    references::{What, cnpg_login, references, uses},
    settings::Settings,
    validated::{DatabaseRuns, ToolAuth, Validated},
    world::{JobState, Seen, State, Workload},
};

/// Stands for the digest of what nobody has looked at.
const DIGEST: &str = "assumed";

impl Fetched {
    /// All that the object points at is there and may be used, the object's own Secrets, database and schema are ready, and
    /// the cluster has what it offers.
    pub fn assumed(object: &TodoChat, settings: &Settings, offer: &Offer) -> Self {
        let mut fetched = Self {
            available: offer.kinds.clone(),
            ingress_controller: offer.ingress_controller(object),
            pod_metrics: offer.pod_metrics,
            cnpg_cluster: Some(Readiness { ready: true, why: String::new() }),
            ..Self::default()
        };
        fetched.find_references(object);
        // The names of the Secrets follow from the spec, and the version of the schema from the Secrets.
        if let Ok(validated) = validate(object, &fetched, settings) {
            let names = own_secrets(&validated);
            fetched.own_secrets = names.into_iter().map(|name| (name, DIGEST.to_owned())).collect();
            fetched.add(&validated, database(&validated));
        }
        if let Ok(validated) = validate(object, &fetched, settings)
            && let Some(migration) = &validated.migration
        {
            let id = child(Kind::Job, &validated, &Part::Migration(migration.version.clone()));
            fetched.add(&validated, Some((id, State::Job(JobState::Complete))));
        }
        fetched
    }

    fn find_references(&mut self, object: &TodoChat) {
        let (mut secrets, mut config_maps) = (BTreeMap::new(), BTreeMap::new());
        for used in uses(&object.spec) {
            let found = match used.what {
                What::Secret => &mut secrets,
                What::ConfigMap => &mut config_maps,
            };
            let keys: &mut Vec<String> = found.entry(used.name.to_owned()).or_default();
            keys.extend(used.keys.iter().map(|&key| key.to_owned()));
        }
        if let Some(cluster) = references(&object.spec).cnpg_cluster {
            secrets
                .insert(cnpg_login(&cluster), vec!["username".to_owned(), "password".to_owned()]);
        }
        self.secrets = all(secrets, |keys| SecretFacts {
            digest: DIGEST.to_owned(),
            keys: keys.into_iter().collect(),
            base_url: None,
        });
        self.config_maps = all(config_maps, |keys| ConfigMapFacts {
            digest: DIGEST.to_owned(),
            keys: keys.into_iter().collect(),
        });
    }

    fn add(&mut self, validated: &Validated, child: Option<(ChildId, State)>) {
        self.world.children.extend(child.map(|(id, state)| (id, seen(validated, state))));
    }
}

fn all<T>(
    named: BTreeMap<String, Vec<String>>,
    facts: impl Fn(Vec<String>) -> T,
) -> BTreeMap<String, Reference<T>> {
    named.into_iter().map(|(name, keys)| (name, Reference::Found(facts(keys)))).collect()
}

/// The operator's own Secrets of an object.
fn own_secrets(validated: &Validated) -> Vec<String> {
    let object = &validated.owner.name;
    let mut names = vec![signing_keys_secret(object), login_secret(object)];
    let has_admin = match &validated.database.runs {
        DatabaseRuns::Embedded(_) => true,
        DatabaseRuns::Cnpg { .. } => false,
        DatabaseRuns::External(external) => external.is_admin,
    };
    if has_admin {
        names.extend([admin_secret(object), migrator_secret(object)]);
    }
    let shared = validated.tool_servers.iter().filter(|server| server.auth == ToolAuth::Shared);
    names.extend(shared.map(|server| tool_secret(object, &server.name)));
    names
}

/// The object by which the operator knows that the database is up, if it runs here.
fn database(validated: &Validated) -> Option<(ChildId, State)> {
    match &validated.database.runs {
        DatabaseRuns::Embedded(_) => {
            let state = State::Workload(Box::new(Workload { ready: 1, ..Workload::default() }));
            Some((child(Kind::StatefulSet, validated, &Part::Database), state))
        }
        DatabaseRuns::Cnpg { cluster, create: Some(_) } => {
            let state = State::Dependency { ready: true, why: "".into() };
            Some((ChildId::new(Kind::CnpgCluster, cluster), state))
        }
        DatabaseRuns::Cnpg { create: None, .. } | DatabaseRuns::External(_) => None,
    }
}

fn child(kind: Kind, validated: &Validated, part: &Part) -> ChildId {
    ChildId::new(kind, &part.name(&validated.owner.name))
}

fn seen(validated: &Validated, state: State) -> Seen {
    Seen {
        uid: DIGEST.into(),
        resource_version: "1".into(),
        controller: Some(validated.owner.uid.as_str().into()),
        deleting: false,
        retained: false,
        applied: None,
        shape: 0,
        state,
    }
}
