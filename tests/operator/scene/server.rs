//! The servers that scenes are set on, and what they have to have.

use kube::{
    Api,
    api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams},
};
use serde_json::Value;
use todochat_operator::{
    crd::crds_yaml,
    rbac::{Mode, rbac_yaml},
};
use todochat_tests::cluster::{ApiServer, Namespace, Optional, Parts, install_crds, optional_crds};
use tokio::sync::OnceCell;

use super::{ACCOUNT, PERSON};

/// The shared server with all kinds, unless no kubelets are played there.
pub(super) async fn shared() -> Option<&'static ApiServer> {
    static PREPARED: OnceCell<()> = OnceCell::const_new();
    let server = ApiServer::shared().await;
    if !server.has_kwok() {
        return None;
    }
    let prepare = async || {
        let client = server.client().await;
        install_crds(&client, &crds_yaml()).await;
        for which in
            [Optional::Gateway, Optional::Monitoring, Optional::CertManager, Optional::Cnpg]
        {
            install_crds(&client, &optional_crds(which).await).await;
        }
    };
    PREPARED.get_or_init(prepare).await;
    Some(server)
}

/// A fresh server for a test that changes what all of it shares, or plays its controllers itself; none where one was found.
pub(crate) async fn own_server() -> Option<ApiServer> {
    if ApiServer::shared().await.is_found() {
        return None;
    }
    Some(ApiServer::own(Parts::Api).await)
}

pub(super) async fn bare(server: &ApiServer) -> Namespace {
    let namespace = Namespace::fresh(server).await;
    install_crds(&namespace.client, &crds_yaml()).await;
    namespace
}

pub(super) async fn give_rights(namespace: &Namespace, mode: &Mode) {
    let yaml = rbac_yaml(mode, &namespace.name, ACCOUNT);
    let objects = serde_saphyr::from_multiple::<Value>(&yaml).unwrap().into_iter();
    for object in objects.filter(|object| !object.is_null() && object["kind"] != "Namespace") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, version) = (text(&object["kind"]), text(&object["apiVersion"]));
        let gvk = match version.split_once('/') {
            Some((group, version)) => GroupVersionKind::gvk(group, version, &kind),
            None => GroupVersionKind::gvk("", &version, &kind),
        };
        let resource = ApiResource::from_gvk(&gvk);
        let client = namespace.client.clone();
        let api: Api<DynamicObject> = match object["metadata"]["namespace"].as_str() {
            Some(place) => Api::namespaced_with(client, place, &resource),
            None => Api::all_with(client, &resource),
        };
        let params = PatchParams::apply(PERSON).force();
        let name = text(&object["metadata"]["name"]);
        api.patch(&name, &params, &Patch::Apply(&object)).await.unwrap();
    }
}
