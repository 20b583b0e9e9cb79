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
/// How many bytes a note may have: the API refuses an event with a longer one.
const LONGEST_NOTE: usize = 1024;
/// The end of a note that was too long.
const CUT: &str = "…";

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
                let reason = notice.reason;
                match recorder.publish(&event(notice, &about), &about).await {
                    Ok(()) => metrics.events.with_label_values(&[reason]).inc(),
                    Err(error) => tracing::debug!(
                        reason,
                        error = &error as &dyn std::error::Error,
                        "Could not send an event"
                    ),
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

/// What is related to an object is in its namespace.
fn event(notice: Notice, about: &ObjectReference) -> Event {
    let secondary = notice.related.map(|id| {
        let resource = id.kind.resource();
        ObjectReference {
            api_version: Some(resource.api_version),
            kind: Some(resource.kind),
            namespace: about.namespace.clone(),
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
        note: Some(cut(notice.note)),
        action: notice.action.to_owned(),
        secondary,
    }
}

/// A note as the API takes it.
fn cut(mut note: String) -> String {
    if note.len() > LONGEST_NOTE {
        note.truncate(note.floor_char_boundary(LONGEST_NOTE - CUT.len()));
        note.push_str(CUT);
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{ChildId, Kind};

    fn notice(note: &str) -> Notice {
        Notice {
            severity: Severity::Warning,
            reason: "ForeignObject",
            action: "Apply",
            note: note.to_owned(),
            related: Some(ChildId::new(Kind::Deployment, "team-a-chat")),
        }
    }

    #[test]
    fn a_note_that_fits_is_sent_as_it_is() {
        for note in [String::new(), "x".repeat(LONGEST_NOTE), "ü".repeat(LONGEST_NOTE / 2)] {
            assert_eq!(cut(note.clone()), note);
        }
    }

    #[test]
    fn a_note_that_is_too_long_is_cut_between_two_characters() {
        assert_eq!(cut("x".repeat(2000)), format!("{}…", "x".repeat(1021)));
        // Of two, three and four bytes each.
        for (letter, kept) in [("ü", 510), ("…", 340), ("𝄞", 255)] {
            let note = cut(letter.repeat(1000));
            assert_eq!(note, format!("{}…", letter.repeat(kept)));
            assert!(note.len() <= LONGEST_NOTE);
        }
    }

    #[test]
    fn what_is_related_is_in_the_namespace_of_the_object() {
        let about =
            ObjectReference { namespace: Some("people".to_owned()), ..ObjectReference::default() };
        let event = event(notice(&"x".repeat(3000)), &about);
        let related = event.secondary.unwrap();
        assert_eq!(related.api_version.as_deref(), Some("apps/v1"));
        assert_eq!(related.namespace.as_deref(), Some("people"));
        assert_eq!(related.name.as_deref(), Some("team-a-chat"));
        assert_eq!(event.note.unwrap().len(), LONGEST_NOTE);
    }
}
