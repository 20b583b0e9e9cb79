#!/usr/bin/env python3
"""Prints a bill of materials as CycloneDX 1.6: what an image's program is made of.

    sbom.py cargo PACKAGE BINARY --target TRIPLE --built PACKAGE...
    sbom.py debian NAME VERSION FOLDER FILE.deb...

`cargo` asks cargo itself what is compiled into the binary, with the features that come from building all of --built
together, and adds what a static binary takes from the toolchain. `debian` reads packages whose content was unpacked into
FOLDER. The same input gives the same bytes: there is no date in it, and its serial number is a hash of its content.
"""

import argparse
import hashlib
import json
import re
import subprocess
import tomllib
import uuid
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
# Linked into every static binary, by the compiler's name for each.
ARCHIVES = {"libc.a": "LGPL-2.1-or-later", "libgcc_eh.a": "GPL-3.0-or-later WITH GCC-exception-3.1"}
TRUST = Path("/usr/share/ca-certificates/mozilla")


def output(*command):
    return subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True).stdout


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def component(purl, name, version, licenses, digest=None, kind="library"):
    entry = {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": licenses}
    if digest:
        entry["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return entry


def expression(text):
    return [{"expression": text}]


def bill(root, components, dependencies):
    root = {**root, "bom-ref": root["name"]}
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": sorted(components, key=lambda entry: entry["bom-ref"]),
        "dependencies": [{"ref": ref, "dependsOn": sorted(to)} for ref, to in sorted(dependencies.items())],
    }
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, content).urn
    print(json.dumps(document, indent=1, sort_keys=True))


# --- a program of ours ---------------------------------------------------------------------------


def tree(options):
    """What depends on what, by (name, version), as cargo builds it."""
    selection = [word for package in options.built for word in ("--package", package)]
    printed = output(
        "cargo", "tree", "--locked", "--target", options.target, *selection,
        # What runs in the compiler is not in the binary.
        "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "\t{p}\t{l}",
    )  # fmt: skip
    graph, licenses, above = {}, {}, []
    for line in filter(None, printed.splitlines()):
        depth, package, license = line.split("\t")
        name, version = package.split(" ")[:2]
        here = (name, version.removeprefix("v"))
        graph.setdefault(here, set())
        licenses[here] = re.sub(r"\s*/\s*", " OR ", license.removesuffix(" (*)"))
        del above[int(depth) :]
        if above:
            graph[above[-1]].add(here)
        above.append(here)
    return graph, licenses


def reached(graph, start):
    found, open_ends = {start}, [start]
    while open_ends:
        for package in graph[open_ends.pop()] - found:
            found.add(package)
            open_ends.append(package)
    return found


def toolchain():
    """The standard library and the C library: no package of cargo's, and yet in the binary."""
    release = re.search(r"^release: (.*)$", output("rustc", "-vV"), re.M)[1]
    yield component(f"pkg:github/rust-lang/rust@{release}", "rust-std", release, expression("MIT OR Apache-2.0"))
    for archive, license in ARCHIVES.items():
        path = output("cc", f"-print-file-name={archive}").strip()
        yield component(*owner(path), expression(license), sha256(path))


def owner(path):
    """The package that a file of this machine is from."""
    package = output("dpkg-query", "--search", str(Path(path).resolve())).split(":")[0]
    version = output("dpkg-query", "--show", "--showformat", "${Version}", package)
    return deb(package, version, output("dpkg", "--print-architecture").strip()), package, version


def cargo(options):
    lock = tomllib.loads((CHECKOUT / "Cargo.lock").read_text())["package"]
    locked = {(entry["name"], entry["version"]): entry for entry in lock}
    graph, licenses = tree(options)
    start = next(package for package in graph if package[0] == options.package)
    packages = reached(graph, start)

    def ref(package):
        # Ours are in no registry, and must not be taken for somebody else's of that name.
        kind = "cargo" if "source" in locked[package] else "generic"
        return options.package if package == start else f"pkg:{kind}/{package[0]}@{package[1]}"

    linked = list(toolchain())
    components = linked + [
        component(ref(package), *package, expression(licenses[package]), locked[package].get("checksum"))
        for package in packages - {start}
    ]
    bundle = owner(next(TRUST.glob("*.crt")))
    components.append(component(*bundle, expression("MPL-2.0"), kind="data"))
    dependencies = {ref(package): {ref(other) for other in graph[package]} for package in packages}
    dependencies[options.package] |= {entry["bom-ref"] for entry in linked} | {bundle[0]}
    root = {
        "type": "application",
        "name": options.package,
        "version": start[1],
        "licenses": expression(licenses[start]),
        "hashes": [{"alg": "SHA-256", "content": sha256(options.binary)}],
    }
    bill(root, components, dependencies)


# --- Debian's packages ---------------------------------------------------------------------------


def deb(package, version, architecture):
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    quoted = version.replace("+", "%2B").replace(":", "%3A")
    return f"pkg:deb/debian/{package}@{quoted}?arch={architecture}&distro=debian-{release['VERSION_ID'].strip(chr(34))}"


def debian(options):
    components = []
    for file in options.packages:
        fields = output("dpkg-deb", "--show", "--showformat", "${Package}\n${Version}\n${Architecture}", file)
        package, version, architecture = fields.split("\n")
        text = (Path(options.folder) / "usr/share/doc" / package / "copyright").read_text(errors="replace")
        names = sorted(set(re.findall(r"^License: *(\S.*)$", text, re.M))) or [f"see /usr/share/doc/{package}/copyright"]
        licenses = [{"license": {"name": name}} for name in names]
        components.append(component(deb(package, version, architecture), package, version, licenses, sha256(file)))
    root = {"type": "container", "name": options.name, "version": options.version}
    bill(root, components, {options.name: {entry["bom-ref"] for entry in components}})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("cargo")
    command.set_defaults(run=cargo)
    command.add_argument("package")
    command.add_argument("binary")
    command.add_argument("--target", required=True)
    command.add_argument("--built", nargs="+", required=True)
    command = commands.add_parser("debian")
    command.set_defaults(run=debian)
    command.add_argument("name")
    command.add_argument("version")
    command.add_argument("folder")
    command.add_argument("packages", nargs="+")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
