//! One statement each about what is accepted, what it becomes, and what is refused.

mod backups;
mod chat;
mod database;
mod exposure;
mod gating;
mod images;
mod model;
mod passed_on;
mod references;
mod tools;

use super::*;
use crate::{
    conditions::ConditionType,
    testing::{everything_found, object, settings, validated},
    validated::{DatabaseRuns, Image, Runs, Schema, ToolAuth},
};

/// An object, what it points at, and what the operator was told; each can be changed before it is validated.
struct Case {
    object: TodoChat,
    fetched: Fetched,
    settings: Settings,
}

impl Case {
    /// This spec, and all that it points at is there.
    fn new(yaml: &str) -> Self {
        let object = object(yaml);
        let fetched = everything_found(&object);
        Self { object, fetched, settings: settings() }
    }

    fn run(&self) -> Result<Validated, Vec<Refusal>> {
        validate(&self.object, &self.fetched, &self.settings)
    }

    fn accepted(&self) -> Validated {
        self.run().expect("the object is accepted")
    }

    fn refused(&self) -> Vec<Refusal> {
        self.run().expect_err("the object is refused")
    }

    /// The only refusal.
    fn refusal(&self) -> Refusal {
        let mut refusals = self.refused();
        assert_eq!(refusals.len(), 1, "{refusals:#?}");
        refusals.remove(0)
    }
}

/// Asserts that the spec is refused for this reason alone, in a message that has these words.
#[track_caller]
fn refuses(yaml: &str, reason: &str, words: &str) {
    says(&Case::new(yaml).refusal(), reason, words);
}

#[track_caller]
fn says(refusal: &Refusal, reason: &str, words: &str) {
    assert_eq!(refusal.reason, reason, "{}", refusal.message);
    assert!(refusal.message.contains(words), "{}", refusal.message);
    let of_references =
        ["SecretNotFound", "SecretKeyMissing", "ConfigMapNotFound", "Forbidden", "InvalidContent"];
    let condition = if of_references.contains(&reason) {
        ConditionType::ReferencesResolved
    } else {
        ConditionType::Accepted
    };
    assert_eq!(refusal.condition, condition);
}

#[test]
fn an_object_that_says_nothing_is_a_chat_with_the_todo_tools_and_a_database() {
    let validated = validated("{}");
    assert_eq!(validated.owner.name, "harbor");
    assert_eq!(validated.chat.replicas, Some(1));
    assert_eq!(validated.chat.model, None);
    assert_eq!(validated.chat.signup, "open");
    assert_eq!(validated.chat.public_url, "http://harbor-chat.pier.svc:8080");
    assert_eq!(validated.exposure, None);
    assert!(matches!(validated.database.runs, DatabaseRuns::Embedded(_)));
    assert!(validated.network.is_some() && validated.disruption_budget && validated.keeps_data);
    assert!(!validated.suspended);
    let [todo] = &validated.tool_servers[..] else { panic!("one tool server") };
    assert_eq!((todo.name.as_str(), &todo.auth, todo.required), ("todo", &ToolAuth::Minted, true));
    assert!(matches!(todo.runs, Runs::Todo(_)));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut case = Case::new(
        "
chat:
  image: {repository: elsewhere.example/chat, tag: v1}
  model: {name: small, apiKey: {name: model, key: token}}
  pod: {tolerations: [{operator: Sometimes}]}
observability: {monitor: Enabled}
",
    );
    case.settings.allowed_registries = vec!["images.example".to_owned()];
    case.fetched.secrets.clear();
    case.fetched.available.clear();
    let reasons: BTreeSet<_> = case.refused().iter().map(|refusal| refusal.reason).collect();
    let all = ["OverrideRejected", "PolicyDenied", "SecretNotFound", "UnsupportedByCluster"];
    assert_eq!(reasons, BTreeSet::from(all));
}

#[test]
fn the_same_input_gives_the_same_answer() {
    let case = Case::new("chat: {env: [{name: A, value: b}]}");
    assert_eq!(case.run(), case.run());
    let refused = Case::new("chat: {env: [{name: A}, {name: A}]}");
    assert_eq!(refused.run(), refused.run());
}

#[test]
fn a_name_that_leaves_no_room_for_its_objects_is_refused() {
    for name in ["1harbor", "Harbor", "har.bor", "harbor-", &"h".repeat(41)] {
        let mut case = Case::new("{}");
        case.object.metadata.name = Some(name.to_owned());
        says(&case.refused()[0], "Malformed", "metadata.name");
    }
    let mut case = Case::new("{}");
    case.object.metadata.name = Some("h".repeat(40));
    assert!(case.run().is_ok());
}

#[test]
fn what_the_operator_pulls_with_comes_before_the_objects_own() {
    let mut case = Case::new("imagePullSecrets: [{name: own}, {name: everybodys}]");
    case.settings.image_pull_secrets = vec!["everybodys".to_owned()];
    assert_eq!(case.accepted().image_pull_secrets, ["everybodys", "own"]);
}

#[test]
fn only_retain_keeps_the_data() {
    assert!(validated("deletionPolicy: Retain").keeps_data);
    assert!(!validated("deletionPolicy: Delete").keeps_data);
    let snapshot = "deletionPolicy: Snapshot\ndatabase: {backup: {schedule: '0 3 * * *'}}";
    assert!(!validated(snapshot).keeps_data);
    refuses("deletionPolicy: Snapshot", "Malformed", "spec.database.backup");
}

#[test]
fn a_service_monitor_is_made_where_there_are_any() {
    assert!(validated("{}").monitor);
    assert!(!validated("observability: {monitor: Disabled}").monitor);
    let mut case = Case::new("{}");
    case.fetched.available.clear();
    assert!(!case.accepted().monitor);
    case.object = object("observability: {monitor: Enabled}");
    says(&case.refusal(), "UnsupportedByCluster", "servicemonitors.monitoring.coreos.com");
}
