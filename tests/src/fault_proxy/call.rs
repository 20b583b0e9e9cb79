//! What a request asks of the API server, read from its first line and headers.

use http::{HeaderMap, Method, Uri, header};

/// What is done. A patch is told by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// One object is read.
    Get,
    /// All objects are read.
    List,
    /// Changes are followed, with or without what is there first.
    Watch,
    /// `POST`.
    Create,
    /// Server-side apply.
    ApplyPatch,
    /// RFC 7386.
    MergePatch,
    /// RFC 6902.
    JsonPatch,
    /// Kubernetes' own kind.
    StrategicPatch,
    /// `PUT`.
    Update,
    /// `DELETE` of one object.
    Delete,
    /// `DELETE` of all.
    DeleteCollection,
    /// What the server can do, its version, its health: no resource.
    Discovery,
}

impl Verb {
    /// Its name in a tally.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::ApplyPatch => "apply-patch",
            Self::MergePatch => "merge-patch",
            Self::JsonPatch => "json-patch",
            Self::StrategicPatch => "strategic-patch",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::DeleteCollection => "delete-collection",
            Self::Discovery => "discovery",
        }
    }

    fn of_patch(headers: &HeaderMap) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        match kind.unwrap_or_default() {
            kind if kind.contains("apply-patch") => Self::ApplyPatch,
            kind if kind.contains("strategic-merge-patch") => Self::StrategicPatch,
            kind if kind.contains("json-patch") => Self::JsonPatch,
            _ => Self::MergePatch,
        }
    }
}

/// One request's meaning. What does not apply is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is done.
    pub verb: Verb,
    /// The API group; empty for the core one.
    pub group: String,
    /// The plural; of a request for no resource its path.
    pub resource: String,
    /// `status`, `scale`, `token`, …
    pub subresource: String,
    /// The object's namespace.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// It is only tried.
    pub dry_run: bool,
    /// Only the objects' metadata is asked for.
    pub metadata_only: bool,
    /// Who asks, by its own word: the field manager.
    pub manager: String,
}

impl Call {
    /// Reads a request.
    pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let query = uri.query().unwrap_or_default();
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
        };
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let mut call = Self {
            verb: Verb::Discovery,
            group: String::new(),
            resource: uri.path().to_owned(),
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
            dry_run: value("dryRun").is_some(),
            metadata_only: accept.is_some_and(|accept| accept.contains("PartialObjectMetadata")),
            manager: value("fieldManager").unwrap_or_default(),
        };
        if call.place(uri.path()) {
            let watched = value("watch").is_some_and(|value| value == "true" || value == "1");
            call.verb = verb(method, headers, &call.name, watched);
        }
        call
    }

    /// Fills in what the path says; false when it names no resource.
    fn place(&mut self, path: &str) -> bool {
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (group, rest) = match parts.as_slice() {
            ["api", _, rest @ ..] => ("", rest),
            ["apis", group, _, rest @ ..] => (*group, rest),
            _ => return false,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if is_of_namespace(rest) => (*namespace, rest),
            rest => ("", rest),
        };
        let [resource, rest @ ..] = rest else { return false };
        let of = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
        (self.name, self.subresource) = (of(0), of(1));
        group.clone_into(&mut self.group);
        namespace.clone_into(&mut self.namespace);
        (*resource).clone_into(&mut self.resource);
        true
    }

    /// Something may be different afterwards.
    pub fn is_write(&self) -> bool {
        !self.dry_run
            && !matches!(self.verb, Verb::Get | Verb::List | Verb::Watch | Verb::Discovery)
            && !self.resource.ends_with("reviews") // access reviews are questions
    }

    /// Comes by the clock and not because of anything.
    pub fn is_by_the_clock(&self) -> bool {
        matches!(self.resource.as_str(), "leases" | "events")
    }

    /// `apply-patch todochats/status`.
    pub fn what(&self) -> String {
        let slash = if self.subresource.is_empty() { "" } else { "/" };
        format!("{} {}{slash}{}", self.verb.name(), self.resource, self.subresource)
    }
}

/// After `namespaces/NAME` comes a resource in it, unless that is the namespace's own subresource.
fn is_of_namespace(rest: &[&str]) -> bool {
    !matches!(rest, [] | ["status" | "finalize"])
}

fn verb(method: &Method, headers: &HeaderMap, name: &str, watched: bool) -> Verb {
    match (method.as_str(), name.is_empty()) {
        ("GET" | "HEAD", _) if watched => Verb::Watch,
        ("GET" | "HEAD", true) => Verb::List,
        ("POST", _) => Verb::Create,
        ("PUT", _) => Verb::Update,
        ("PATCH", _) => Verb::of_patch(headers),
        ("DELETE", true) => Verb::DeleteCollection,
        ("DELETE", false) => Verb::Delete,
        _ => Verb::Get,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, uri: &str, headers: &[(header::HeaderName, &str)]) -> Call {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        Call::read(&method.parse().unwrap(), &uri.parse().unwrap(), &headers.collect())
    }

    #[test]
    fn each_kind_of_request_has_its_verb_and_object() {
        let cases = [
            ("GET", "/api/v1/pods", "list pods", "", ""),
            ("GET", "/api/v1/namespaces/a/secrets/b", "get secrets", "a", "b"),
            ("GET", "/api/v1/namespaces", "list namespaces", "", ""),
            ("GET", "/api/v1/namespaces/a", "get namespaces", "", "a"),
            ("PUT", "/api/v1/namespaces/a/status", "update namespaces/status", "", "a"),
            ("GET", "/api/v1/namespaces/a/pods?watch=true", "watch pods", "a", ""),
            ("GET", "/api/v1/pods?limit=5&watch=1", "watch pods", "", ""),
            ("GET", "/api/v1/pods?watch=false", "list pods", "", ""),
            ("POST", "/apis/apps/v1/namespaces/a/deployments", "create deployments", "a", ""),
            (
                "PUT",
                "/apis/apps/v1/namespaces/a/deployments/b/scale",
                "update deployments/scale",
                "a",
                "b",
            ),
            ("DELETE", "/apis/batch/v1/namespaces/a/jobs/b", "delete jobs", "a", "b"),
            ("DELETE", "/apis/batch/v1/namespaces/a/jobs", "delete-collection jobs", "a", ""),
            ("GET", "/apis/apps/v1", "discovery /apis/apps/v1", "", ""),
            ("GET", "/version", "discovery /version", "", ""),
        ];
        for (method, uri, what, namespace, name) in cases {
            let call = read(method, uri, &[]);
            let read = (call.what(), call.namespace, call.name);
            assert_eq!(read, (what.to_owned(), namespace.to_owned(), name.to_owned()), "{uri}");
        }
    }

    #[test]
    fn patches_are_told_apart_by_their_content_type() {
        let kinds = [
            ("application/apply-patch+yaml", Verb::ApplyPatch),
            ("application/apply-patch+cbor", Verb::ApplyPatch),
            ("application/merge-patch+json", Verb::MergePatch),
            ("application/json-patch+json", Verb::JsonPatch),
            ("application/strategic-merge-patch+json", Verb::StrategicPatch),
        ];
        for (kind, verb) in kinds {
            let uri = "/apis/todochat.dev/v1alpha1/namespaces/a/todochats/b/status";
            let call = read("PATCH", uri, &[(header::CONTENT_TYPE, kind)]);
            assert_eq!((call.verb, call.subresource.as_str()), (verb, "status"));
            assert_eq!(call.group, "todochat.dev");
        }
    }

    #[test]
    fn a_dry_run_and_a_question_write_nothing() {
        let tried = read("POST", "/api/v1/namespaces/a/secrets?dryRun=All&fieldManager=me", &[]);
        assert!(tried.dry_run && !tried.is_write() && tried.manager == "me");
        let asked = read("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &[]);
        assert!(!asked.is_write());
        assert!(read("POST", "/api/v1/namespaces/a/secrets", &[]).is_write());
    }

    #[test]
    fn asking_for_metadata_only_is_seen() {
        let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        assert!(read("GET", "/api/v1/secrets", &[(header::ACCEPT, accept)]).metadata_only);
        assert!(
            !read("GET", "/api/v1/secrets", &[(header::ACCEPT, "application/json")]).metadata_only
        );
    }
}
