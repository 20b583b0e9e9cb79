//! Which kinds the API server serves, by the documents in which it tells of its groups.

use http::Request;
use kube::{Client, Error};
use serde_json::Value;

use crate::kinds::Kind;

/// What the server says of a group, or of a version of one (`GROUP/VERSION`), if it has that.
pub async fn group(client: &Client, name: &str) -> Result<Option<Value>, Error> {
    let request = Request::get(format!("/apis/{name}")).body(Vec::new());
    let request = request.expect("the path of a group is one");
    match client.request::<Value>(request).await {
        Ok(group) => Ok(Some(group)),
        Err(Error::Api(status)) if matches!(status.code, 403 | 404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a version of a group has the kind.
pub fn lists(group: &Value, kind: Kind) -> bool {
    let resources = group["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    resources.iter().any(|served| served["name"] == *kind.plural())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_of_a_group_has_the_kinds_that_it_lists() {
        let group = json!({"kind": "APIResourceList", "resources": [
            {"name": "podmonitors"}, {"name": "servicemonitors"}, {"name": "servicemonitors/status"},
        ]});
        assert!(lists(&group, Kind::ServiceMonitor) && !lists(&group, Kind::Certificate));
        assert!(!lists(&json!({}), Kind::ServiceMonitor));
    }
}
