//! Which cluster and which namespace, said as kubectl has it said; and what all commands ask there.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use kube::{
    Api, Client, Error,
    api::{DynamicObject, ListParams, TypeMeta},
};

use crate::{client, crd::TodoChat, kinds::Kind, names::OBJECT_LABEL, output};

/// Who writes, in the books that the server keeps of fields.
pub(super) const MANAGER: &str = "kubectl-todochat";

/// Where the objects are.
#[derive(Debug, Clone, Args)]
pub(super) struct PlaceArgs {
    /// The objects' namespace; by default the one of the context
    #[arg(long, short, global = true, value_name = "NAMESPACE")]
    pub(super) namespace: Option<String>,
    /// The context of the kubeconfig; by default its current one
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,
    /// The kubeconfig; by default those of KUBECONFIG, or `~/.kube/config`
    #[arg(long, global = true, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

impl PlaceArgs {
    /// The way there.
    pub(super) async fn find(self) -> anyhow::Result<Place> {
        let (client, own) = client::connect_as(self.kubeconfig.as_deref(), self.context).await?;
        Ok(Place { client, namespace: self.namespace.unwrap_or(own) })
    }
}

/// A namespace of a cluster.
pub(super) struct Place {
    pub(super) client: Client,
    pub(super) namespace: String,
}

impl Place {
    /// The objects.
    pub(super) fn objects(&self) -> Api<TodoChat> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// An object that has to be there.
    pub(super) async fn object(&self, name: &str) -> anyhow::Result<TodoChat> {
        let found = self.objects().get_opt(name).await;
        match found.with_context(|| format!("could not read the TodoChat {name}"))? {
            Some(object) => Ok(object),
            None => bail!("there is no TodoChat {name} in the namespace {}", self.namespace),
        }
    }

    /// The objects of a kind.
    pub(super) fn kind(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource())
    }

    /// What belongs to the object `name`, of one kind; nothing where the cluster lacks the kind.
    pub(super) async fn belongings(
        &self,
        kind: Kind,
        name: &str,
    ) -> anyhow::Result<Vec<DynamicObject>> {
        let labelled = ListParams::default().labels(&format!("{OBJECT_LABEL}={name}"));
        let mut found = match self.kind(kind).list(&labelled).await {
            Err(Error::Api(status)) if status.code == 404 => return Ok(Vec::new()),
            listed => listed.with_context(|| format!("could not list {}", kind.plural()))?.items,
        };
        // In lists it is not said.
        let resource = kind.resource();
        for one in &mut found {
            let (api_version, kind) = (resource.api_version.clone(), resource.kind.clone());
            one.types = Some(TypeMeta { api_version, kind });
        }
        Ok(found)
    }
}

/// Prints what was asked for.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    Ok(output::print(text)?)
}
