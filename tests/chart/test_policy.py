"""The admission policy, on a real API server: who may name a Secret in a TodoChat, and who may send it elsewhere.

The author of each row may create and change TodoChat objects, and read the Secrets that the row says.
"""

import copy
import itertools

import pytest

from apiserver import soon
from chart import CHART, of_kind, render, the
from places import PLACES, places_of_definition

NAMESPACE = "people"
OBJECTS = f"/apis/todochat.dev/v1alpha1/namespaces/{NAMESPACE}/todochats"
MANY = [f"s{number}" for number in range(40)]

# Who there is, and which Secrets each may get.
READERS = {"nobody": [], "reads-one": ["mine", "mine-app"], "reads-many": MANY, "reads-all": None}


def account(name):
    return f"system:serviceaccount:{NAMESPACE}:{name}"


def role(name, rules):
    metadata = {"name": name, "namespace": NAMESPACE}
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    group = "rbac.authorization.k8s.io/v1"
    yield {"apiVersion": group, "kind": "Role", "metadata": metadata, "rules": rules}
    yield {"apiVersion": group, "kind": "RoleBinding", "metadata": metadata, "roleRef": reference, "subjects": subjects}


def rights_of(name, readable):
    """An author's; others than `get` on Secrets do not do."""
    ours = ["todochats", "todochats/scale", "todochats/status"]
    yield {"apiGroups": ["todochat.dev"], "resources": ours, "verbs": ["create", "get", "update", "patch", "delete"]}
    yield {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch", "create", "update", "patch", "delete"]}
    if readable is None:
        yield {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    elif readable:
        yield {"apiGroups": [""], "resources": ["secrets"], "resourceNames": readable, "verbs": ["get"]}


@pytest.fixture(scope="module")
def guarded(server):
    """The server with the chart installed, and all authors."""
    installed = server.helm("install", "todochat", str(CHART), "--namespace", "policies", "--create-namespace", "--take-ownership")
    assert installed.returncode == 0, installed.stderr
    server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    server.apply(*(one for name, readable in READERS.items() for one in role(name, list(rights_of(name, readable)))))
    # A policy works a moment after it was made.
    soon(lambda: send(server, {"imagePullSecrets": [{"name": "theirs"}]}, "nobody")[0] == 403)
    soon(lambda: send(server, {}, "reads-all")[0] == 201)
    yield server
    server.helm("uninstall", "todochat", "--namespace", "policies")
    server.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def todochat(spec, name="chat"):
    return {"apiVersion": "todochat.dev/v1alpha1", "kind": "TodoChat", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def send(server, spec, reader):
    """What the server would say to this object, of this author."""
    return server.request("POST", f"{OBJECTS}?dryRun=All", todochat(spec), account(reader))


def judged(answer, named=None):
    """Whether it was let in; if not, by the policy alone, and for that Secret."""
    code, said = answer
    if code in (200, 201):
        return "let in"
    assert code == 403 and "ValidatingAdmissionPolicy" in said["message"], said["message"]
    assert named is None or f"the Secret {named} " in said["message"], said["message"]
    return "refused"


def test_every_place_that_names_a_secret_is_known():
    """A field of the definition that is new and names a Secret has to be in the policy, and in the table."""
    definition = the(render(), "CustomResourceDefinition")
    assert places_of_definition(definition) == {path for path, _ in PLACES}


@pytest.mark.parametrize("path, spec_of", PLACES, ids=lambda it: it if isinstance(it, str) else "")
def test_secret_at_each_place(guarded, path, spec_of):
    for reader, secret, expected in [
        ("nobody", "theirs-app", "refused"),
        ("reads-one", "theirs-app", "refused"),
        ("reads-one", "mine-app", "let in"),
        ("reads-all", "theirs-app", "let in"),
    ]:
        spec = spec_of(secret)
        assert judged(send(guarded, spec, reader), secret) == expected, (reader, secret)


def env(*names):
    return [{"name": f"V{number}", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}} for number, name in enumerate(names)]


def tool(source, **others):
    return {"name": "t", "source": source, **others}


IMAGE = {"type": "Image", "image": {"image": {"repository": "tools.example/t", "tag": "1"}, "args": ["a\nb c", "theirs x"]}}


@pytest.mark.parametrize(
    "reader, spec, expected",
    [
        ("nobody", {}, "let in"),
        ("nobody", {"chat": {"env": [{"name": "A", "value": "theirs"}]}}, "let in"),
        ("nobody", {"database": {"mode": "CNPG", "cnpg": {"create": {}}}}, "let in"),
        # One that may not be read among many that may.
        ("reads-many", {"chat": {"env": env(*MANY[:10], "theirs", *MANY[10:20])}}, "theirs"),
        # What one request may cost bounds how many are asked about.
        ("reads-many", {"chat": {"env": env(*MANY[:24])}}, "let in"),
        ("reads-many", {"chat": {"env": env(*MANY[:25])}}, "refused"),
        ("reads-all", {"chat": {"env": env(*MANY)}}, "let in"),
        ("reads-all", {"chat": {"env": env(*(f"n{number}" for number in range(64)))}}, "let in"),
        # The same one in many places is asked about once.
        ("reads-one", {"chat": {"env": env(*["mine"] * 64)}}, "let in"),
        ("nobody", {"chat": {"env": env(*["theirs"] * 64)}}, "theirs"),
        # Lines and blanks in what stands beside a name are not names.
        ("reads-one", {"toolServers": [tool(IMAGE, env=env("mine"))]}, "let in"),
        ("nobody", {"toolServers": [tool(IMAGE, env=env("theirs"))]}, "theirs"),
        # As many as anybody will have: it can still be judged, and all of it is.
        (
            "reads-all",
            {
                "toolServers": [
                    tool(IMAGE, env=[*env(*MANY[:12]), *({"name": f"P{number}", "value": "x" * 64} for number in range(12))])
                    | {"name": f"t{number}"}
                    for number in range(32)
                ]
            },
            "let in",
        ),
        # The last of many servers.
        (
            "reads-one",
            {"toolServers": [{"name": f"t{number}", "env": env("mine")} for number in range(31)] + [{"name": "last", "env": env("theirs")}]},
            "theirs",
        ),
    ],
    ids=lambda it: str(it)[:60],
)
def test_new_object(guarded, reader, spec, expected):
    named = expected if expected == "theirs" else None
    assert judged(send(guarded, spec, reader), named) == ("refused" if named else expected)


# What somebody else made: it names Secrets that the author of the change may not read.
STANDING = {
    "chat": {
        "model": {"provider": "OpenAICompatible", "name": "m", "endpoint": "https://model.example/v1", "apiKey": {"name": "model", "key": "k"}},
        "env": env("chat-env"),
    },
    "toolServers": [
        tool(copy.deepcopy(IMAGE), env=[*env("tool-env"), {"name": "URL", "value": "https://crm.example"}]),
        {
            "name": "far",
            "source": {
                "type": "Remote",
                "remote": {"url": "https://far.example/mcp", "headersFrom": [{"name": "Authorization", "secretKeyRef": {"name": "far", "key": "k"}}]},
            },
        },
    ],
    "database": {"mode": "External", "external": {"host": "pg.example", "database": "chat", "systemRoots": True, "credentials": {"name": "pg"}}},
    "imagePullSecrets": [{"name": "pull"}],
}
NUMBER = itertools.count()


def put(path, value):
    """A change of one field; numbers are places in lists."""

    def change(spec):
        at = spec
        for step in path[:-1]:
            at = at[step] if isinstance(step, int) else at.setdefault(step, {})
        if value is None:
            del at[path[-1]]
        else:
            at[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "what, change, expected",
    [
        ("nothing", lambda spec: None, "let in"),
        ("more replicas", put(["chat", "replicas"], 3), "let in"),
        ("paused", put(["paused"], True), "let in"),
        ("another model", put(["chat", "model", "name"], "n"), "let in"),
        ("a prompt", put(["chat", "model", "systemPrompt"], {"inline": "x"}), "let in"),
        ("more of a tool's processor time", put(["toolServers", 0, "resources"], {"requests": {"cpu": "1"}}), "let in"),
        ("fewer Secrets", put(["imagePullSecrets"], None), "let in"),
        ("no tool server", put(["toolServers"], None), "let in"),
        ("one that may be read", put(["chat", "auth"], {"signup": "Invite", "inviteCodes": {"name": "mine", "key": "k"}}), "let in"),
        ("one that may not", put(["chat", "auth"], {"signup": "Invite", "inviteCodes": {"name": "theirs", "key": "k"}}), "theirs"),
        ("a model elsewhere", put(["chat", "model", "endpoint"], "https://evil.example/v1"), "model"),
        ("another provider", put(["chat", "model", "provider"], "Ollama"), "model"),
        ("another key of it", put(["chat", "model", "apiKey"], {"name": "model", "key": "other"}), "let in"),
        ("another chat", put(["chat", "image"], {"repository": "evil.example/chat", "tag": "1"}), "model"),
        ("another program", put(["toolServers", 0, "source", "image", "image", "tag"], "2"), "tool-env"),
        ("other arguments", put(["toolServers", 0, "source", "image", "args"], ["--to=evil.example"]), "tool-env"),
        ("another variable", put(["toolServers", 0, "env", 1, "value"], "https://evil.example"), "tool-env"),
        ("another remote", put(["toolServers", 1, "source", "remote", "url"], "https://evil.example/mcp"), "far"),
        ("another database", put(["database", "external", "host"], "evil.example"), "pg"),
        ("another port", put(["database", "external", "port"], 6432), "pg"),
        ("a certificate unchecked", put(["database", "external", "sslMode"], "require"), "pg"),
        ("one in another place", put(["exposure"], {"type": "None", "tls": {"secretRef": {"name": "pull"}}}), "pull"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_change(guarded, what, change, expected):
    code, standing = guarded.request("POST", OBJECTS, todochat(STANDING, f"chat-{next(NUMBER)}"))
    assert code == 201, standing
    path = f"{OBJECTS}/{standing['metadata']['name']}"
    change(standing["spec"])
    named = None if expected == "let in" else expected
    answer = guarded.request("PUT", f"{path}?dryRun=All", standing, account("reads-one"))
    assert judged(answer, named) == ("refused" if named else "let in")
    assert judged(guarded.request("PUT", f"{path}?dryRun=All", standing, account("reads-all"))) == "let in"


def test_what_is_not_the_spec_is_not_looked_at(guarded):
    code, standing = guarded.request("POST", OBJECTS, todochat(STANDING, f"chat-{next(NUMBER)}"))
    assert code == 201, standing
    path, merge = f"{OBJECTS}/{standing['metadata']['name']}", "application/merge-patch+json"
    for where, patch in [
        ("", {"metadata": {"labels": {"a": "b"}, "finalizers": ["todochat.dev/test"]}}),
        ("/status", {"status": {"observedGeneration": 1}}),
        ("/scale", {"spec": {"replicas": 2}}),
        ("", {"metadata": {"finalizers": None}}),
    ]:
        assert judged(guarded.request("PATCH", path + where, patch, account("nobody"), merge)) == "let in", (where, patch)
    code, _ = guarded.request("DELETE", path, user=account("nobody"))
    assert code == 200


def test_server_finds_nothing_to_warn_of(guarded):
    """It holds every expression against the definition's types."""
    policy = soon(
        lambda: (it := guarded.get("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/todochat-operator.policies"))
        and "typeChecking" in it.get("status", {})
        and it
    )
    assert policy["status"]["typeChecking"] == {}


def test_policy_can_warn_instead(guarded):
    values = '{"admissionPolicy": {"actions": ["Warn"]}}'
    for options, expected in [(["--values", "-"], 201), (["--reset-values"], 403)]:
        done = guarded.helm("upgrade", "todochat", str(CHART), "--namespace", "policies", *options, text=values)
        assert done.returncode == 0, done.stderr
        soon(lambda: send(guarded, {"imagePullSecrets": [{"name": "theirs"}]}, "nobody")[0] == expected)


def test_policy_has_no_more_questions_than_a_request_may_ask():
    (policy,) = of_kind(render(), "ValidatingAdmissionPolicy")
    assert len(policy["spec"]["validations"]) == 25
