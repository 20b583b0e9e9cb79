"""Every switch of the chart, turned: the values, and how the kinds of the objects differ from those of the defaults."""

DIGEST = "sha256:" + "0123456789abcdef" * 4

# name: (values, kinds that are there more often than by default, kinds that are gone)
SWITCHES = {
    "defaults": ({}, [], []),
    "one registry": ({"imageRegistry": "registry.example.com:5000/mirror/"}, [], []),
    "tag": ({"image": {"tag": "dev", "pullPolicy": "Never"}}, [], []),
    "digests": (
        {
            "image": {"digest": DIGEST},
            "images": {name: {"digest": DIGEST, "tag": "1"} for name in ("chatServer", "mcpServer", "postgres")},
        },
        [],
        [],
    ),
    "pull secrets": ({"imagePullSecrets": ["mine"], "objectImagePullSecrets": ["theirs"]}, [], []),
    "two namespaces": (
        {"watchNamespaces": ["team-a", "team-b"]},
        ["Role", "Role", "RoleBinding", "RoleBinding"],
        ["ClusterRole", "ClusterRoleBinding"],
    ),
    "every flag": (
        {
            "allowedRegistries": ["registry.example.com/chats", "other.example"],
            "outgoingAllow": ["10.20.0.0/16", "fd00::/8"],
            "metricsFromNamespaces": ["monitoring", "observability"],
            "operator": {
                "workers": 256,
                "writeBudget": 0,
                "maxRolling": 0,
                "watchIdleLimit": "2m30s",
                "resync": "1h",
                "probeInterval": "500ms",
                "objectMetrics": False,
                "drain": "20s",
            },
            "log": {"filter": "todochat=debug,warn", "format": "pretty"},
        },
        [],
        [],
    ),
    "one replica": ({"replicas": 1}, [], ["PodDisruptionBudget"]),
    "no replica": ({"replicas": 0}, [], ["PodDisruptionBudget"]),
    "no budget": ({"podDisruptionBudget": {"enabled": False}}, [], ["PodDisruptionBudget"]),
    "all of the pods": (
        {
            "replicas": 3,
            "resources": {"requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "10Mi"}, "limits": {"memory": "2Gi"}},
            "priorityClassName": "system-cluster-critical",
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"}],
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}]
                    }
                }
            },
            "topologySpreadKey": "",
            "podLabels": {"team": "platform"},
            "podAnnotations": {"sidecar.istio.io/inject": "false"},
            "terminationGracePeriodSeconds": 60,
        },
        [],
        [],
    ),
    "an account of others": (
        {"serviceAccount": {"create": False, "name": "given"}, "rbac": {"create": False}},
        [],
        ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
    ),
    "a named account": ({"serviceAccount": {"name": "mine", "annotations": {"a.example/b": "c"}}}, [], []),
    "no definition": ({"crds": {"install": False}}, [], ["CustomResourceDefinition"]),
    "no policy": (
        {"admissionPolicy": {"enabled": False}},
        [],
        ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
    ),
    "policy that warns": ({"admissionPolicy": {"actions": ["Warn", "Audit"]}}, [], []),
    "no network policy": ({"networkPolicy": {"enabled": False}}, [], ["NetworkPolicy"]),
    "narrow network": (
        {
            "networkPolicy": {
                "metricsFrom": [],
                "apiServer": {"cidrs": ["10.0.0.1/32", "fd00::1/128"], "ports": [6443]},
                "egressTo": [{"to": [{"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.9/32"]}}], "ports": [{"protocol": "TCP", "port": 8443}]}],
            }
        },
        [],
        [],
    ),
    "service monitor": (
        {"monitoring": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "interval": "30s", "scrapeTimeout": "10s"}}},
        ["ServiceMonitor"],
        [],
    ),
    "alerts": ({"monitoring": {"rules": {"enabled": True, "labels": {"release": "prometheus"}}}}, ["PrometheusRule"], []),
    "dashboard": ({"monitoring": {"dashboard": {"enabled": True}}}, ["ConfigMap"], []),
    "names and labels": ({"fullnameOverride": "chats", "commonLabels": {"cost-center": "42"}}, [], []),
    "another test": ({"test": {"namespace": "people", "timeout": "2m", "spec": {"paused": False}}}, [], []),
    "part of another chart": ({"global": {"imageRegistry": "not.looked.at"}}, [], []),
}
