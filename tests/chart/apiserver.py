"""A real API server for a while, and requests to it as anybody."""

import base64
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import yaml

from chart import ROOT


class ApiServer:
    """Up while it is entered; `kubeconfig` is an administrator's."""

    def __enter__(self):
        command = [str(ROOT / "tests" / "cluster" / "cluster"), "apiserver", "run", "--controllers"]
        environment = {name: value for name, value in os.environ.items() if name != "KUBEBUILDER_ASSETS"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.kubeconfig = self.process.stdout.readline().strip()
        if not self.kubeconfig:
            raise RuntimeError("the API server did not come up")
        self.connect()
        return self

    def connect(self):
        config = yaml.safe_load(pathlib.Path(self.kubeconfig).read_text())
        self.url, user = config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]
        authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
        self.ssl = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            pair.flush()
            self.ssl.load_cert_chain(pair.name)

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)

    def helm(self, *arguments, text=None):
        """Runs helm; its answer, whatever it was."""
        return self.command("helm", *arguments, text=text)

    def kubectl(self, *arguments, text=None):
        """Runs kubectl; what it prints. It has to end well."""
        done = self.command("kubectl", *arguments, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def command(self, *command, text=None):
        environment = {**os.environ, "KUBECONFIG": self.kubeconfig}
        return subprocess.run(command, input=text, capture_output=True, text=True, env=environment)

    def begin(self, *command):
        """Begins to run a command; whoever asked for it waits for it."""
        environment = {**os.environ, "KUBECONFIG": self.kubeconfig}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def request(self, method, path, body=None, user=None, kind="application/json"):
        """One request, as `user` or as the administrator: the code and the answer."""
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Content-Type", kind)
        if user:
            request.add_header("Impersonate-User", user)
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, context=self.ssl, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def get(self, path):
        """What is there, or none."""
        code, answer = self.request("GET", path)
        return answer if code == 200 else None

    def apply(self, *objects):
        """Makes these objects be there."""
        self.kubectl("apply", "--server-side", "--filename", "-", text=yaml.safe_dump_all(objects))


def soon(check, seconds=20):
    """The first true answer of `check`; fails when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)
    return answer
