"""values.yaml and values.schema.json: each value explained, checked, and refused by its name when it is bad."""

import re

import pytest

from chart import CHART, Refused, default_values, render, the, values_schema
from operator_binary import flags_of_run, prints
from switches import DIGEST, SWITCHES

# values, what the refusal names
BAD = [
    ({"imageRegistri": "x"}, "imageRegistri"),
    ({"imageRegistry": "https://registry.example.com"}, "/imageRegistry"),
    ({"imageRegistry": "registry.example.com/a b"}, "/imageRegistry"),
    ({"imageRegistry": 5}, "/imageRegistry"),
    ({"image": {"tag": "a:b"}}, "/image/tag"),
    ({"image": {"tag": 1.2}}, "/image/tag"),
    ({"image": {"repository": ""}}, "/image/repository"),
    ({"image": {"repository": "todochat/operator:1"}}, "/image/repository"),
    ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
    ({"image": {"digest": DIGEST.upper()}}, "/image/digest"),
    ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
    ({"image": {"registry": "x"}}, "registry"),
    ({"images": {"chat": {}}}, "chat"),
    ({"images": {"postgres": {"tag": "-1"}}}, "/images/postgres/tag"),
    ({"images": {"mcpServer": {"pullPolicy": "Always"}}}, "pullPolicy"),
    ({"imagePullSecrets": [{"name": "x"}]}, "/imagePullSecrets/0"),
    ({"imagePullSecrets": ["A_B"]}, "/imagePullSecrets/0"),
    ({"watchNamespaces": "team-a"}, "/watchNamespaces"),
    ({"watchNamespaces": ["Team"]}, "/watchNamespaces/0"),
    ({"watchNamespaces": ["a,b"]}, "/watchNamespaces/0"),
    ({"watchNamespaces": ["a", "a"]}, "/watchNamespaces"),
    ({"watchNamespaces": [""]}, "/watchNamespaces/0"),
    ({"allowedRegistries": ["https://x.example"]}, "/allowedRegistries/0"),
    ({"allowedRegistries": ["x", ""]}, "/allowedRegistries/1"),
    ({"outgoingAllow": ["10.0.0.1"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["10.0.0.0/33"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["fd00::/129"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["999.1.1.1/16"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["10.0.0.256/32"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["10.01.0.0/16"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": [":::/8"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": [":/8"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["fd00::1::/64"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["fd00:1/64"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["fd000::/64"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["1:2:3:4:5:6:7:8:9/64"]}, "/outgoingAllow/0"),
    ({"outgoingAllow": ["1:2:3:4::5:6:7:8/64"]}, "/outgoingAllow/0"),
    ({"metricsFromNamespaces": "monitoring"}, "/metricsFromNamespaces"),
    ({"metricsFromNamespaces": ["Monitoring"]}, "/metricsFromNamespaces/0"),
    ({"metricsFromNamespaces": [""]}, "/metricsFromNamespaces/0"),
    ({"objectImagePullSecrets": ["a/b"]}, "/objectImagePullSecrets/0"),
    ({"operator": {"workers": 0}}, "/operator/workers"),
    ({"operator": {"workers": 257}}, "/operator/workers"),
    ({"operator": {"workers": "4"}}, "/operator/workers"),
    ({"operator": {"writeBudget": -1}}, "/operator/writeBudget"),
    ({"operator": {"maxRolling": 70000}}, "/operator/maxRolling"),
    ({"operator": {"resync": "10"}}, "/operator/resync"),
    ({"operator": {"resync": "1s2m"}}, "/operator/resync"),
    ({"operator": {"drain": ""}}, "/operator/drain"),
    ({"operator": {"drain": "0s"}}, "/operator/drain"),
    ({"operator": {"resync": "0h00m0ms"}}, "/operator/resync"),
    ({"operator": {"watchIdleLimit": 150}}, "/operator/watchIdleLimit"),
    ({"operator": {"probeInterval": "1d"}}, "/operator/probeInterval"),
    ({"operator": {"objectMetrics": "yes"}}, "/operator/objectMetrics"),
    ({"operator": {"verbose": True}}, "verbose"),
    ({"log": {"format": "text"}}, "/log/format"),
    ({"log": {"filter": "todochat=debug; rm"}}, "/log/filter"),
    ({"replicas": -1}, "/replicas"),
    ({"replicas": 1.5}, "/replicas"),
    ({"replicas": "2"}, "/replicas"),
    ({"resources": {"limits": {"memory": "256 MB"}}}, "/resources/limits/memory"),
    ({"resources": {"limits": {"cpu": -1}}}, "/resources/limits/cpu"),
    ({"resources": {"requests": {"memory": "-64Mi"}}}, "/resources/requests/memory"),
    ({"resources": {"limits": {"gpu": "1"}}}, "gpu"),
    ({"resources": {"claims": []}}, "claims"),
    ({"priorityClassName": "High"}, "/priorityClassName"),
    ({"nodeSelector": {"a": True}}, "/nodeSelector/a"),
    ({"nodeSelector": ["a"]}, "/nodeSelector"),
    ({"tolerations": [{"efect": "NoSchedule"}]}, "efect"),
    ({"tolerations": [{"effect": "Never"}]}, "/tolerations/0/effect"),
    ({"affinity": {"podAntiAfinity": {}}}, "podAntiAfinity"),
    ({"topologySpreadKey": "a b"}, "/topologySpreadKey"),
    ({"podLabels": {"app.kubernetes.io/name": "x"}}, "/podLabels/app.kubernetes.io"),
    ({"podLabels": {"a": "b c"}}, "/podLabels/a"),
    ({"podAnnotations": {"a": 1}}, "/podAnnotations/a"),
    ({"terminationGracePeriodSeconds": 0}, "/terminationGracePeriodSeconds"),
    ({"podDisruptionBudget": {"enabled": "true"}}, "/podDisruptionBudget/enabled"),
    ({"podDisruptionBudget": {"minAvailable": 1}}, "minAvailable"),
    ({"serviceAccount": {"create": False}}, "/serviceAccount/name"),
    ({"serviceAccount": {"name": "A"}}, "/serviceAccount/name"),
    ({"rbac": {"create": 1}}, "/rbac/create"),
    ({"rbac": {"clusterWide": True}}, "clusterWide"),
    ({"crds": {"keep": False}}, "keep"),
    ({"admissionPolicy": {"actions": []}}, "/admissionPolicy/actions"),
    ({"admissionPolicy": {"actions": ["Refuse"]}}, "/admissionPolicy/actions/0"),
    ({"admissionPolicy": {"actions": ["Deny", "Warn"]}}, "/admissionPolicy/actions"),
    ({"networkPolicy": {"metricsFrom": [{}]}}, "/networkPolicy/metricsFrom/0"),
    ({"networkPolicy": {"metricsFrom": [{"namespaces": ["a"]}]}}, "/networkPolicy/metricsFrom/0"),
    ({"networkPolicy": {"apiServer": {"cidrs": ["api.example"]}}}, "/networkPolicy/apiServer/cidrs/0"),
    ({"networkPolicy": {"apiServer": {"cidrs": ["256.0.0.1/32"]}}}, "/networkPolicy/apiServer/cidrs/0"),
    ({"networkPolicy": {"apiServer": {"ports": []}}}, "/networkPolicy/apiServer/ports"),
    ({"networkPolicy": {"apiServer": {"ports": [70000]}}}, "/networkPolicy/apiServer/ports/0"),
    ({"networkPolicy": {"egressTo": [{"from": []}]}}, "/networkPolicy/egressTo/0"),
    ({"monitoring": {"serviceMonitor": {"interval": "often"}}}, "/monitoring/serviceMonitor/interval"),
    ({"monitoring": {"podMonitor": {}}}, "podMonitor"),
    ({"fullnameOverride": "1st"}, "/fullnameOverride"),
    ({"fullnameOverride": "a" * 53}, "/fullnameOverride"),
    ({"commonLabels": {"helm.sh/chart": "x"}}, "/commonLabels/helm.sh"),
    ({"commonLabels": {"todochat.dev/object": "x"}}, "/commonLabels/todochat.dev"),
    ({"test": {"timeout": "soon"}}, "/test/timeout"),
    ({"test": {"namespace": "A"}}, "/test/namespace"),
    ({"test": {"spec": "x"}}, "/test/spec"),
]


@pytest.mark.parametrize("values, named", BAD, ids=lambda it: str(it)[:70])
def test_bad_value_is_refused_by_its_name(values, named):
    with pytest.raises(Refused) as refused:
        render(values)
    message = str(refused.value)
    assert "specifications of the schema" in message, "not by a template that tripped over it"
    assert named in message


@pytest.mark.parametrize(
    "values",
    [
        {"operator": {"drain": "30s"}},
        {"operator": {"drain": "1h2m3s4ms"}, "terminationGracePeriodSeconds": 600},
        {"operator": {"drain": "08s"}, "terminationGracePeriodSeconds": 8},
        {"operator": {"drain": "9s1000ms"}, "terminationGracePeriodSeconds": 10},
        {"terminationGracePeriodSeconds": 10},
    ],
    ids=str,
)
def test_drain_that_the_grace_period_would_cut_off_is_refused(values):
    with pytest.raises(Refused) as refused:
        render(values)
    message = str(refused.value)
    assert "operator.drain" in message and "terminationGracePeriodSeconds" in message


@pytest.mark.parametrize(
    "values",
    [
        {"imageRegistry": "localhost:5000"},
        {"imageRegistry": "registry.example.com/a/b-c/"},
        {"operator": {"resync": "1h2m3s4ms", "probeInterval": "0s1ms", "writeBudget": 0}},
        {"operator": {"drain": "29s999ms"}},
        {"operator": {"drain": "9m59s"}, "terminationGracePeriodSeconds": 600},
        {"resources": {"limits": {"cpu": 2, "memory": "1.5Gi"}, "requests": {"cpu": 0}}},
        {"watchNamespaces": ["a" * 63]},
        {"outgoingAllow": ["0.0.0.0/0", "::/0", "fd00:1::10/128", "255.249.199.99/32"]},
        {"outgoingAllow": ["1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7::/112", "::2:3:4:5:6:7:8/128", "FD00::/8", "1::8/127"]},
        {"log": {"filter": 'todochat[span{field="x"}]=trace,warn'}},
    ],
    ids=str,
)
def test_unusual_good_value_is_taken(values):
    assert the(render(values), "Deployment")


def objects_of_schema(schema, path=""):
    """Every part of the schema that speaks of an object, with its path."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for name, part in schema.items():
            yield from objects_of_schema(part, f"{path}/{name}")


# Where people write what is not ours to know.
FREE = {
    "/properties/global",
    "/properties/test/properties/spec",
    "/properties/affinity/properties/nodeAffinity",
    "/properties/affinity/properties/podAffinity",
    "/properties/affinity/properties/podAntiAffinity",
}


def test_schema_lets_in_what_it_lists_and_nothing_else():
    for path, schema in objects_of_schema(values_schema()):
        others = schema.get("additionalProperties")
        assert others is False or isinstance(others, dict) or path in FREE, path


def resolve(schema):
    while isinstance(schema, dict) and "$ref" in schema:
        schema = values_schema()["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def test_schema_and_values_list_the_same():
    def compare(schema, values, path):
        properties = resolve(schema).get("properties")
        if properties is None or path in FREE:
            return
        assert values.keys() == properties.keys(), path or "the top"
        for name, value in values.items():
            if isinstance(value, dict):
                compare(properties[name], value, f"{path}/properties/{name}")

    values = default_values()
    for unset in ("affinity",):
        values.pop(unset)
    for given in values["resources"].values():
        given.update({name: given.get(name) for name in ("cpu", "memory", "ephemeral-storage")})
    schema = values_schema()
    schema["properties"].pop("affinity")
    compare(schema, values, "")


# A line that begins a value is explained by a comment right above it, or belongs to a group that is.
GROUPED = {"tag", "digest", "repository", "requests", "limits", "annotations", "enabled", "create", "actions", "podAnnotations", "scrapeTimeout"}


def test_each_value_is_explained_where_it_stands():
    above, unexplained = "", []
    for line in (CHART / "values.yaml").read_text().splitlines():
        key = re.match(r" *([A-Za-z]+):( |$)", line)
        begins_a_group = key and line.rstrip().endswith(":")
        if key and not begins_a_group and key.group(1) not in GROUPED and not above.strip().startswith("#"):
            unexplained.append(line)
        above = line
    assert unexplained == []


# Given by the pod's environment, set once for all, or no setting of a cluster.
NOT_VALUES = {"admin-listen", "pod-name", "pod-namespace", "help", "version"}

def arguments(values):
    (container,) = the(render({**values, "crds": {"install": False}}), "Deployment")["spec"]["template"]["spec"]["containers"]
    return container["args"]


def test_each_flag_of_the_operator_can_be_set():
    everything = {}
    for values, _, _ in SWITCHES.values():
        everything.update(values)
    everything["imageRegistry"] = "registry.example.com"
    given = {re.match(r"--([a-z-]+)", argument).group(1) for argument in arguments(everything)[1:]}
    assert given - NOT_VALUES == flags_of_run().keys() - NOT_VALUES


def test_defaults_are_the_operators_own():
    flags = flags_of_run()
    given = dict(argument[2:].split("=", 1) for argument in arguments({})[1:])
    for name, value in given.items():
        if name not in NOT_VALUES and name != "log-format":
            assert value == flags[name], name


@pytest.mark.parametrize("switch", SWITCHES)
def test_operator_reads_its_arguments(switch):
    """`--help` at the end: all before it has been read by then."""
    assert "Usage: todochat-operator run" in prints(*arguments(SWITCHES[switch][0]), "--help")


def test_operator_refuses_arguments_that_it_cannot_read():
    with pytest.raises(AssertionError, match="workers"):
        prints("run", "--workers=none", "--help")
