//! Stands between the operator and the API server: counts what is asked, and does harm on demand.
//!
//! ```text
//! operator ─http─▶ serve.rs ─ call.rs: what is asked ─ journal.rs: numbers it, notes it
//!                     │                                plan.rs: is there a fault for it?
//!                     │        fault.rs: answers with it, or delays, holds, loses ◀┘
//!                     └─ forward ─tls─▶ API server ─▶ watches.rs: answers that stay open
//! ```
//!
//! Calls are numbered from 1 as they arrive, and so are writes among them. Those for Leases and Events
//! have no numbers: they come by the clock, and would shift all others from run to run.

mod call;
mod fault;
mod journal;
mod plan;
mod serve;
mod watches;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kube::Client;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use call::{Call, Verb};
pub use fault::{Fault, Refusal};
pub use journal::{Note, tally};
pub use plan::When;

use crate::cluster::{ApiServer, Kubeconfig, soon};
use fault::{Action, Decision, Hold};
use journal::Journal;
use plan::Plan;
use watches::{Flow, Watches};

/// A proxy that serves until it is dropped.
pub struct FaultProxy {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    /// As the administrator, for requests without a token.
    admin: Client,
    /// Without a certificate, for requests whose token says who asks.
    bearer: Client,
    journal: Journal,
    plan: Mutex<Plan>,
    watches: Watches,
}

/// At which side of a call it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The API server has not seen it.
    Before,
    /// The API server has answered, and the caller does not know yet.
    After,
}

/// A call that will be held. It is lost when this is dropped.
#[derive(Debug)]
pub struct Held {
    reached: oneshot::Receiver<Note>,
    decision: oneshot::Sender<Decision>,
}

impl FaultProxy {
    /// One in front of `server`, without faults.
    pub async fn start(server: &ApiServer) -> Self {
        let admin = server.config().await;
        let mut bearer = admin.clone();
        bearer.auth_info = kube::config::AuthInfo::default();
        let shared = Arc::new(Shared {
            admin: Client::try_from(admin).unwrap(),
            bearer: Client::try_from(bearer).unwrap(),
            journal: Journal::default(),
            plan: Mutex::default(),
            watches: Watches::default(),
        });
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let accepting = tokio::spawn(serve::accept(socket, shared.clone()));
        Self { address, shared, accepting }
    }

    /// How a program reaches the API server through this, as the administrator or, with
    /// [`Kubeconfig::acting_as`], as somebody else.
    pub fn kubeconfig(&self) -> Kubeconfig {
        Kubeconfig::plain(self.address)
    }

    /// From now on calls that match meet this fault. Of several that match, the first counts.
    pub fn inject(&self, when: When, fault: Fault) {
        self.plan().add(when, Action::Fault(fault));
    }

    /// The first call that matches from now on will wait for the test.
    pub fn hold(&self, when: When, moment: Moment) -> Held {
        let (reach, reached) = oneshot::channel();
        let (decision, decided) = oneshot::channel();
        self.plan().add(when, Action::Hold(Hold { moment, reach, decided }));
        Held { reached, decision }
    }

    /// Takes all faults away. Calls that wait go on waiting.
    pub fn clear(&self) {
        *self.plan() = Plan::default();
    }

    /// All calls so far, Leases and Events too.
    pub fn calls(&self) -> Vec<Note> {
        self.shared.journal.since(0)
    }

    /// The calls after the first `count`.
    pub fn since(&self, count: usize) -> Vec<Note> {
        self.shared.journal.since(count)
    }

    /// How many calls there were, for [`FaultProxy::since`].
    pub fn count(&self) -> usize {
        self.shared.journal.count()
    }

    /// Waits until the calls so far are as `test` wants them; it is asked again at each call and answer.
    pub async fn until(&self, what: &str, test: impl Fn(&[Note]) -> bool) {
        soon(what, self.shared.journal.until(test)).await;
    }

    /// The watches that are open.
    pub fn watches(&self) -> Vec<Call> {
        self.shared.watches.open()
    }

    /// Breaks the connection of open watches, in the middle of whatever they say.
    pub fn cut_watches(&self, which: impl Fn(&Call) -> bool) {
        self.shared.watches.set(which, Flow::Cut);
    }

    /// Ends open watches as a server does that has had them for long enough.
    pub fn end_watches(&self, which: impl Fn(&Call) -> bool) {
        self.shared.watches.set(which, Flow::Ended);
    }

    /// Open watches stay open and say nothing any more, bookmarks neither.
    pub fn silence_watches(&self, which: impl Fn(&Call) -> bool) {
        self.shared.watches.set(which, Flow::Silent);
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.shared.plan()
    }
}

impl Shared {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Held {
    /// Waits until a call is held, and tells which.
    pub async fn reached(&mut self) -> Note {
        soon("the call to hold", &mut self.reached).await.expect("the proxy and its plan are there")
    }

    /// Lets it go on.
    pub fn release(self) {
        // Whoever asked may be gone.
        _ = self.decision.send(Decision::GoOn);
    }

    /// Breaks its connection: held before, it is never applied; held after, it was.
    pub fn lose(self) {
        _ = self.decision.send(Decision::Lose);
    }
}
