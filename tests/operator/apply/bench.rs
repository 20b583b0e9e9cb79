//! One object, what is known of its world, and the parts of the operator that write.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams},
};
use prometheus::Registry;
use serde_json::{Value, json};
use todochat_operator::{
    apply::{Applier, ApplyError, Report},
    build::build,
    children::{Applied, Children},
    crd::InventoryItem,
    kinds::{ChildId, Kind},
    leading::Fence,
    names::{ALLOW_LABEL, ObjectKey},
    references::references,
    testing::Case,
    validated::Validated,
    world::World,
    writer::{WriteMetrics, Writer},
};
use todochat_tests::cluster::{ApiServer, Optional, Parts, install_crds, optional_crds};
use tokio::{sync::OnceCell, time::Instant};

/// The server of all these tests.
pub(super) async fn server() -> &'static ApiServer {
    static SERVER: OnceCell<ApiServer> = OnceCell::const_new();
    let started = async {
        let server = ApiServer::own(Parts::Api).await;
        let client = server.client().await;
        for kind in [Optional::Gateway, Optional::Monitoring, Optional::CertManager, Optional::Cnpg]
        {
            install_crds(&client, &optional_crds(kind).await).await;
        }
        server
    };
    SERVER.get_or_init(|| started).await
}

/// One object in a namespace of its own.
pub(super) struct Bench {
    pub(super) case: Case,
    pub(super) client: Client,
    pub(super) namespace: String,
    pub(super) applier: Applier,
    pub(super) world: World,
    pub(super) inventory: Vec<InventoryItem>,
}

/// An operator that has just started.
pub(super) fn applier(client: &Client) -> Applier {
    let fence = Fence::closed();
    fence.open(Instant::now(), Duration::from_hours(1));
    let metrics = WriteMetrics::register(&Registry::new()).unwrap();
    Applier::new(Writer::new(client.clone(), 0, fence, metrics))
}

impl Bench {
    /// The case `text`, of which nothing has been made. Whatever it points at is there.
    pub(super) async fn of(text: &str) -> Self {
        let client = server().await.client().await;
        let metadata =
            ObjectMeta { generate_name: Some("apply-".to_owned()), ..ObjectMeta::default() };
        let wanted = Namespace { metadata, ..Namespace::default() };
        let made = Api::all(client.clone()).create(&PostParams::default(), &wanted).await.unwrap();
        let namespace = made.metadata.name.unwrap();
        let mut case = Case::read(text);
        case.object.metadata.namespace = Some(namespace.clone());
        let applier = applier(&client);
        let (world, inventory) = (World::default(), Vec::new());
        let bench = Self { case, client, namespace, applier, world, inventory };
        for secret in references(&bench.case.object.spec).secrets {
            let data = json!({"username": "app", "password": "given"});
            bench.make(Kind::Secret, &secret, &json!({ "stringData": data })).await;
        }
        bench
    }

    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.namespace, self.case.object.metadata.name.as_deref().unwrap())
    }

    pub(super) fn validated(&self) -> Validated {
        self.case.validated().unwrap()
    }

    /// Another operator takes over: it knows what stands in the status, if that was written.
    pub(super) fn restart(&mut self, with_inventory: bool) {
        self.applier = applier(&self.client);
        if !with_inventory {
            self.inventory.clear();
        }
    }

    /// One visit that must come to its end.
    pub(super) async fn visit(&mut self) -> Report {
        let (report, outcome) = self.try_visit().await;
        outcome.unwrap_or_else(|error| panic!("{}", error.message()));
        report
    }

    pub(super) async fn try_visit(&mut self) -> (Report, Result<Children<Applied>, ApplyError>) {
        let validated = self.validated();
        let children = build(&validated);
        let visit = self.applier.apply(&self.world, &validated.owner, children, &self.inventory);
        let (report, outcome) = visit.await;
        for (id, seen) in &report.seen {
            self.world.children.insert(id.clone(), seen.clone());
        }
        for id in report.pruned.iter().chain(&report.gone) {
            self.world.children.remove(id);
        }
        let item = |(id, hash): (&ChildId, &String)| InventoryItem {
            id: id.to_inventory(),
            hash: Some(hash.clone()),
        };
        self.inventory = report.verified.iter().map(item).collect();
        (report, outcome)
    }

    /// What the watches would tell now.
    pub(super) async fn watch(&mut self) {
        for (id, _) in std::mem::take(&mut self.world.children) {
            if let Some(live) = self.live(&id).await {
                let seen = todochat_operator::watching::seen::seen(id.kind, &live);
                self.world.children.insert(id, seen);
            }
        }
    }

    fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource())
    }

    pub(super) fn id(&self, kind: Kind, suffix: &str) -> ChildId {
        ChildId::new(kind, &format!("{}-{suffix}", self.key().name))
    }

    pub(super) async fn live(&self, id: &ChildId) -> Option<Value> {
        let live = self.api(id.kind).get_opt(&id.name).await.unwrap();
        live.map(|live| serde_json::to_value(live).unwrap())
    }

    /// Somebody who edits by hand.
    pub(super) async fn edit(&self, id: &ChildId, patch: &Value) {
        let parameters = PatchParams {
            field_manager: Some("kubectl-edit".to_owned()),
            ..PatchParams::default()
        };
        self.api(id.kind).patch(&id.name, &parameters, &Patch::Merge(patch)).await.unwrap();
    }

    /// Somebody who edits by hand, where lists are merged by their keys.
    pub(super) async fn edit_lists(&self, id: &ChildId, patch: &Value) {
        let parameters = PatchParams {
            field_manager: Some("kubectl-edit".to_owned()),
            ..PatchParams::default()
        };
        self.api(id.kind).patch(&id.name, &parameters, &Patch::Strategic(patch)).await.unwrap();
    }

    pub(super) async fn delete(&self, id: &ChildId) {
        self.api(id.kind).delete(&id.name, &DeleteParams::background()).await.unwrap();
    }

    /// Somebody makes an object of their own.
    pub(super) async fn make(&self, kind: Kind, name: &str, body: &Value) {
        let mut object = body.clone();
        object["metadata"]["name"] = name.into();
        object["metadata"]["labels"][ALLOW_LABEL] = "any".into();
        let resource = kind.resource();
        object["apiVersion"] = resource.api_version.into();
        object["kind"] = resource.kind.into();
        let object = serde_json::from_value(object).unwrap();
        self.api(kind).create(&PostParams::default(), &object).await.unwrap();
    }
}
