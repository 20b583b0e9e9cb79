//! Where a story plays: a namespace, an operator that looks after it alone, and the tool servers that it speaks to.
//!
//! ```text
//! test ─ make, edit ─▶ TodoChat ─▶ operator, under a name of its own ─▶ children ─▶ kwok, or the test by hand
//!      ◀─ ready, says ─ status        └─ handshakes ─▶ ToolServers
//! ```

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use k8s_openapi::{api::events::v1::Event, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{
    Api, Client, ResourceExt as _,
    api::{
        ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
    },
    runtime::wait::await_condition,
};
use serde_json::{Value, json};
use todochat_operator::{
    conditions::ConditionType,
    crd::{Condition, ConditionStatus, TodoChat, crds_yaml},
    kinds::{ChildId, Kind},
    rbac::{Mode, rbac_yaml},
};
use todochat_tests::cluster::{
    ApiServer, Asked, Launch, Mark, Namespace, Operator, Optional, Parts, ToolServers,
    install_crds, optional_crds, soon,
};
use tokio::sync::OnceCell;

/// Who edits by hand.
const PERSON: &str = "kubectl-edit";
/// The operator's service account.
const ACCOUNT: &str = "todochat-operator";

/// Where a story plays.
pub(crate) struct Scene<'s> {
    operator: Option<Operator>,
    pub(crate) tools: ToolServers,
    pub(crate) namespace: Namespace,
    /// Who the operator is to the server.
    pub(crate) who: String,
    pub(crate) server: &'s ApiServer,
    launch: Launch,
    began: Mark,
}

impl Scene<'static> {
    /// On the shared server, if kwok plays the kubelets there: elsewhere no made-up image would run.
    pub(crate) async fn set() -> Option<Self> {
        Self::with(|launch| launch).await
    }

    /// With other flags.
    pub(crate) async fn with(change: impl FnOnce(Launch) -> Launch) -> Option<Self> {
        let server = shared().await?;
        let namespace = Namespace::fresh(server).await;
        let mode = Mode::Namespaces(vec![namespace.name.clone()]);
        Some(Self::play(server, namespace, &mode, change).await)
    }

    /// Where pods do nothing but what the test has them do.
    pub(crate) async fn by_hand() -> Option<Self> {
        let server = shared().await?;
        let namespace = Namespace::by_hand(server).await;
        let mode = Mode::Namespaces(vec![namespace.name.clone()]);
        Some(Self::play(server, namespace, &mode, |launch| launch).await)
    }
}

impl<'s> Scene<'s> {
    /// On a server that is the test's alone, with no kinds of others.
    pub(crate) async fn alone(server: &'s ApiServer) -> Self {
        let namespace = bare(server).await;
        let mode = Mode::Namespaces(vec![namespace.name.clone()]);
        Self::play(server, namespace, &mode, |launch| launch).await
    }

    /// The same with an operator that looks after all namespaces.
    pub(crate) async fn everywhere(server: &'s ApiServer) -> Self {
        let namespace = bare(server).await;
        Self::play(server, namespace, &Mode::ClusterWide, Launch::everywhere).await
    }

    /// The operator has the rights that `todochat-operator rbac` prints, and no others.
    async fn play(
        server: &'s ApiServer,
        namespace: Namespace,
        mode: &Mode,
        change: impl FnOnce(Launch) -> Launch,
    ) -> Self {
        let tools = ToolServers::start().await;
        give_rights(&namespace, mode).await;
        let who = format!("system:serviceaccount:{}:{ACCOUNT}", namespace.name);
        let kubeconfig = server.kubeconfig().acting_as(&who, &[]);
        let launch = change(Launch::new(kubeconfig, &namespace.name).tools(&tools));
        let began = server.audit().mark();
        let operator = Some(launch.clone().start().await);
        Self { operator, tools, namespace, who, server, launch, began }
    }

    /// The operator.
    pub(crate) fn operator(&self) -> &Operator {
        self.operator.as_ref().expect("it was not stopped")
    }

    /// Ends the operator in good order.
    pub(crate) async fn stop(&mut self) {
        let operator = self.operator.take().expect("it runs");
        let (ended, _) = operator.terminate().await;
        assert!(ended.success(), "it ended with {ended}");
    }

    /// Starts another one.
    pub(crate) async fn start(&mut self) {
        self.operator = Some(self.launch.clone().start().await);
    }

    // --- objects ------------------------------------------------------------------------------

    /// The objects.
    pub(crate) fn objects(&self) -> Api<TodoChat> {
        self.namespace.api()
    }

    /// The objects of a kind.
    pub(crate) fn kind(&self, kind: Kind) -> Api<DynamicObject> {
        any(&self.namespace.client, &self.namespace.name, &kind.resource())
    }

    /// Applies an object with this spec.
    pub(crate) async fn make(&self, name: &str, spec: &Value) -> TodoChat {
        let object = json!({
            "apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat",
            "metadata": {"name": name}, "spec": spec,
        });
        let params = PatchParams::apply("person").force();
        self.objects().patch(name, &params, &Patch::Apply(&object)).await.unwrap()
    }

    /// Applies an object that shows nothing of its database and tool servers, and so is Ready soon.
    pub(crate) async fn make_light(&self, name: &str) -> TodoChat {
        self.make(name, &light()).await
    }

    /// Changes a spec, as RFC 7386 merges.
    pub(crate) async fn edit(&self, name: &str, spec: &Value) -> TodoChat {
        let patch = Patch::Merge(json!({ "spec": spec }));
        self.objects().patch(name, &by(PERSON), &patch).await.unwrap()
    }

    /// Creates somebody else's object.
    pub(crate) async fn create(&self, kind: Kind, object: &Value) -> DynamicObject {
        let resource = kind.resource();
        let mut object = object.clone();
        object["apiVersion"] = resource.api_version.into();
        object["kind"] = resource.kind.into();
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        self.kind(kind).create(&kube::api::PostParams::default(), &object).await.unwrap()
    }

    /// Creates a Secret that `allowed` may use.
    pub(crate) async fn secret(&self, name: &str, allowed: &str, data: &Value) -> DynamicObject {
        let labels = json!({"todochat.dev/allow": allowed});
        let object = json!({"metadata": {"name": name, "labels": labels}, "stringData": data});
        self.create(Kind::Secret, &object).await
    }

    /// Changes somebody's object, the status excepted, as `manager`.
    pub(crate) async fn harm(
        &self,
        manager: &str,
        (kind, name): (Kind, &str),
        change: &Value,
    ) -> DynamicObject {
        let patch = Patch::Merge(change);
        self.kind(kind).patch(name, &by(manager), &patch).await.unwrap()
    }

    /// Changes somebody's status, as its controller would.
    pub(crate) async fn set_status(&self, kind: Kind, name: &str, status: &Value) {
        let patch = Patch::Merge(json!({ "status": status }));
        self.kind(kind).patch_status(name, &by("controller"), &patch).await.unwrap();
    }

    /// Deletes an object, and does not wait.
    pub(crate) async fn delete(&self, kind: Kind, name: &str) {
        self.kind(kind).delete(name, &DeleteParams::background()).await.unwrap();
    }

    /// Deletes a `TodoChat`, and waits until it is gone.
    pub(crate) async fn delete_object(&self, name: &str) {
        self.objects().delete(name, &DeleteParams::background()).await.unwrap();
        self.until_gone(name).await;
    }

    /// Waits until a `TodoChat` is gone.
    pub(crate) async fn until_gone(&self, name: &str) {
        let gone = |object: Option<&TodoChat>| object.is_none();
        soon("its end", await_condition(self.objects(), name, gone)).await.unwrap();
    }

    // --- what is seen -------------------------------------------------------------------------

    /// Waits until a `TodoChat` is as `test` wants it.
    pub(crate) async fn until(
        &self,
        name: &str,
        what: &str,
        test: impl Fn(&TodoChat) -> bool,
    ) -> TodoChat {
        let test = |object: Option<&TodoChat>| object.is_some_and(&test);
        let seen = soon(what, await_condition(self.objects(), name, test)).await;
        seen.unwrap().expect("the test has seen it")
    }

    /// Waits until it is Ready as its spec now says, and nothing is under way any more.
    pub(crate) async fn ready(&self, name: &str) -> TodoChat {
        self.until(name, "Ready and settled", |object| {
            is(object, ConditionType::Ready, ConditionStatus::True)
                && is(object, ConditionType::Progressing, ConditionStatus::False)
        })
        .await
    }

    /// Waits until a condition has this reason, of the spec as it now is.
    pub(crate) async fn says(&self, name: &str, kind: ConditionType, reason: &str) -> Condition {
        let what = format!("{} {reason}", kind.as_str());
        let object = self.until(name, &what, |object| {
            condition(object, kind).is_some_and(|said| said.reason == reason)
        });
        condition(&object.await, kind).cloned().expect("it was just seen")
    }

    /// An object of a kind, if it is there.
    pub(crate) async fn find(&self, kind: Kind, name: &str) -> Option<DynamicObject> {
        match self.kind(kind).get_opt(name).await {
            // A kind that the cluster lacks is a 404 of another sort.
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            found => found.unwrap(),
        }
    }

    /// An object of a kind that is there.
    pub(crate) async fn get(&self, kind: Kind, name: &str) -> DynamicObject {
        let found = self.find(kind, name).await;
        found.unwrap_or_else(|| panic!("there is no {} {name}", kind.as_str()))
    }

    /// Waits until an object of a kind is as `test` wants it, or is not there.
    pub(crate) async fn see(
        &self,
        (kind, name): (Kind, &str),
        what: &str,
        test: impl Fn(Option<&DynamicObject>) -> bool,
    ) -> Option<DynamicObject> {
        let what = format!("{} {name}: {what}", kind.as_str());
        soon(&what, await_condition(self.kind(kind), name, test)).await.unwrap()
    }

    /// The objects whose controller this `TodoChat` is, by their entry in the inventory.
    pub(crate) async fn children(&self, object: &TodoChat) -> BTreeMap<String, DynamicObject> {
        let uid = object.uid().unwrap();
        let lists = Kind::all().filter(|kind| *kind != Kind::Pod).map(async |kind| {
            let objects = all(&self.kind(kind)).await.into_iter();
            objects.map(move |object| (ChildId::new(kind, &object.name_any()), object))
        });
        let all = join_all(lists).await.into_iter().flatten();
        let ours = all.filter(|(_, child)| controller(&child.metadata) == Some(&uid));
        ours.map(|(id, child)| (id.to_inventory(), child)).collect()
    }

    /// What was told about a `TodoChat`: the type, the reason and the note of each event, in order.
    pub(crate) async fn told(&self, name: &str) -> Vec<(String, String, String)> {
        let api = self.namespace.api::<Event>();
        let mut events = api.list(&ListParams::default()).await.unwrap().items;
        events.retain(|event| {
            event.regarding.as_ref().is_some_and(|regarding| {
                regarding.kind.as_deref() == Some("TodoChat")
                    && regarding.name.as_deref() == Some(name)
            })
        });
        events.sort_by_key(|event| event.event_time.clone());
        let told = events.into_iter().map(|event| {
            let text = |text: Option<String>| text.unwrap_or_default();
            (text(event.type_), text(event.reason), text(event.note))
        });
        told.collect()
    }

    /// Waits until this was told, and gives its type and note.
    pub(crate) async fn tells(&self, name: &str, reason: &str) -> (String, String) {
        eventually(&format!("the event {reason}"), async || {
            let told = self.told(name).await.into_iter();
            told.filter(|(_, why, _)| why == reason).map(|(kind, _, note)| (kind, note)).next_back()
        })
        .await
    }

    // --- what the operator asked for ----------------------------------------------------------

    /// Now.
    pub(crate) fn mark(&self) -> Mark {
        self.server.audit().mark()
    }

    /// All that it asked since then, its Lease excepted.
    pub(crate) fn asked(&self, since: Mark) -> Vec<Asked> {
        let asked = self.server.audit().since(since).into_iter();
        asked.filter(|asked| asked.user == self.who && asked.resource != "leases").collect()
    }

    /// What it wrote since then, Events excepted, in that order.
    pub(crate) fn writes(&self, since: Mark) -> Vec<Asked> {
        let asked = self.asked(since).into_iter();
        asked.filter(|asked| is_write(asked) && asked.resource != "events").collect()
    }

    /// What it wrote since it was started.
    pub(crate) fn all_writes(&self) -> Vec<Asked> {
        self.writes(self.began)
    }
}

/// The shared server with all kinds, unless no kubelets are played there.
async fn shared() -> Option<&'static ApiServer> {
    static PREPARED: OnceCell<()> = OnceCell::const_new();
    let server = ApiServer::shared().await;
    if !server.has_kwok() {
        return None;
    }
    let prepare = async || {
        let client = server.client().await;
        install_crds(&client, &crds_yaml()).await;
        for which in
            [Optional::Gateway, Optional::Monitoring, Optional::CertManager, Optional::Cnpg]
        {
            install_crds(&client, &optional_crds(which).await).await;
        }
    };
    PREPARED.get_or_init(prepare).await;
    Some(server)
}

/// A fresh server for a test that changes what all of it shares, or plays its controllers itself; none where one was found.
pub(crate) async fn own_server() -> Option<ApiServer> {
    if ApiServer::shared().await.is_found() {
        return None;
    }
    Some(ApiServer::own(Parts::Api).await)
}

async fn bare(server: &ApiServer) -> Namespace {
    let namespace = Namespace::fresh(server).await;
    install_crds(&namespace.client, &crds_yaml()).await;
    namespace
}

async fn give_rights(namespace: &Namespace, mode: &Mode) {
    let yaml = rbac_yaml(mode, &namespace.name, ACCOUNT);
    let objects = serde_saphyr::from_multiple::<Value>(&yaml).unwrap().into_iter();
    for object in objects.filter(|object| !object.is_null() && object["kind"] != "Namespace") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, version) = (text(&object["kind"]), text(&object["apiVersion"]));
        let gvk = match version.split_once('/') {
            Some((group, version)) => GroupVersionKind::gvk(group, version, &kind),
            None => GroupVersionKind::gvk("", &version, &kind),
        };
        let resource = ApiResource::from_gvk(&gvk);
        let client = namespace.client.clone();
        let api: Api<DynamicObject> = match object["metadata"]["namespace"].as_str() {
            Some(place) => Api::namespaced_with(client, place, &resource),
            None => Api::all_with(client, &resource),
        };
        let params = PatchParams::apply(PERSON).force();
        let name = text(&object["metadata"]["name"]);
        api.patch(&name, &params, &Patch::Apply(&object)).await.unwrap();
    }
}

/// A spec without tool servers, whose chat waits for no migration.
pub(crate) fn light() -> Value {
    json!({"toolServers": [], "database": {"migrations": {"policy": "Skip"}}})
}

/// The spec `light` with more.
pub(crate) fn light_with(more: &Value) -> Value {
    let mut spec = light();
    let members = more.as_object().expect("a spec is an object").clone();
    spec.as_object_mut().expect("so is this").extend(members);
    spec
}

/// The condition of a type, if it was judged for the spec as it now is.
pub(crate) fn condition(object: &TodoChat, kind: ConditionType) -> Option<&Condition> {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    let mut current =
        conditions.filter(|one| one.observed_generation == object.metadata.generation);
    current.find(|one| one.kind == kind.as_str())
}

/// Whether it has this condition with this status, of the spec as it now is.
pub(crate) fn is(object: &TodoChat, kind: ConditionType, status: ConditionStatus) -> bool {
    condition(object, kind).is_some_and(|condition| condition.status == status)
}

/// The uid of an object's controller.
pub(crate) fn controller(metadata: &ObjectMeta) -> Option<&str> {
    let owners = metadata.owner_references.iter().flatten();
    let mut controllers = owners.filter(|owner| owner.controller == Some(true));
    controllers.next().map(|owner| owner.uid.as_str())
}

/// All that a person could have written of an object: no status, no books of the server's.
pub(crate) fn substance(object: &DynamicObject) -> Value {
    let mut value = serde_json::to_value(object).unwrap();
    let members = value.as_object_mut().expect("an object is one");
    // In lists the kind is not said.
    for aside in ["status", "kind", "apiVersion"] {
        members.remove(aside);
    }
    let metadata = value["metadata"].as_object_mut().expect("every object has some");
    for books in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"] {
        metadata.remove(books);
    }
    if let Some(annotations) = value["metadata"]["annotations"].as_object_mut() {
        annotations.remove("deployment.kubernetes.io/revision");
    }
    value
}

/// All objects that `api` has; none if the cluster lacks the kind.
pub(crate) async fn all(api: &Api<DynamicObject>) -> Vec<DynamicObject> {
    match api.list(&ListParams::default()).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Vec::new(),
        listed => listed.unwrap().items,
    }
}

/// Waits for what no watch tells of.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    soon(what, async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}

fn any(client: &Client, namespace: &str, resource: &ApiResource) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), namespace, resource)
}

fn by(manager: &str) -> PatchParams {
    PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() }
}

fn is_write(asked: &Asked) -> bool {
    !matches!(asked.verb.as_str(), "get" | "list" | "watch") && !asked.resource.ends_with("reviews") // questions
}
