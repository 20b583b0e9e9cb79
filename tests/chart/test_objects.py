"""What the chart renders, with defaults and with every switch turned: valid for each release of Kubernetes, restricted,
named and labelled as it should be."""

import collections
import copy
import functools
import re

import pytest

from chart import CHART, NAMESPACE, RELEASE, ROOT, Refused, is_hook, of_kind, read_all, render, the
from kubernetes_schemas import RELEASES, is_foreign, problems
from pod_security import restricted
from switches import DIGEST, SWITCHES


@functools.cache
def rendered(switch):
    return tuple(render(SWITCHES[switch][0]))


def pods(objects):
    """The pods among the objects, by name."""
    for one in objects:
        if one.get("kind") == "Pod":
            yield one["metadata"]["name"], one["metadata"], one["spec"]
        elif template := one.get("spec", {}).get("template"):
            yield one["metadata"]["name"], template["metadata"], template["spec"]


@functools.cache
def goldens():
    """What the operator makes of objects, with the file that says so. Secrets are recipes there, and no objects."""
    files = (ROOT / "operator" / "tests" / "pure" / "goldens").glob("*.out.yaml")
    documents = ((file.name, one) for file in sorted(files) for one in read_all(file.read_text()))
    return [(name, one) for name, one in documents if one and {"apiVersion", "kind"} <= one.keys()]


def operator_pod(objects):
    (container,) = the(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    return container


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("switch", SWITCHES)
def test_objects_are_valid(switch, release):
    objects = [one for one in rendered(switch) if not is_foreign(one)]
    assert len(objects) > 5
    assert [problem for one in objects for problem in problems(one, release)] == []


@pytest.mark.parametrize("release", RELEASES)
def test_children_of_the_goldens_are_valid(release):
    """The chart promises these releases, so what the operator makes of objects has to be valid there too."""
    seen = 0
    for name, one in goldens():
        if not is_foreign(one):
            assert problems(one, release) == [], name
            seen += 1
    assert seen > 100


def test_check_of_objects_sees_what_is_not_valid():
    deployment = the(rendered("defaults"), "Deployment")
    for release in RELEASES:
        for field, value in [("replicas", "two"), ("selector", []), ("strategi", {})]:
            broken = {**deployment, "spec": {**deployment["spec"], field: value}}
            assert problems(broken, release), (release, field)


@pytest.mark.parametrize("version", ["1.31.0", "1.37.2", "1.33.4-gke.1134000", "1.32.1+k3s1"])
def test_release_of_kubernetes_is_taken(version):
    assert render({}, "--kube-version", version)


def test_older_kubernetes_is_refused():
    with pytest.raises(Refused, match="1.31"):
        render({}, "--kube-version", "1.30.9")


@pytest.mark.parametrize("switch", SWITCHES)
def test_kinds_are_those_that_the_switch_says(switch):
    _, more, gone = SWITCHES[switch]
    kinds = lambda objects: collections.Counter(one["kind"] for one in objects if not is_hook(one))
    expected = kinds(rendered("defaults"))
    expected.update(more)
    for kind in gone:
        del expected[kind]
    if "ClusterRole" in gone and "Role" not in gone:
        assert not of_kind(rendered(switch), "ClusterRole")
    assert kinds(rendered(switch)) == expected


@pytest.mark.parametrize("switch", SWITCHES)
def test_pods_are_restricted(switch):
    seen = 0
    for name, _, spec in pods(rendered(switch)):
        assert restricted(spec) == [], name
        assert spec["securityContext"]["runAsUser"] == 65532
        assert spec["enableServiceLinks"] is False
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]
        seen += 1
    assert seen == 2


def test_check_of_pods_sees_what_is_not_restricted():
    """Each way to loosen a pod is found."""
    (_, _, good) = next(pods(rendered("defaults")))
    assert restricted(good) == []
    for loosen in [
        lambda pod: pod.update(hostNetwork=True),
        lambda pod: pod.update(volumes=[{"name": "a", "hostPath": {"path": "/"}}]),
        lambda pod: pod["securityContext"].update(runAsUser=0),
        lambda pod: pod["securityContext"].pop("seccompProfile"),
        lambda pod: pod["securityContext"].update(sysctls=[{"name": "kernel.msgmax", "value": "1"}]),
        lambda pod: (pod["securityContext"].pop("runAsNonRoot"), pod["containers"][0]["securityContext"].pop("runAsNonRoot")),
        lambda pod: pod["containers"][0]["securityContext"].update(privileged=True),
        lambda pod: pod["containers"][0]["securityContext"].pop("allowPrivilegeEscalation"),
        lambda pod: pod["containers"][0]["securityContext"].pop("capabilities"),
        lambda pod: pod["containers"][0]["securityContext"]["capabilities"].update(add=["SYS_ADMIN"]),
        lambda pod: pod["containers"][0]["securityContext"].update(procMount="Unmasked"),
        lambda pod: pod["containers"][0]["ports"][0].update(hostPort=80),
        lambda pod: pod["containers"][0].pop("securityContext"),
    ]:
        loose = copy.deepcopy(good)
        loosen(loose)
        assert restricted(loose), loosen


LABELS = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/part-of"}
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


@pytest.mark.parametrize("switch", SWITCHES)
def test_names_and_labels(switch):
    seen = set()
    for one in rendered(switch):
        metadata, kind = one["metadata"], one["kind"]
        identity = (kind, metadata.get("namespace"), metadata["name"])
        assert identity not in seen, identity
        seen.add(identity)
        assert re.fullmatch(r"[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?", metadata["name"]), identity
        # A namespace that helm would have to guess goes wrong with `helm template | kubectl apply`.
        assert ("namespace" in metadata) != (kind in CLUSTER_WIDE), identity
        assert LABELS <= metadata["labels"].keys(), identity
        for key, value in metadata["labels"].items():
            assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value), (identity, key)
    for name, metadata, _ in pods(rendered(switch)):
        assert LABELS <= metadata["labels"].keys(), name


@pytest.mark.parametrize("switch", SWITCHES)
def test_selectors_find_the_operators_pods_and_no_others(switch):
    objects = rendered(switch)
    mine = {"app.kubernetes.io/name": "todochat-operator", "app.kubernetes.io/instance": RELEASE}
    selectors = [the(objects, "Deployment")["spec"]["selector"]["matchLabels"], the(objects, "Service")["spec"]["selector"]]
    selectors += [one["spec"]["selector"]["matchLabels"] for one in of_kind(objects, "PodDisruptionBudget")]
    selectors += [one["spec"]["podSelector"]["matchLabels"] for one in of_kind(objects, "NetworkPolicy")]
    assert all(selector == mine for selector in selectors)
    (test,) = [metadata for name, metadata, _ in pods(objects) if name.endswith("-test")]
    assert not mine.items() <= test["labels"].items()


@pytest.mark.parametrize(
    "release, override, expected",
    [
        ("todochat", "", "todochat-operator"),
        ("todochat-operator", "", "todochat-operator"),
        ("x", "", "x-operator"),
        ("a" * 53, "", "a" * 43 + "-operator"),
        ("x", "mine", "mine"),
    ],
)
def test_name_follows_the_release(release, override, expected):
    objects = render({"fullnameOverride": override, "crds": {"install": False}}, release=release)
    assert the(objects, "Deployment")["metadata"]["name"] == expected
    (test,) = of_kind(objects, "TodoChat")
    assert len(test["metadata"]["name"]) <= 40
    longest = max(len(one["metadata"]["name"]) for one in objects)
    assert longest <= 63


def images(switch):
    """The operator's image, and those that it is told of."""
    container = operator_pod(rendered(switch))
    flags = dict(argument.lstrip("-").split("=", 1) for argument in container["args"] if "=" in argument)
    told = [flags[f"{name}-image"] for name in ("chat-server", "mcp-server", "postgres")]
    prefix = flags.get("image-registry", "")
    return [container["image"], *[prefix + image for image in told]]


NAMES = ["todochat/operator", "todochat/chat-server", "todochat/mcp-server", "todochat/postgres"]


@pytest.mark.parametrize(
    "switch, expected",
    [
        ("defaults", [f"{name}:0.1.0" for name in NAMES]),
        ("tag", [f"{name}:dev" for name in NAMES]),
        ("one registry", [f"registry.example.com:5000/mirror/{name}:0.1.0" for name in NAMES]),
        ("digests", [f"{NAMES[0]}:0.1.0@{DIGEST}"] + [f"{name}:1@{DIGEST}" for name in NAMES[1:]]),
        ("part of another chart", [f"{name}:0.1.0" for name in NAMES]),
    ],
)
def test_images(switch, expected):
    assert images(switch) == expected
    pulled = {container["image"] for _, _, spec in pods(rendered(switch)) for container in spec["containers"]}
    assert pulled == {expected[0]}, "the test's pod runs the operator's image"


def test_images_are_those_that_artifacthub_is_told():
    metadata = read_all((CHART / "Chart.yaml").read_text())[0]
    told = [one["image"] for one in read_all(metadata["annotations"]["artifacthub.io/images"])[0]]
    assert told == images("defaults")
    assert metadata["version"] == metadata["appVersion"]


def test_version_is_that_of_the_workspace():
    metadata = read_all((CHART / "Chart.yaml").read_text())[0]
    workspace = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert metadata["version"] == workspace.group(1)


def test_pull_policy():
    policies = {switch: operator_pod(rendered(switch))["imagePullPolicy"] for switch in ("defaults", "tag")}
    assert policies == {"defaults": "IfNotPresent", "tag": "Never"}


def test_pods_are_asked_on_the_admin_port():
    container = operator_pod(rendered("defaults"))
    (port,) = container["ports"]
    assert port["containerPort"] == 9090 and "--admin-listen=0.0.0.0:9090" in container["args"]
    paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert paths == ["/livez", "/readyz", "/livez"]
    assert all(container[probe]["httpGet"]["port"] == port["name"] for probe in ("startupProbe", "readinessProbe", "livenessProbe"))
    (service,) = the(rendered("defaults"), "Service")["spec"]["ports"]
    assert service["targetPort"] == port["name"]


def test_lease_is_held_under_the_pods_name_in_its_namespace():
    fields = {one["name"]: one["valueFrom"]["fieldRef"]["fieldPath"] for one in operator_pod(rendered("defaults"))["env"]}
    assert fields == {"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace"}


@pytest.mark.parametrize("switch, expected", [("defaults", []), ("every flag", ["monitoring", "observability"])])
def test_operator_is_told_who_reads_the_metrics_of_chats(switch, expected):
    flag = "--metrics-from-namespace="
    told = [argument.removeprefix(flag) for argument in operator_pod(rendered(switch))["args"] if argument.startswith(flag)]
    assert told == expected


def test_network_policy_denies_what_it_does_not_list():
    spec = the(rendered("narrow network"), "NetworkPolicy")["spec"]
    assert sorted(spec["policyTypes"]) == ["Egress", "Ingress"]
    assert "ingress" not in spec, "no metrics for anybody"
    names, server, tools, mine = spec["egress"]
    assert {port["port"] for port in names["ports"]} == {53, 5353}
    assert server["to"] == [{"ipBlock": {"cidr": "10.0.0.1/32"}}, {"ipBlock": {"cidr": "fd00::1/128"}}]
    assert server["ports"] == [{"protocol": "TCP", "port": 6443}]
    assert mine["ports"] == [{"protocol": "TCP", "port": 8443}]
    assert tools["to"][0]["namespaceSelector"] == {}


def test_network_policy_of_some_namespaces_lets_out_to_these_alone():
    spec = the(rendered("two namespaces"), "NetworkPolicy")["spec"]
    (peer,) = spec["egress"][2]["to"]
    (listed,) = peer["namespaceSelector"]["matchExpressions"]
    assert (listed["key"], listed["values"]) == ("kubernetes.io/metadata.name", ["team-a", "team-b"])


def test_policy_lets_out_to_the_pods_that_the_operator_makes():
    """The label that the network policy selects stands on every pod of the goldens."""
    (peer,) = the(rendered("defaults"), "NetworkPolicy")["spec"]["egress"][2]["to"]
    (listed,) = peer["podSelector"]["matchExpressions"]
    labels = [metadata["labels"] for _, metadata, _ in pods(one for _, one in goldens())]
    assert labels and all(listed["key"] in one for one in labels)


def test_test_makes_an_object_and_waits_for_it():
    objects = [one for one in rendered("two namespaces") if is_hook(one)]
    by_kind = {one["kind"]: one for one in objects}
    assert by_kind.keys() == {"ServiceAccount", "Role", "RoleBinding", "TodoChat", "Pod"}
    chat, (container,) = by_kind["TodoChat"], by_kind["Pod"]["spec"]["containers"]
    assert container["args"][:3] == ["wait", chat["metadata"]["name"], f"--namespace={chat['metadata']['namespace']}"]
    assert chat["metadata"]["namespace"] == "team-a", "one that is looked after"
    assert by_kind["Pod"]["metadata"]["namespace"] == NAMESPACE
    assert by_kind["Role"]["rules"] == [
        {"apiGroups": ["todochat.dev"], "resources": ["todochats"], "resourceNames": [chat["metadata"]["name"]], "verbs": ["get"]}
    ]
    weight = lambda kind: int(by_kind[kind]["metadata"]["annotations"].get("helm.sh/hook-weight", 0))
    assert weight("ServiceAccount") < weight("TodoChat") < weight("Pod")
