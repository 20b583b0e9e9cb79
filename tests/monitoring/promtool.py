"""promtool and prometheus, from Debian's package; only their files are taken, nothing is installed or started."""

import os
import pathlib
import shutil
import subprocess

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "todochat" / "prometheus"


def find(name):
    """The path of the program: of this machine's own, or of one that is unpacked in the cache."""
    if own := shutil.which(name):
        return own
    program = CACHE / "usr" / "bin" / name
    if not program.exists():
        unpack()
    return str(program)


def unpack():
    if not shutil.which("apt-get"):
        raise SystemExit("tests/monitoring: please install promtool and prometheus (Debian: the package prometheus)")
    CACHE.mkdir(parents=True, exist_ok=True)
    download = ["apt-get", "download", "-qq", "prometheus"]
    if subprocess.run(download, cwd=CACHE, capture_output=True).returncode != 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(download, cwd=CACHE, check=True, stderr=subprocess.DEVNULL)
    for package in CACHE.glob("prometheus_*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, CACHE], check=True)
        package.unlink()
