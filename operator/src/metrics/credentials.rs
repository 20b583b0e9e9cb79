//! How old the credentials of the objects are, and whether one should have been replaced long ago.

use chrono::{DateTime, Utc};

use super::family::{Family, whole};
use crate::{
    conditions::ConditionType,
    crd::TodoChat,
    names::ObjectKey,
    rotating::{Record, Records},
};

/// What is told of credentials.
pub(super) struct Credentials {
    age: Family,
    overdue: Family,
}

impl Credentials {
    pub(super) fn new() -> prometheus::Result<Self> {
        Ok(Self {
            age: Family::gauge(
                "credential_age_seconds",
                "Since the last step of a credential's turn, or since its object was made",
                &["namespace", "name", "credential"],
            )?,
            overdue: Family::gauge(
                "rotation_overdue",
                "Whether the next database login is due and could not be made",
                &["namespace", "name"],
            )?,
        })
    }

    pub(super) fn all(&self) -> [&Family; 2] {
        [&self.age, &self.overdue]
    }

    /// `records` are those that this process has read: one that stands by has none.
    pub(super) fn read(
        &self,
        key: &ObjectKey,
        object: &TodoChat,
        records: &Records,
        now: DateTime<Utc>,
    ) {
        let born = object.metadata.creation_timestamp.as_ref().map(|born| born.0.as_second());
        let told = |credential: &str, record: Option<&Record>| {
            // Without a turn it is about as old as its object.
            let since = record
                .and_then(|record| record.since.map_or(born, |since| Some(since.timestamp())));
            if let Some(since) = since {
                let labels = [&*key.namespace, &*key.name, credential];
                self.age.add(&labels, whole((now.timestamp() - since).max(0)));
            }
        };
        if has_own_login(object) {
            told("login", records.login.as_ref());
        }
        told("key", records.keys.as_ref());
        if let Some(reason) = reason(object) {
            let overdue = f64::from(reason == "RotationOverdue");
            self.overdue.add(&[&*key.namespace, &*key.name], overdue);
        }
    }
}

/// A login that people have given is as old as they know.
fn has_own_login(object: &TodoChat) -> bool {
    let database = object.status.as_ref().and_then(|status| status.database.as_ref());
    database.is_some_and(|database| database.active_role.is_some())
}

/// What `CredentialsReady` gives as its reason.
fn reason(object: &TodoChat) -> Option<&str> {
    let kind = ConditionType::CredentialsReady.as_str();
    let conditions = &object.status.as_ref()?.conditions;
    let condition = conditions.iter().find(|condition| condition.kind == kind)?;
    Some(&condition.reason)
}
