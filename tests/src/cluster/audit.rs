//! What the API server wrote down: the count that neither the operator nor a proxy can get wrong.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader, Seek as _, SeekFrom},
    path::PathBuf,
};

use serde::Deserialize;

/// The server's audit log. The control plane's and kwok's own requests are not in it.
#[derive(Clone, Debug)]
pub struct Audit {
    path: PathBuf,
}

/// A moment in the log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Who asked; the impersonated user where there is one.
    pub user: String,
    /// The `User-Agent`, or nothing.
    pub agent: String,
    /// As RBAC names it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, …
    pub verb: String,
    /// `deployments`, or the path of a request for no resource.
    pub resource: String,
    /// `status`, or nothing.
    pub subresource: String,
    /// The object's namespace, or nothing.
    pub namespace: String,
    /// The object's name, or nothing.
    pub name: String,
    /// The answer's status code; of a watch, the one it began with.
    pub code: u16,
}

impl Asked {
    /// `patch todochats/status`.
    pub fn what(&self) -> String {
        let slash = if self.subresource.is_empty() { "" } else { "/" };
        format!("{} {}{slash}{}", self.verb, self.resource, self.subresource)
    }
}

/// How many of each, by [`Asked::what`].
pub fn tally<'a>(asked: impl IntoIterator<Item = &'a Asked>) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for one in asked {
        *tally.entry(one.what()).or_default() += 1;
    }
    tally
}

impl Audit {
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path }
    }

    /// Now.
    pub fn mark(&self) -> Mark {
        Mark(self.path.metadata().unwrap().len())
    }

    /// What was answered since then, a watch when it began. The server writes the line before the
    /// answer ends, so whoever has an answer finds its line here.
    pub fn since(&self, mark: Mark) -> Vec<Asked> {
        let mut file = File::open(&self.path).unwrap();
        file.seek(SeekFrom::Start(mark.0)).unwrap();
        let lines = BufReader::new(file).split(b'\n').map(Result::unwrap);
        // The last line may not be there in full yet.
        lines.filter_map(|line| serde_json::from_slice(&line).ok()).filter_map(asked).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    stage: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    verb: String,
    user: User,
    impersonated_user: Option<User>,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    object_ref: Object,
    response_status: Option<Status>,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: u16,
}

fn asked(line: Line) -> Option<Asked> {
    // A watch has a line when it begins and one when it ends.
    let begun = line.stage == "ResponseStarted";
    if begun != (line.verb == "watch") && (begun || line.code() < 400) {
        return None;
    }
    let code = line.code();
    let Object { mut resource, subresource, namespace, name } = line.object_ref;
    if resource.is_empty() {
        let path = line.request_uri.split('?').next().unwrap_or_default();
        path.clone_into(&mut resource);
    }
    let user = line.impersonated_user.unwrap_or(line.user).username;
    let (agent, verb) = (line.user_agent, line.verb);
    Some(Asked { user, agent, verb, resource, subresource, namespace, name, code })
}

impl Line {
    fn code(&self) -> u16 {
        self.response_status.as_ref().map_or(0, |status| status.code)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(line: serde_json::Value) -> Option<Asked> {
        asked(serde_json::from_value(line).unwrap())
    }

    #[test]
    fn a_patch_of_a_status_is_told_by_whom_and_of_what() {
        let line = json!({
            "stage": "ResponseComplete", "verb": "patch",
            "requestURI": "/apis/todochat.dev/v1alpha1/namespaces/a/todochats/b/status?force=true",
            "user": {"username": "admin"}, "impersonatedUser": {"username": "operator"},
            "objectRef": {"resource": "todochats", "subresource": "status", "namespace": "a", "name": "b"},
            "responseStatus": {"code": 200},
        });
        let asked = read(line).unwrap();
        assert_eq!((asked.user.as_str(), asked.code), ("operator", 200));
        assert_eq!(tally([&asked, &asked])["patch todochats/status"], 2);
    }

    #[test]
    fn a_watch_counts_when_it_begins_and_once() {
        let line = |stage: &str| {
            json!({
                "stage": stage, "verb": "watch", "requestURI": "/api/v1/secrets?watch=true",
                "user": {"username": "admin"}, "objectRef": {"resource": "secrets"},
                "responseStatus": {"code": 200},
            })
        };
        assert_eq!(read(line("ResponseStarted")).unwrap().what(), "watch secrets");
        assert_eq!(read(line("ResponseComplete")), None);
    }

    #[test]
    fn a_watch_that_is_refused_never_begins_but_counts() {
        let line = json!({
            "stage": "ResponseComplete", "verb": "watch", "requestURI": "/api/v1/secrets?watch=true",
            "user": {"username": "admin"}, "objectRef": {"resource": "secrets"},
            "responseStatus": {"code": 403},
        });
        assert_eq!(read(line).unwrap().code, 403);
    }

    #[test]
    fn a_request_for_no_resource_goes_by_its_path() {
        let line = json!({
            "stage": "ResponseComplete", "verb": "get", "requestURI": "/version?timeout=1s",
            "user": {"username": "admin"},
        });
        assert_eq!(read(line).unwrap().what(), "get /version");
    }
}
