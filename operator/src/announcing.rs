//! Events: what people see in `kubectl describe`.
//!
//! They are sent by one task, beside the reconciles: an event that cannot be sent is lost, and nothing waits for it.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use tokio::sync::mpsc;

use crate::{
    metrics::Metrics,
    names::{FIELD_MANAGER, ObjectKey},
    status::{Notice, Severity},
};

/// How many events may wait to be sent.
const WAITING: usize = 1024;

/// Takes events. Clones send to the same task.
#[derive(Clone)]
pub struct Announcer(mpsc::Sender<(ObjectReference, Notice)>);

impl Announcer {
    /// Starts the task that sends them as `instance`; it ends with the last clone.
    pub fn start(client: Client, instance: String, metrics: Metrics) -> Self {
        let (sender, mut waiting) = mpsc::channel::<(ObjectReference, Notice)>(WAITING);
        let reporter = Reporter { controller: FIELD_MANAGER.to_owned(), instance: Some(instance) };
        let recorder = Recorder::new(client, reporter);
        tokio::spawn(async move {
            while let Some((about, notice)) = waiting.recv().await {
                metrics.events.with_label_values(&[notice.reason]).inc();
                if let Err(error) = recorder.publish(&event(notice), &about).await {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "Could not send an event"
                    );
                }
            }
        });
        Self(sender)
    }

    /// Sends `notices` about the object with this uid.
    pub fn tell(&self, key: &ObjectKey, uid: &str, notices: Vec<Notice>) {
        let about = ObjectReference {
            api_version: Some("todochat.dev/v1alpha1".to_owned()),
            kind: Some("TodoChat".to_owned()),
            namespace: Some(key.namespace.to_string()),
            name: Some(key.name.to_string()),
            uid: Some(uid.to_owned()),
            ..ObjectReference::default()
        };
        for notice in notices {
            tracing::info!(object = %key, reason = notice.reason, "{}", notice.note);
            drop(self.0.try_send((about.clone(), notice)));
        }
    }
}

fn event(notice: Notice) -> Event {
    let secondary = notice.related.map(|id| {
        let resource = id.kind.resource();
        ObjectReference {
            api_version: Some(resource.api_version),
            kind: Some(resource.kind),
            name: Some(id.name.into()),
            ..ObjectReference::default()
        }
    });
    let type_ = match notice.severity {
        Severity::Normal => EventType::Normal,
        Severity::Warning => EventType::Warning,
    };
    Event {
        type_,
        reason: notice.reason.to_owned(),
        note: Some(notice.note),
        action: notice.action.to_owned(),
        secondary,
    }
}
