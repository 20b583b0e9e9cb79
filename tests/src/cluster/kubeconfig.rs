//! What a program is handed to reach the API server, directly or through the fault proxy.

use std::{fs, net::SocketAddr, os::unix::fs::OpenOptionsExt as _, path::Path};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig as File},
};
use serde_json::{Value, json};

/// A kubeconfig, not yet a file.
#[derive(Clone, Debug)]
pub struct Kubeconfig {
    file: Value,
}

impl Kubeconfig {
    pub(super) fn read(path: &Path) -> Self {
        let file = File::read_from(path).unwrap();
        Self { file: serde_json::to_value(file).unwrap() }
    }

    /// One without credentials, for a server that asks for none.
    pub fn plain(server: SocketAddr) -> Self {
        let file = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "todochat",
            "contexts": [{"name": "todochat", "context": {"cluster": "todochat", "user": "admin"}}],
            "clusters": [{"name": "todochat", "cluster": {"server": format!("http://{server}")}}],
            "users": [{"name": "admin", "user": {}}],
        });
        Self { file }
    }

    /// The same for somebody else, by impersonation: the audit log tells the requests apart, and RBAC
    /// judges them. With the group `system:masters` everything is allowed.
    #[must_use]
    pub fn acting_as(mut self, user: &str, groups: &[&str]) -> Self {
        let who = &mut self.file["users"][0]["user"];
        who["as"] = user.into();
        who["as-groups"] = groups.into();
        self
    }

    /// A client of this runtime that reaches the server by it, and does not try again on its own.
    pub async fn client(&self) -> Client {
        let file = serde_json::from_value(self.file.clone()).unwrap();
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        let mut config = config.unwrap();
        config.default_retry = false;
        Client::try_from(config).unwrap()
    }

    /// Writes it where only its owner may read it.
    pub fn write(&self, path: &Path) {
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
        serde_json::to_writer(file, &self.file).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_a_kubeconfig() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kubeconfig");
        let plain = Kubeconfig::plain("127.0.0.1:80".parse().unwrap());
        plain.acting_as("operator", &["system:masters"]).write(&path);
        let file = File::read_from(&path).unwrap();
        let cluster = file.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("http://127.0.0.1:80"));
        let who = file.auth_infos[0].auth_info.as_ref().unwrap();
        assert_eq!(who.impersonate.as_deref(), Some("operator"));
        assert_eq!(who.impersonate_groups.as_deref(), Some(&["system:masters".to_owned()][..]));
    }
}
