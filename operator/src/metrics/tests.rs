//! What is told is what there is, series by series.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use prometheus::{TextEncoder, proto::MetricFamily};

use super::{credentials::Credentials, family::Family, objects::Objects, tools::Tools};
use crate::{
    crd::{Condition, ConditionStatus, DatabaseStatus, TodoChat, TodoChatStatus, ToolServerStatus},
    names::ObjectKey,
    rotating::{Record, Records},
    testing,
};

/// The series as they are told, in the order of their labels.
fn series(family: MetricFamily) -> Vec<String> {
    if family.get_metric().is_empty() {
        return Vec::new();
    }
    let text = TextEncoder::new().encode_to_string(&[family]).unwrap();
    let mut told: Vec<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    told.sort_unstable();
    told
}

#[test]
fn objects_whose_names_read_the_same_together_have_a_series_each() {
    let family = Family::gauge("trial", "A trial", &["namespace", "name"]).unwrap();
    family.add(&["a", "bc"], 1.0);
    family.add(&["ab", "c"], 2.0);
    assert_eq!(
        series(family.take()),
        [
            "todochat_operator_trial{namespace=\"a\",name=\"bc\"} 1",
            "todochat_operator_trial{namespace=\"ab\",name=\"c\"} 2",
        ]
    );
}

#[test]
fn nothing_is_left_for_who_asks_next() {
    let family = Family::counter("trial", "A trial", &[]).unwrap();
    family.add(&[], 7.0);
    assert_eq!(series(family.take()), ["todochat_operator_trial 7"]);
    assert!(family.take().get_metric().is_empty());
}

/// All series of these families.
fn told(families: &[&Family]) -> Vec<String> {
    families.iter().flat_map(|family| series(family.take())).collect()
}

fn key() -> ObjectKey {
    ObjectKey::new(testing::NAMESPACE, testing::NAME)
}

/// An object that was made at the beginning of time, with a login of its own.
fn object(reason: &str) -> TodoChat {
    let mut object = testing::object("exposure: {type: HTTPRoute}");
    object.metadata.creation_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
    let credentials = Condition {
        kind: "CredentialsReady".to_owned(),
        status: ConditionStatus::False,
        observed_generation: Some(1),
        last_transition_time: String::new(),
        reason: reason.to_owned(),
        message: String::new(),
    };
    object.status = Some(TodoChatStatus {
        operator_version: Some("1.4.2".to_owned()),
        conditions: vec![credentials],
        database: Some(DatabaseStatus {
            schema_version: Some("1.4.1".to_owned()),
            active_role: Some("todochat_app".to_owned()),
            ..DatabaseStatus::default()
        }),
        ..TodoChatStatus::default()
    });
    object
}

#[test]
fn an_object_tells_its_release_its_choices_and_its_schema() {
    let objects = Objects::new().unwrap();
    objects.read_info(&key(), &object("Rotating"));
    let place = "namespace=\"pier\",name=\"harbor\"";
    assert_eq!(
        told(&objects.all()),
        [
            format!(
                "todochat_operator_object_condition{{{place},type=\"CredentialsReady\",status=\"False\",reason=\"Rotating\"}} 1"
            ),
            format!(
                "todochat_operator_object_info{{{place},version=\"1.4.2\",database=\"Embedded\",exposure=\"HTTPRoute\"}} 1"
            ),
            format!("todochat_operator_schema_version{{{place},version=\"1.4.1\"}} 1"),
        ]
    );
}

fn ages(object: &TodoChat, records: &Records, now: DateTime<Utc>) -> Vec<String> {
    let credentials = Credentials::new().unwrap();
    credentials.read(&key(), object, records, now);
    let told = told(&credentials.all());
    told.iter().map(|line| line.replace("namespace=\"pier\",name=\"harbor\"", "…")).collect()
}

#[test]
fn a_credential_is_as_old_as_its_last_step_or_as_its_object() {
    let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(100);
    let turned = DateTime::UNIX_EPOCH + TimeDelta::seconds(70);
    let records = Records {
        login: Some(Record { since: Some(turned), ..Record::default() }),
        keys: Some(Record::default()),
    };
    assert_eq!(
        ages(&object("RotationOverdue"), &records, now),
        [
            "todochat_operator_credential_age_seconds{…,credential=\"key\"} 100",
            "todochat_operator_credential_age_seconds{…,credential=\"login\"} 30",
            "todochat_operator_rotation_overdue{…} 1",
        ]
    );
}

#[test]
fn of_what_was_not_read_or_is_somebody_else_s_no_age_is_told() {
    let mut object = object("Current");
    let overdue = "todochat_operator_rotation_overdue{…} 0";
    assert_eq!(ages(&object, &Records::default(), DateTime::UNIX_EPOCH), [overdue]);
    object.status.as_mut().unwrap().database = None;
    let records = Records { login: Some(Record::default()), keys: None };
    assert_eq!(ages(&object, &records, DateTime::UNIX_EPOCH), [overdue]);
}

#[test]
fn each_tool_server_tells_whether_it_is_up_and_how_long_it_took() {
    let mut object = object("Current");
    let server = |name: &str, ready| ToolServerStatus {
        name: name.to_owned(),
        ready,
        url: String::new(),
        protocol_version: None,
        server_version: None,
        tool_count: None,
        tools: Vec::new(),
        tools_hash: None,
    };
    object.status.as_mut().unwrap().tool_servers =
        vec![server("search", false), server("todo", true)];
    let tools = Tools::new().unwrap();
    tools.read(&key(), &object, &[("todo".to_owned(), Duration::from_millis(250))]);
    let place = "namespace=\"pier\",name=\"harbor\"";
    assert_eq!(
        told(&tools.all()),
        [
            format!("todochat_operator_tool_server_up{{{place},server=\"search\"}} 0"),
            format!("todochat_operator_tool_server_up{{{place},server=\"todo\"}} 1"),
            format!(
                "todochat_operator_tool_server_handshake_seconds{{{place},server=\"todo\"}} 0.25"
            ),
        ]
    );
}
