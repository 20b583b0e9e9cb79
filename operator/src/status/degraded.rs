//! `Degraded`: it works, but not as it should.

use super::{
    Verdict, View,
    tool_servers::{Judged, Standing},
    verdict::Verdicts,
};
use crate::conditions::ConditionType;

pub(super) fn judge(view: &View<'_>, tools: &[Judged], verdicts: &Verdicts) -> Verdict {
    let down = tools
        .iter()
        .filter(|tool| !tool.required && matches!(tool.standing, Standing::Failed { .. }));
    let down: Vec<&str> = down.map(Judged::name).collect();
    if !down.is_empty() {
        let message = format!(
            "The model is told that these tool servers are away: {}; ToolServersVerified says why.",
            down.join(", ")
        );
        return Verdict::holds("OptionalToolServerDown", message);
    }
    let backup = verdicts.get(&ConditionType::BackupReady);
    let amiss =
        |reason: &str| matches!(reason, "BackupFailed" | "VerificationFailed" | "BackupOverdue");
    if backup.is_some_and(|backup| amiss(&backup.reason)) {
        let message = "The last backup failed, has not come, or could not be restored; BackupReady says more.";
        return Verdict::holds("BackupOverdue", message);
    }
    let credentials = verdicts.get(&ConditionType::CredentialsReady);
    let overdue = |reason: &str| matches!(reason, "RotationOverdue" | "OldRoleInUse");
    if credentials.is_some_and(|credentials| overdue(&credentials.reason)) {
        let message = "A credential could not be replaced in time; CredentialsReady says more.";
        return Verdict::holds("RotationOverdue", message);
    }
    fought(view).unwrap_or_else(|| Verdict::fails("AsExpected", "Nothing is amiss."))
}

fn fought(view: &View<'_>) -> Option<Verdict> {
    let (_, done) = view.applied()?;
    let mut fights = done.fights.clone();
    fights.sort();
    let fights: Vec<String> = fights
        .iter()
        .map(|fight| match fight.manager.as_str() {
            "" => format!("{} (by somebody unknown)", fight.child.to_inventory()),
            manager => format!("{} (by {manager})", fight.child.to_inventory()),
        })
        .collect();
    (!fights.is_empty()).then(|| {
        let message = format!(
            "Somebody changes again and again what the operator puts right: {}. Let one of the two go.",
            fights.join(", ")
        );
        Verdict::holds("DriftFought", message)
    })
}
