//! Finds what goes into a report. Only the object itself has to be there.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use k8s_openapi::api::{apps::v1::Deployment, coordination::v1::Lease, core::v1::Pod};
use kube::{
    Api, Resource, ResourceExt as _,
    api::{ListParams, LogParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    super::{place::Place, status},
    Gathered, Log, ReportArgs,
};
use crate::{kinds::Kind, names::NAME_LABEL};

/// The operator's name, its Lease's, and the value of its pods' label.
const OPERATOR: &str = "todochat-operator";
/// A node that does not answer must not hold up the rest.
const LOG_TIMEOUT: Duration = Duration::from_secs(10);

/// All that can be found.
pub(super) async fn gather(place: &Place, args: &ReportArgs) -> anyhow::Result<Gathered> {
    let object = place.object(&args.name).await?;
    let operator = object.status.as_ref().and_then(|status| status.operator_version.clone());
    let kubernetes = place.client.apiserver_version().await;
    let mut gathered = Gathered {
        versions: json!({
            "plugin": env!("CARGO_PKG_VERSION"),
            "operator": operator,
            "kubernetes": kubernetes.map(|info| info.git_version).unwrap_or_default(),
        }),
        ..Gathered::default()
    };
    gathered.objects.push(serde_json::to_value(&object)?);
    let children = gathered.children(place, &args.name).await?;
    match status::events(place, &args.name, &children).await {
        Ok(events) => {
            gathered.objects.extend(events.into_iter().map(|event| named(event, "Event")));
        }
        Err(error) => gathered.missed.push(format!("{error:#}")),
    }
    gathered.operator(place, args).await?;
    gathered.logs(place, args).await;
    Ok(gathered)
}

impl Gathered {
    /// What belongs to the object, and its names. The content of Secrets is dropped as soon as it comes.
    async fn children(&mut self, place: &Place, name: &str) -> anyhow::Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for kind in Kind::all() {
            match place.belongings(kind, name).await {
                Ok(children) => {
                    for child in children {
                        names.insert(child.name_any());
                        let mut child = serde_json::to_value(&child)?;
                        super::redact::object(&mut child);
                        self.objects.push(child);
                    }
                }
                Err(error) => self.missed.push(format!("{error:#}")),
            }
        }
        Ok(names)
    }

    /// The operator's Deployment, pods and Lease.
    async fn operator(&mut self, place: &Place, args: &ReportArgs) -> anyhow::Result<()> {
        let theirs = ListParams::default().labels(&format!("{NAME_LABEL}={OPERATOR}"));
        let its_lease = ListParams::default().fields(&format!("metadata.name={OPERATOR}"));
        self.list::<Deployment>(place, &args.operator_namespace, &theirs).await?;
        self.list::<Pod>(place, &args.operator_namespace, &theirs).await?;
        self.list::<Lease>(place, &args.operator_namespace, &its_lease).await
    }

    async fn list<K>(
        &mut self,
        place: &Place,
        namespace: &str,
        which: &ListParams,
    ) -> anyhow::Result<()>
    where
        K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned
            + Serialize,
    {
        let api = Api::<K>::namespaced(place.client.clone(), namespace);
        match api.list(which).await {
            Ok(found) => {
                for one in &found.items {
                    self.objects.push(named(serde_json::to_value(one)?, &K::kind(&())));
                }
            }
            Err(error) => {
                self.missed
                    .push(format!("could not list {} in {namespace}: {error}", K::plural(&())));
            }
        }
        Ok(())
    }

    /// The end of what the containers of all those pods have said.
    async fn logs(&mut self, place: &Place, args: &ReportArgs) {
        let containers: Vec<[String; 3]> =
            self.objects.iter().filter(|one| one["kind"] == "Pod").flat_map(containers).collect();
        let reads = containers.into_iter().map(async |[namespace, pod, container]| {
            let which = LogParams {
                container: Some(container.clone()),
                tail_lines: Some(args.lines.into()),
                timestamps: true,
                ..LogParams::default()
            };
            let api = Api::<Pod>::namespaced(place.client.clone(), &namespace);
            match tokio::time::timeout(LOG_TIMEOUT, api.logs(&pod, &which)).await {
                Ok(Ok(text)) => Ok(Log { pod, container, text }),
                Ok(Err(error)) => Err(format!("the log of {pod}/{container}: {error}")),
                Err(_) => Err(format!("the log of {pod}/{container}: no answer in time")),
            }
        });
        for read in join_all(reads).await {
            match read {
                Ok(log) => self.logs.push(log),
                Err(why) => self.missed.push(why),
            }
        }
    }
}

/// Namespace, pod and container of each container.
fn containers(pod: &Value) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lists = ["initContainers", "containers"].map(|list| pod["spec"][list].as_array());
    let metadata = &pod["metadata"];
    lists
        .into_iter()
        .flatten()
        .flatten()
        .map(|one| [text(&metadata["namespace"]), text(&metadata["name"]), text(&one["name"])])
        .collect()
}

/// With its kind, which is not said in lists.
fn named(mut object: Value, kind: &str) -> Value {
    object["kind"] = kind.into();
    object
}
