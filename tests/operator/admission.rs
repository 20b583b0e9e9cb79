//! The resource on a real server: what it accepts and refuses, what it stores, how it is looked at.

#[path = "../../operator/tests/pure/admission/table.rs"]
mod table;

use http::Request;
use k8s_openapi::api::autoscaling::v1::Scale;
use kube::{
    Client, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use todochat_operator::crd::TodoChat;
use todochat_tests::cluster::{ApiServer, Namespace, Parts, install_crds};
use tokio::sync::OnceCell;

use table::{Case, Entry, entries};

const DEFINITION: &str = include_str!("../../crds/todochats.yaml");
const DRY: &str = "dryRun=All";
const STRICT: &str = "fieldValidation=Strict";

#[tokio::test]
async fn the_server_agrees_with_every_case_of_the_table() {
    let namespace = namespace().await;
    let mut wrong = Vec::new();
    for (number, entry) in entries().iter().enumerate() {
        for (case, accepted) in entry.cases() {
            let told = verdict(&namespace, case, number).await;
            if !agrees(entry, accepted, &told) {
                wrong.push(format!("{}\n  {}\n  {told:?}", entry.says(), case.spec));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn agrees(entry: &Entry, accepted: bool, told: &Result<TodoChat, String>) -> bool {
    match told {
        Ok(_) => accepted,
        // A rule's message ends the sentence; of the schema's own words a part is enough.
        Err(told) if entry.is_rule() => !accepted && told.ends_with(&format!(": {}", entry.says())),
        Err(told) => !accepted && told.contains(entry.says()),
    }
}

/// What the server says to it; nothing is stored but the object that a case begins with.
async fn verdict(namespace: &Namespace, case: &Case, number: usize) -> Result<TodoChat, String> {
    let all = format!("/apis/todochat.dev/v1alpha1/namespaces/{}/todochats", namespace.name);
    let Some(old) = &case.old else {
        let new = Case::object(&case.name, &case.spec);
        return send(namespace, Request::post(format!("{all}?{DRY}&{STRICT}")), &new).await;
    };
    let name = format!("case-{number}");
    let old = Case::object(&name, old);
    let old = send(namespace, Request::post(format!("{all}?{STRICT}")), &old).await;
    let old = old.expect("a case begins with what is accepted");
    let mut new = Case::object(&name, &case.spec);
    new["metadata"]["resourceVersion"] = json!(old.resource_version());
    let told = send(namespace, Request::put(format!("{all}/{name}?{DRY}&{STRICT}")), &new).await;
    namespace.api::<TodoChat>().delete(&name, &DeleteParams::default()).await.unwrap();
    told
}

async fn send(
    namespace: &Namespace,
    request: http::request::Builder,
    object: &Value,
) -> Result<TodoChat, String> {
    let request = request.header("Content-Type", "application/json");
    let request = request.body(object.to_string().into_bytes()).unwrap();
    namespace.client.request(request).await.map_err(|error| match error {
        kube::Error::Api(status) => status.message.clone(),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn an_empty_spec_is_stored_with_all_its_defaults() {
    let namespace = namespace().await;
    make(&namespace, json!({})).await;
    let stored = namespace.any("TodoChat", "todochat.dev/v1alpha1", "todochats");
    let stored = stored.get("team-a").await.unwrap();
    let typed = namespace.api::<TodoChat>().get("team-a").await.unwrap();
    assert_eq!(
        typed.spec,
        serde_json::from_value(json!({})).unwrap(),
        "the code has other defaults"
    );
    assert_eq!(
        stored.data["spec"],
        json!({
            "availability": {"podDisruptionBudget": true},
            "chat": {
                "auth": {"type": "GeneratedKey"},
                "pod": {"topologySpread": "Zone"},
                "replicas": 1,
                "streaming": {"drainTimeout": "60s", "heartbeat": "15s", "maxStreamsPerPod": 1000},
            },
            "database": {"migrations": {"policy": "Auto", "timeout": "10m"}, "mode": "Embedded"},
            "deletionPolicy": "Retain",
            "exposure": {"type": "None"},
            "network": {"policy": "Enforced"},
            "observability": {"monitor": "Auto"},
            "paused": false,
            "suspended": false,
            "toolServers": [{
                "egress": {"mode": "Deny"},
                "name": "todo",
                "required": true,
                "sessions": "Stateless",
                "source": {"type": "Builtin"},
            }],
        })
    );
}

#[tokio::test]
async fn the_number_of_pods_can_be_scaled() {
    let namespace = namespace().await;
    make(&namespace, json!({})).await;
    let api = namespace.api::<TodoChat>();
    assert_eq!(replicas(&api.get_scale("team-a").await.unwrap()), Some(1));
    let wanted = Patch::Merge(json!({"spec": {"replicas": 3}}));
    api.patch_scale("team-a", &PatchParams::default(), &wanted).await.unwrap();
    assert_eq!(api.get("team-a").await.unwrap().spec.chat.replicas, 3);
}

fn replicas(scale: &Scale) -> Option<i32> {
    scale.spec.as_ref().and_then(|spec| spec.replicas)
}

#[tokio::test]
async fn objects_are_found_by_their_database() {
    let namespace = namespace().await;
    make(&namespace, json!({})).await;
    let found = async |mode: &str| {
        let field = format!("spec.database.mode={mode}");
        let api = namespace.api::<TodoChat>();
        let list = api.list(&ListParams::default().fields(&field)).await.unwrap();
        list.iter().map(TodoChat::name_any).collect::<Vec<_>>()
    };
    assert_eq!(found("Embedded").await, ["team-a"]);
    assert!(found("CNPG").await.is_empty());
}

#[tokio::test]
async fn the_columns_tell_how_it_is() {
    let namespace = namespace().await;
    make(&namespace, json!({})).await;
    let status = json!({"status": {
        "conditions": [{
            "type": "Ready", "status": "True", "reason": "Serving", "message": "It serves.",
            "lastTransitionTime": "2026-01-02T03:04:05Z",
        }],
        "replicas": 2, "readyReplicas": 1, "toolsReady": "1/1", "url": "https://chat.example.com",
        "database": {
            "schemaVersion": "0.1.0",
            "nextRotation": "2026-02-03T04:05:06Z", "lastBackup": "2026-01-02T03:00:00Z",
        },
        "operatorVersion": "0.1.0",
    }});
    let api = namespace.api::<TodoChat>();
    api.patch_status("team-a", &PatchParams::default(), &Patch::Merge(status)).await.unwrap();
    let table = table_of(&namespace.client, &namespace.name).await;
    let heading = |column: &Value| (column["name"].clone(), column["priority"].clone());
    let headings = table["columnDefinitions"].as_array().unwrap().iter().map(heading);
    let cells = table["rows"][0]["cells"].as_array().unwrap().iter().cloned();
    // How long ago something was is another thing each day.
    let (ages, shown): (Vec<_>, Vec<_>) =
        headings.zip(cells).partition(|((name, _), _)| name == "Age" || name == "Last backup");
    assert_eq!(ages.len(), 2, "{ages:?}");
    let column = |name: &str, cell: Value| ((json!(name), json!(0)), cell);
    assert_eq!(
        shown,
        [
            column("Name", json!("team-a")),
            column("Ready", json!("True")),
            column("Reason", json!("Serving")),
            column("Serving", json!(1)),
            column("Replicas", json!(2)),
            column("Database", json!("Embedded")),
            column("Schema", json!("0.1.0")),
            column("Tools", json!("1/1")),
            column("URL", json!("https://chat.example.com")),
            ((json!("Operator"), json!(1)), json!("0.1.0")),
            ((json!("Next rotation"), json!(1)), json!("2026-02-03T04:05:06Z")),
        ]
    );
}

/// What `kubectl get -o wide` prints.
async fn table_of(client: &Client, namespace: &str) -> Value {
    let path = format!("/apis/todochat.dev/v1alpha1/namespaces/{namespace}/todochats");
    let request =
        Request::get(path).header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
    client.request(request.body(Vec::new()).unwrap()).await.unwrap()
}

/// A namespace of a server on which no operator acts.
async fn namespace() -> Namespace {
    static SERVER: OnceCell<ApiServer> = OnceCell::const_new();
    let server = SERVER.get_or_init(async || {
        let server = ApiServer::own(Parts::Api).await;
        install_crds(&server.client().await, DEFINITION).await;
        server
    });
    Namespace::fresh(server.await).await
}

async fn make(namespace: &Namespace, spec: Value) {
    let object = json!({
        "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat",
        "metadata": {"name": "team-a"}, "spec": spec,
    });
    let api = namespace.any("TodoChat", "todochat.dev/v1alpha1", "todochats");
    let object = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}
