"""The chart's rights are those that `todochat-operator rbac` prints, and its definition the one that `crds` prints."""

import pytest

from chart import CHART, NAMESPACE, is_hook, of_kind, read_all, render, the
from operator_binary import prints
from switches import SWITCHES

RIGHTS = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
MODES = {"cluster-wide": [], "one namespace": ["team-a"], "three namespaces": ["team-a", "team-b", "people"]}


def identity(one):
    return one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]


def rights(objects):
    """What gives rights, without what does not bear on them."""
    return {
        identity(one): {name: one[name] for name in ("rules", "roleRef", "subjects") if name in one}
        for one in objects
        if one["kind"] in RIGHTS and not is_hook(one)
    }


@pytest.mark.parametrize("account", ["todochat-operator", "other"])
@pytest.mark.parametrize("mode", MODES)
def test_rights_are_those_of_the_operator(mode, account):
    watched = [f"--watch-namespace={namespace}" for namespace in MODES[mode]]
    printed = read_all(prints("rbac", f"--namespace={NAMESPACE}", f"--service-account={account}", *watched))
    rendered = render({"watchNamespaces": MODES[mode], "serviceAccount": {"name": account}})
    assert rights(rendered) == rights(printed)
    assert len(rights(rendered)) == 5 if not watched else 3 + 2 * len(watched)


@pytest.mark.parametrize("mode", MODES)
def test_each_right_has_its_reason(mode):
    """The comments of the table come through, so that whoever reads before installing sees them."""
    for name in ("everywhere", "cluster", "home"):
        lines = (CHART / "files" / "rbac" / f"{name}.yaml").read_text().splitlines()
        for number, line in enumerate(lines):
            if line.startswith("- apiGroups"):
                assert lines[number - 1].startswith("# "), line


def test_namespaced_operator_has_no_rights_in_the_cluster():
    for switch, (values, _, _) in SWITCHES.items():
        if values.get("watchNamespaces"):
            kinds = {one["kind"] for one in render(values)}
            assert not kinds & {"ClusterRole", "ClusterRoleBinding"}, switch


def test_nothing_in_a_role_is_a_star():
    for mode in MODES.values():
        for one in render({"watchNamespaces": mode}):
            for rule in one.get("rules", []) if one["kind"] in RIGHTS else []:
                assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
                assert not {"escalate", "bind", "impersonate"} & set(rule["verbs"])


def test_definition_is_the_operators_and_is_kept():
    (printed,) = read_all(prints("crds"))
    rendered = the(render(), "CustomResourceDefinition")
    assert rendered["spec"] == printed["spec"]
    assert rendered["metadata"]["name"] == printed["metadata"]["name"]
    assert rendered["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_definition_is_a_template_which_helm_upgrades():
    """helm installs what lies in a chart's folder `crds`, and never looks at it again."""
    assert not (CHART / "crds").exists()


def test_nothing_else_is_kept():
    kept = [identity(one) for one in render() if "helm.sh/resource-policy" in one["metadata"].get("annotations", {})]
    assert kept == [("CustomResourceDefinition", None, "todochats.todochat.dev")]


def test_policy_is_bound_where_the_operator_looks():
    everywhere, some = the(render(), "ValidatingAdmissionPolicyBinding"), the(
        render({"watchNamespaces": ["team-a"]}), "ValidatingAdmissionPolicyBinding"
    )
    assert "matchResources" not in everywhere["spec"]
    (expression,) = some["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert expression == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a"]}
    assert everywhere["spec"]["validationActions"] == ["Deny"]


def test_releases_of_one_name_in_two_namespaces_do_not_share_what_is_of_the_cluster():
    values = {"watchNamespaces": ["team-a"], "crds": {"install": False}}
    of_cluster = lambda namespace: {
        identity(one) for one in render(values, namespace=namespace) if "namespace" not in one["metadata"]
    }
    first, second = of_cluster("one"), of_cluster("two")
    assert first and not first & second
    assert of_kind(render(values, namespace="one"), "ValidatingAdmissionPolicy")
