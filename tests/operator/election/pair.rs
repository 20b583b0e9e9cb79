//! Two operators that want the same Lease.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::{coordination::v1::Lease, core::v1};
use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams, PostParams},
    runtime::wait::await_condition,
};
use serde_json::json;
use todochat_operator::crd::{TodoChat, crds_yaml};
use todochat_tests::cluster::{
    ApiServer, Asked, Audit, Kubeconfig, Launch, Mark, Parts, install_crds, soon,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep},
};

/// The Lease's name.
const LEASE: &str = "todochat-operator";

/// A place where operators compete.
pub(super) struct Arena {
    pub(super) server: &'static ApiServer,
    pub(super) client: Client,
    pub(super) namespace: String,
    pub(super) audit: Audit,
    began: Mark,
}

impl Arena {
    pub(super) async fn set() -> Self {
        static SERVER: OnceCell<ApiServer> = OnceCell::const_new();
        let start = async || {
            let server = ApiServer::own(Parts::Api).await;
            install_crds(&server.client().await, &crds_yaml()).await;
            server
        };
        let server = SERVER.get_or_init(start).await;
        let client = server.client().await;
        let spaces = Api::<v1::Namespace>::all(client.clone());
        let space = json!({"metadata": {"generateName": "election-"}});
        let space = serde_json::from_value(space).unwrap();
        let space = spaces.create(&PostParams::default(), &space).await.unwrap();
        let audit = server.audit();
        Self { server, client, namespace: space.name_any(), began: audit.mark(), audit }
    }

    /// The user that one of the operators is to the server.
    pub(super) fn user(&self, pod: &str) -> String {
        format!("{pod}-in-{}", self.namespace)
    }

    /// An operator in a pod of this name.
    pub(super) fn launch(&self, pod: &str) -> Launch {
        self.launch_by(self.server.kubeconfig(), pod)
    }

    /// The same, on another way to the server.
    pub(super) fn launch_by(&self, way: Kubeconfig, pod: &str) -> Launch {
        let way = way.acting_as(&self.user(pod), &["system:masters"]);
        Launch::new(way, &self.namespace).pod(pod)
    }

    pub(super) fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Waits until the Lease is held by this pod.
    pub(super) async fn led_by(&self, pod: &str) {
        let held = |lease: Option<&Lease>| holder(lease) == Some(pod);
        soon(pod, await_condition(self.leases(), LEASE, held)).await.unwrap();
    }

    /// Changes the Lease by hand.
    pub(super) async fn edit_lease(&self, patch: &serde_json::Value) {
        let patch = Patch::Merge(patch);
        self.leases().patch(LEASE, &PatchParams::default(), &patch).await.unwrap();
    }

    /// An object for somebody to look after.
    pub(super) async fn make(&self, name: &str) {
        let chats = Api::<TodoChat>::namespaced(self.client.clone(), &self.namespace);
        let chat = json!({"metadata": {"name": name}, "spec": {}});
        let chat = serde_json::from_value(chat).unwrap();
        chats.create(&PostParams::default(), &chat).await.unwrap();
    }

    /// What a pod's operator asked, in order.
    pub(super) fn asked_by(&self, pod: &str, since: Mark) -> Vec<Asked> {
        let user = self.user(pod);
        self.audit.since(since).into_iter().filter(|asked| asked.user == user).collect()
    }

    /// Waits until a pod's operator watches the Lease.
    pub(super) async fn follows(&self, pod: &str) {
        let watches = |asked: &Asked| asked.resource == "leases" && asked.verb == "watch";
        soon("a watch of the lease", async {
            while !self.asked_by(pod, self.began).iter().any(watches) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Waits until a pod's operator has nothing more to do.
    pub(super) async fn is_calm(&self, pod: &str) {
        let acts = || self.asked_by(pod, self.began).iter().filter(|asked| is_act(asked)).count();
        soon("calm", async {
            loop {
                let before = acts();
                sleep(Duration::from_millis(1500)).await; // only time can show that nothing comes
                if acts() == before {
                    return;
                }
            }
        })
        .await;
    }

    /// Waits until a pod's operator writes something of an object; tells how long that took.
    pub(super) async fn acts(&self, pod: &str, since: Mark) -> Duration {
        let began = Instant::now();
        soon("a write", async {
            while !self.asked_by(pod, since).iter().any(is_act) {
                // The log has no other way to say that it has grown.
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        began.elapsed()
    }

    /// Never do two act in turns: whoever has acted after another leads from then on.
    pub(super) fn nobody_acted_out_of_turn(&self) {
        let mut turns = Vec::<String>::new();
        let acts = self.audit.since(self.began).into_iter().filter(is_act);
        for act in acts.filter(|act| act.namespace == self.namespace) {
            if act.user.ends_with(&self.namespace) && turns.last() != Some(&act.user) {
                turns.push(act.user);
            }
        }
        let mut count = BTreeMap::<&String, usize>::new();
        for user in &turns {
            *count.entry(user).or_default() += 1;
        }
        assert!(count.values().all(|turns| *turns == 1), "they acted in turns: {turns:?}");
    }
}

/// It changed something, the Lease and events excepted.
pub(super) fn is_act(asked: &Asked) -> bool {
    !matches!(asked.verb.as_str(), "get" | "list" | "watch")
        && !matches!(asked.resource.as_str(), "leases" | "events")
        && !asked.resource.ends_with("reviews")
        && asked.code < 300
}

pub(super) fn holder(lease: Option<&Lease>) -> Option<&str> {
    lease?.spec.as_ref()?.holder_identity.as_deref()
}
