//! Events: what is told once, when it comes about.
//!
//! ```text
//! before, after ─▶ conditions whose status or reason moved ─┐
//!              └─▶ tool servers, schema                     ┴▶ notices
//! ```

mod condition;
mod rollout;

pub use self::rollout::rollouts;

use super::{exposed, input::Correction};
use crate::{
    conditions::ConditionType,
    crd::{Condition, DatabaseStatus, TodoChat, TodoChatStatus, ToolServerStatus},
    kinds::{ChildId, Kind},
    names::{Part, restore_job},
};
use kube::ResourceExt as _;

/// Whether an event is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// As it should be.
    Normal,
    /// Somebody should look.
    Warning,
}

/// What is to be told as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is good news.
    pub severity: Severity,
    /// What happened, in one word.
    pub reason: &'static str,
    /// What the operator was doing, in one word.
    pub action: &'static str,
    /// What happened, in a sentence.
    pub note: String,
    /// The other object that it is about.
    pub related: Option<ChildId>,
}

/// What is told when the status goes from `before` to `after`.
pub fn transitions(
    object: &TodoChat,
    before: Option<&TodoChatStatus>,
    after: &TodoChatStatus,
) -> Vec<Notice> {
    let change =
        Change { object: object.name_any(), suspended: object.spec.suspended, before, after };
    let mut notices: Vec<Notice> =
        ConditionType::ALL.into_iter().filter_map(|kind| change.condition(kind)).collect();
    notices.extend(change.migration_finished());
    notices.extend(change.role_created());
    notices.extend(change.restore_finished());
    notices.extend(change.resumed());
    notices.extend(change.streams_at_risk());
    notices.extend(after.tool_servers.iter().flat_map(|server| change.tool_server(server)));
    notices
}

/// What is told of changes by somebody else that were put right.
pub fn corrections(corrections: &[Correction]) -> Vec<Notice> {
    let told = corrections.iter().map(|Correction { child, field, manager }| {
        let manager = if manager.is_empty() { "somebody" } else { manager };
        Notice {
            severity: Severity::Normal,
            reason: "DriftCorrected",
            action: "Apply",
            note: format!(
                "{}: {field} was changed by {manager} and put back",
                child.to_inventory()
            ),
            related: Some(child.clone()),
        }
    });
    told.collect()
}

/// One change of the status.
struct Change<'a> {
    object: String,
    suspended: bool,
    before: Option<&'a TodoChatStatus>,
    after: &'a TodoChatStatus,
}

impl Change<'_> {
    fn condition(&self, kind: ConditionType) -> Option<Notice> {
        let after = super::verdict::find(Some(self.after), kind)?;
        let before = super::verdict::find(self.before, kind);
        let moved = before.is_none_or(|before| {
            (before.status, &before.reason) != (after.status, &after.reason)
                || condition::was_kept_back(kind, before)
        });
        let told = moved.then(|| condition::told(kind, before, after))??;
        let expected = self.suspended && kind == ConditionType::DatabaseReady;
        // The condition of the schema says the same, and why.
        let said_elsewhere = told.reason == "DeadlineExceeded" && self.schema_gave_up();
        let is_no_news = told.reason == "BackupFinished" && self.is_wanted_less(before);
        (!expected && !said_elsewhere && !is_no_news).then(|| Notice {
            severity: told.severity,
            reason: told.reason,
            action: told.action,
            note: after.message.clone(),
            related: self.related(kind, after),
        })
    }

    fn schema_gave_up(&self) -> bool {
        let schema = super::verdict::find(Some(self.after), ConditionType::SchemaReady);
        schema.is_some_and(|schema| {
            matches!(schema.reason.as_str(), "MigrationFailed" | "SchemaNewerThanOperator")
        })
    }

    /// Whether a backup is overdue no more, and none was taken: it is wanted less often now.
    fn is_wanted_less(&self, before: Option<&Condition>) -> bool {
        let last = |status: Option<&TodoChatStatus>| status?.database.as_ref()?.last_backup.clone();
        before.is_some_and(|before| before.reason == "BackupOverdue")
            && last(self.before) == last(Some(self.after))
    }

    /// The object that a condition is mostly about, if it is one of ours.
    fn related(&self, kind: ConditionType, condition: &Condition) -> Option<ChildId> {
        let child = |kind, part: &Part| ChildId::new(kind, &part.name(&self.object));
        match kind {
            ConditionType::Accepted => first_word(condition).and_then(ChildId::from_inventory),
            ConditionType::DatabaseReady => self.ours(child(Kind::StatefulSet, &Part::Database)),
            ConditionType::SchemaReady if condition::is_of_restore(&condition.reason) => {
                self.restore()
            }
            ConditionType::SchemaReady => self.migration(),
            ConditionType::ToolServersVerified => {
                let down = self.after.tool_servers.iter().find(|server| !server.ready)?;
                self.ours(child(Kind::Deployment, &Part::Tool(down.name.clone())))
            }
            ConditionType::ChatAvailable => self.ours(child(Kind::Deployment, &Part::Chat)),
            ConditionType::Exposed => self
                .ours(child(Kind::Ingress, &Part::Chat))
                .or_else(|| self.ours(child(Kind::HttpRoute, &Part::Chat))),
            ConditionType::BackupReady => self.ours(child(Kind::CronJob, &Part::Backup)),
            _ => None,
        }
    }

    fn ours(&self, child: ChildId) -> Option<ChildId> {
        let id = child.to_inventory();
        self.after.inventory.iter().any(|item| item.id == id).then_some(child)
    }

    fn migration(&self) -> Option<ChildId> {
        self.job(&Part::Migration(String::new()).name(&self.object))
    }

    fn restore(&self) -> Option<ChildId> {
        self.job(&restore_job(&self.object, ""))
    }

    fn job(&self, prefix: &str) -> Option<ChildId> {
        let ids = self.after.inventory.iter().filter_map(|item| ChildId::from_inventory(&item.id));
        ids.filter(|id| id.kind == Kind::Job && id.name.starts_with(prefix)).max()
    }

    /// A schema was brought to a release, or a Job had to do it again: where the database has moved, or a login was lost. A login
    /// that takes its turn has a Job of its own, and its schema is up to date all along.
    fn migration_finished(&self) -> Option<Notice> {
        let (before, after) = self.database();
        let migrated = before.schema_version != after.schema_version
            || (before.logins_hash != after.logins_hash && !self.schema_was_up_to_date());
        let schema = after.schema_version.as_ref().filter(|_| migrated)?;
        Some(Notice {
            severity: Severity::Normal,
            reason: "MigrationFinished",
            action: "Migrate",
            note: format!("The database has the schema of {schema} and knows the logins"),
            related: self.migration(),
        })
    }

    fn schema_was_up_to_date(&self) -> bool {
        let schema = super::verdict::find(self.before, ConditionType::SchemaReady);
        schema.is_some_and(|schema| schema.reason == "UpToDate")
    }

    /// The database knows the servers' login for the first time. One that is made known again, after a turn, a loss or a
    /// restore, was there; and so was one that has taken its turn where others migrated until now.
    fn role_created(&self) -> Option<Notice> {
        let (before, after) = self.database();
        let knew = before.logins_hash.is_some()
            || before.restored.is_some()
            || after.last_rotation.is_some();
        let role = after.active_role.filter(|_| !knew && after.logins_hash.is_some())?;
        Some(Notice {
            severity: Severity::Normal,
            reason: "RoleCreated",
            action: "Migrate",
            note: format!("The database has the login {role}, with which the servers use it"),
            related: self.migration(),
        })
    }

    /// What is recorded of the database, before and after.
    fn database(&self) -> (DatabaseStatus, DatabaseStatus) {
        let recorded = |status: Option<&TodoChatStatus>| status?.database.clone();
        let [before, after] = [self.before, Some(self.after)].map(recorded);
        (before.unwrap_or_default(), after.unwrap_or_default())
    }

    fn restore_finished(&self) -> Option<Notice> {
        let restored =
            |status: Option<&TodoChatStatus>| status?.database.as_ref()?.restored.clone();
        let (before, after) = (restored(self.before), restored(Some(self.after)));
        let word = after.filter(|after| before.as_ref() != Some(after))?;
        Some(Notice {
            severity: Severity::Normal,
            reason: "RestoreFinished",
            action: "Restore",
            note: format!("The backup {} was restored", word.split('@').next().unwrap_or(&word)),
            related: self.restore(),
        })
    }

    /// The chat is exposed, or exposed otherwise, by something of which that is not known.
    fn streams_at_risk(&self) -> Option<Notice> {
        let doubt = |status| {
            let exposed = super::verdict::find(status, ConditionType::Exposed)?;
            exposed::told_doubt(exposed).map(str::to_owned)
        };
        let now = doubt(Some(self.after))?;
        (doubt(self.before).as_ref() != Some(&now)).then(|| Notice {
            severity: Severity::Warning,
            reason: "StreamsAtRisk",
            action: "Expose",
            note: now,
            related: self.ours(ChildId::new(Kind::Ingress, &Part::Chat.name(&self.object))),
        })
    }

    fn resumed(&self) -> Option<Notice> {
        let suspended = |status| {
            let chat = super::verdict::find(status, ConditionType::ChatAvailable);
            chat.is_some_and(|chat| chat.reason == "Suspended")
        };
        (suspended(self.before) && !suspended(Some(self.after))).then(|| Notice {
            severity: Severity::Normal,
            reason: "Resumed",
            action: "Resume",
            note: "Pods run again".to_owned(),
            related: None,
        })
    }

    fn tool_server(&self, after: &ToolServerStatus) -> Vec<Notice> {
        let servers = self.before.map(|before| before.tool_servers.as_slice()).unwrap_or_default();
        let before = servers.iter().find(|server| server.name == after.name);
        let deployment = Part::Tool(after.name.clone()).name(&self.object);
        let related = self.ours(ChildId::new(Kind::Deployment, &deployment));
        let notice = |reason, note| Notice {
            severity: Severity::Normal,
            reason,
            action: "Probe",
            note,
            related: related.clone(),
        };
        let verified = after.ready && !before.is_some_and(|before| before.ready);
        let verified =
            verified.then(|| notice("ToolServerVerified", format!("{} was verified", after.name)));
        let changed = before.and_then(|before| tools_changed(before, after));
        verified.into_iter().chain(changed.map(|note| notice("ToolsChanged", note))).collect()
    }
}

fn tools_changed(before: &ToolServerStatus, after: &ToolServerStatus) -> Option<String> {
    let changed = before.tools_hash.is_some()
        && after.tools_hash.is_some()
        && before.tools_hash != after.tools_hash;
    let without = |these: &[String], those: &[String]| {
        these.iter().filter(|tool| !those.contains(tool)).cloned().collect::<Vec<_>>().join(", ")
    };
    let (added, removed) =
        (without(&after.tools, &before.tools), without(&before.tools, &after.tools));
    let note = match (added.as_str(), removed.as_str()) {
        ("", "") => format!("{} offers other tools", after.name),
        (added, "") => format!("{} now offers {added}", after.name),
        ("", removed) => format!("{} no longer offers {removed}", after.name),
        (added, removed) => format!("{} now offers {added}, no longer {removed}", after.name),
    };
    changed.then_some(note)
}

fn first_word(condition: &Condition) -> Option<&str> {
    condition.message.split([' ', ',']).next()
}
