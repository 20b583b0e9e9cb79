//! What is passed on as it is: pods, and who may talk to whom.

use super::*;

#[test]
fn pods_carry_what_was_said() {
    let yaml = "
chat:
  pod:
    labels: {example.com/team: harbour}
    annotations: {example.com/note: 'any text'}
    nodeSelector: {disk: ssd}
    tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]
    affinity:
      podAntiAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {a: b}}}
    priorityClassName: high
";
    let pod = validated(yaml).chat.pod;
    assert_eq!(pod.labels["example.com/team"], "harbour");
    assert_eq!(pod.tolerations[0].key.as_deref(), Some("spot"));
    assert!(pod.affinity.is_some_and(|affinity| affinity.pod_anti_affinity.is_some()));
    assert_eq!(pod.priority_class.as_deref(), Some("high"));
}

#[test]
fn a_slip_in_what_is_passed_on_is_told_by_its_path() {
    let refuses = |said: &str, words| {
        refuses(&format!("chat: {{pod: {{{said}}}}}"), "OverrideRejected", words);
    };
    refuses("tolerations: [{key: spot, operater: Exists}]", "`spec.chat.pod.tolerations[0]`");
    refuses("tolerations: [{key: spot, operater: Exists}]", "`operater`");
    refuses("tolerations: [{key: a}, {tolerationSeconds: soon}]", "tolerations[1]");
    refuses("tolerations: [{}]", "must be Exists");
    refuses("tolerations: [{key: a, effect: Never}]", "NoSchedule");
    refuses("tolerations: [{key: a, operator: Exists, value: b}]", "no value");
    refuses("tolerations: [{key: a, tolerationSeconds: 3}]", "NoExecute");
    refuses("affinity: {nodeAffinty: {}}", "`nodeAffinty`");
}

#[test]
fn labels_and_annotations_are_neither_the_operators_own_nor_a_way_out() {
    let refuses = |said: &str| {
        refuses(&format!("chat: {{pod: {{{said}}}}}"), "OverrideRejected", "spec.chat.pod.");
    };
    refuses("labels: {todochat.dev/object: other}");
    refuses("labels: {app.kubernetes.io/instance: other}");
    refuses("labels: {team: '*'}");
    refuses("annotations: {todochat.dev/inputs: x}");
    refuses("annotations: {'a b': x}");
    refuses("annotations: {container.apparmor.security.beta.kubernetes.io/chat: unconfined}");
    refuses("annotations: {Container.AppArmor.security.beta.kubernetes.io/chat: unconfined}");
    refuses("annotations: {sidecar.istio.io/userVolumeMount: x}");
    refuses("annotations: {k8s.v1.cni.cncf.io/networks: host}");
}

#[test]
fn the_pods_of_tool_servers_are_judged_alike() {
    let yaml = "toolServers: [{name: todo, pod: {tolerations: [{}]}}]";
    refuses(yaml, "OverrideRejected", "`spec.toolServers[todo].pod.tolerations[0]`");
}

#[test]
fn peers_and_rules_are_read_as_a_network_policy_has_them() {
    let yaml = "
network:
  ingressFrom: [{namespaceSelector: {matchLabels: {team: harbour}}}, {ipBlock: {cidr: 10.0.0.0/8}}]
  egressTo: [{to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}], ports: [{port: 443}]}]
";
    let network = validated(yaml).network.expect("policies");
    assert_eq!((network.ingress_from.len(), network.egress_to.len()), (2, 1));
    assert_eq!(network.operator_namespace, "todochat-system");
    assert_eq!(validated("network: {policy: Disabled}").network, None);
}

#[test]
fn who_reads_metrics_is_what_the_operator_was_told() {
    let mut case = Case::new("{}");
    assert!(case.accepted().network.expect("policies").metrics_from.is_empty());
    case.settings.metrics_from = vec!["monitoring".to_owned()];
    assert_eq!(case.accepted().network.expect("policies").metrics_from, ["monitoring"]);
}

#[test]
fn a_rule_that_its_api_would_refuse_is_refused_here() {
    let refuses = |said: &str, words| {
        refuses(&format!("network: {{{said}}}"), "OverrideRejected", words);
    };
    refuses("ingressFrom: [{}]", "`spec.network.ingressFrom[0]`");
    refuses("ingressFrom: [{podSelecter: {}}]", "podSelecter");
    refuses("ingressFrom: [{ipBlock: {cidr: everywhere}}]", "ingressFrom[0].ipBlock");
    refuses("ingressFrom: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]", "stands alone");
    refuses(
        "egressTo: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}]}]",
        "to[0].ipBlock",
    );
    refuses("egressTo: [{ports: [{port: 70000}]}]", "egressTo[0].ports[0]");
    refuses("egressTo: [{ports: [{port: 80, endPort: 79}]}]", "ports[0]");
    refuses("egressTo: [{ports: [{port: 80, protocol: HTTP}]}]", "TCP, UDP or SCTP");
}
