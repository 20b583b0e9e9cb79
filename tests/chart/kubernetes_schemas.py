"""The schemas of several releases of Kubernetes, as kubernetes-validate has them. It reads megabytes for each object;
here each schema is read once."""

import functools
import json
import pathlib

import jsonschema_rs
import kubernetes_validate

FOLDER = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
RELEASES = [f"1.{minor}" for minor in range(31, 38)]

# What no release of Kubernetes has a schema for: kinds of others, and ours.
FOREIGN = {"monitoring.coreos.com", "todochat.dev", "gateway.networking.k8s.io", "cert-manager.io", "postgresql.cnpg.io"}


def is_foreign(one):
    return one["apiVersion"].split("/")[0] in FOREIGN


@functools.cache
def definitions(release):
    name = "_definitions.json"
    return jsonschema_rs.Registry([(f"https://kubernetes.io/api/{name}", read(release, name))])


def read(release, name):
    return json.loads((FOLDER / f"v{release}.0-local-strict" / name).read_text())


@functools.cache
def validator(release, api_version, kind):
    group, _, version = api_version.rpartition("/")
    name = "-".join(filter(None, [kind.lower(), group.split(".")[0], version]))
    return jsonschema_rs.Draft202012Validator(read(release, f"{name}.json"), registry=definitions(release))


def problems(one, release):
    """What this release would not know of the object; unknown fields too."""
    found = validator(release, one["apiVersion"], one["kind"]).iter_errors(one)
    name = f"{one['kind']} {one['metadata']['name']}"
    return [f"{name} {'.'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in found]
