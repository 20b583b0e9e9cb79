//! Servers start, stop, go back in time and go away.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace as Space};
use kube::{
    Api,
    api::{ApiResource, ListParams, ObjectMeta, PostParams},
};
use serde_json::json;
use todochat_tests::cluster::{
    ApiServer, Namespace, Optional, Parts, apply, install_crds, optional_crds, until,
};

#[tokio::test]
async fn a_server_stops_starts_and_goes_back_in_time() {
    let server = ApiServer::own(Parts::Api).await;
    let spaces = Api::<Space>::all(server.client().await);
    spaces.create(&PostParams::default(), &space("before")).await.unwrap();
    let snapshot = server.save().await;
    spaces.create(&PostParams::default(), &space("after")).await.unwrap();
    server.stop().await;
    assert!(spaces.get("after").await.is_err());
    server.start().await;
    assert!(spaces.get("after").await.is_ok());
    server.restore(&snapshot).await;
    assert!(spaces.get("before").await.is_ok());
    assert!(spaces.get_opt("after").await.unwrap().is_none());
}

#[tokio::test]
async fn a_namespace_goes_with_what_is_in_it() {
    let server = ApiServer::shared().await;
    if server.parts() == Parts::Api {
        return; // nothing there ends a namespace
    }
    let namespace = Namespace::fresh(server).await;
    let data = BTreeMap::from([("key".to_owned(), "value".to_owned())]);
    let metadata = ObjectMeta { name: Some("one".to_owned()), ..ObjectMeta::default() };
    let map = ConfigMap { metadata, data: Some(data), ..ConfigMap::default() };
    namespace.api::<ConfigMap>().create(&PostParams::default(), &map).await.unwrap();
    let name = namespace.name.clone();
    drop(namespace);
    let spaces = Api::<Space>::all(server.client().await);
    let gone = |space: Option<&Space>| space.is_none();
    until("its end", spaces, &name, gone).await;
}

#[tokio::test]
async fn optional_kinds_are_served_once_their_crds_are_installed() {
    let server = ApiServer::own(Parts::Api).await;
    let namespace = Namespace::fresh(&server).await;
    let client = &namespace.client;
    let route = kind("HTTPRoute", "gateway.networking.k8s.io/v1", "httproutes");
    let object = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "web"}, "spec": {"parentRefs": [{"name": "edge"}]},
    });
    assert!(apply(client, &namespace.name, &route, &object).await.is_err());
    for which in [Optional::Gateway, Optional::Monitoring, Optional::CertManager, Optional::Cnpg] {
        install_crds(client, &optional_crds(which).await).await;
    }
    apply(client, &namespace.name, &route, &object).await.unwrap();
    for (kind, api_version, plural) in [
        ("ServiceMonitor", "monitoring.coreos.com/v1", "servicemonitors"),
        ("Certificate", "cert-manager.io/v1", "certificates"),
        ("Cluster", "postgresql.cnpg.io/v1", "clusters"),
    ] {
        namespace.any(kind, api_version, plural).list(&ListParams::default()).await.unwrap();
    }
}

fn space(name: &str) -> Space {
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    Space { metadata, ..Space::default() }
}

fn kind(kind: &str, api_version: &str, plural: &str) -> ApiResource {
    let (group, version) = api_version.split_once('/').unwrap();
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}
