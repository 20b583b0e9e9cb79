//! A PostgreSQL that others run: in a namespace of its own, with TLS, and with an authority that signed its certificate.

use serde_json::json;

use crate::place::{Place, releases, within};

/// The server, and who it is to those who trust its authority.
pub(crate) struct Postgres {
    place: Place,
}

/// The password of its superuser, `postgres`.
pub(crate) const PASSWORD: &str = "of-the-server";

/// An authority, a certificate of the server's by it, and another authority that knows nothing of either.
const CERTIFICATES: &str = "
    new='req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30'
    openssl $new -subj /CN=authority -keyout ca.key -out ca.crt
    openssl $new -subj /CN=stranger -keyout stranger.key -out stranger.crt
    openssl $new -CA ca.crt -CAkey ca.key -subj /CN=server -addext basicConstraints=critical,CA:FALSE \\
      -addext \"subjectAltName=DNS:$host\" -keyout tls.key -out tls.crt
    kubectl create secret tls server-tls --cert=tls.crt --key=tls.key
    kubectl create configmap authorities --from-file=right=ca.crt --from-file=wrong=stranger.crt
";

impl Postgres {
    /// A fresh one, once it answers.
    pub(crate) async fn start() -> Self {
        let server = Self { place: Place::fresh().await };
        let namespace = &server.place.namespace.name;
        let make = format!(
            "folder=$(mktemp -d); cd $folder; host={}; {}",
            server.host(),
            CERTIFICATES.replace("kubectl", &format!("kubectl --namespace {namespace}"))
        );
        server.place.shell(&format!("{make} rm -rf $folder")).await;
        server.place.have(&service()).await;
        server.place.have(&pod()).await;
        server.place.kubectl("wait --for=condition=Ready pod/postgres --timeout=2m").await;
        server
    }

    /// Its name in the cluster, and in its certificate.
    pub(crate) fn host(&self) -> String {
        format!("postgres.{}.svc", self.place.namespace.name)
    }

    /// Has `place` trust the authority that signed its certificate (`right`), or the other one (`wrong`): ConfigMap `authority`.
    pub(crate) async fn is_trusted_in(&self, place: &Place, which: &str) {
        let (here, there) = (&self.place.namespace.name, &place.namespace.name);
        let copy = format!(
            "kubectl get configmap authorities --namespace {here} --output=jsonpath='{{.data.{which}}}' | \\
             kubectl create configmap authority --from-file=ca.crt=/dev/stdin --dry-run=client --output=yaml | \\
             kubectl apply --namespace {there} --filename -"
        );
        place.shell(&copy).await;
    }

    /// Has its superuser run SQL; answers the rows without ornament.
    pub(crate) async fn sql(&self, database: &str, sql: &str) -> String {
        let psql = ["psql", "--username=postgres", "--dbname", database, "-qAtc", sql];
        let (worked, said) = self.place.run_in("postgres", &psql).await;
        assert!(worked, "{sql}: {said}");
        said.trim_end().to_owned()
    }

    /// Stops the server at once; its container starts it again, on the same files.
    pub(crate) async fn crash(&self) {
        let before = self.restarts().await;
        // It may be gone before it can say so.
        _ = self.place.run_in("postgres", &["sh", "-c", "kill -QUIT 1"]).await;
        let again = async {
            while self.restarts().await == before {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        };
        within("its end", again).await;
        self.place.kubectl("wait --for=condition=Ready pod/postgres --timeout=2m").await;
    }

    async fn restarts(&self) -> String {
        let path = "{.status.containerStatuses[0].restartCount}";
        self.place.kubectl(&format!("get pod postgres --output=jsonpath='{path}'")).await
    }
}

fn service() -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "postgres" },
        "spec": { "selector": { "app": "postgres" }, "ports": [{ "port": 5432 }] },
    })
}

fn pod() -> serde_json::Value {
    let image = format!("todochat/postgres:{}", releases().0);
    let secure = json!({
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] },
    });
    let container = json!({
        "name": "postgres", "image": image, "securityContext": secure,
        "args": ["postgres", "-c", "listen_addresses=*", "-c", "ssl=on", "-c", "ssl_cert_file=/tls/tls.crt", "-c", "ssl_key_file=/tls/tls.key"],
        "env": [
            { "name": "POSTGRES_PASSWORD", "value": PASSWORD },
            { "name": "POSTGRES_DB", "value": "people" },
            { "name": "PGDATA", "value": "/data/files" },
        ],
        "readinessProbe": { "exec": { "command": ["pg_isready", "--host=127.0.0.1"] }, "periodSeconds": 1 },
        "volumeMounts": [
            { "name": "data", "mountPath": "/data" },
            { "name": "scratch", "mountPath": "/tmp" },
            { "name": "scratch", "mountPath": "/var/run/postgresql" },
            { "name": "tls", "mountPath": "/tls" },
        ],
    });
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "postgres", "labels": { "app": "postgres" } },
        "spec": {
            "securityContext": {
                "runAsUser": 999, "runAsGroup": 999, "fsGroup": 999, "runAsNonRoot": true,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "containers": [container],
            "volumes": [
                { "name": "data", "emptyDir": {} },
                { "name": "scratch", "emptyDir": {} },
                { "name": "tls", "secret": { "secretName": "server-tls", "defaultMode": 0o440 } },
            ],
        },
    })
}
