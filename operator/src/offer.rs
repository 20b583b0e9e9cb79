//! What a cluster offers to everybody: kinds that not every cluster has, metrics of pods, classes of Ingress. The operator
//! watches it, `diff` asks once, and `render` has nobody to ask.

use std::collections::BTreeSet;

use anyhow::Context as _;
use k8s_openapi::api::networking::v1::IngressClass;
use kube::{Api, Client, Error, api::ListParams};

use crate::{
    crd::TodoChat,
    discovery, ingress_controllers,
    kinds::Kind,
    watching::{Offered, POD_METRICS, Watched},
};

/// What a cluster offers; by default nothing.
#[derive(Default)]
pub struct Offer {
    /// The optional kinds that it has.
    pub(crate) kinds: BTreeSet<Kind>,
    /// Whether autoscalers can have metrics of pods.
    pub(crate) pod_metrics: bool,
    classes: Offered,
}

impl Offer {
    /// All that can be taken for granted where there is no cluster; which controller a class of Ingress has cannot.
    pub fn everything() -> Self {
        let kinds = Kind::all().filter(|kind| kind.is_optional()).collect();
        Self { kinds, pod_metrics: true, classes: Offered::default() }
    }

    /// What the cluster offers that `client` reaches.
    pub async fn of(client: &Client) -> anyhow::Result<Self> {
        let pod_metrics = discovery::group(client, POD_METRICS).await;
        let pod_metrics =
            pod_metrics.with_context(|| format!("could not ask for {POD_METRICS}"))?;
        let (kinds, classes) = (kinds(client).await?, classes(client).await?);
        Ok(Self { kinds, pod_metrics: pod_metrics.is_some(), classes })
    }

    /// The controller behind the class of the object's Ingress, if it is to have one.
    pub(crate) fn ingress_controller(&self, object: &TodoChat) -> Option<String> {
        let controller = |class: Option<&str>| self.classes.controller(class).map(str::to_owned);
        ingress_controllers::wanted(&object.spec.exposure, controller)
    }
}

async fn kinds(client: &Client) -> anyhow::Result<BTreeSet<Kind>> {
    let mut kinds = BTreeSet::new();
    for kind in Kind::all().filter(|kind| kind.is_optional()) {
        let version = kind.resource().api_version;
        let group = discovery::group(client, &version).await;
        let group = group.with_context(|| format!("could not ask for {version}"))?;
        if group.is_some_and(|group| discovery::lists(&group, kind)) {
            kinds.insert(kind);
        }
    }
    Ok(kinds)
}

/// Not everybody may see them: their names have to do then, as for an operator that may not.
async fn classes(client: &Client) -> anyhow::Result<Offered> {
    let mut classes = Offered::default();
    let found = match Api::<IngressClass>::all(client.clone()).list(&ListParams::default()).await {
        Err(Error::Api(status)) if matches!(status.code, 403 | 404) => return Ok(classes),
        listed => listed.context("could not list the classes of Ingress")?.items,
    };
    for class in &found {
        classes.put(Watched::IngressClasses, &serde_json::to_value(class)?);
    }
    Ok(classes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        fetched::Fetched,
        render,
        testing::{object, settings},
    };

    #[test]
    fn what_a_cluster_lacks_is_not_built_and_what_needs_it_is_refused() {
        let monitors = |offer: &Offer| {
            let children = render::children(&object("{}"), &settings(), offer).unwrap();
            children.service_monitors.len()
        };
        assert!(monitors(&Offer::everything()) > 0);
        assert_eq!(monitors(&Offer::default()), 0);
        let needs_it = object("observability: {monitor: Enabled}");
        let refused = render::children(&needs_it, &settings(), &Offer::default()).unwrap_err();
        assert!(refused.to_string().contains("UnsupportedByCluster"), "{refused}");
    }

    #[test]
    fn a_class_tells_its_controller_where_there_is_to_be_an_ingress() {
        let mut offer = Offer::everything();
        let class =
            json!({"metadata": {"name": "public"}, "spec": {"controller": "k8s.io/ingress-nginx"}});
        offer.classes.put(Watched::IngressClasses, &class);
        let told =
            |yaml: &str| Fetched::assumed(&object(yaml), &settings(), &offer).ingress_controller;
        let public = "exposure: {type: Ingress, host: a.example, ingress: {className: public}}";
        assert_eq!(told(public).as_deref(), Some("k8s.io/ingress-nginx"));
        assert_eq!(told(&public.replace("public", "other")), None);
        assert_eq!(told("{}"), None);
    }
}
