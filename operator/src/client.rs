//! The way to the API server.

use std::{path::Path, time::Duration};

use http::{HeaderValue, header::USER_AGENT};
use kube::{
    Client, Config,
    config::{InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError},
};

/// The way to the API server could not be found.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is neither a usable KUBECONFIG nor a pod's account.
    #[error("neither KUBECONFIG nor a pod's service account says where the cluster is")]
    Where(#[source] Box<InferConfigError>),
    /// The kubeconfig that was named, or the context in it, cannot be used.
    #[error("the kubeconfig or its context cannot be used")]
    Kubeconfig(#[source] Box<KubeconfigError>),
    /// The credentials cannot be used.
    #[error("the credentials for the cluster cannot be used")]
    Credentials(#[source] Box<kube::Error>),
}

/// A client as KUBECONFIG or the pod's service account says, and the namespace that they name.
///
/// It never retries by itself: a renewal of the Lease must not come late, and everything else has the queue.
pub async fn connect() -> Result<(Client, String), ClientError> {
    let config = Config::infer().await.map_err(|error| ClientError::Where(Box::new(error)))?;
    client(config)
}

/// The same by the kubeconfig and the context that somebody names; without either it is [`connect`].
pub async fn connect_as(
    kubeconfig: Option<&Path>,
    context: Option<String>,
) -> Result<(Client, String), ClientError> {
    if kubeconfig.is_none() && context.is_none() {
        return connect().await;
    }
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let config = match kubeconfig.map(Kubeconfig::read_from).transpose() {
        Ok(Some(file)) => Config::from_custom_kubeconfig(file, &options).await,
        Ok(None) => Config::from_kubeconfig(&options).await,
        Err(error) => Err(error),
    };
    client(config.map_err(|error| ClientError::Kubeconfig(Box::new(error)))?)
}

fn client(mut config: Config) -> Result<(Client, String), ClientError> {
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    let agent = HeaderValue::from_static(concat!("todochat-operator/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    let namespace = config.default_namespace.clone();
    let client =
        Client::try_from(config).map_err(|error| ClientError::Credentials(Box::new(error)))?;
    Ok((client, namespace))
}
