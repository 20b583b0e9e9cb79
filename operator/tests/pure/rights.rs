//! The rights that the operator asks for, as people read them before they grant them: `rights/<mode>.yaml`.
//! `UPDATE_GOLDENS=1 cargo test --workspace --test pure rights` writes what it asks for now; look at every line that changed.

use std::{fs, path::PathBuf};

use serde_json::Value;
use todochat_operator::rbac::{AT_HOME, CLUSTER, EVERYWHERE, Mode, Right, rbac_yaml, rules_yaml};

fn modes() -> [(&'static str, Mode); 2] {
    let namespaces = ["team-a", "team-b"].map(str::to_owned).to_vec();
    [("cluster_wide", Mode::ClusterWide), ("namespaced", Mode::Namespaces(namespaces))]
}

fn printed(mode: &Mode) -> String {
    rbac_yaml(mode, "todochat-system", "todochat-operator")
}

fn documents(mode: &Mode) -> Vec<Value> {
    serde_saphyr::from_multiple(&printed(mode)).unwrap()
}

#[test]
fn the_operator_asks_for_the_rights_of_its_golden() {
    let update = std::env::vars().any(|(name, value)| name == "UPDATE_GOLDENS" && value == "1");
    for (name, mode) in modes() {
        let path: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "tests", "pure", "rights", &format!("{name}.yaml")]
                .iter()
                .collect();
        if update {
            fs::write(&path, printed(&mode)).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(printed(&mode), golden, "{name}; see the top of this file");
    }
}

#[test]
fn only_rights_and_whose_they_are_are_printed() {
    for (name, mode) in modes() {
        for document in documents(&mode) {
            let kind = document["kind"].as_str().unwrap();
            let plain = matches!(kind, "Namespace" | "ServiceAccount" | "Role" | "RoleBinding");
            let of_cluster = matches!(kind, "ClusterRole" | "ClusterRoleBinding");
            assert!(plain || (of_cluster && name == "cluster_wide"), "{kind} in {name}");
        }
    }
}

#[test]
fn every_binding_names_a_role_and_an_account_that_are_printed() {
    for (name, mode) in modes() {
        let documents = documents(&mode);
        let printed = |kind: &Value, of: &Value, namespace: &Value| {
            documents.iter().any(|it| {
                it["kind"] == *kind
                    && it["metadata"]["name"] == *of
                    && it["metadata"]["namespace"] == *namespace
            })
        };
        let bindings = documents.iter().filter(|it| !it["roleRef"].is_null());
        for binding in bindings {
            let (role, subject) = (&binding["roleRef"], &binding["subjects"][0]);
            let namespace = &binding["metadata"]["namespace"];
            assert!(printed(&role["kind"], &role["name"], namespace), "{binding} in {name}");
            let account = printed(&subject["kind"], &subject["name"], &subject["namespace"]);
            assert!(account, "{binding} in {name}");
        }
    }
}

#[test]
fn the_chart_gives_the_rights_of_the_table() {
    let files: [(&str, &[Right]); 3] =
        [("everywhere", EVERYWHERE), ("cluster", CLUSTER), ("home", AT_HOME)];
    for (name, rights) in files {
        let path: PathBuf = [
            env!("CARGO_MANIFEST_DIR"),
            "..",
            "charts",
            "todochat-operator",
            "files",
            "rbac",
            &format!("{name}.yaml"),
        ]
        .iter()
        .collect();
        let chart = fs::read_to_string(&path).unwrap_or_default();
        assert!(chart == rules_yaml(rights), "{} is stale: run `make generate`", path.display());
    }
}
