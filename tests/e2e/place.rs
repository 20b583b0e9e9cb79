//! A namespace with chats in it, as whoever runs them sees it.

use std::{
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams},
    runtime::wait::await_condition,
};
use serde_json::{Value, json};
use todochat_operator::{
    crd::{Condition, TodoChat},
    kinds::Kind,
};
use todochat_tests::cluster::{ApiServer, Namespace};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::person::Door;

/// A pod has to be pulled up, a database to be made: longer than any of it takes here.
const PATIENCE: Duration = Duration::from_mins(4);
/// Its pods have to meet what the strictest clusters ask of pods.
const STRICT: &str = "pod-security.kubernetes.io/enforce";

/// A namespace with chats in it.
pub(crate) struct Place {
    pub(crate) namespace: Namespace,
}

impl Place {
    /// A fresh one.
    pub(crate) async fn fresh() -> Self {
        let namespace = Namespace::fresh(ApiServer::shared().await).await;
        let labels = json!({ "metadata": { "labels": { STRICT: "restricted" } } });
        let namespaces =
            Api::<k8s_openapi::api::core::v1::Namespace>::all(namespace.client.clone());
        let params = PatchParams::default();
        namespaces.patch(&namespace.name, &params, &Patch::Merge(&labels)).await.unwrap();
        Self { namespace }
    }

    fn chats(&self) -> Api<TodoChat> {
        self.namespace.api()
    }

    /// The objects of a kind.
    pub(crate) fn kind(&self, kind: Kind) -> Api<DynamicObject> {
        let (client, place) = (self.namespace.client.clone(), &self.namespace.name);
        Api::namespaced_with(client, place, &kind.resource())
    }

    /// Applies a `TodoChat` that people from outside of the cluster may come to, as the tests do.
    pub(crate) async fn apply_open(&self, name: &str, spec: &Value) -> TodoChat {
        let mut spec = spec.clone();
        let everybody = json!({ "ingressFrom": [{ "ipBlock": { "cidr": "0.0.0.0/0" } }] });
        spec.as_object_mut().expect("a spec is an object").insert("network".to_owned(), everybody);
        self.apply(name, &spec).await
    }

    /// Applies a `TodoChat`.
    pub(crate) async fn apply(&self, name: &str, spec: &Value) -> TodoChat {
        let object = json!({
            "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat",
            "metadata": { "name": name }, "spec": spec,
        });
        let params = PatchParams::apply("e2e").force();
        self.chats().patch(name, &params, &Patch::Apply(&object)).await.unwrap()
    }

    /// Changes a spec, as RFC 7386 merges.
    pub(crate) async fn edit(&self, name: &str, spec: &Value) -> TodoChat {
        let patch = Patch::Merge(json!({ "spec": spec }));
        self.chats().patch(name, &PatchParams::default(), &patch).await.unwrap()
    }

    /// Waits until the `TodoChat` is as it should be.
    pub(crate) async fn until(
        &self,
        name: &str,
        what: &str,
        is: impl Fn(&TodoChat) -> bool,
    ) -> TodoChat {
        let test = |object: Option<&TodoChat>| object.is_some_and(&is);
        let seen = within(what, await_condition(self.chats(), name, test)).await;
        seen.unwrap().expect("the test has seen it")
    }

    /// Waits until it is Ready as its spec now says, and nothing is under way.
    pub(crate) async fn ready(&self, name: &str) -> TodoChat {
        self.until(name, "Ready and settled", |object| {
            says(object, "Ready", "True") && says(object, "Progressing", "False")
        })
        .await
    }

    /// Waits until a condition of the spec as it now is has this reason.
    pub(crate) async fn says(&self, name: &str, kind: &str, reason: &str) -> Condition {
        let what = format!("{kind} {reason}");
        let is =
            |object: &TodoChat| condition(object, kind).is_some_and(|said| said.reason == reason);
        let seen = self.until(name, &what, is).await;
        condition(&seen, kind).cloned().expect("it was just seen")
    }

    /// Applies an object of any kind, as its owner would.
    pub(crate) async fn have(&self, object: &Value) {
        let namespace = &self.namespace.name;
        let apply = format!(
            "kubectl apply --namespace {namespace} --filename - <<'OBJECT'\n{object}\nOBJECT\n"
        );
        self.shell(&apply).await;
    }

    /// A Secret that the `TodoChat` objects of this name may use.
    pub(crate) async fn secret(&self, name: &str, allowed: &str, data: &Value) {
        let labels = json!({ "todochat.dev/allow": allowed });
        let metadata = json!({ "name": name, "labels": labels });
        self.have(&json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data })).await;
    }

    /// Deletes the `TodoChat`, and waits until it is gone.
    pub(crate) async fn delete(&self, name: &str) {
        self.chats().delete(name, &DeleteParams::background()).await.unwrap();
        let gone = |object: Option<&TodoChat>| object.is_none();
        within("its end", await_condition(self.chats(), name, gone)).await.unwrap();
    }

    /// Waits until an object of a kind is as it should be, or is not there.
    pub(crate) async fn see(
        &self,
        (kind, name): (Kind, &str),
        what: &str,
        is: impl Fn(Option<&DynamicObject>) -> bool,
    ) -> Option<DynamicObject> {
        within(what, await_condition(self.kind(kind), name, is)).await.unwrap()
    }

    /// The pods of a part of a chat, e.g. `chat` or `database`.
    pub(crate) async fn pods(&self, object: &str, component: &str) -> Vec<Pod> {
        let labels =
            format!("todochat.dev/object={object},app.kubernetes.io/component={component}");
        let pods = self.namespace.api::<Pod>();
        pods.list(&ListParams::default().labels(&labels)).await.unwrap().items
    }

    /// Kills a pod: it is not asked to stop.
    pub(crate) async fn kill(&self, pod: &Pod) {
        let params = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        self.namespace.api::<Pod>().delete(&pod.name_any(), &params).await.unwrap();
    }

    /// The address of a Service, as the pods of the cluster use it.
    pub(crate) async fn address(&self, service: &str) -> String {
        let service = self.namespace.api::<Service>().get(service).await.unwrap().spec.unwrap();
        let port = service.ports.unwrap()[0].port;
        format!("{}:{port}", service.cluster_ip.unwrap())
    }

    /// The chat, as people reach it.
    pub(crate) async fn door(&self, object: &str) -> Door {
        Door::at(&self.address(&format!("{object}-chat")).await)
    }

    /// The chat as those reach it who have rights in the cluster, until the process is dropped: `kubectl port-forward`.
    pub(crate) async fn forwarded(&self, object: &str) -> (Door, Child) {
        let mut kubectl = tokio::process::Command::new("kubectl");
        let service = format!("service/{object}-chat");
        kubectl.args(["port-forward", "--namespace", &self.namespace.name, &service, ":8080"]);
        let mut kubectl = kubectl.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut said = BufReader::new(kubectl.stdout.take().expect("it is piped")).lines();
        let line = within("the port", said.next_line()).await.unwrap().expect("it says where");
        // It tells of each connection, and would end if nobody listened.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        let address = line.split(" -> ").next().and_then(|it| it.strip_prefix("Forwarding from "));
        (Door::at(address.unwrap_or_else(|| panic!("{line}"))), kubectl)
    }

    /// Runs kubectl in the namespace, as people would.
    pub(crate) async fn kubectl(&self, arguments: &str) -> String {
        self.shell(&format!("kubectl --namespace {} {arguments}", self.namespace.name)).await
    }

    /// Runs a line of shell that must end well.
    pub(crate) async fn shell(&self, line: &str) -> String {
        let mut shell = tokio::process::Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", line]).kill_on_drop(true);
        let output = within(line, shell.output()).await.unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{line}: {said}");
        said
    }

    /// Runs a command in a pod; says whether it ended well, and what it printed.
    pub(crate) async fn run_in(&self, pod: &str, command: &[&str]) -> (bool, String) {
        let mut kubectl = tokio::process::Command::new("kubectl");
        kubectl.args(["exec", "--namespace", &self.namespace.name, pod, "--"]).args(command);
        let output = within("a command", kubectl.output()).await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

impl Drop for Place {
    #[expect(clippy::print_stderr, reason = "why a story failed is told beside its panic")]
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let ours = "--selector=app.kubernetes.io/managed-by=todochat-operator";
        for arguments in [
            &["get", "pods", "--output=wide"][..],
            &["get", "events", "--sort-by=.lastTimestamp"],
            &["logs", ours, "--all-containers", "--prefix", "--tail=40"],
        ] {
            let mut kubectl = Command::new("kubectl");
            let output =
                kubectl.args(["--namespace", &self.namespace.name]).args(arguments).output();
            let said = output.map(|output| output.stdout).unwrap_or_default();
            eprintln!("--- kubectl {}\n{}", arguments.join(" "), String::from_utf8_lossy(&said));
        }
    }
}

/// The release that the images are of, and the next one: its images are the same under another tag.
pub(crate) fn releases() -> (&'static str, String) {
    let current = env!("CARGO_PKG_VERSION");
    let (minor, patch) = current.rsplit_once('.').expect("a version has three parts");
    (current, format!("{minor}.{}", patch.parse::<u32>().expect("of numbers") + 1))
}

/// The condition of this type, if it was judged by the spec as it now is.
pub(crate) fn condition<'a>(object: &'a TodoChat, kind: &str) -> Option<&'a Condition> {
    let current = object.metadata.generation;
    let conditions = &object.status.as_ref()?.conditions;
    conditions.iter().find(|it| it.kind == kind && it.observed_generation == current)
}

/// Whether a condition has this status.
pub(crate) fn says(object: &TodoChat, kind: &str, status: &str) -> bool {
    condition(object, kind).is_some_and(|it| format!("{:?}", it.status) == status)
}

/// Waits for what must come.
pub(crate) async fn within<T>(what: &str, awaited: impl Future<Output = T>) -> T {
    let awaited = tokio::time::timeout(PATIENCE, Box::pin(awaited)).await;
    awaited.unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
}
