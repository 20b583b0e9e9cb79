//! Environment variables in addition to the operator's own.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ConfigMapKeySelector, EnvVar, EnvVarSource, SecretKeySelector};

use super::Pass;
use crate::crd::{EnvValueSource, EnvVariable};

/// Every flag has a twin that begins like this.
const OWN: &str = "TODOCHAT_";
/// The chat's key for its model comes as a file, and its Secret says where it may be sent. A tool server may have its own.
const KEY: &str = "OPENAI_API_KEY";

/// The variables as a container takes them.
pub(super) fn environment(pass: &mut Pass<'_>, path: &str, given: &[EnvVariable]) -> Vec<EnvVar> {
    let mut seen = BTreeSet::new();
    let mut variables = Vec::with_capacity(given.len());
    for variable in given {
        let path = format!("{path}[{}]", variable.name);
        if !seen.insert(variable.name.as_str()) {
            pass.findings.malformed(&path, "the variable is there twice; leave one out");
        }
        check_name(pass, &path, &variable.name);
        variables.push(one(pass, &path, variable));
    }
    variables
}

fn check_name(pass: &mut Pass<'_>, path: &str, name: &str) {
    if name.starts_with(OWN) {
        let rule =
            "variables that begin with TODOCHAT_ are the operator's own: use the field of the spec";
        pass.findings.malformed(path, rule);
    } else if name == KEY && path.starts_with("spec.chat.") {
        let rule = "name the Secret in `spec.chat.model.apiKey` instead";
        pass.findings.malformed(path, rule);
    } else if name.is_empty() || name.contains(['=', '\0']) {
        pass.findings.malformed(path, "is no name of a variable");
    }
}

fn one(pass: &mut Pass<'_>, path: &str, variable: &EnvVariable) -> EnvVar {
    let name = variable.name.clone();
    match (&variable.value, &variable.value_from) {
        (Some(value), None) => EnvVar { name, value: Some(value.clone()), ..EnvVar::default() },
        (None, Some(from)) => {
            EnvVar { name, value_from: source(pass, path, from), ..EnvVar::default() }
        }
        (Some(_), Some(_)) | (None, None) => {
            pass.findings.malformed(path, "needs a value or valueFrom, and not both");
            EnvVar { name, ..EnvVar::default() }
        }
    }
}

fn source(pass: &mut Pass<'_>, path: &str, from: &EnvValueSource) -> Option<EnvVarSource> {
    match (&from.secret_key_ref, &from.config_map_key_ref) {
        (Some(entry), None) => {
            let (name, key) = (entry.name.clone(), entry.key.clone());
            let secret_key_ref = Some(SecretKeySelector { name, key, optional: None });
            Some(EnvVarSource { secret_key_ref, ..EnvVarSource::default() })
        }
        (None, Some(entry)) => {
            let (name, key) = (entry.name.clone(), entry.key.clone());
            let config_map_key_ref = Some(ConfigMapKeySelector { name, key, optional: None });
            Some(EnvVarSource { config_map_key_ref, ..EnvVarSource::default() })
        }
        (Some(_), Some(_)) | (None, None) => {
            let rule = "valueFrom needs a secretKeyRef or a configMapKeyRef, and not both";
            pass.findings.malformed(path, rule);
            None
        }
    }
}
