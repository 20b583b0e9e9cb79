//! Where a story plays: a namespace, an operator that looks after it alone, and the tool servers that it speaks to.
//!
//! ```text
//! test ─ make, edit ─▶ TodoChat ─▶ operator, under a name of its own ─▶ children ─▶ kwok, or the test by hand
//!      ◀─ ready, says ─ status        └─ handshakes ─▶ ToolServers
//! ```
//!
//! - [`acting`]: what people and controllers do
//! - [`seeing`]: what people see, and wait for
//! - [`counting`]: what the operator asked for
//! - [`server`]: the servers, and the operator's rights on them

mod acting;
mod counting;
mod seeing;
mod server;

use std::time::Duration;

use kube::{Api, api::DynamicObject};
use todochat_operator::{crd::TodoChat, kinds::Kind, rbac::Mode};
use todochat_tests::cluster::{ApiServer, Launch, Mark, Namespace, Operator, ToolServers, soon};

use self::server::{bare, give_rights, shared};
pub(crate) use self::{
    acting::{light, light_with},
    seeing::{all, condition, controller, is, substance},
    server::own_server,
};

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

    /// With one more namespace to look after, and rights that do not go with it. One test at a time: they are the cluster's.
    pub(crate) async fn beside(other: &Namespace) -> Option<Self> {
        let server = shared().await?;
        let namespace = Namespace::fresh(server).await;
        let change = |launch: Launch| launch.watching(&other.name);
        Some(Self::play(server, namespace, &Mode::ClusterWide, change).await)
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

    /// Ends the operator as a crash would.
    pub(crate) async fn kill(&mut self) {
        self.operator.take().expect("it runs").kill().await;
    }

    /// Starts another one.
    pub(crate) async fn start(&mut self) {
        self.operator = Some(self.launch.clone().start().await);
    }

    /// Starts another one, told something else.
    pub(crate) async fn start_with(&mut self, change: impl FnOnce(Launch) -> Launch) {
        self.launch = change(self.launch.clone());
        self.start().await;
    }

    /// The objects.
    pub(crate) fn objects(&self) -> Api<TodoChat> {
        self.namespace.api()
    }

    /// The objects of a kind.
    pub(crate) fn kind(&self, kind: Kind) -> Api<DynamicObject> {
        let (client, place) = (self.namespace.client.clone(), &self.namespace.name);
        Api::namespaced_with(client, place, &kind.resource())
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
