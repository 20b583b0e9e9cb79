//! What is written down for the ingress controller.

use std::collections::BTreeMap;

use crate::{
    crd::IngressSpec,
    ingress_controllers::{Controller, behind},
    validated::Exposure,
};

/// The annotations of an Ingress; people's own win.
pub(super) fn of_ingress(exposure: &Exposure, ingress: &IngressSpec) -> BTreeMap<String, String> {
    let known = controller(exposure, ingress).map(|known| known.ingress);
    let mut annotations = owned(known.unwrap_or_default());
    annotations.extend(ingress.annotations.clone());
    annotations
}

/// The annotations of the chat's Service.
pub(super) fn of_service(exposure: &Exposure, ingress: &IngressSpec) -> BTreeMap<String, String> {
    owned(controller(exposure, ingress).map(|known| known.service).unwrap_or_default())
}

fn controller(exposure: &Exposure, ingress: &IngressSpec) -> Option<&'static Controller> {
    behind(ingress.class_name.as_deref(), exposure.ingress_controller.as_deref())
}

fn owned(annotations: &[(&str, &str)]) -> BTreeMap<String, String> {
    annotations.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}
