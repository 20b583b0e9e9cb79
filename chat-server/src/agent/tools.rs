//! The tools the agent can call: tool servers over MCP, their tools found out by `tools/list`, never
//! compiled in.
//!
//! ```text
//! Tools::offer ─▶ server ⨯ n ─▶ offer: one list of names, each with its server
//! Tools::call ─▶ server: arguments read, a token minted for this call ─▶ connection ─▶ POST /mcp
//!                  │                                                      ├ bearer: a token per request
//!                  │                                                      └ secrets: what files hold now
//!                  └ outcome: text cleaned and capped
//! ```
//!
//! One connection for each server serves all users. Our own servers are shown a token minted for one
//! call: its audience is that server, it lives two minutes, and it is bound to the tool and the very
//! arguments. Others are shown what is configured for them. A user's own token never leaves this
//! server.

mod bearer;
mod connection;
mod mint;
mod offer;
mod outcome;
mod secrets;
mod server;
mod settings;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use todochat_auth::UserId;

pub use self::{
    connection::ToolsError,
    mint::{LONGEST_CALL, Minter},
    offer::Offer,
    outcome::ToolOutcome,
    secrets::SecretError,
    settings::{Credential, Rules, ToolServer},
};
use self::{offer::Listed, server::Server};
use super::model::{ToolCall, ToolSpec};

/// The tools of all tool servers. Clones share their connections and lists.
#[derive(Clone)]
pub struct Tools {
    shared: Arc<Shared>,
}

struct Shared {
    servers: Vec<Server>,
    /// The last offer, and the lists it was made of.
    last: Mutex<Option<(Lists, Arc<Offer>)>>,
}

/// What each server has; nothing for one that is away.
type Lists = Vec<Option<Arc<[ToolSpec]>>>;

impl Tools {
    /// The tools of `servers`, which need not be up: nothing connects before it is asked to.
    pub fn new(servers: Vec<ToolServer>, minter: &Minter) -> Self {
        let server = |server| Server::new(server, minter.clone());
        let servers = servers.into_iter().map(server).collect();
        Self { shared: Arc::new(Shared { servers, last: Mutex::default() }) }
    }

    /// What can be called in a turn that begins now. Fails when a required server is away.
    pub async fn offer(&self, user: &UserId) -> Result<Arc<Offer>, ToolsError> {
        let asked = self.shared.servers.iter().map(async |server| match server.list(user).await {
            Ok(specs) => Ok(Some(specs)),
            Err(error) if server.required => Err(error),
            Err(error) => {
                let cause = todochat_service::chain(&error);
                tracing::warn!(
                    tool.server = server.name,
                    error = %cause,
                    "Answering without the tools of {}",
                    server.name
                );
                Ok(None)
            }
        });
        let lists = join_all(asked).await.into_iter().collect::<Result<Lists, _>>()?;
        Ok(self.shared.union(lists))
    }

    /// Makes `call` for `user`, of a tool in `offer`. Whatever goes wrong is told in the outcome, in
    /// words the model can act on. `key` names this call: if it is made again under the same key, one
    /// of our own servers answers what it answered the first time.
    pub async fn call(
        &self,
        offer: &Offer,
        user: &UserId,
        call: &ToolCall,
        key: &str,
    ) -> ToolOutcome {
        match offer.find(&call.name) {
            None => ToolOutcome::unknown_tool(&call.name, &offer.specs),
            Some((server, spec)) => {
                let server = &self.shared.servers[server];
                server.call(user, &spec.own_name, &call.arguments, key).await
            }
        }
    }
}

impl Shared {
    /// The lists as one; the same one as long as they are the same.
    fn union(&self, lists: Lists) -> Arc<Offer> {
        // A poisoned lock still holds a whole offer: it is replaced in one go.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, offer)) = &*last
            && are_same(of, &lists)
        {
            return offer.clone();
        }
        let listed = self.servers.iter().zip(&lists);
        let listed: Vec<_> = listed
            .map(|(server, specs)| Listed { server: &server.name, specs: specs.as_deref() })
            .collect();
        let offer = Arc::new(Offer::of(&listed));
        *last = Some((lists, offer.clone()));
        offer
    }
}

fn are_same(some: &Lists, others: &Lists) -> bool {
    some.iter().zip(others).all(|pair| match pair {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    })
}
