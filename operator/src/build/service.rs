//! Services: what all of them have in common.

use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::metadata;
use crate::{names::Part, validated::Owner};

/// The port of the admin listener of our servers.
pub(super) const ADMIN_PORT: u16 = 9090;

/// A Service of the part's pods. Its ports lead to the container's ports of the same name.
pub(super) fn service(owner: &Owner, part: &Part, ports: &[(&str, u16)]) -> Service {
    let open = |&(name, number): &(&str, u16)| ServicePort {
        name: Some(name.to_owned()),
        port: number.into(),
        target_port: Some(IntOrString::String(name.to_owned())),
        ..ServicePort::default()
    };
    Service {
        metadata: metadata::object_meta(owner, part),
        spec: Some(ServiceSpec {
            selector: Some(part.selector(&owner.name)),
            ports: Some(ports.iter().map(open).collect()),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}
