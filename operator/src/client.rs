//! The way to the API server.

use std::time::Duration;

use http::{HeaderValue, header::USER_AGENT};
use kube::{Client, Config, config::InferConfigError};

/// The way to the API server could not be found.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is neither a usable KUBECONFIG nor a pod's account.
    #[error("neither KUBECONFIG nor a pod's service account says where the cluster is")]
    Where(#[source] Box<InferConfigError>),
    /// The credentials cannot be used.
    #[error("the credentials for the cluster cannot be used")]
    Credentials(#[source] Box<kube::Error>),
}

/// A client as KUBECONFIG or the pod's service account says, and the namespace that they name.
///
/// It never retries by itself: a renewal of the Lease must not come late, and everything else has the queue.
pub async fn connect() -> Result<(Client, String), ClientError> {
    let mut config = Config::infer().await.map_err(|error| ClientError::Where(Box::new(error)))?;
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    let agent = HeaderValue::from_static(concat!("todochat-operator/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    let namespace = config.default_namespace.clone();
    let client =
        Client::try_from(config).map_err(|error| ClientError::Credentials(Box::new(error)))?;
    Ok((client, namespace))
}
