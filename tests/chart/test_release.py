"""The chart's life on a real API server: installed, upgraded, tested, uninstalled. No pod runs there; where one should,
the test plays the kubelet, or runs the operator's binary in its place."""

import json
import subprocess
import tempfile

import pytest
import yaml

from apiserver import soon
from chart import CHART, ROOT
from operator_binary import start

DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/todochats.todochat.dev"
TODOCHATS = "/apis/todochat.dev/v1alpha1/namespaces/{}/todochats"


def helm(server, *arguments, values=None):
    """Runs helm in the namespace of the release; it has to end well."""
    given = ["--values", "-"] if values is not None else []
    done = server.helm(*arguments, *given, text=json.dumps(values))
    assert done.returncode == 0, done.stderr
    return done.stdout


def install(server, namespace, values=None):
    """Installs the release. The definition is there already, of another test's release."""
    return helm(server, "install", "todochat", str(CHART), "--namespace", namespace, "--take-ownership", values=values)


@pytest.fixture
def namespace(server, request):
    """A namespace of the test's own, where only restricted pods may be."""
    name = request.node.name.split("[")[0].replace("_", "-").removeprefix("test-")[:50]
    enforced = {"pod-security.kubernetes.io/enforce": "restricted"}
    server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": enforced}})
    yield name
    server.helm("uninstall", "todochat", "--namespace", name)
    server.kubectl("delete", "namespace", name, "--wait=false")


def deployment(server, namespace):
    return server.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/todochat-operator")


def operators_pods(server, namespace):
    labels = "labelSelector=app.kubernetes.io/name%3Dtodochat-operator"
    return server.get(f"/api/v1/namespaces/{namespace}/pods?{labels}")["items"]


def test_install_makes_all_and_says_what_is_next(server, namespace):
    said = install(server, namespace)
    assert f"kubectl --namespace {namespace} rollout status deployment/todochat-operator" in said
    assert "kind: TodoChat" in said and "helm test todochat" in said
    # Admission itself judges the pods: none would be there if they were not restricted.
    pods = soon(lambda: len(found := operators_pods(server, namespace)) == 2 and found)
    assert all(pod["spec"]["serviceAccountName"] == "todochat-operator" for pod in pods)
    conditions = soon(lambda: {one["type"]: one["status"] for one in server.get(DEFINITION)["status"].get("conditions", [])})
    assert conditions["Established"] == "True"


def test_an_upgrade_changes_what_was_asked_for_alone(server, namespace):
    install(server, namespace)
    before = soon(lambda: (it := deployment(server, namespace)) and it["status"].get("observedGeneration") == 1 and it)
    # The same again: nothing is written to what is the same.
    helm(server, "upgrade", "todochat", str(CHART), "--namespace", namespace)
    again = deployment(server, namespace)
    assert again["metadata"]["generation"] == 1
    values = {"replicas": 3, "operator": {"workers": 4}, "monitoring": {}, "podDisruptionBudget": {"enabled": False}}
    helm(server, "upgrade", "todochat", str(CHART), "--namespace", namespace, values=values)
    after = deployment(server, namespace)
    assert after["spec"]["replicas"] == 3
    (container,) = after["spec"]["template"]["spec"]["containers"]
    assert "--workers=4" in container["args"] and "--workers=16" not in container["args"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert server.get(f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets/todochat-operator") is None
    helm(server, "rollback", "todochat", "1", "--namespace", namespace)
    assert deployment(server, namespace)["spec"]["replicas"] == 2


def test_an_upgrade_brings_the_definition(server, namespace):
    """Somebody's older definition: the upgrade adds what it lacks, and takes nothing that stands in objects."""
    install(server, namespace)
    chat = {"apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "metadata": {"name": "chat", "namespace": namespace}, "spec": {}}
    soon(lambda: server.request("POST", TODOCHATS.format(namespace), chat)[0] == 201)
    path = "/spec/versions/0/additionalPrinterColumns/0"
    server.kubectl("patch", "crd", "todochats.todochat.dev", "--type=json", f'--patch=[{{"op": "remove", "path": "{path}"}}]')
    columns = lambda: [one["name"] for one in server.get(DEFINITION)["spec"]["versions"][0]["additionalPrinterColumns"]]
    assert columns()[0] != "Ready"
    helm(server, "upgrade", "todochat", str(CHART), "--namespace", namespace, "--force-conflicts")
    assert columns()[0] == "Ready"
    assert server.get(f"{TODOCHATS.format(namespace)}/chat")


def test_uninstall_keeps_the_definition_and_the_chats(server, namespace):
    install(server, namespace)
    chat = {"apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "metadata": {"name": "chat", "namespace": namespace}, "spec": {}}
    soon(lambda: server.request("POST", TODOCHATS.format(namespace), chat)[0] == 201)
    said = server.helm("uninstall", "todochat", "--namespace", namespace)
    assert said.returncode == 0, said.stderr
    assert deployment(server, namespace) is None
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    assert server.get(f"{policies}/todochat-operator.{namespace}") is None
    assert server.get(DEFINITION) and server.get(f"{TODOCHATS.format(namespace)}/chat")
    # And the same release can be there again: the definition still says that it is its own.
    helm(server, "install", "todochat", str(CHART), "--namespace", namespace)
    assert server.get(f"{TODOCHATS.format(namespace)}/chat")


def test_a_namespaced_release_guards_its_own_namespaces_alone(server, namespace):
    for team in ("team-a", "team-b"):
        server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team}})
    values = {"watchNamespaces": ["team-a"]}
    install(server, namespace, values)
    roles = "/apis/rbac.authorization.k8s.io/v1"
    assert server.get(f"{roles}/namespaces/team-a/roles/todochat-operator")
    assert server.get(f"{roles}/namespaces/team-b/roles/todochat-operator") is None
    assert server.get(f"{roles}/clusterroles/todochat-operator") is None
    for team in ("team-a", "team-b"):
        server.kubectl("create", "--namespace", team, "rolebinding", "author", "--clusterrole=author", "--user=author")
    server.kubectl("create", "clusterrole", "author", "--verb=create", "--resource=todochats.todochat.dev")
    chat = lambda team: {
        "apiVersion": "todochat.dev/v1alpha1",
        "kind": "TodoChat",
        "metadata": {"name": "chat", "namespace": team},
        "spec": {"imagePullSecrets": [{"name": "theirs"}]},
    }
    code = lambda team: server.request("POST", TODOCHATS.format(team) + "?dryRun=All", chat(team), "author")[0]
    soon(lambda: code("team-b") == 201)
    soon(lambda: code("team-a") == 403)
    assert code("team-b") == 201


def test_monitoring_is_taken_where_its_kinds_are(server, namespace):
    """The real definitions of the Prometheus Operator judge the objects."""
    for api in ("monitoring", "rules"):
        printed = subprocess.run([ROOT / "tests/cluster/cluster", "crds", api], capture_output=True, text=True, check=True)
        server.kubectl("apply", "--server-side", "--filename", printed.stdout.strip())
    parts = ("serviceMonitor", "rules", "dashboard")
    install(server, namespace, {"monitoring": {part: {"enabled": True} for part in parts}})
    kinds = f"/apis/monitoring.coreos.com/v1/namespaces/{namespace}"
    for kind in ("servicemonitors", "prometheusrules"):
        (one,) = server.get(f"{kinds}/{kind}")["items"]
        assert one["metadata"]["name"].startswith("todochat-operator")
    (monitor,) = server.get(f"{kinds}/servicemonitors")["items"]
    (service,) = server.get(f"/api/v1/namespaces/{namespace}/services")["items"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [one["port"] for one in monitor["spec"]["endpoints"]] == [port["name"] for port in service["spec"]["ports"]]


def account_of(server, namespace, pod):
    """A kubeconfig with the pod's own account."""
    token = server.kubectl("create", "token", pod["spec"]["serviceAccountName"], "--namespace", namespace).strip()
    config = yaml.safe_load(open(server.kubeconfig))
    config["users"][0]["user"] = {"token": token}
    file = tempfile.NamedTemporaryFile("w", suffix=".kubeconfig")
    yaml.safe_dump(config, file)
    file.flush()
    return file


def judge(server, namespace, name, status, reason):
    """What the operator would write."""
    generation = server.get(f"{TODOCHATS.format(namespace)}/{name}")["metadata"]["generation"]
    condition = {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": "by hand",
        "observedGeneration": generation,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    patch = {"status": {"conditions": [condition]}}
    code, said = server.request(
        "PATCH", f"{TODOCHATS.format(namespace)}/{name}/status", patch, kind="application/merge-patch+json"
    )
    assert code == 200, said


def test_the_test_waits_until_its_chat_is_ready(server, namespace):
    install(server, namespace)
    testing = server.begin("helm", "test", "todochat", "--namespace", namespace, "--timeout", "60s")
    pods = f"/api/v1/namespaces/{namespace}/pods/todochat-operator-test"
    pod = soon(lambda: server.get(pods))
    (container,) = pod["spec"]["containers"]
    with account_of(server, namespace, pod) as kubeconfig:
        waiting = start(*container["args"], environment={"KUBECONFIG": kubeconfig.name})
        name = container["args"][1]
        assert "no operator has looked at it yet" in waiting.stdout.readline()
        judge(server, namespace, name, "False", "RollingOut")
        assert "RollingOut: by hand" in waiting.stdout.readline()
        judge(server, namespace, name, "True", "Serving")
        assert "is Ready" in waiting.communicate(timeout=20)[0]
        assert waiting.returncode == 0
    finish(server, pods, "Succeeded")
    out, complaint = testing.communicate(timeout=60)
    assert testing.returncode == 0, complaint
    # Nothing of it stays.
    soon(lambda: server.get(f"{TODOCHATS.format(namespace)}/{name}") is None and server.get(pods) is None)
    assert server.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/todochat-operator-test") is None


def finish(server, pod, phase):
    """What the kubelet would write."""
    code, said = server.request("PATCH", f"{pod}/status", {"status": {"phase": phase}}, kind="application/merge-patch+json")
    assert code == 200, said


def test_a_test_that_fails_leaves_its_log_and_no_chat(server, namespace):
    install(server, namespace, {"test": {"timeout": "1s"}})
    testing = server.begin("helm", "test", "todochat", "--namespace", namespace, "--timeout", "60s")
    pods = f"/api/v1/namespaces/{namespace}/pods/todochat-operator-test"
    pod = soon(lambda: server.get(pods))
    (container,) = pod["spec"]["containers"]
    with account_of(server, namespace, pod) as kubeconfig:
        waiting = start(*container["args"], environment={"KUBECONFIG": kubeconfig.name})
        _, complaint = waiting.communicate(timeout=20)
    assert waiting.returncode == 1
    assert f"{namespace}/todochat-operator-test is not Ready in time: no operator has looked at it yet" in complaint
    finish(server, pods, "Failed")
    testing.communicate(timeout=60)
    assert testing.returncode != 0
    assert server.get(pods)
    soon(lambda: server.get(f"{TODOCHATS.format(namespace)}/todochat-operator-test") is None)
