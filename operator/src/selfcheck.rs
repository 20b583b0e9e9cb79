//! At start the operator asks which of its rights it has: one request a namespace. What is missing is logged once, with what to
//! grant, and stands in the metric `rbac_missing`; it is never fatal, for the rest can still be done.

use k8s_openapi::api::authorization::v1::{
    ResourceRule, SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
};
use kube::{Api, Client, api::PostParams};

use crate::{
    metrics::Metrics,
    rbac::{AT_HOME, CLUSTER, EVERYWHERE, Right},
};

/// A right that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Missing {
    namespace: String,
    resource: String,
    verb: &'static str,
}

/// Asks for the rights in all namespaces that are looked after, and tells what is missing.
pub async fn run(client: Client, namespaces: Vec<String>, home: String, metrics: Metrics) {
    let mut missing = lacking(&client, &home, AT_HOME.iter()).await;
    if namespaces.is_empty() {
        // Rights for the cluster hold in every namespace; in this one nobody grants any others.
        missing.extend(lacking(&client, "kube-node-lease", EVERYWHERE.iter().chain(CLUSTER)).await);
    }
    for namespace in &namespaces {
        missing.extend(lacking(&client, namespace, EVERYWHERE.iter()).await);
    }
    for Missing { resource, verb, .. } in &missing {
        metrics.rbac_missing.with_label_values(&[*verb, resource]).set(1);
    }
    if !missing.is_empty() {
        let list: Vec<String> = missing
            .iter()
            .map(|it| format!("{} {} in {}", it.verb, it.resource, it.namespace))
            .collect();
        tracing::error!(
            rbac.missing = list.join(", "),
            "Rights are missing: grant what `todochat-operator rbac` prints"
        );
    }
}

async fn lacking<'r>(
    client: &Client,
    namespace: &str,
    rights: impl Iterator<Item = &'r Right>,
) -> Vec<Missing> {
    let review = SelfSubjectRulesReview {
        spec: SelfSubjectRulesReviewSpec { namespace: Some(namespace.to_owned()) },
        ..SelfSubjectRulesReview::default()
    };
    let api = Api::<SelfSubjectRulesReview>::all(client.clone());
    let rules = match api.create(&PostParams::default(), &review).await {
        Ok(answer) => answer.status.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "Could not ask which rights there are"
            );
            return Vec::new();
        }
    };
    // A webhook may know more than it tells.
    if rules.incomplete {
        return Vec::new();
    }
    missing_in(&rules.resource_rules, namespace, rights)
}

fn missing_in<'r>(
    rules: &[ResourceRule],
    namespace: &str,
    rights: impl Iterator<Item = &'r Right>,
) -> Vec<Missing> {
    let mut missing = Vec::new();
    for right in rights {
        for verb in right
            .verbs
            .iter()
            .copied()
            .filter(|verb| !rules.iter().any(|rule| grants(rule, right, verb)))
        {
            let (namespace, resource) = (namespace.to_owned(), right.resource.to_owned());
            missing.push(Missing { namespace, resource, verb });
        }
    }
    missing
}

fn grants(rule: &ResourceRule, right: &Right, verb: &str) -> bool {
    let has = |list: &[String], wanted: &str| list.iter().any(|one| one == "*" || one == wanted);
    let of_names = rule.resource_names.as_ref().is_some_and(|names| !names.is_empty());
    !of_names
        && has(&rule.verbs, verb)
        && rule.api_groups.as_deref().is_some_and(|groups| has(groups, right.group))
        && rule.resources.as_deref().is_some_and(|resources| has(resources, right.resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> ResourceRule {
        let own = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
        ResourceRule {
            api_groups: Some(own(groups)),
            resources: Some(own(resources)),
            verbs: own(verbs),
            resource_names: None,
        }
    }

    #[test]
    fn a_verb_that_no_rule_grants_is_missing() {
        let mut rules: Vec<ResourceRule> = EVERYWHERE
            .iter()
            .map(|right| rule(&[right.group], &[right.resource], right.verbs))
            .collect();
        assert_eq!(missing_in(&rules, "n", EVERYWHERE.iter()), []);
        let jobs = rules
            .iter_mut()
            .find(|rule| rule.resources.as_deref() == Some(&["jobs".to_owned()]))
            .unwrap();
        jobs.verbs.retain(|verb| verb != "patch");
        let missing = missing_in(&rules, "n", EVERYWHERE.iter());
        assert_eq!(
            missing,
            [Missing { namespace: "n".into(), resource: "jobs".into(), verb: "patch" }]
        );
    }

    #[test]
    fn an_administrator_misses_nothing() {
        assert_eq!(missing_in(&[rule(&["*"], &["*"], &["*"])], "n", EVERYWHERE.iter()), []);
    }

    #[test]
    fn a_right_on_certain_names_does_not_do() {
        let mut named = rule(&["*"], &["*"], &["*"]);
        named.resource_names = Some(vec!["one".to_owned()]);
        assert!(!missing_in(&[named], "n", AT_HOME.iter()).is_empty());
    }
}
