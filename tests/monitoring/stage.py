"""The real programs, started and used a little: an operator on tests/cluster's API server, a chat server with a scripted model, a
tool server, a bridge, and a Prometheus that scrapes them with the labels that ServiceMonitors give."""

import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import chart
import promtool
import yaml

BINS = pathlib.Path(os.environ.get("TODOCHAT_BINS") or pathlib.Path(os.environ.get("CARGO_TARGET_DIR", chart.ROOT / "target")) / "debug")
PEOPLE, HOME, FULL = "people", "todochat-system", "full"
OBJECT = {
    "apiVersion": "todochat.dev/v1alpha1",
    "kind": "TodoChat",
    "metadata": {"name": "team-a", "namespace": PEOPLE},
    "spec": {"observability": {"monitor": "Enabled"}, "database": {"backup": {"schedule": "0 3 * * *", "verify": "0 5 * * 0"}}},
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def soon(what, ask, seconds=30):
    """What `ask` answers as soon as it is something."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            if answer := ask():
                return answer
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            last = error
        time.sleep(0.1)
    raise SystemExit(f"tests/monitoring: waited {seconds} s for {what}" + (f": {last}" if last else ""))


def get(url, **headers):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5).read().decode()


def post(url, body, **headers):
    """The answer as JSON where it is, whatever its status."""
    sent = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    try:
        text = urllib.request.urlopen(sent, timeout=20).read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
    return json.loads(text) if text.startswith("{") else text


class Stage:
    """All that runs; ended in the order in which it was started, the last first."""

    def __init__(self, work):
        self.work, self.running, self.targets = work, [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            if process.stdin:
                process.stdin.close()
            else:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, name, *command, stdin=None, **environment):
        log = (self.work / f"{name}.log").open("wb")
        own = {key: value for key, value in os.environ.items() if not key.startswith(("TODOCHAT_", "OPENAI_"))}
        kept = {key: os.environ[key] for key in ("TODOCHAT_CLUSTER_CACHE",) if key in os.environ}
        process = subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=log, stderr=log, env=own | kept | environment)
        self.running.append(process)
        return process

    def log(self, name):
        return (self.work / f"{name}.log").read_text()

    # --- the cluster and the operators -----------------------------------------------------------

    def cluster(self):
        script = chart.ROOT / "tests" / "cluster" / "cluster"
        self.start("cluster", script, "apiserver", "run", "--kwok", stdin=subprocess.PIPE)
        found = soon("the API server", lambda: re.search(r"^/\S+kubeconfig$", self.log("cluster"), re.MULTILINE), 60)
        self.kubeconfig = pathlib.Path(found.group())
        crds = subprocess.run([BINS / "todochat-operator", "crds"], check=True, capture_output=True, text=True).stdout
        self.kubectl("apply", "--server-side", "-f", "-", stdin=crds)
        for kind in ("monitoring", "rules"):
            file = subprocess.run([script, "crds", kind], check=True, capture_output=True, text=True).stdout.strip()
            self.kubectl("apply", "--server-side", "-f", file)
        for namespace in (PEOPLE, HOME, FULL):
            self.kubectl("create", "namespace", namespace)
        self.kubectl("create", "quota", "none", "-n", FULL, "--hard=count/deployments.apps=0")

    def kubectl(self, *arguments, stdin=None):
        command = [chart.program("kubectl"), f"--kubeconfig={self.kubeconfig}", *map(str, arguments)]
        ended = subprocess.run(command, input=stdin, capture_output=True, text=True)
        if ended.returncode != 0:
            raise ValueError(ended.stderr)
        return ended.stdout

    def operators(self):
        """One that leads, and one that has no rights at all."""
        nobody = yaml.safe_load(self.kubeconfig.read_text())
        for user in nobody["users"]:
            user["user"]["as"] = f"system:serviceaccount:{HOME}:nobody"
            user["user"]["as-groups"] = ["system:serviceaccounts", "system:authenticated"]
        (self.work / "nobody.kubeconfig").write_text(yaml.safe_dump(nobody))
        labels = self.operator_labels()
        for pod, kubeconfig in (("operator-0", self.kubeconfig), ("operator-1", self.work / "nobody.kubeconfig")):
            admin = f"127.0.0.1:{free_port()}"
            self.start(
                pod, BINS / "todochat-operator", "run", f"--admin-listen={admin}", "--watch-idle-limit=3s",
                KUBECONFIG=str(kubeconfig), POD_NAME=pod, POD_NAMESPACE=HOME,
            )
            self.targets.append((admin, labels | {"pod": pod, "namespace": HOME}))
            soon(pod, lambda: get(f"http://{admin}/livez"))

    def operator_labels(self):
        """Those of the chart's ServiceMonitor."""
        made = subprocess.run(
            [chart.program("helm"), "template", "watch", chart.CHART, f"--namespace={HOME}", "--set=monitoring.serviceMonitor.enabled=true"],
            check=True, capture_output=True, text=True,
        ).stdout
        objects = [one for one in yaml.safe_load_all(made) if one]
        [monitor] = [one for one in objects if one["kind"] == "ServiceMonitor"]
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        [service] = [one for one in objects if one["kind"] == "Service" and wanted <= one["metadata"]["labels"].items()]
        self.honoured = [endpoint.get("honorLabels", False) for endpoint in monitor["spec"]["endpoints"]][0]
        return target_labels(monitor, service, "operator")

    def objects(self):
        """One that becomes Ready, is changed by hand, backed up and given another login; one that its quota does not let be."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps(OBJECT))
        full = OBJECT | {"metadata": {"name": "team-b", "namespace": FULL}}
        self.kubectl("apply", "-f", "-", stdin=json.dumps(full))
        soon("the chat's Deployment", lambda: self.kubectl("get", "deployment", "team-a-chat", "-n", PEOPLE), 60)
        self.kubectl("scale", "deployment", "team-a-chat", "-n", PEOPLE, "--replicas=3")
        minutes = int(time.time()) // 60
        for what in ("backup", "verify"):
            self.kubectl("create", "job", f"team-a-{what}-{minutes}", f"--from=cronjob/team-a-{what}", "-n", PEOPLE)
        self.kubectl("annotate", "todochat", "team-a", "-n", PEOPLE, "todochat.dev/rotate=now")

    # --- the servers ---------------------------------------------------------------------------------

    def servers(self):
        """As in a cluster: a chat server and a tool server of their own, here on one SQLite file."""
        data, model = self.work / "data", Model()
        first = self.start("up", BINS / "todochat", "up", f"--data={data}", "--listen=127.0.0.1:0", "--mcp-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0")
        soon("todochat up", lambda: "todochat is ready" in self.log("up"))
        first.send_signal(signal.SIGTERM)
        first.wait(15)
        public, tools = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        ours = [f"--database-url=sqlite:{data}/todochat.db", "--database-connections=4"]
        chat = self.server(
            "chat", "todochat-chat-server", f"--listen={public[7:]}", f"--public-url={public}", f"--mcp-url={tools}/mcp",
            f"--signing-keys-file={data}/signing-keys.json", "--outgoing-allow=127.0.0.0/8",
            f"--model-base-url={model.url}", "--model-name=scripted", "--model-api=chat", *ours,
        )
        soon("the chat server", lambda: get(f"{public}/config.json"))
        (self.work / "keys.json").write_text(get(f"{public}/.well-known/jwks.json"))
        todo = self.server(
            "todo", "todochat-mcp-server", f"--listen={tools[7:]}", f"--public-url={tools}/mcp", f"--issuer-url={public}",
            f"--issuer-keys-file={self.work}/keys.json", *ours,
        )
        soon("the tool server", lambda: get(f"http://{todo}/readyz"))
        bridge = self.server("files", "todochat-mcp-server", "bridge", "--listen=127.0.0.1:0", after=["--", "sleep", "600"])
        self.monitored({"chat": chat, "todo": todo, "files": bridge})
        account = post(f"{public}/api/auth/signup", {"email": "ann@example.org", "password": "correct horse battery"})
        for _ in range(2):  # the second time is a rise of what the first has brought into being
            self.use(public, tools, {"authorization": f"Bearer {account['access_token']}"})
            time.sleep(2)

    def server(self, name, program, *flags, after=()):
        admin = f"127.0.0.1:{free_port()}"
        self.start(name, BINS / program, *flags, f"--admin-listen={admin}", *after)
        return admin

    def use(self, public, tools, bearer):
        """A message with a tool call, a look at the tasks, and credentials that are no good."""
        answer = post(f"{public}/api/chat", {"message": "add a meeting prep task"}, **bearer)
        assert answer.get("tool_calls"), f"the assistant called no tool: {answer}"
        get(f"{public}/api/tasks", **bearer)
        post(f"{public}/api/chatkit", {"type": "threads.list", "params": {}}, **bearer)
        for url in (f"{public}/api/chatkit", f"{tools}/mcp"):
            post(url, {}, authorization="Bearer nonsense")

    def monitored(self, admins):
        """With the labels that the operator's ServiceMonitor gives to what its Services lead to."""
        monitor = json.loads(soon("the ServiceMonitor", lambda: self.kubectl("get", "servicemonitor", "team-a-chat", "-n", PEOPLE, "-o", "json")))
        services = json.loads(self.kubectl("get", "services", "-n", PEOPLE, "-l", "todochat.dev/object=team-a", "-o", "json"))["items"]
        named = {service["metadata"]["name"]: service for service in services}
        chosen = monitor["spec"]["selector"]["matchLabels"].items()
        for name, admin in admins.items():
            # The bridge stands in for a second tool server of the object.
            service = named["team-a-chat" if name == "chat" else "team-a-tool-todo"]
            assert chosen <= service["metadata"]["labels"].items(), "the ServiceMonitor does not choose the Service"
            labels = target_labels(monitor, service, name)
            if name == "files":
                labels["todochat_dev_tool_server"] = name
            self.targets.append((admin, labels | {"pod": f"{name}-0", "namespace": PEOPLE}))
        self.scrape()

    # --- Prometheus ------------------------------------------------------------------------------------

    def prometheus(self):
        self.address = f"http://127.0.0.1:{free_port()}"
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(chart.RULES)],
            "scrape_configs": [{
                "job_name": "targets",
                "honor_labels": self.honoured,
                "file_sd_configs": [{"files": [f"{self.work}/targets.json"]}],
            }],
        }
        (self.work / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self.start(
            "prometheus", promtool.find("prometheus"), f"--config.file={self.work}/prometheus.yaml", f"--storage.tsdb.path={self.work}/tsdb",
            f"--web.listen-address={self.address[7:]}", "--log.level=warn",
        )
        soon("Prometheus", lambda: get(f"{self.address}/-/ready"))
        self.scrape()

    def scrape(self):
        """Tells Prometheus of all targets, and waits until it has seen each: what happens from then on is a rise."""
        written = self.work / "targets.new"
        written.write_text(json.dumps([{"targets": [address], "labels": labels} for address, labels in self.targets]))
        written.rename(self.work / "targets.json")
        soon("the targets", lambda: len(self.query("up == 1")) == len(self.targets))

    def query(self, expression):
        """The values that an expression has now: pairs of labels and number."""
        body = urllib.parse.urlencode({"query": expression}).encode()
        answer = json.loads(urllib.request.urlopen(f"{self.address}/api/v1/query", body, timeout=10).read())
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]


def target_labels(monitor, service, container):
    """What the Prometheus Operator makes of a ServiceMonitor, but for pod and namespace."""
    labels, spec = service["metadata"]["labels"], monitor["spec"]
    given = {
        "job": labels.get(spec.get("jobLabel", ""), service["metadata"]["name"]),
        "service": service["metadata"]["name"],
        "endpoint": spec["endpoints"][0]["port"],
        "container": container,
    }
    return given | {re.sub(r"[^a-zA-Z0-9_]", "_", label): labels[label] for label in spec.get("targetLabels", []) if label in labels}


class Model:
    """A model that calls a tool, and after that says that it is done."""

    def __init__(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/v1"


class Scripted(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked["messages"][-1]["role"] == "tool":
            self.say({"content": "Done."}, "stop")
        else:
            call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add_task", "arguments": '{"title": "Meeting prep"}'}}
            self.say({"tool_calls": [call]}, "tool_calls")

    def say(self, delta, reason):
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        choices = [{"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}], [{"index": 0, "delta": {}, "finish_reason": reason}]
        lines = [json.dumps(chunk | {"choices": choice}) for choice in choices]
        body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
