//! Which change of which condition is told, and as what.

use super::{
    super::chat::PODS_AWAY,
    Severity::{self, Normal, Warning},
};
use crate::{conditions::ConditionType, crd::Condition};

/// How the message ends of what has only not happened.
const NOT_YET: &str = " yet.";

/// How a change is told; the note is the condition's message.
pub(super) struct Told {
    pub(super) severity: Severity,
    pub(super) reason: &'static str,
    pub(super) action: &'static str,
}

/// Whether nothing was told of this, though the same with another message is.
pub(super) fn was_kept_back(kind: ConditionType, condition: &Condition) -> bool {
    kind == ConditionType::Exposed && condition.message.ends_with(NOT_YET)
}

/// Whether this reason of `SchemaReady` is about a backup that is brought back.
pub(super) fn is_of_restore(reason: &str) -> bool {
    let failed = ["BackupNotFound", "BackupTooNew", "BackupBroken", "DatabaseNotEmpty"];
    matches!(reason, "Restoring" | "RestoreFailed") || failed.contains(&reason)
}

/// How it is told that a condition is now `after`, if it is. A condition that is true was not so before.
pub(super) fn told(
    kind: ConditionType,
    before: Option<&Condition>,
    after: &Condition,
) -> Option<Told> {
    let was = before.map_or("", |before| before.reason.as_str());
    let (severity, reason, action) = match (kind, after.reason.as_str()) {
        (ConditionType::Accepted, "SpecAccepted") => (Normal, "Accepted", "Validate"),
        (ConditionType::Accepted, "ForeignObject") => (Warning, "ForeignObject", "Apply"),
        (ConditionType::ReferencesResolved, "Forbidden") => {
            (Warning, "ReferenceForbidden", "Validate")
        }
        (
            ConditionType::ReferencesResolved,
            "SecretNotFound" | "SecretKeyMissing" | "ConfigMapNotFound" | "InvalidContent",
        ) => (Warning, "ReferenceMissing", "Validate"),
        (ConditionType::CredentialsReady, reason) => credentials(was, reason)?,
        (ConditionType::SchemaReady, reason) => schema(reason)?,
        (ConditionType::DatabaseReady, reason) => database(was, reason)?,
        (ConditionType::ToolServersVerified, reason) => tool_servers(reason)?,
        (ConditionType::ChatAvailable, reason) => chat(was, before, reason, &after.message)?,
        (ConditionType::Exposed, "RouteAccepted") => (Normal, "Exposed", "Expose"),
        // What has only not happened yet is no reason to worry.
        (ConditionType::Exposed, "RouteNotAccepted" | "HostConflict")
            if !after.message.ends_with(NOT_YET) =>
        {
            (Warning, "RouteNotAccepted", "Expose")
        }
        (ConditionType::BackupReady, "LastBackupOk") => (Normal, "BackupFinished", "BackUp"),
        (ConditionType::BackupReady, "BackupFailed") => (Warning, "BackupFailed", "BackUp"),
        (ConditionType::BackupReady, "BackupOverdue") => (Warning, "BackupOverdue", "BackUp"),
        (ConditionType::BackupReady, "VerificationFailed") => {
            (Warning, "VerificationFailed", "BackUp")
        }
        (ConditionType::Degraded, "DriftFought") => (Warning, "DriftFought", "Apply"),
        (ConditionType::Progressing, "DeadlineExceeded") => {
            (Warning, "DeadlineExceeded", "RollOut")
        }
        _ => return None,
    };
    Some(Told { severity, reason, action })
}

type Row = (Severity, &'static str, &'static str);

fn credentials(was: &str, reason: &str) -> Option<Row> {
    let turned = matches!(was, "Rotating" | "RotationOverdue" | "OldRoleInUse");
    Some(match reason {
        "Rotating" if matches!(was, "Current" | "ManagedElsewhere") => {
            (Normal, "RotationStarted", "Rotate")
        }
        "Current" | "ManagedElsewhere" if turned => (Normal, "RotationFinished", "Rotate"),
        "RotationOverdue" => (Warning, "RotationFailed", "Rotate"),
        "OldRoleInUse" => (Warning, "OldRoleInUse", "Rotate"),
        _ => return None,
    })
}

fn schema(reason: &str) -> Option<Row> {
    Some(match reason {
        "MigrationRunning" => (Normal, "MigrationStarted", "Migrate"),
        "MigrationFailed" => (Warning, "MigrationFailed", "Migrate"),
        "ApprovalNeeded" => (Warning, "ApprovalNeeded", "Migrate"),
        "SchemaNewerThanOperator" => (Warning, "OperatorTooOld", "Migrate"),
        "Restoring" => (Normal, "RestoreStarted", "Restore"),
        reason if is_of_restore(reason) => (Warning, "RestoreFailed", "Restore"),
        _ => return None,
    })
}

fn database(was: &str, reason: &str) -> Option<Row> {
    let known = matches!(was, "Unreachable" | "StorageResizePending" | "AuthenticationFailed");
    Some(match reason {
        "Reachable" if !known => (Normal, "DatabaseProvisioned", "Provision"),
        "Unreachable" | "TlsFailed" => (Warning, "DatabaseUnreachable", "Provision"),
        "AuthenticationFailed" => (Warning, "AuthenticationFailed", "Provision"),
        _ => return None,
    })
}

fn tool_servers(reason: &str) -> Option<Row> {
    Some(match reason {
        "HandshakeFailed" | "AuthFailed" | "OptionalUnavailable" => {
            (Warning, "HandshakeFailed", "Probe")
        }
        "ToolMissing" => (Warning, "ToolMissing", "Probe"),
        "ImagePullFailed" => (Warning, "ImagePullFailed", "RollOut"),
        "CrashLooping" => (Warning, "CrashLooping", "RollOut"),
        _ => return None,
    })
}

fn chat(was: &str, before: Option<&Condition>, reason: &str, message: &str) -> Option<Row> {
    let in_trouble = matches!(was, "ImagePullFailed" | "CrashLooping" | "Unschedulable")
        || matches!(was, "QuotaExceeded" | "PodSecurityDenied");
    let were_away = before.is_some_and(|before| before.message == PODS_AWAY);
    Some(match reason {
        "RollingOut" if message != PODS_AWAY && !in_trouble => {
            (Normal, "RolloutStarted", "RollOut")
        }
        "MinimumAvailable" if !were_away => (Normal, "RolloutFinished", "RollOut"),
        "Suspended" => (Normal, "Suspended", "Suspend"),
        "ImagePullFailed" => (Warning, "ImagePullFailed", "RollOut"),
        "CrashLooping" => (Warning, "CrashLooping", "RollOut"),
        "PodSecurityDenied" => (Warning, "PodSecurityDenied", "RollOut"),
        _ => return None,
    })
}
