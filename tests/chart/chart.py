"""The chart, rendered: values in, objects out."""

import json
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "todochat-operator"
NAMESPACE = "home"
RELEASE = "todochat"


class Refused(Exception):
    """helm did not render; the text is what it said."""


def render(values=None, *options, release=RELEASE, namespace=NAMESPACE):
    """The objects that these values give, in helm's order."""
    command = ["helm", "template", release, str(CHART), "--namespace", namespace, "--values", "-", *options]
    done = subprocess.run(command, input=json.dumps(values or {}), capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(done.stderr)
    return [document for document in read_all(done.stdout) if document]


def read_all(text):
    """All documents of a YAML."""
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


def of_kind(objects, kind):
    """Those of this kind."""
    return [one for one in objects if one["kind"] == kind]


def the(objects, kind):
    """The only one of this kind."""
    (one,) = of_kind(objects, kind)
    return one


def is_hook(one):
    """Whether helm makes it for `helm test` alone."""
    return "helm.sh/hook" in one["metadata"].get("annotations", {})


def default_values():
    """What stands in values.yaml."""
    return yaml.load((CHART / "values.yaml").read_text(), Loader=yaml.CSafeLoader)


def values_schema():
    """What stands in values.schema.json."""
    return json.loads((CHART / "values.schema.json").read_text())
