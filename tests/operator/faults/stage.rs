//! A server of its own, with what makes objects come about in milliseconds, and the fault proxy before it.

use std::time::Duration;

use kube::Client;
use todochat_operator::crd::crds_yaml;
use todochat_tests::{
    cluster::{ApiServer, Eager, Launch, Operator, Parts, ToolServers, install_crds},
    fault_proxy::{FaultProxy, Note},
};

use super::mirror::Mirror;

/// What a sweep takes place on.
pub(super) struct Stage {
    /// The administrator's client, past the proxy.
    pub(super) client: Client,
    pub(super) proxy: FaultProxy,
    pub(super) mirror: Mirror,
    pub(super) tools: ToolServers,
    pub(super) server: ApiServer,
    eager: Eager,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let server = ApiServer::own(Parts::Api).await;
        let client = server.client().await;
        install_crds(&client, &crds_yaml()).await;
        Self {
            proxy: FaultProxy::start(&server).await,
            mirror: Mirror::start(&client),
            tools: ToolServers::start().await,
            eager: Eager::start(&client),
            server,
            client,
        }
    }

    /// An operator for all namespaces, behind the proxy. The next one takes the Lease over at once: it has the name of
    /// the last.
    pub(super) async fn operator(&self) -> Operator {
        self.operator_with(|launch| launch).await
    }

    /// With other flags.
    pub(super) async fn operator_with(&self, change: impl FnOnce(Launch) -> Launch) -> Operator {
        let launch = Launch::new(self.proxy.kubeconfig(), "default").everywhere();
        let launch = ["--write-budget=0", "--workers=256", "--outgoing-allow=127.0.0.0/8"]
            .into_iter()
            .fold(launch, Launch::flag);
        change(launch.tools(&self.tools)).start().await
    }

    /// After the server was away: what watched it begins anew.
    pub(super) fn look_anew(&mut self) {
        self.mirror = Mirror::start(&self.client);
        self.eager = Eager::start(&self.client);
    }

    /// The calls that objects at rest make in `time`: there should be none.
    pub(super) async fn calls_at_rest(&self, time: Duration) -> Vec<Note> {
        let before = self.proxy.count();
        // Only time can show that nothing happens.
        tokio::time::sleep(time).await;
        self.proxy.since(before).into_iter().filter(|note| note.number.is_some()).collect()
    }
}

/// How much was tried is told beside the result.
#[expect(clippy::print_stderr, reason = "it is for people")]
pub(super) fn tell(what: &str) {
    eprintln!("{what}");
}
