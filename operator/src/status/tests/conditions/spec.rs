//! What is asked, and what it points at.

use super::*;

const ACCEPTED: &[Row] = &[
    ("it was applied", |_| {}, True, "SpecAccepted"),
    (
        "only a reference is missing",
        |scene| scene.visit = refused(ReferencesResolved, "SecretNotFound"),
        True,
        "SpecAccepted",
    ),
    (
        "two objects would have the same name",
        |scene| scene.visit = refused(Accepted, "NameCollision"),
        False,
        "NameCollision",
    ),
    (
        "an image is not allowed",
        |scene| scene.visit = refused(Accepted, "PolicyDenied"),
        False,
        "PolicyDenied",
    ),
    (
        "an override weakens the pods",
        |scene| scene.visit = refused(Accepted, "OverrideRejected"),
        False,
        "OverrideRejected",
    ),
    (
        "the cluster lacks a kind",
        |scene| scene.visit = refused(Accepted, "UnsupportedByCluster"),
        False,
        "UnsupportedByCluster",
    ),
    (
        "something of the same name is somebody else's",
        |scene| scene.done.foreign = vec![ChildId::new(Kind::Service, "team-a-chat")],
        False,
        "ForeignObject",
    ),
    (
        "the same stopped the visit",
        |scene| {
            scene.visit = Visit::Failed(Failure::Terminal(refusal(Accepted, "ForeignObject")));
        },
        False,
        "ForeignObject",
    ),
    (
        "the API server was away",
        |scene| scene.visit = Visit::FailedEarly(Failure::Transient("a GET".to_owned())),
        True,
        "SpecAccepted",
    ),
    (
        "it was away, and the spec is a new one",
        |scene| {
            scene.object.metadata.generation = Some(4);
            scene.visit = Visit::FailedEarly(Failure::Transient("a GET".to_owned()));
        },
        Unknown,
        "Reconciling",
    ),
    (
        "it is being deleted",
        |scene| {
            scene.object.metadata.generation = Some(4);
            scene.visit = Visit::Deleting;
        },
        True,
        "SpecAccepted",
    ),
];

#[test]
fn accepted_says_whether_the_spec_can_be_built() {
    check(Accepted, ACCEPTED);
}

const REFERENCES: &[Row] = &[
    ("all are there", |_| {}, True, "AllFound"),
    (
        "a Secret is not",
        |scene| scene.visit = refused(ReferencesResolved, "SecretNotFound"),
        False,
        "SecretNotFound",
    ),
    (
        "an entry is not",
        |scene| scene.visit = refused(ReferencesResolved, "SecretKeyMissing"),
        False,
        "SecretKeyMissing",
    ),
    (
        "a ConfigMap is not",
        |scene| scene.visit = refused(ReferencesResolved, "ConfigMapNotFound"),
        False,
        "ConfigMapNotFound",
    ),
    (
        "a Secret may not be used",
        |scene| scene.visit = refused(ReferencesResolved, "Forbidden"),
        False,
        "Forbidden",
    ),
    (
        "its content is of no use",
        |scene| scene.visit = refused(ReferencesResolved, "InvalidContent"),
        False,
        "InvalidContent",
    ),
    (
        "only the spec itself is wrong",
        |scene| scene.visit = refused(Accepted, "PolicyDenied"),
        True,
        "AllFound",
    ),
];

#[test]
fn references_resolved_says_what_is_missing() {
    check(ReferencesResolved, REFERENCES);
}
