//! Which tool servers are spoken to, and how the operator proves itself to them.
//!
//! What this needs of Secrets and ConfigMaps is read when they change and not again: a look at an object at rest asks nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Controller, look_error::LookError};
use crate::{
    api_error::ApiError,
    apply::secrets::Hidden,
    fetched::{Fetched, Reference},
    kinds::Kind,
    names::{ObjectKey, Part, tool_secret},
    probing::{Credential, Target},
    validated::{Runs, SecretFile, ToolAuth, ToolServer, Validated},
};

/// What was read of other people's Secrets and ConfigMaps for the tool servers of each object, with the digest it had then.
#[derive(Default)]
pub(super) struct Borrowed(Mutex<HashMap<(ObjectKey, String), (String, Values)>>);

/// What was read, in the order in which it was asked for.
type Values = Vec<Option<Hidden>>;

impl Borrowed {
    fn get(&self, key: &ObjectKey, server: &str, digest: &str) -> Option<Values> {
        let borrowed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, values) = borrowed.get(&(key.clone(), server.to_owned()))?;
        (known == digest).then(|| values.clone())
    }

    fn keep(&self, key: &ObjectKey, server: &str, digest: String, values: Values) {
        let mut borrowed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        borrowed.insert((key.clone(), server.to_owned()), (digest, values));
    }

    pub(super) fn forget(&self, key: &ObjectKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _), _| known != key);
    }
}

impl Controller {
    /// The tool servers of an object as they are to be spoken to: those whose newest pods serve, so that nothing that was
    /// found out about earlier ones is taken for theirs, and those that run elsewhere.
    pub(super) async fn targets(
        &self,
        key: &ObjectKey,
        validated: &Validated,
        fetched: &Fetched,
    ) -> Result<Vec<Target>, LookError> {
        let mut targets = Vec::new();
        let world = self.store.world(key);
        let serves = |server: &&ToolServer| match server.runs {
            Runs::Remote { .. } => !validated.suspended,
            _ => world.serves(&Part::Tool(server.name.clone()).name(&key.name)),
        };
        for server in validated.tool_servers.iter().filter(serves) {
            let target = self.target(key, validated, fetched, server).await;
            targets.push(target.map_err(LookError::Dereference)?);
        }
        Ok(targets)
    }

    async fn target(
        &self,
        key: &ObjectKey,
        validated: &Validated,
        fetched: &Fetched,
        server: &ToolServer,
    ) -> Result<Target, ApiError> {
        let (credential, certificates) = match &server.runs {
            Runs::Remote { headers, ca } => {
                self.borrowed(key, fetched, server, headers, ca.as_ref()).await?
            }
            _ => (self.own_credential(key, validated, server).await?, None),
        };
        Ok(Target {
            server: server.name.clone(),
            url: server.url.clone(),
            credential,
            remote: matches!(server.runs, Runs::Remote { .. }),
            certificates,
            expected: server.tools.allow.clone(),
        })
    }

    async fn own_credential(
        &self,
        key: &ObjectKey,
        validated: &Validated,
        server: &ToolServer,
    ) -> Result<Credential, ApiError> {
        let secrets = self.applier.secrets();
        match server.auth {
            ToolAuth::None => Ok(Credential::None),
            ToolAuth::Minted => {
                let keys = secrets.signing_keys(key).await?;
                let issuer = validated.chat.public_url.clone();
                Ok(keys.map_or(Credential::Missing, |keys| Credential::Minted { keys, issuer }))
            }
            ToolAuth::Shared => {
                let token =
                    secrets.own_entry(key, &tool_secret(&key.name, &server.name), "token").await?;
                Ok(token.map_or(Credential::Missing, Credential::Bearer))
            }
        }
    }

    /// The headers and certificates that other people's Secrets and ConfigMaps hold.
    async fn borrowed(
        &self,
        key: &ObjectKey,
        fetched: &Fetched,
        server: &ToolServer,
        headers: &[(String, SecretFile)],
        ca: Option<&(String, String)>,
    ) -> Result<(Credential, Option<Arc<str>>), ApiError> {
        let digest = digest(fetched, headers, ca);
        let values = match self.borrowed.get(key, &server.name, &digest) {
            Some(values) => values,
            None => self.borrow(key, headers, ca).await?,
        };
        self.borrowed.keep(key, &server.name, digest, values.clone());
        let certificates = values.last().cloned().flatten().filter(|_| ca.is_some());
        let certificates = certificates.and_then(|pem| pem.as_str().map(Arc::from));
        let named = headers.iter().map(|(name, _)| name.clone()).zip(values);
        let complete: Option<Vec<(String, Hidden)>> =
            named.map(|(name, value)| Some((name, value?))).collect();
        Ok((complete.map_or(Credential::Missing, Credential::Headers), certificates))
    }

    /// Reads them; the certificates come last.
    async fn borrow(
        &self,
        key: &ObjectKey,
        headers: &[(String, SecretFile)],
        ca: Option<&(String, String)>,
    ) -> Result<Values, ApiError> {
        let mut values = Vec::new();
        for (_, file) in headers {
            values.push(self.applier.secrets().their_entry(key, &file.secret, &file.key).await?);
        }
        if let Some((name, entry)) = ca {
            let found = self.api.get(Kind::ConfigMap, &key.namespace, name).await?;
            let text = found.and_then(|found| found["data"][entry].as_str().map(Hidden::from));
            values.push(text);
        }
        Ok(values)
    }
}

/// Changes when anything does that is borrowed.
fn digest(
    fetched: &Fetched,
    headers: &[(String, SecretFile)],
    ca: Option<&(String, String)>,
) -> String {
    let mut parts = Vec::new();
    for (name, file) in headers {
        let digest = match fetched.secrets.get(&file.secret) {
            Some(Reference::Found(facts)) => facts.digest.as_str(),
            _ => "",
        };
        parts.push(format!("{name}={}/{}@{digest}", file.secret, file.key));
    }
    if let Some((name, entry)) = ca {
        let digest = match fetched.config_maps.get(name) {
            Some(Reference::Found(facts)) => facts.digest.as_str(),
            _ => "",
        };
        parts.push(format!("{name}/{entry}@{digest}"));
    }
    parts.join("\n")
}
