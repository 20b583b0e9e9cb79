//! Whether all that the spec points at is there, may be used, and has the entries that are wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pass, digest::digest};
use crate::{
    fetched::{Fetched, Reference},
    kinds::Kind,
    names::{ALLOW_ANY, ALLOW_LABEL},
    references::{Reader, Use, What, cnpg_login, references, uses},
};

/// Refuses what is not there or of no use.
pub(super) fn check(pass: &mut Pass<'_>) {
    let login = references(pass.spec).cnpg_cluster.as_deref().map(cnpg_login);
    for used in uses(pass.spec) {
        if used.what == What::Secret && login.as_deref() == Some(used.name) {
            not_elsewhere(pass, &used);
        } else {
            check_use(pass, &used);
        }
    }
    if pass.fetched.available.contains(&Kind::CnpgCluster) {
        check_cnpg(pass);
    }
}

/// A digest of all that these pods read when they start, and only then; empty if there is nothing.
pub(super) fn inputs(pass: &Pass<'_>, reader: Reader<'_>) -> String {
    let read = uses(pass.spec).into_iter().filter(|used| used.read_at_start == Some(reader));
    let found: BTreeMap<_, _> = read
        .filter_map(|used| match facts(pass.fetched, &used) {
            Reference::Found(facts) => Some(((noun(used.what), used.name), facts.digest)),
            Reference::Missing | Reference::NotAllowed | Reference::Forbidden => None,
        })
        .collect();
    let lines = found.iter().map(|((what, name), digest)| format!("{what}/{name}={digest}"));
    if found.is_empty() { String::new() } else { digest(lines) }
}

/// What is known of something, whatever its kind.
struct Facts<'a> {
    digest: &'a str,
    keys: &'a BTreeSet<String>,
}

fn facts<'a>(fetched: &'a Fetched, used: &Use<'_>) -> Reference<Facts<'a>> {
    let found = match used.what {
        What::Secret => fetched
            .secrets
            .get(used.name)
            .map(|secret| secret.map(|facts| Facts { digest: &facts.digest, keys: &facts.keys })),
        What::ConfigMap => fetched.config_maps.get(used.name).map(|config_map| {
            config_map.map(|facts| Facts { digest: &facts.digest, keys: &facts.keys })
        }),
    };
    found.unwrap_or(Reference::Missing)
}

fn check_use(pass: &mut Pass<'_>, used: &Use<'_>) {
    match facts(pass.fetched, used) {
        Reference::Found(facts) => check_keys(pass, used, facts.keys),
        Reference::Missing => missing(pass, used),
        Reference::NotAllowed => not_allowed(pass, used),
        Reference::Forbidden => forbidden(pass, used),
    }
}

fn check_keys(pass: &mut Pass<'_>, used: &Use<'_>, has: &BTreeSet<String>) {
    let reason = match used.what {
        What::Secret => "SecretKeyMissing",
        What::ConfigMap => "InvalidContent",
    };
    for key in used.keys.iter().filter(|key| !has.contains(**key)) {
        let (what, name) = (noun(used.what), used.name);
        let problem = format!("the {what} `{name}` has no entry `{key}` with text in it; add one");
        pass.findings.unresolved(reason, &used.path, problem);
    }
}

fn missing(pass: &mut Pass<'_>, used: &Use<'_>) {
    let (what, name, namespace) = (noun(used.what), used.name, &pass.owner.namespace);
    let entries = entries(&used.keys);
    let create =
        format!("there is no {what} `{name}` in the namespace `{namespace}`. Create it{entries}");
    match used.what {
        What::Secret => {
            let label = label_command(pass, used);
            let remedy = format!("{create}, and let this object use it: `{label}`");
            pass.findings.unresolved("SecretNotFound", &used.path, remedy);
        }
        What::ConfigMap => pass.findings.unresolved("ConfigMapNotFound", &used.path, create),
    }
}

fn not_allowed(pass: &mut Pass<'_>, used: &Use<'_>) {
    let label = label_command(pass, used);
    let problem = format!(
        "the {} `{}` is not labelled for this object. If it may use it: `{label}` (or \
         `{ALLOW_LABEL}={ALLOW_ANY}` for every TodoChat of the namespace)",
        noun(used.what),
        used.name,
    );
    pass.findings.unresolved("Forbidden", &used.path, problem);
}

fn forbidden(pass: &mut Pass<'_>, used: &Use<'_>) {
    let problem = format!(
        "the operator may not read the {} `{}` in the namespace `{}`: give its service account the \
         rights that `todochat-operator rbac` prints",
        noun(used.what),
        used.name,
        pass.owner.namespace,
    );
    pass.findings.unresolved("Forbidden", &used.path, problem);
}

/// The login of the cluster needs no label, so it is for the database alone: else it could be sent anywhere.
fn not_elsewhere(pass: &mut Pass<'_>, used: &Use<'_>) {
    let problem =
        format!("the Secret `{}` is the login of the cluster, and of no other use", used.name);
    pass.findings.unresolved("Forbidden", &used.path, problem);
}

/// The login of the cluster that the spec names; the Secret's own name is not in the spec.
fn check_cnpg(pass: &mut Pass<'_>) {
    const PATH: &str = "spec.database.cnpg.clusterRef";
    let Some(cluster) = references(pass.spec).cnpg_cluster else { return };
    let secret = cnpg_login(&cluster);
    if pass.fetched.cnpg_cluster.is_none() {
        let problem = format!(
            "there is no cluster `{cluster}` of CloudNativePG in the namespace `{}`, and so no \
             Secret `{secret}` with its login. Create it, or let the operator: \
             `spec.database.cnpg.create`",
            pass.owner.namespace,
        );
        return pass.findings.unresolved("SecretNotFound", PATH, problem);
    }
    let (path, keys) = (PATH.to_owned(), vec!["username", "password"]);
    let used = Use { path, what: What::Secret, name: &secret, keys, read_at_start: None };
    check_use(pass, &used);
}

fn label_command(pass: &Pass<'_>, used: &Use<'_>) -> String {
    let (namespace, what) = (&pass.owner.namespace, noun(used.what).to_lowercase());
    let (name, object) = (used.name, &pass.owner.name);
    format!("kubectl --namespace {namespace} label {what} {name} {ALLOW_LABEL}={object}")
}

fn entries(keys: &[&str]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
    match &keys[..] {
        [] => String::new(),
        [key] => format!(" with the entry {key}"),
        keys => format!(" with the entries {}", keys.join(" and ")),
    }
}

fn noun(what: What) -> &'static str {
    match what {
        What::Secret => "Secret",
        What::ConfigMap => "ConfigMap",
    }
}
