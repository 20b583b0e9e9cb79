//! What is written down for the ingress controller.

use std::collections::BTreeMap;

use crate::{crd::IngressSpec, ingress_controllers::of_class};

/// The annotations of an Ingress; people's own win.
pub(super) fn of_ingress(ingress: &IngressSpec) -> BTreeMap<String, String> {
    let known = of_class(ingress.class_name.as_deref()).map(|known| known.ingress);
    let mut annotations = owned(known.unwrap_or_default());
    annotations.extend(ingress.annotations.clone());
    annotations
}

/// The annotations of the chat's Service.
pub(super) fn of_service(ingress: &IngressSpec) -> BTreeMap<String, String> {
    let known = of_class(ingress.class_name.as_deref()).map(|known| known.service);
    owned(known.unwrap_or_default())
}

fn owned(annotations: &[(&str, &str)]) -> BTreeMap<String, String> {
    annotations.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}
