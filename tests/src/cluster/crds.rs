//! Bringing objects and their kinds into the server.

use std::{fs, path::Path, time::Duration};

use http::Request;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
    client::Body,
    runtime::wait::{await_condition, conditions},
};
use serde_json::Value;
use tokio::process::Command;

use super::soon;

/// Who the tests are to server-side apply.
const MANAGER: &str = "todochat-tests";

/// An API that a cluster may have or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optional {
    /// `HTTPRoute` and its family, the standard channel.
    Gateway,
    /// `ServiceMonitor`.
    Monitoring,
    /// `Certificate` and its family.
    CertManager,
    /// CloudNativePG's `Cluster`.
    Cnpg,
}

/// The YAML of an optional API's CRDs.
pub async fn optional_crds(which: Optional) -> String {
    let name = match which {
        Optional::Gateway => "gateway",
        Optional::Monitoring => "monitoring",
        Optional::CertManager => "certmanager",
        Optional::Cnpg => "cnpg",
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/cluster/cluster");
    let output = Command::new(script).args(["crds", name]).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = String::from_utf8(output.stdout).unwrap();
    fs::read_to_string(Path::new(path.trim_end())).unwrap()
}

/// Applies the CRDs in `yaml` and waits until their kinds are served.
pub async fn install_crds(client: &Client, yaml: &str) {
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    let read = serde_saphyr::from_multiple::<Value>(yaml).unwrap();
    let read: Vec<_> = read.into_iter().filter(|document| !document.is_null()).collect();
    let name = |crd: &Value| crd["metadata"]["name"].as_str().unwrap().to_owned();
    for crd in &read {
        crds.patch(&name(crd), &forced(), &Patch::Apply(crd)).await.unwrap();
    }
    for crd in &read {
        let name = name(crd);
        let served = await_condition(crds.clone(), &name, conditions::is_crd_established());
        soon(&name, served).await.unwrap();
        soon(&name, listable(client, crd)).await;
    }
}

/// A new kind is established a moment before its storage is: until then it answers 429.
async fn listable(client: &Client, crd: &Value) {
    let spec = &crd["spec"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (group, plural) = (text(&spec["group"]), text(&spec["names"]["plural"]));
    let versions = spec["versions"].as_array().into_iter().flatten();
    for version in versions.filter(|version| version["served"] == true) {
        let path = format!("/apis/{group}/{}/{plural}?limit=1", text(&version["name"]));
        loop {
            let request = Request::get(&path).body(Body::empty()).unwrap();
            if client.send(request).await.unwrap().status().is_success() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Applies one object of any kind as the tests' own, and gives it back as it is stored.
///
/// # Errors
///
/// When the server refuses it.
pub async fn apply(
    client: &Client,
    namespace: &str,
    kind: &ApiResource,
    object: &Value,
) -> kube::Result<DynamicObject> {
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, kind);
    let name = object["metadata"]["name"].as_str().unwrap();
    let stored = api.patch(name, &forced(), &Patch::Apply(object)).await?;
    debug_assert_eq!(stored.name_any(), name);
    Ok(stored)
}

fn forced() -> PatchParams {
    PatchParams::apply(MANAGER).force()
}
