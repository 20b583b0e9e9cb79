//! Deployments: what all servers have in common.

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{metadata, reads::Reads};
use crate::{
    made_of::MadeOf,
    names::{MADE_OF_ANNOTATION, Part},
    validated::Validated,
};

/// A server's pods: a new one must be ready, and stay so for a moment, before an old one is told to end. What
/// they are made of stands on the Deployment: on the pods it would replace them.
pub(super) fn deployment(
    validated: &Validated,
    part: &Part,
    replicas: Option<i32>,
    template: PodTemplateSpec,
    reads: &Reads<'_>,
) -> Deployment {
    let mut metadata = metadata::object_meta(&validated.owner, part);
    let made_of = MadeOf::new(&template, &reads.ingredients(validated));
    metadata.annotations = Some([(MADE_OF_ANNOTATION.to_owned(), made_of.to_string())].into());
    Deployment {
        metadata,
        spec: Some(DeploymentSpec {
            replicas: if validated.serves() { replicas } else { Some(0) },
            selector: metadata::selector(&validated.owner, part),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_unavailable: Some(IntOrString::Int(0)),
                    max_surge: Some(IntOrString::Int(1)),
                }),
            }),
            min_ready_seconds: Some(2),
            progress_deadline_seconds: Some(600),
            revision_history_limit: Some(3),
            template,
            ..DeploymentSpec::default()
        }),
        status: None,
    }
}
