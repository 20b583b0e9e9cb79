//! What should be said of an object, judged from what is in its namespace.

use kube::ResourceExt as _;
use serde_json::Value;
use todochat_operator::{
    conditions::ConditionType,
    crd::{
        ConditionStatus, DatabaseMode, ExposureType, MigrationPolicy, NetworkPolicyMode,
        SourceType, TodoChat, ToolServerSpec,
    },
    kinds::{ChildId, Kind},
    names::RESTORE_ANNOTATION,
    references::{allows, references},
};

use super::Everything;
use crate::scene::controller;

/// One object and what is around it.
pub(super) struct World<'a> {
    pub(super) everything: &'a Everything,
    pub(super) chat: &'a TodoChat,
    pub(super) name: String,
}

impl World<'_> {
    /// Whether each condition should be true, where that can be told from outside.
    pub(super) fn expected(&self) -> [(ConditionType, Option<bool>); 13] {
        [
            (ConditionType::Accepted, self.accepted()),
            (ConditionType::ReferencesResolved, self.references()),
            (
                ConditionType::CredentialsReady,
                Some(self.credentials() && !self.is_managed_elsewhere()),
            ),
            (ConditionType::DatabaseReady, self.database()),
            (ConditionType::SchemaReady, Some(self.schema())),
            (ConditionType::ToolServersVerified, self.tool_servers()),
            (ConditionType::ChatAvailable, Some(self.chat_available())),
            (ConditionType::NetworkRestricted, Some(self.network())),
            (ConditionType::Exposed, Some(self.exposed())),
            (ConditionType::Progressing, self.progressing()),
            (ConditionType::Degraded, self.degraded()),
            (ConditionType::Paused, Some(self.chat.spec.paused)),
            (ConditionType::Ready, self.ready()),
        ]
    }

    fn said(&self, kind: ConditionType) -> (ConditionStatus, &str, &str) {
        let conditions = self.chat.status.iter().flat_map(|status| &status.conditions);
        let mut conditions = conditions.filter(|condition| condition.kind == kind.as_str());
        conditions.next().map_or((ConditionStatus::Unknown, "", ""), |said| {
            (said.status, said.reason.as_str(), said.message.as_str())
        })
    }

    fn holds(&self, kind: ConditionType) -> bool {
        self.said(kind).0 == ConditionStatus::True
    }

    /// The part's object; `null` if there is none, or only somebody else's.
    pub(super) fn part(&self, kind: Kind, part: &str) -> &Value {
        self.own(kind, &format!("{}-{part}", self.name))
    }

    fn own(&self, kind: Kind, name: &str) -> &Value {
        let found = self.everything.find(kind, name);
        let ours = found.filter(|found| controller(&found.metadata) == self.chat.uid().as_deref());
        ours.map_or(&Value::Null, |found| &found.json)
    }

    /// Of a foreign object can be told that it is there; the rest is the story's own matter.
    fn accepted(&self) -> Option<bool> {
        let (_, reason, message) = self.said(ConditionType::Accepted);
        if reason != "ForeignObject" {
            return None;
        }
        let id = message.split([' ', ',']).next().and_then(ChildId::from_inventory);
        Some(!id.is_some_and(|id| self.everything.has(&id)))
    }

    fn references(&self) -> Option<bool> {
        let named = references(&self.chat.spec);
        let secrets = named.secrets.iter().all(|name| {
            let secret = self.everything.get(Kind::Secret, name);
            let labels = serde_json::from_value(secret["metadata"]["labels"].clone());
            let made_by_cluster = secret["metadata"]["labels"]["cnpg.io/cluster"].is_string();
            made_by_cluster || labels.is_ok_and(|labels| allows(&labels, &self.name))
        });
        let there = |name: &String| !self.everything.get(Kind::ConfigMap, name).is_null();
        let found = secrets && named.config_maps.iter().all(there);
        let (_, reason, _) = self.said(ConditionType::ReferencesResolved);
        let content = matches!(reason, "SecretKeyMissing" | "InvalidContent");
        (!found || !content).then_some(found)
    }

    fn credentials(&self) -> bool {
        let inventory = self.chat.status.iter().flat_map(|status| &status.inventory);
        let ids = inventory.filter_map(|item| ChildId::from_inventory(&item.id));
        let mut names: Vec<String> =
            ids.filter(|id| id.kind == Kind::Secret).map(|id| id.name.to_string()).collect();
        names.extend(["signing-keys", "db-login"].map(|part| format!("{}-{part}", self.name)));
        names.iter().all(|name| {
            let data = self.own(Kind::Secret, name)["data"].as_object();
            data.is_some_and(|data| !data.is_empty() && data.values().all(|value| value != ""))
        })
    }

    /// Whether the database's login is somebody else's to replace, which is in nobody's way.
    fn is_managed_elsewhere(&self) -> bool {
        let database = &self.chat.spec.database;
        let external = database.external.as_ref();
        external.is_some_and(|external| external.credentials.is_some())
            || database.cnpg.as_ref().is_some_and(|cnpg| cnpg.cluster_ref.is_some())
    }

    fn database(&self) -> Option<bool> {
        let (_, reason, _) = self.said(ConditionType::DatabaseReady);
        let known = self.chat.spec.database.mode == DatabaseMode::Embedded;
        let set = self.part(Kind::StatefulSet, "db");
        let ready = set["status"]["readyReplicas"].as_i64().unwrap_or_default() >= 1;
        (known && reason != "StorageResizePending").then_some(ready)
    }

    /// It was recorded when its Job was done, no other Job is at work, and no other data is asked for.
    fn schema(&self) -> bool {
        let database = self.chat.status.as_ref().and_then(|status| status.database.as_ref());
        let recorded = database.is_some_and(|database| {
            database.schema_version.is_some()
                && database.schema_version == database.target_schema_version
        });
        let skipped = self.chat.spec.database.migrations.policy == MigrationPolicy::Skip;
        !self.restores() && (skipped || (recorded && !self.migrates()))
    }

    /// Whether a backup is to be brought back that the status does not tell of.
    fn restores(&self) -> bool {
        let database = self.chat.status.as_ref().and_then(|status| status.database.as_ref());
        let done = database.and_then(|database| database.restored.as_ref());
        self.chat.annotations().get(RESTORE_ANNOTATION).is_some_and(|asked| Some(asked) != done)
    }

    fn migrates(&self) -> bool {
        let prefix = format!("{}-migrate-", self.name);
        let mut jobs = self.everything.all("Job").filter(|job| {
            job.metadata.name.as_deref().is_some_and(|name| name.starts_with(&prefix))
        });
        jobs.any(|job| !holds(&job.json["status"]["conditions"], "Complete"))
    }

    /// Whether the pods are up can be told; what was said in the handshake is the story's own matter.
    fn tool_servers(&self) -> Option<bool> {
        let (_, reason, _) = self.said(ConditionType::ToolServersVerified);
        let servers = self.chat.spec.tool_servers.iter();
        let mut running = servers.filter(|server| server.source.kind != SourceType::Remote);
        let up = running.all(|server| {
            let deployment = self.part(Kind::Deployment, &format!("tool-{}", server.name));
            let available = deployment["status"]["availableReplicas"].as_i64().unwrap_or_default();
            is_rolled_out(deployment) && available >= 1
        });
        let spoken = matches!(reason, "HandshakeFailed" | "AuthFailed" | "ToolMissing")
            || reason == "OptionalUnavailable";
        (!up || !spoken).then_some(up)
    }

    fn chat_available(&self) -> bool {
        let deployment = self.part(Kind::Deployment, "chat");
        let wanted = deployment["spec"]["replicas"].as_i64().unwrap_or_default();
        wanted > 0 && is_settled(deployment) && self.schema() && !self.chat.spec.suspended
    }

    fn network(&self) -> bool {
        let policies = self.everything.all("NetworkPolicy");
        let uid = self.chat.uid();
        let mut ours = policies.filter(|policy| controller(&policy.metadata) == uid.as_deref());
        let named = self.part(Kind::NetworkPolicy, "chat");
        let enforced = self.chat.spec.network.policy == NetworkPolicyMode::Enforced;
        enforced && !named.is_null() && ours.next().is_some()
    }

    fn exposed(&self) -> bool {
        let certificate = self.part(Kind::Certificate, "chat");
        let asked =
            self.chat.spec.exposure.tls.as_ref().is_some_and(|tls| tls.cert_manager.is_some());
        let certified = !asked || holds(&certificate["status"]["conditions"], "Ready");
        let route = match self.chat.spec.exposure.kind {
            ExposureType::None => false,
            ExposureType::Ingress => {
                let ingress = self.part(Kind::Ingress, "chat");
                let addresses = ingress["status"]["loadBalancer"]["ingress"].as_array();
                addresses.is_some_and(|addresses| !addresses.is_empty())
            }
            ExposureType::HttpRoute => {
                let parents = self.part(Kind::HttpRoute, "chat")["status"]["parents"].as_array();
                parents.is_some_and(|parents| {
                    !parents.is_empty()
                        && parents.iter().all(|parent| holds(&parent["conditions"], "Accepted"))
                })
            }
        };
        route && certified
    }

    fn workloads(&self) -> impl Iterator<Item = &Value> {
        let uid = self.chat.uid();
        let kinds = ["Deployment", "StatefulSet"].into_iter();
        let all = kinds.flat_map(|kind| self.everything.all(kind));
        let ours = all.filter(move |found| controller(&found.metadata) == uid.as_deref());
        ours.map(|found| &found.json)
    }

    /// While something is not settled nobody says that it is, unless nothing is to come before somebody acts.
    fn progressing(&self) -> Option<bool> {
        let settled = self.workloads().all(is_settled);
        let stuck = !self.holds(ConditionType::Accepted)
            || !self.holds(ConditionType::ReferencesResolved)
            || matches!(
                self.said(ConditionType::SchemaReady).1,
                "MigrationFailed" | "ApprovalNeeded"
            )
            || self.said(ConditionType::Progressing).1 == "DeadlineExceeded"
            || self.chat.spec.paused;
        if settled {
            return self.holds(ConditionType::Ready).then_some(false);
        }
        (!stuck).then_some(true)
    }

    fn degraded(&self) -> Option<bool> {
        let (_, reason, _) = self.said(ConditionType::Degraded);
        let optional = self.chat.spec.tool_servers.iter().filter(|server| !server.required);
        let down = optional.filter(|server| !self.is_verified(server)).count() > 0;
        match reason {
            "OptionalToolServerDown" => Some(down),
            "AsExpected" => Some(false),
            _ => None,
        }
    }

    fn is_verified(&self, server: &ToolServerSpec) -> bool {
        let told = self.chat.status.iter().flat_map(|status| &status.tool_servers);
        told.filter(|told| told.name == server.name).any(|told| told.ready)
    }

    /// The rule of the reference, from what the other conditions say. While an object is paused, there may be something that the
    /// spec asks for and that was not carried out.
    fn ready(&self) -> Option<bool> {
        let asked = self.chat.spec.exposure.kind != ExposureType::None;
        let mut required = self.chat.spec.tool_servers.iter().filter(|server| server.required);
        let managed = self.is_managed_elsewhere() && self.credentials();
        let holds = required.all(|server| self.is_verified(server))
            && (!asked || self.holds(ConditionType::Exposed))
            && (managed || self.holds(ConditionType::CredentialsReady))
            && [
                ConditionType::Accepted,
                ConditionType::ReferencesResolved,
                ConditionType::SchemaReady,
                ConditionType::ChatAvailable,
            ]
            .into_iter()
            .all(|kind| self.holds(kind));
        (!holds || !self.chat.spec.paused).then_some(holds)
    }
}

/// Whether a list of conditions has this one, and it is true.
pub(super) fn holds(conditions: &Value, kind: &str) -> bool {
    let conditions = conditions.as_array().into_iter().flatten();
    conditions.filter(|one| one["type"] == kind).any(|one| one["status"] == "True")
}

fn is_rolled_out(workload: &Value) -> bool {
    let (spec, status) = (&workload["spec"], &workload["status"]);
    let count = |name: &str| status[name].as_i64().unwrap_or_default();
    let wanted = spec["replicas"].as_i64().unwrap_or(1);
    status["observedGeneration"] == workload["metadata"]["generation"]
        && count("updatedReplicas") == wanted
        && count("replicas") == wanted
}

fn is_settled(workload: &Value) -> bool {
    let available = workload["status"]["availableReplicas"].as_i64().unwrap_or_default();
    is_rolled_out(workload) && available >= workload["spec"]["replicas"].as_i64().unwrap_or(1)
}
