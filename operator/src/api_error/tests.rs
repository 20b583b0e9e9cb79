use serde_json::{Value, json};

use super::{
    answer::{LONGEST_MESSAGE, PAUSE},
    *,
};

fn error(code: u16, status: &Value) -> ApiError {
    let answer = Answer { verb: "patch", kind: "deployments", code, retry_after: None, status };
    ApiError::from(answer)
}

fn said(message: &str) -> Value {
    json!({"reason": "Forbidden", "message": message})
}

#[test]
fn a_missing_right_is_named_by_verb_and_kind() {
    // SSA of an object that is not there needs `create` besides `patch`: the server's words tell which was missing.
    let status = said(
        r#"deployments.apps "c" is forbidden: User "system:serviceaccount:o:o" cannot create resource "deployments" in API group "apps" in the namespace "n""#,
    );
    let ApiError::Forbidden { verb, kind } = error(403, &status) else { panic!("it is a right") };
    assert_eq!((&*verb, &*kind), ("create", "deployments"));
    assert_eq!(error(403, &json!({})).class(), Class::Forbidden);
    let status = said(
        "services \"c\" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>",
    );
    let ApiError::Forbidden { kind, .. } = error(403, &status) else { panic!("it is a right") };
    assert_eq!(kind, "todochats/finalizers");
}

#[test]
fn what_admission_refuses_is_terminal_and_says_by_what() {
    for (message, reason) in [
        (
            "services \"c\" is forbidden: exceeded quota: few, requested: services=1",
            "QuotaExceeded",
        ),
        (
            "pods \"c\" is forbidden: violates PodSecurity \"restricted:latest\"",
            "PodSecurityDenied",
        ),
        (
            "services \"c\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            "PolicyDenied",
        ),
        (
            "persistentvolumeclaims \"c\" is forbidden: only dynamically provisioned pvc can be resized",
            "PolicyDenied",
        ),
        ("admission webhook \"w.example\" denied the request: no", "PolicyDenied"),
    ] {
        let error = error(403, &said(message));
        assert_eq!((error.class(), error.reason()), (Class::Terminal, reason));
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn an_ending_namespace_is_waited_for() {
    let terminating = json!({
        "reason": "Forbidden",
        "message": "configmaps \"c\" is forbidden: unable to create new content in namespace n because it is being terminated",
        "details": {"name": "c", "causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]},
    });
    let gone = json!({"reason": "NotFound", "details": {"name": "n", "kind": "namespaces"}});
    for (code, status) in [(403, terminating), (404, gone)] {
        let error = error(code, &status);
        assert_eq!((error.class(), error.reason()), (Class::Waiting, "NamespaceTerminating"));
    }
}

#[test]
fn an_object_that_is_not_there_is_told_from_a_kind_that_is_not() {
    let object = json!({"details": {"name": "c", "group": "apps", "kind": "deployments"}});
    assert!(matches!(error(404, &object), ApiError::Missing));
    assert!(matches!(error(404, &json!({"details": {}})), ApiError::NoSuchKind { .. }));
    assert!(matches!(error(404, &Value::Null), ApiError::NoSuchKind { .. }));
}

#[test]
fn a_pause_is_as_long_as_it_was_asked_for() {
    let paused = |retry_after, status: &Value| {
        let answer = Answer { verb: "patch", kind: "services", code: 429, retry_after, status };
        ApiError::from(answer).class()
    };
    let ten = Duration::from_secs(10);
    assert_eq!(paused(Some(ten), &Value::Null), Class::Throttled(ten));
    let said = json!({"details": {"retryAfterSeconds": 10}});
    assert_eq!(paused(None, &said), Class::Throttled(ten));
    assert_eq!(paused(None, &Value::Null), Class::Throttled(PAUSE));
}

#[test]
fn every_code_has_its_class() {
    for (code, class) in [
        (400, Class::Terminal),
        (409, Class::Conflict),
        (413, Class::Terminal),
        (422, Class::Terminal),
        (500, Class::Transient),
        (503, Class::Transient),
        (504, Class::Transient),
    ] {
        assert_eq!(error(code, &said("no")).class(), class, "{code}");
    }
}

#[test]
fn nothing_that_was_sent_in_a_secret_comes_back() {
    let status = json!({"reason": "Invalid", "message": "invalid value: hunter2"});
    for code in [400, 403, 422] {
        let answer =
            Answer { verb: "patch", kind: "secrets", code, retry_after: None, status: &status };
        let error = ApiError::from(answer);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn an_invalid_field_is_named_without_its_value() {
    let status = json!({
        "reason": "Invalid",
        "message": "Job.batch \"j\" is invalid: spec.template: Invalid value: core.PodTemplateSpec{...}: field is immutable",
        "details": {"name": "j", "causes": [{
            "reason": "FieldValueInvalid", "field": "spec.template",
            "message": "Invalid value: core.PodTemplateSpec{Env: []core.EnvVar{...}}: field is immutable",
        }]},
    });
    assert_eq!(error(422, &status).to_string(), "spec.template: field is immutable");
    let long = said(&"x".repeat(10_000));
    assert_eq!(error(422, &long).to_string().len(), LONGEST_MESSAGE);
}

#[test]
fn another_object_in_the_place_of_the_one_that_was_meant_is_a_conflict() {
    let status = json!({
        "reason": "Invalid",
        "details": {"causes": [{"field": "metadata.uid", "message": "Invalid value: \"u\": field is immutable"}]},
    });
    assert_eq!(error(422, &status).class(), Class::Conflict);
}
