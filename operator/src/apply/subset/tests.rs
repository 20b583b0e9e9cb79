use serde_json::json;

use super::*;

/// What was applied, and the live object as an API server of release 1.33 gave it back.
fn fixture(kind: Kind) -> (Value, Value) {
    let text = match kind {
        Kind::Deployment => include_str!("fixtures/deployment.json"),
        Kind::StatefulSet => include_str!("fixtures/stateful_set.json"),
        Kind::Service => include_str!("fixtures/service.json"),
        Kind::NetworkPolicy => include_str!("fixtures/network_policy.json"),
        _ => panic!("there is no fixture"),
    };
    let mut fixture: Value = serde_json::from_str(text).unwrap();
    (fixture["desired"].take(), fixture["live"].take())
}

const KINDS: [Kind; 4] = [Kind::Deployment, Kind::StatefulSet, Kind::Service, Kind::NetworkPolicy];

/// The paths that differ when the live object has `to` at `pointer`; `null` takes it away.
fn differing(kind: Kind, pointer: &str, to: Value) -> Vec<String> {
    let (desired, mut live) = fixture(kind);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = live.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match (parent, to) {
        (Value::Array(items), Value::Null) => {
            items.remove(key.parse().unwrap());
        }
        (Value::Array(items), to) => match key {
            "-" => items.push(to),
            key => items[key.parse::<usize>().unwrap()] = to,
        },
        (Value::Object(members), Value::Null) => {
            assert!(members.remove(&key.replace("~1", "/")).is_some(), "no {pointer}");
        }
        (parent, to) => parent[key.replace("~1", "/")] = to,
    }
    differences(kind, &desired, &live).iter().map(ToString::to_string).collect()
}

#[test]
fn what_the_server_fills_in_and_writes_its_own_way_is_equal() {
    for kind in KINDS {
        let (desired, live) = fixture(kind);
        assert_ne!(desired["spec"], live["spec"], "it has filled something in");
        assert_eq!(differences(kind, &desired, &live), [], "{kind:?}");
    }
}

#[test]
fn nothing_is_equal_to_nothing() {
    for kind in KINDS {
        let (desired, _) = fixture(kind);
        assert!(!differences(kind, &desired, &json!({})).is_empty());
    }
}

const POD: &str = "/spec/template/spec";
const CHAT: &str = "/spec/template/spec/containers/0";

#[test]
fn what_somebody_changes_is_found() {
    let container = "spec.template.spec.containers[chat]";
    for (pointer, to, expected) in [
        ("/spec/replicas".to_owned(), json!(3), "spec.replicas".to_owned()),
        ("/metadata/labels/todochat.dev~1object".to_owned(), Value::Null, "metadata.labels.todochat.dev/object".to_owned()),
        ("/metadata/ownerReferences/0".to_owned(), Value::Null, "metadata.ownerReferences[5f0c9d0e-0000-4000-8000-00000000abcd]".to_owned()),
        (format!("{CHAT}/image"), json!("evil"), format!("{container}.image")),
        (format!("{CHAT}/args/0"), json!("--evil"), format!("{container}.args")),
        (format!("{CHAT}/args/-"), json!("--evil"), format!("{container}.args")),
        (format!("{CHAT}/env/1/value"), json!("1"), format!("{container}.env[AMOUNT].value")),
        (format!("{CHAT}/env/0"), Value::Null, format!("{container}.env[EMPTY]")),
        (format!("{CHAT}/ports/0/name"), json!("web"), format!("{container}.ports[8080,TCP].name")),
        (format!("{CHAT}/resources/limits/memory"), json!("3Gi"), format!("{container}.resources.limits.memory")),
        (format!("{CHAT}/securityContext/allowPrivilegeEscalation"), Value::Null, format!("{container}.securityContext.allowPrivilegeEscalation")),
        (format!("{CHAT}/securityContext/capabilities/drop/0"), json!("KILL"), format!("{container}.securityContext.capabilities.drop")),
        (format!("{CHAT}/volumeMounts/0/mountPath"), json!("/var"), format!("{container}.volumeMounts[/tmp]")),
        (format!("{POD}/automountServiceAccountToken"), Value::Null, "spec.template.spec.automountServiceAccountToken".to_owned()),
        (format!("{POD}/hostNetwork"), json!(true), "spec.template.spec.hostNetwork".to_owned()),
        (format!("{POD}/nodeSelector/disk"), json!("slow"), "spec.template.spec.nodeSelector.disk".to_owned()),
        (format!("{POD}/nodeSelector/more"), json!("x"), "spec.template.spec.nodeSelector".to_owned()),
        (format!("{POD}/volumes/0"), json!({"name": "tmp", "hostPath": {"path": "/"}}), "spec.template.spec.volumes[tmp].emptyDir".to_owned()),
        (format!("{POD}/tolerations/0/key"), json!("other"), "spec.template.spec.tolerations".to_owned()),
        (format!("{POD}/topologySpreadConstraints/0/maxSkew"), json!(2), "spec.template.spec.topologySpreadConstraints[kubernetes.io/hostname,ScheduleAnyway].maxSkew".to_owned()),
    ] {
        assert_eq!(differing(Kind::Deployment, &pointer, to), [expected], "{pointer}");
    }
}

#[test]
fn what_others_add_of_their_own_is_passed_over() {
    for (pointer, to) in [
        ("/metadata/labels/team".to_owned(), json!("red")),
        ("/metadata/ownerReferences/-".to_owned(), json!({"uid": "other"})),
        ("/spec/paused".to_owned(), json!(true)),
        (format!("{POD}/containers/-"), json!({"name": "proxy"})),
        (format!("{POD}/priorityClassName"), json!("high")),
        (format!("{CHAT}/env/-"), json!({"name": "MORE"})),
        (format!("{CHAT}/volumeMounts/-"), json!({"name": "more", "mountPath": "/more"})),
        (format!("{CHAT}/resources/limits/cpu"), json!("1")),
    ] {
        assert_eq!(differing(Kind::Deployment, &pointer, to), Vec::<String>::new(), "{pointer}");
    }
}

#[test]
fn a_policy_or_selector_with_more_in_it_is_another_one() {
    for (kind, pointer, to, expected) in [
        (
            Kind::NetworkPolicy,
            "/spec/podSelector/matchLabels/more",
            json!("x"),
            "spec.podSelector.matchLabels",
        ),
        (Kind::NetworkPolicy, "/spec/podSelector/matchExpressions", json!([]), "spec.podSelector"),
        (Kind::NetworkPolicy, "/spec/ingress/-", json!({}), "spec.ingress"),
        (
            Kind::NetworkPolicy,
            "/spec/ingress/0/from/0/namespaceSelector/matchLabels",
            json!({"a": "b"}),
            "spec.ingress",
        ),
        (Kind::NetworkPolicy, "/spec/ingress/0/ports/0/port", json!(1), "spec.ingress"),
        (Kind::NetworkPolicy, "/spec/egress", json!([{}]), "spec.egress"),
        (Kind::Service, "/spec/selector/more", json!("x"), "spec.selector"),
        (
            Kind::Service,
            "/spec/ports/0/targetPort",
            json!("admin"),
            "spec.ports[8080,TCP].targetPort",
        ),
        (
            Kind::StatefulSet,
            "/spec/volumeClaimTemplates/0/spec/resources/requests/storage",
            json!("1Gi"),
            "spec.volumeClaimTemplates",
        ),
    ] {
        assert_eq!(differing(kind, pointer, to), [expected], "{pointer}");
    }
}

#[test]
fn a_list_that_somebody_else_has_now_differs_whatever_is_in_it() {
    // Somebody has added a selector of pods to the peer: what we sent is still in it.
    let (desired, mut live) = fixture(Kind::NetworkPolicy);
    live["spec"]["ingress"][0]["from"][0]["podSelector"] = json!({"matchLabels": {"a": "b"}});
    assert_eq!(differences(Kind::NetworkPolicy, &desired, &live), []);
    let fields = live.pointer_mut("/metadata/managedFields/0/fieldsV1/f:spec").unwrap();
    fields.as_object_mut().unwrap().remove("f:ingress");
    let paths = differences(Kind::NetworkPolicy, &desired, &live);
    assert_eq!(paths, [FieldPath::default().field("spec").field("ingress")]);
}

#[test]
fn lists_of_kinds_that_others_define_are_compared_one_by_one() {
    let route = |names: &[&str]| json!({"spec": {"containers": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()}});
    let differences =
        |live: &[&str]| differences(Kind::HttpRoute, &route(&["a"]), &route(live)).len();
    assert_eq!(
        (differences(&["a"]), differences(&["a", "b"]), differences(&["b", "a"])),
        (0, 1, 1)
    );
}
