//! The status goes to the API server as one patch, and only if it has changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use kube::core::Request;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    api_error::ApiError,
    crd::{TodoChat, TodoChatStatus},
    metrics::Metrics,
    names::ObjectKey,
    status::{self, Urgency},
    watching::{Store, Stored},
    writer::{Verb, Writer},
};

/// A step on the way is written this long after the last write, with all that has come meanwhile: a rollout is a dozen steps.
const SOON: Duration = Duration::from_secs(3);
/// Counts are written this long after the last write.
const LATER: Duration = Duration::from_secs(10);

/// Writes statuses.
pub(super) struct StatusWriter {
    api: Writer,
    store: Arc<Store>,
    metrics: Metrics,
    written: Mutex<HashMap<ObjectKey, Instant>>,
}

impl StatusWriter {
    pub(super) fn new(api: Writer, store: Arc<Store>, metrics: Metrics) -> Self {
        Self { api, store, metrics, written: Mutex::default() }
    }

    pub(super) fn forget(&self, key: &ObjectKey) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// How long the write may wait for others to join it; `None` if somebody waits for it.
    pub(super) fn may_wait(
        &self,
        key: &ObjectKey,
        before: Option<&TodoChatStatus>,
        after: &TodoChatStatus,
    ) -> Option<Duration> {
        let calm = match status::urgency(before?, after) {
            Urgency::Now => return None,
            Urgency::Soon => SOON,
            Urgency::Later => LATER,
        };
        let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner).get(key)?;
        let wait = calm.saturating_sub(written.elapsed());
        (!wait.is_zero()).then_some(wait)
    }

    /// Writes the status of `object` as it was read; answers the object as it is now.
    pub(super) async fn write(
        &self,
        object: &TodoChat,
        status: TodoChatStatus,
    ) -> Result<TodoChat, ApiError> {
        let metadata = &object.metadata;
        let place = Place {
            namespace: metadata.namespace.as_deref().unwrap_or_default(),
            name: metadata.name.as_deref().unwrap_or_default(),
            uid: metadata.uid.as_deref().unwrap_or_default(),
            resource_version: metadata.resource_version.as_deref().unwrap_or_default(),
        };
        let before = object.status.as_ref().map(as_value).unwrap_or_default();
        let answer = self.patch(&place, changes(&before, &as_value(&status))).await?;
        let resource_version = answer["metadata"]["resourceVersion"].as_str().map(str::to_owned);
        let mut written = object.clone();
        written.metadata.resource_version = resource_version;
        written.status = Some(status);
        Ok(written)
    }

    /// The same for an object that cannot be read as one.
    pub(super) async fn write_malformed(
        &self,
        stored: &Stored,
        problem: &serde_json::Error,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let object: Value = stored.parse().unwrap_or_default();
        let metadata = &object["metadata"];
        let text = |name: &str| metadata[name].as_str().unwrap_or_default();
        let place = Place {
            namespace: text("namespace"),
            name: text("name"),
            uid: text("uid"),
            resource_version: text("resourceVersion"),
        };
        let before: Option<TodoChatStatus> = serde_json::from_value(object["status"].clone()).ok();
        let after = status::malformed(
            before.as_ref(),
            metadata["generation"].as_i64(),
            &problem.to_string(),
            now,
        );
        if before.as_ref() == Some(&after) {
            return Ok(());
        }
        self.patch(&place, changes(&object["status"], &as_value(&after))).await.map(drop)
    }

    /// Of any other version than the one that was judged the server does not take it.
    async fn patch(&self, place: &Place<'_>, status: Value) -> Result<Value, ApiError> {
        let body = json!({
            "metadata": { "uid": place.uid, "resourceVersion": place.resource_version },
            "status": status,
        });
        let path = format!(
            "/apis/todochat.dev/v1alpha1/namespaces/{}/todochats/{}/status?fieldManager={}",
            place.namespace,
            place.name,
            crate::names::FIELD_MANAGER
        );
        let request = http::Request::patch(Request::new(path).url_path)
            .header(http::header::CONTENT_TYPE, "application/merge-patch+json")
            .body(body.to_string().into_bytes());
        let request = request.expect("names that came from the server stand in URLs");
        let answer = self.api.write(Verb::Patch, "todochats/status", request).await?;
        self.metrics.status_writes.inc();
        self.store.wrote_object(&answer);
        let key = ObjectKey::new(place.namespace, place.name);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Instant::now());
        Ok(answer)
    }
}

/// Which object, as it was read.
struct Place<'a> {
    namespace: &'a str,
    name: &'a str,
    uid: &'a str,
    resource_version: &'a str,
}

fn as_value(status: &TodoChatStatus) -> Value {
    serde_json::to_value(status).expect("a status is JSON")
}

/// A merge patch from one status to another: members that differ, and `null` for those that are no more.
fn changes(before: &Value, after: &Value) -> Value {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return after.clone();
    };
    let gone =
        old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = new.iter().filter(|(key, value)| old.get(*key) != Some(value));
    // Objects are merged by the server, so what is gone within one must be said too.
    let changed = changed
        .map(|(key, value)| (key.clone(), changes(old.get(key).unwrap_or(&Value::Null), value)));
    gone.chain(changed).collect::<serde_json::Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_says_what_has_changed_and_what_is_no_more() {
        let before =
            json!({ "same": 1, "gone": true, "list": [1], "inner": { "same": 1, "gone": 2 } });
        let after = json!({ "same": 1, "list": [2], "inner": { "same": 1 }, "new": "x" });
        let expected = json!({ "gone": null, "list": [2], "inner": { "gone": null }, "new": "x" });
        assert_eq!(changes(&before, &after), expected);
    }

    #[test]
    fn the_first_status_is_written_whole() {
        let after = json!({ "conditions": [] });
        assert_eq!(changes(&Value::Null, &after), after);
    }
}
