//! What containers ask for and may use: the operator's defaults, and over them what the spec says.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity,
};

use super::{Pass, quantity};
use crate::crd::{ResourcesSpec, StorageSpec};

/// What a container asks for and may use if the spec does not say: name, request, limit.
pub(super) type Defaults = [(&'static str, &'static str, Option<&'static str>); 3];

/// For servers. There is no limit on processor time: it makes answers late and saves nothing.
pub(super) const SERVER: Defaults = [
    ("cpu", "50m", None),
    ("memory", "64Mi", Some("256Mi")),
    ("ephemeral-storage", "64Mi", Some("256Mi")),
];

/// For databases.
pub(super) const DATABASE: Defaults = [
    ("cpu", "100m", None),
    ("memory", "256Mi", Some("1Gi")),
    ("ephemeral-storage", "64Mi", Some("256Mi")),
];

/// The requests and limits of a container.
pub(super) fn resources(
    pass: &mut Pass<'_>,
    path: &str,
    spec: &ResourcesSpec,
    defaults: &Defaults,
) -> ResourceRequirements {
    check_names(pass, &format!("{path}.requests"), &spec.requests);
    check_names(pass, &format!("{path}.limits"), &spec.limits);
    let (mut requests, mut limits) = (BTreeMap::new(), BTreeMap::new());
    for (name, request, limit) in defaults {
        let asked = amount(pass, &format!("{path}.requests.{name}"), spec.requests.get(*name));
        let most = amount(pass, &format!("{path}.limits.{name}"), spec.limits.get(*name));
        let (request, limit) = settle(asked, most, request, *limit);
        if limit.as_ref().is_some_and(|limit| limit.size < request.size) {
            let problem = format!("the request of {name} is above its limit");
            pass.findings.malformed(path, problem);
        }
        requests.insert((*name).to_owned(), Quantity(request.text));
        limits.extend(limit.map(|limit| ((*name).to_owned(), Quantity(limit.text))));
    }
    ResourceRequirements { requests: Some(requests), limits: Some(limits), claims: None }
}

/// The size of a volume and its storage class.
pub(super) fn storage(
    pass: &mut Pass<'_>,
    path: &str,
    spec: &StorageSpec,
) -> (String, Option<String>) {
    let size = amount(pass, &format!("{path}.size"), Some(&spec.size));
    if size.is_some_and(|size| size.size == 0) {
        pass.findings.malformed(&format!("{path}.size"), "a volume cannot be of no size");
    }
    (spec.size.0.clone(), spec.storage_class_name.clone())
}

#[derive(Clone, Debug, PartialEq)]
struct Amount {
    text: String,
    size: i128,
}

fn amount(pass: &mut Pass<'_>, path: &str, given: Option<&Quantity>) -> Option<Amount> {
    let text = &given?.0;
    let Some(size) = quantity::parse(text) else {
        pass.findings.malformed(path, format!("`{text}` is no quantity such as `250m` or `1.5Gi`"));
        return None;
    };
    Some(Amount { text: text.clone(), size })
}

/// A default gives way to what was said: who asks for more than the default limit may have it, and who limits to less than
/// the default request asks for no more than that.
fn settle(
    asked: Option<Amount>,
    most: Option<Amount>,
    request: &str,
    limit: Option<&str>,
) -> (Amount, Option<Amount>) {
    let default = |text: &str| {
        let size = quantity::parse(text).expect("the defaults are quantities; a test looks");
        Amount { text: text.to_owned(), size }
    };
    match (asked, most) {
        (Some(asked), Some(most)) => (asked, Some(most)),
        (Some(asked), None) => {
            let limit = limit.map(default);
            let limit =
                limit.map(|limit| if limit.size < asked.size { asked.clone() } else { limit });
            (asked, limit)
        }
        (None, Some(most)) => {
            let request = default(request);
            (if most.size < request.size { most.clone() } else { request }, Some(most))
        }
        (None, None) => (default(request), limit.map(default)),
    }
}

fn check_names(pass: &mut Pass<'_>, path: &str, given: &BTreeMap<String, Quantity>) {
    for name in given.keys().filter(|name| !SERVER.iter().any(|row| row.0 == name.as_str())) {
        let rule = "only cpu, memory and ephemeral-storage can be asked for";
        pass.findings.malformed(&format!("{path}.{name}"), rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        Amount { text: text.to_owned(), size: quantity::parse(text).unwrap() }
    }

    fn settled(asked: Option<&str>, most: Option<&str>) -> (String, Option<String>) {
        let (request, limit) = settle(asked.map(amount), most.map(amount), "64Mi", Some("256Mi"));
        (request.text, limit.map(|limit| limit.text))
    }

    #[test]
    fn the_defaults_are_quantities() {
        for (_, request, limit) in SERVER.iter().chain(&DATABASE) {
            let request = quantity::parse(request).unwrap();
            assert!(limit.is_none_or(|limit| quantity::parse(limit).unwrap() >= request));
        }
    }

    #[test]
    fn a_default_gives_way_to_what_was_said() {
        let is = |request: &str, limit: &str| (request.to_owned(), Some(limit.to_owned()));
        assert_eq!(settled(None, None), is("64Mi", "256Mi"));
        assert_eq!(settled(Some("128Mi"), None), is("128Mi", "256Mi"));
        assert_eq!(settled(Some("1Gi"), None), is("1Gi", "1Gi"));
        assert_eq!(settled(None, Some("32Mi")), is("32Mi", "32Mi"));
        assert_eq!(settled(None, Some("1Gi")), is("64Mi", "1Gi"));
        assert_eq!(settled(Some("1Gi"), Some("2Gi")), is("1Gi", "2Gi"));
    }
}
