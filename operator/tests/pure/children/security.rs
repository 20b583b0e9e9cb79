//! The Pod Security Standard `restricted`, from its page in the Kubernetes documentation
//! (`concepts/security/pod-security-standards`), version 1.36: each control of `baseline` and `restricted` for Linux pods, by
//! the fields that the page lists.

use serde_json::{Value, json};

use super::items;

/// A control that is broken, and where.
pub(super) type Broken = (&'static str, String);

const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];
const SELINUX_TYPES: [&str; 4] =
    ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const SAFE_SYSCTLS: [&str; 9] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
];

/// The controls that a pod template breaks.
pub(super) fn broken_by(template: &Value) -> Vec<Broken> {
    let pod = &template["spec"];
    let mut broken = Vec::new();
    of_pod(template, &mut broken);
    let kinds = ["initContainers", "containers", "ephemeralContainers"];
    for container in kinds.iter().flat_map(|kind| items(&pod[*kind])) {
        of_container(pod, container, &mut broken);
    }
    broken
}

fn of_pod(template: &Value, broken: &mut Vec<Broken>) {
    let pod = &template["spec"];
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        require(broken, "Host Namespaces", field, false_or_undefined(&pod[field]));
    }
    for volume in items(&pod["volumes"]) {
        let allowed = |key: &String| key == "name" || VOLUMES.contains(&key.as_str());
        let keys: Vec<_> = volume.as_object().into_iter().flatten().map(|(key, _)| key).collect();
        require(broken, "Volume Types", volume, keys.into_iter().all(allowed));
    }
    for sysctl in items(&pod["securityContext"]["sysctls"]) {
        let name = sysctl["name"].as_str().unwrap_or_default();
        require(broken, "Sysctls", name, SAFE_SYSCTLS.contains(&name));
    }
    for (key, value) in template["metadata"]["annotations"].as_object().into_iter().flatten() {
        let profile = key.starts_with("container.apparmor.security.beta.kubernetes.io/");
        let value = value.as_str().unwrap_or_default();
        let allowed = value == "runtime/default" || value.starts_with("localhost/");
        require(broken, "AppArmor", key, !profile || allowed);
    }
    shared(&pod["securityContext"], "the pod", broken);
}

/// Fields that pods and containers both have.
fn shared(context: &Value, place: &str, broken: &mut Vec<Broken>) {
    let one_of = |value: &Value, allowed: &[&str]| {
        value.is_null() || value.as_str().is_some_and(|value| allowed.contains(&value))
    };
    let host_process = &context["windowsOptions"]["hostProcess"];
    require(broken, "HostProcess", place, false_or_undefined(host_process));
    let profiles = ["RuntimeDefault", "Localhost"];
    require(broken, "AppArmor", place, one_of(&context["appArmorProfile"]["type"], &profiles));
    require(broken, "Seccomp", place, one_of(&context["seccompProfile"]["type"], &profiles));
    let selinux = &context["seLinuxOptions"];
    require(broken, "SELinux", place, one_of(&selinux["type"], &SELINUX_TYPES));
    require(broken, "SELinux", place, selinux["user"].is_null() && selinux["role"].is_null());
    require(broken, "Running as Non-root user", place, context["runAsUser"] != 0);
}

fn of_container(pod: &Value, container: &Value, broken: &mut Vec<Broken>) {
    let place = container["name"].as_str().unwrap_or("a container");
    let (context, above) = (&container["securityContext"], &pod["securityContext"]);
    shared(context, place, broken);
    let privileged = &context["privileged"];
    require(broken, "Privileged Containers", place, false_or_undefined(privileged));
    let escalation = &context["allowPrivilegeEscalation"];
    require(broken, "Privilege Escalation", place, *escalation == false);
    let proc_mount = &context["procMount"];
    require(broken, "/proc Mount Type", place, proc_mount.is_null() || proc_mount == "Default");
    let set = |field: &str| if context[field].is_null() { &above[field] } else { &context[field] };
    require(broken, "Running as Non-root", place, *set("runAsNonRoot") == true);
    require(broken, "Seccomp", place, set("seccompProfile")["type"].is_string());
    let drops_all = items(&context["capabilities"]["drop"]).any(|capability| capability == "ALL");
    let mut added = items(&context["capabilities"]["add"]);
    let adds_little = added.all(|capability| capability == "NET_BIND_SERVICE");
    require(broken, "Capabilities", place, drops_all && adds_little);
    for port in items(&container["ports"]) {
        let host = &port["hostPort"];
        require(broken, "Host Ports", place, host.is_null() || *host == 0);
    }
    for way in ["livenessProbe", "readinessProbe", "startupProbe"] {
        of_handler(&container[way], place, broken);
    }
    for way in ["postStart", "preStop"] {
        of_handler(&container["lifecycle"][way], place, broken);
    }
}

fn of_handler(handler: &Value, place: &str, broken: &mut Vec<Broken>) {
    for way in ["httpGet", "tcpSocket"] {
        let host = &handler[way]["host"];
        require(broken, "Host Probes", place, host.is_null() || host == "");
    }
}

fn false_or_undefined(value: &Value) -> bool {
    value.is_null() || *value == false
}

fn require(
    broken: &mut Vec<Broken>,
    control: &'static str,
    place: &(impl ToString + ?Sized),
    holds: bool,
) {
    if !holds {
        broken.push((control, place.to_string()));
    }
}

/// A pod that breaks nothing.
fn fit() -> Value {
    json!({
        "metadata": {},
        "spec": {
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "server",
                "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
                },
            }],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    })
}

#[test]
fn every_control_can_be_broken() {
    assert_eq!(broken_by(&fit()), []);
    let container = "/spec/containers/0";
    for (at, value, control) in [
        ("/spec/hostNetwork", json!(true), "Host Namespaces"),
        ("/spec/hostPID", json!(true), "Host Namespaces"),
        ("/spec/hostIPC", json!(true), "Host Namespaces"),
        ("/spec/volumes/0", json!({"name": "a", "hostPath": {"path": "/"}}), "Volume Types"),
        ("/spec/volumes/0", json!({"name": "a", "nfs": {}}), "Volume Types"),
        ("/spec/securityContext/sysctls", json!([{"name": "kernel.msgmax"}]), "Sysctls"),
        ("/spec/securityContext/runAsUser", json!(0), "Running as Non-root user"),
        ("/spec/securityContext/runAsNonRoot", json!(false), "Running as Non-root"),
        ("/spec/securityContext/seccompProfile", json!({}), "Seccomp"),
        ("/spec/securityContext/seccompProfile", json!({"type": "Unconfined"}), "Seccomp"),
        ("/spec/securityContext/seLinuxOptions", json!({"user": "root"}), "SELinux"),
        ("/spec/securityContext/seLinuxOptions", json!({"type": "spc_t"}), "SELinux"),
        ("/spec/securityContext/appArmorProfile", json!({"type": "Unconfined"}), "AppArmor"),
        ("/spec/securityContext/windowsOptions", json!({"hostProcess": true}), "HostProcess"),
        (
            "/metadata/annotations",
            json!({"container.apparmor.security.beta.kubernetes.io/a": "unconfined"}),
            "AppArmor",
        ),
        ("/spec/containers/0/securityContext/privileged", json!(true), "Privileged Containers"),
        (
            "/spec/containers/0/securityContext/allowPrivilegeEscalation",
            Value::Null,
            "Privilege Escalation",
        ),
        ("/spec/containers/0/securityContext/procMount", json!("Unmasked"), "/proc Mount Type"),
        ("/spec/containers/0/securityContext/runAsNonRoot", json!(false), "Running as Non-root"),
        ("/spec/containers/0/securityContext/capabilities", json!({}), "Capabilities"),
        (
            "/spec/containers/0/securityContext/capabilities",
            json!({"drop": ["ALL"], "add": ["CHOWN"]}),
            "Capabilities",
        ),
        ("/spec/containers/0/ports", json!([{"hostPort": 80}]), "Host Ports"),
        (
            "/spec/containers/0/livenessProbe",
            json!({"httpGet": {"host": "10.0.0.1"}}),
            "Host Probes",
        ),
        (
            "/spec/containers/0/lifecycle",
            json!({"preStop": {"tcpSocket": {"host": "x"}}}),
            "Host Probes",
        ),
    ] {
        let mut pod = fit();
        set(&mut pod, at, value);
        let broken = broken_by(&pod);
        assert!(broken.iter().any(|(name, _)| *name == control), "{at}: {broken:?}");
    }
    let mut with_init = fit();
    set(&mut with_init, "/spec/initContainers", json!([{"name": "first"}]));
    assert!(broken_by(&with_init).iter().all(|(_, place)| place == "first"), "{container}");
    assert!(!broken_by(&with_init).is_empty());
}

fn set(value: &mut Value, at: &str, to: Value) {
    let (parent, key) = at.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = to,
        parent => parent[key] = to,
    }
}
