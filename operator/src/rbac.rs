//! The rights that the operator needs: one table, from which the manifests are printed and against which it checks itself at
//! start. No `*`, nothing that gives rights to others, no exec.

use std::fmt::Write as _;

/// Where the operator looks after objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In all namespaces.
    ClusterWide,
    /// In these.
    Namespaces(Vec<String>),
}

/// One right: on which resource, which verbs, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// The API group; empty for the core one.
    pub group: &'static str,
    /// The resource, or resource and subresource.
    pub resource: &'static str,
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// Why, in a sentence.
    pub why: &'static str,
}

const OWN: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// In every namespace that is looked after.
pub const EVERYWHERE: &[Right] = &[
    right(
        "todochat.dev",
        "todochats",
        &["get", "list", "watch", "patch"],
        "They are what it is about; patch sets the finalizer.",
    ),
    right("todochat.dev", "todochats/status", &["patch"], "The status is written there."),
    right(
        "todochat.dev",
        "todochats/finalizers",
        &["update"],
        "Children block the deletion of their owner.",
    ),
    right(
        "",
        "secrets",
        OWN,
        "Logins, keys and tokens are made and kept; of people's Secrets those are read that are labelled for an object. Lists and watches ask for metadata alone.",
    ),
    right("", "serviceaccounts", OWN, "Each part has one, without rights."),
    right(
        "",
        "configmaps",
        OWN,
        "The chat's configuration; people's prompts and certificates are read.",
    ),
    right("", "services", OWN, "Each part has one."),
    right("", "persistentvolumeclaims", OWN, "The database's volume and that of its backups."),
    right("", "pods", &["list", "watch"], "What is wrong with them is told in the status."),
    right("apps", "deployments", OWN, "The chat and the tool servers."),
    right("apps", "statefulsets", OWN, "The Embedded database."),
    right("batch", "jobs", OWN, "Migrations."),
    right("batch", "cronjobs", OWN, "Backups."),
    right("networking.k8s.io", "networkpolicies", OWN, "What is not listed is denied."),
    right("networking.k8s.io", "ingresses", OWN, "Exposure by Ingress."),
    right("policy", "poddisruptionbudgets", OWN, "Drains leave a pod serving."),
    right("autoscaling", "horizontalpodautoscalers", OWN, "The number of pods follows the load."),
    right(
        "gateway.networking.k8s.io",
        "httproutes",
        OWN,
        "Exposure by the Gateway API, where there is one.",
    ),
    right("monitoring.coreos.com", "servicemonitors", OWN, "Monitoring, where there is that kind."),
    right("cert-manager.io", "certificates", OWN, "Certificates, where there is cert-manager."),
    right("postgresql.cnpg.io", "clusters", OWN, "Databases of CloudNativePG, where there is one."),
    right("events.k8s.io", "events", &["create", "patch"], "People see them in kubectl describe."),
];

/// For the whole cluster, if all namespaces are looked after.
pub const CLUSTER: &[Right] = &[
    right(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        &["list", "watch"],
        "The kinds that a cluster may lack come and go; metadata alone.",
    ),
    right(
        "networking.k8s.io",
        "ingressclasses",
        &["list", "watch"],
        "A class of Ingress tells its controller, and so what streams need.",
    ),
    right(
        "apiregistration.k8s.io",
        "apiservices",
        &["list", "watch"],
        "Metrics that autoscalers can count streams by come and go; metadata alone.",
    ),
];

/// In the operator's own namespace.
pub const AT_HOME: &[Right] = &[right(
    "coordination.k8s.io",
    "leases",
    &["get", "list", "watch", "create", "update"],
    "One of several operators acts.",
)];

const fn right(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    why: &'static str,
) -> Right {
    Right { group, resource, verbs, why }
}

/// The manifests that give an operator in `namespace` its rights as `account`: Namespace, ServiceAccount, roles and their
/// bindings.
pub fn rbac_yaml(mode: &Mode, namespace: &str, account: &str) -> String {
    let mut yaml = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n---\n\
         apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {account}\n  namespace: {namespace}\n"
    );
    let subject = Subject { namespace, account };
    let home = Role { name: format!("{account}-leader"), namespace: Some(namespace) };
    home.print(&mut yaml, AT_HOME.iter(), &subject);
    match mode {
        Mode::ClusterWide => {
            let role = Role { name: account.to_owned(), namespace: None };
            role.print(&mut yaml, EVERYWHERE.iter().chain(CLUSTER), &subject);
        }
        Mode::Namespaces(namespaces) => {
            for watched in namespaces {
                let role = Role { name: account.to_owned(), namespace: Some(watched) };
                role.print(&mut yaml, EVERYWHERE.iter(), &subject);
            }
        }
    }
    yaml
}

struct Subject<'a> {
    namespace: &'a str,
    account: &'a str,
}

/// A Role, or without a namespace one for the cluster, and its binding.
struct Role<'a> {
    name: String,
    namespace: Option<&'a str>,
}

impl Role<'_> {
    fn print<'r>(
        &self,
        yaml: &mut String,
        rights: impl Iterator<Item = &'r Right>,
        subject: &Subject<'_>,
    ) {
        let kind = if self.namespace.is_some() { "Role" } else { "ClusterRole" };
        self.head(yaml, kind);
        yaml.push_str("rules:\n");
        yaml.push_str(&rules_yaml(rights));
        self.head(yaml, &format!("{kind}Binding"));
        let Subject { namespace, account } = subject;
        let name = &self.name;
        write!(
            yaml,
            "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {kind}\n  name: {name}\n\
             subjects:\n- kind: ServiceAccount\n  name: {account}\n  namespace: {namespace}\n"
        )
        .expect("a String takes all that is written");
    }

    fn head(&self, yaml: &mut String, kind: &str) {
        let name = &self.name;
        write!(yaml, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\n")
            .expect("a String takes all that is written");
        if let Some(namespace) = self.namespace {
            writeln!(yaml, "  namespace: {namespace}").expect("a String takes all that is written");
        }
    }
}

/// The rights as the rules of a role, each with the reason for it.
pub fn rules_yaml<'r>(rights: impl IntoIterator<Item = &'r Right>) -> String {
    let mut yaml = String::new();
    for right in rights {
        rule(&mut yaml, right);
    }
    yaml
}

fn rule(yaml: &mut String, right: &Right) {
    let Right { group, resource, verbs, why } = right;
    write!(
        yaml,
        "# {why}\n- apiGroups: [\"{group}\"]\n  resources: [\"{resource}\"]\n  verbs: [\"{}\"]\n",
        verbs.join("\", \"")
    )
    .expect("a String takes all that is written");
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::kinds::Kind;

    fn documents(mode: &Mode) -> Vec<Value> {
        serde_saphyr::from_multiple(&rbac_yaml(mode, "home", "op")).unwrap()
    }

    #[test]
    fn every_kind_that_is_written_has_its_right() {
        for kind in Kind::all() {
            let right = EVERYWHERE
                .iter()
                .find(|right| right.group == kind.group() && right.resource == kind.plural());
            let verbs = right.unwrap_or_else(|| panic!("{kind:?} has no right")).verbs;
            assert_eq!(
                verbs,
                if kind == Kind::Pod { &["list", "watch"][..] } else { OWN },
                "{kind:?}"
            );
        }
    }

    #[test]
    fn nothing_is_given_that_gives_more() {
        for right in EVERYWHERE.iter().chain(CLUSTER).chain(AT_HOME) {
            for forbidden in ["*", "escalate", "bind", "impersonate", "deletecollection"] {
                assert!(!right.verbs.contains(&forbidden), "{right:?}");
            }
            assert!(
                !right.resource.contains('*') && !right.resource.starts_with("role"),
                "{right:?}"
            );
            assert!(!right.resource.contains("exec"), "{right:?}");
        }
    }

    #[test]
    fn a_namespaced_operator_has_roles_alone() {
        let mode = Mode::Namespaces(vec!["a".to_owned(), "b".to_owned()]);
        let kinds: Vec<String> =
            documents(&mode).iter().map(|it| it["kind"].as_str().unwrap().to_owned()).collect();
        let expected = [
            "Namespace",
            "ServiceAccount",
            "Role",
            "RoleBinding",
            "Role",
            "RoleBinding",
            "Role",
            "RoleBinding",
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_cluster_wide_operator_sees_definitions_come_and_go() {
        let documents = documents(&Mode::ClusterWide);
        let role = documents.iter().find(|it| it["kind"] == "ClusterRole").unwrap();
        let rules = role["rules"].as_array().unwrap();
        assert_eq!(rules.len(), EVERYWHERE.len() + CLUSTER.len());
        let binding = documents.iter().find(|it| it["kind"] == "ClusterRoleBinding").unwrap();
        assert_eq!(binding["subjects"][0]["namespace"], "home");
    }
}
