//! `DatabaseReady`: whether the database answers.

use super::{
    Verdict, View,
    migration_exit::MigrationExit,
    pods::{diagnose, shortened},
    schema,
};
use crate::{
    conditions::ConditionType,
    crd::DatabaseMode,
    kinds::{ChildId, Kind},
    names::Part,
    world::State,
};

pub(super) fn judge(view: &View<'_>) -> Verdict {
    match view.spec().database.mode {
        DatabaseMode::Embedded => embedded(view),
        DatabaseMode::Cnpg => cnpg(view),
        DatabaseMode::External => external(view),
    }
}

fn embedded(view: &View<'_>) -> Verdict {
    let workload = view.workload(Kind::StatefulSet, &Part::Database);
    if view.spec().suspended {
        return Verdict::fails("Unreachable", "The object is suspended: no database runs.");
    }
    if workload.is_some_and(|workload| workload.ready >= 1) {
        return resizing(view).unwrap_or_else(|| reachable("The database answers."));
    }
    // Once it has answered, its absence is an outage and no longer its beginning.
    let before = view.previous_condition(ConditionType::DatabaseReady);
    let answered = before.is_some_and(|before| {
        matches!(before.reason.as_str(), "Reachable" | "Unreachable" | "StorageResizePending")
    });
    Verdict::fails(if answered { "Unreachable" } else { "Provisioning" }, why_not_up(view))
}

fn why_not_up(view: &View<'_>) -> String {
    let set = Part::Database.name(&view.name);
    let describe = format!("see `kubectl describe -n {} statefulset/{set}`", view.namespace);
    if let Some(trouble) = view.trouble(&Part::Database) {
        return diagnose(trouble, &view.namespace, &format!("statefulset/{set}")).message;
    }
    match (view.child(Kind::StatefulSet, &Part::Database), claim(view)) {
        (None, _) => "The database does not exist yet.".to_owned(),
        (Some(_), Some(State::Claim { bound: false, .. })) => {
            format!("The database's volume is not there yet; {describe}.")
        }
        (Some(_), _) => format!("The database does not answer yet; {describe}."),
    }
}

fn claim<'a>(view: &View<'a>) -> Option<&'a State> {
    let id = ChildId::new(Kind::PersistentVolumeClaim, &Part::Database.name(&view.name));
    view.world().children.get(&id).map(|claim| &claim.state)
}

/// Whether the volume is still smaller than the spec says.
fn resizing(view: &View<'_>) -> Option<Verdict> {
    let asked = view.spec().database.embedded.clone().unwrap_or_default().storage.size.0;
    let Some(State::Claim { capacity, bound: true, .. }) = claim(view) else {
        return None;
    };
    (bytes(capacity)? < bytes(&asked)?).then(|| {
        let message = format!(
            "The database answers; its volume has {capacity} and shall have {asked}. See `kubectl describe -n {} pvc {}`: its storage class must allow expansion.",
            view.namespace,
            Part::Database.name(&view.name),
        );
        Verdict::fails("StorageResizePending", message)
    })
}

/// A quantity of bytes such as `10Gi` or `1.5G`, near enough to compare sizes of volumes.
fn bytes(quantity: &str) -> Option<f64> {
    let digits = quantity.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(quantity.len());
    let (number, unit) = quantity.split_at(digits);
    let power = |base: f64, prefix: &str| {
        let at = "KMGTPE".find(prefix.to_ascii_uppercase().as_str())?;
        Some(base.powi(i32::try_from(at).ok()? + 1))
    };
    let unit = match unit.strip_suffix('i') {
        _ if unit.is_empty() => 1.0,
        Some(prefix) => power(1024.0, prefix)?,
        None => power(1000.0, unit)?,
    };
    Some(number.parse::<f64>().ok()? * unit)
}

fn cnpg(view: &View<'_>) -> Verdict {
    let made = view.world().children.iter().find(|(id, _)| id.kind == Kind::CnpgCluster);
    let named = view.input.fetched.and_then(|fetched| fetched.cnpg_cluster.as_ref());
    let (ready, why) = match (made.map(|(_, cluster)| &cluster.state), named) {
        (Some(State::Dependency { ready, why }), _) => (*ready, &**why),
        (_, Some(named)) => (named.ready, named.why.as_str()),
        _ => (false, "it does not exist yet"),
    };
    if ready {
        return reachable("CloudNativePG says that the cluster is ready.");
    }
    let message = format!("The cluster of CloudNativePG is not ready: {}.", shortened(why));
    Verdict::fails("ClusterNotReady", message)
}

/// Nobody but the migration and the chat speaks to it: what the migration's end tells.
fn external(view: &View<'_>) -> Verdict {
    if schema::progress(view).is_current() {
        return reachable("The last migration reached the database.");
    }
    let host = view.spec().database.external.as_ref().map_or("", |external| &external.host);
    let (reason, message) = match MigrationExit::of(view) {
        Some(MigrationExit::Unreachable) => (
            "Unreachable",
            format!("{host} does not answer; check host, port and spec.network.egressTo."),
        ),
        Some(MigrationExit::AuthenticationFailed) => {
            ("AuthenticationFailed", format!("{host} refuses the login of the Secret."))
        }
        Some(MigrationExit::TlsFailed) => (
            "TlsFailed",
            format!("The certificate of {host} does not stand up to sslMode and caBundle."),
        ),
        Some(MigrationExit::AdminDenied | MigrationExit::SchemaNewer) => {
            return reachable("The migration reached the database.");
        }
        None => {
            return Verdict::unknown("Provisioning", "No migration has reached the database yet.");
        }
    };
    Verdict::fails(reason, message)
}

fn reachable(message: &str) -> Verdict {
    Verdict::holds("Reachable", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_compared_whatever_their_unit() {
        let known =
            [("1Gi", 1_073_741_824.0), ("1G", 1e9), ("1500M", 1.5e9), ("0.5Ki", 512.0), ("7", 7.0)];
        for (quantity, expected) in known {
            assert_eq!(bytes(quantity).map(f64::round), Some(expected), "{quantity}");
        }
        for unknown in ["", "Gi", "1Q", "1GiB"] {
            assert_eq!(bytes(unknown), None, "{unknown}");
        }
    }
}
