//! Which HTTP client speaks to which tool server.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Url, redirect};
use todochat_service::outgoing::{CONNECT, Forbidden, Outgoing, USER_AGENT};

use super::{probe::ProbeError, target::Target};

/// A handshake is a few requests in a row; then the server is left alone for a minute.
const IDLE: Duration = Duration::from_secs(2);

/// The HTTP clients.
pub(super) struct Clients {
    /// For the objects' own Services, wherever they are: through the proxy of the environment if there is one.
    own: Client,
    outgoing: Outgoing,
    /// For servers elsewhere: only addresses that are allowed, and no proxy that would go round that.
    remote: Client,
}

impl Clients {
    pub(super) fn new(outgoing: Outgoing) -> reqwest::Result<Self> {
        let own = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .user_agent(USER_AGENT);
        let remote = brief(outgoing.client()).build()?;
        Ok(Self { own: brief(own).build()?, remote, outgoing })
    }

    /// The client for `target`.
    pub(super) fn client(&self, target: &Target) -> Result<Client, ProbeError> {
        if !target.remote {
            return Ok(self.own.clone());
        }
        let url = Url::parse(&target.url).map_err(|_| ProbeError::NotAllowed)?;
        self.outgoing.check(&url).map_err(|_: Forbidden| ProbeError::NotAllowed)?;
        match &target.certificates {
            None => Ok(self.remote.clone()),
            // Made each time and not kept: few servers have an authority of their own, and it may change.
            Some(pem) => self.with_authority(pem),
        }
    }

    fn with_authority(&self, pem: &str) -> Result<Client, ProbeError> {
        let authorities = Certificate::from_pem_bundle(pem.as_bytes());
        let authorities = authorities.ok().filter(|authorities| !authorities.is_empty());
        let authorities = authorities.ok_or(ProbeError::BadCredential)?;
        let client = brief(self.outgoing.client()).tls_certs_only(authorities);
        client.build().map_err(|_| ProbeError::BadCredential)
    }
}

fn brief(client: ClientBuilder) -> ClientBuilder {
    client.pool_idle_timeout(IDLE)
}
