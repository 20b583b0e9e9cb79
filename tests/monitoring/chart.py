"""What the chart makes of the rules and the dashboard."""

import json
import os
import pathlib
import shutil
import subprocess

import alerts
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "todochat-operator"
RULES = CHART / "files" / "rules.yaml"
DASHBOARD = CHART / "files" / "dashboard.json"
BINARIES = pathlib.Path(os.environ.get("TODOCHAT_CLUSTER_CACHE", pathlib.Path.home() / ".cache" / "todochat-cluster")) / "bin"
ON = {"monitoring.rules.enabled": True, "monitoring.dashboard.enabled": True}


def program(name):
    """helm or kubectl: this machine's own, or tests/cluster's."""
    return shutil.which(name) or str(BINARIES / name)


def rendered(**values):
    """The PrometheusRules and the ConfigMaps with a dashboard, as the chart makes them for these values."""
    sets = [f"--set-json={key}={json.dumps(value)}" for key, value in values.items()]
    command = [program("helm"), "template", "watch", CHART, "--namespace=ops", *sets]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        raise ValueError(made.stderr)
    objects = [made for made in yaml.safe_load_all(made.stdout) if made]
    rules = [made for made in objects if made["kind"] == "PrometheusRule"]
    boards = [made for made in objects if made["kind"] == "ConfigMap" and "todochat.json" in made["data"]]
    return rules, boards


def run(report, work):
    report("neither is made unless it is asked for", rendered() == ([], []))
    [rule], [board] = rendered(**ON)
    written = work / "rendered.yaml"
    written.write_text(yaml.safe_dump(rule["spec"]))
    checked = alerts.call("check", "rules", written)
    report("promtool reads the PrometheusRule", checked.returncode == 0, checked.stdout + checked.stderr)
    source = alerts.alerts(yaml.safe_load(RULES.read_text()))
    made = alerts.alerts(rule["spec"])
    report("the PrometheusRule has all alerts", made.keys() == source.keys())
    pages = {name: alert["annotations"]["runbook_url"] for name, alert in made.items()}
    there = all(url == f"docs/runbooks/{name}.md" and (ROOT / url).exists() for name, url in pages.items())
    report("each alert leads to its page", there)
    down = made["TodochatOperatorDown"]["expr"].strip()
    report("the operator is missed in the release's namespace", 'namespace="ops"' in down, down)
    report("the sidecar finds the dashboard", board["metadata"]["labels"].get("grafana_dashboard") == "1")
    report("the dashboard arrives as it is", json.loads(board["data"]["todochat.json"]) == json.loads(DASHBOARD.read_text()))
    told(report)


def told(report):
    """The values do what values.yaml says of them."""
    values = {
        "monitoring.rules.labels.release": "prometheus",
        "monitoring.rules.alertLabels.team": "platform",
        "monitoring.rules.runbookBase": "https://runbooks.example/",
        "monitoring.rules.disabled": ["TodochatChatSlow"],
        "monitoring.rules.answersObjective": 99.9,
        "monitoring.rules.backupMaxAgeHours": 170,
    }
    [rule], _ = rendered(**ON, **values)
    made = alerts.alerts(rule["spec"])
    records = {one["record"]: one["expr"] for group in rule["spec"]["groups"] for one in group["rules"] if "record" in one}
    report("monitoring.rules.labels are the object's", rule["metadata"]["labels"]["release"] == "prometheus")
    report("monitoring.rules.alertLabels are each alert's", all(one["labels"]["team"] == "platform" for one in made.values()))
    url = made["TodochatChatDown"]["annotations"]["runbook_url"]
    report("monitoring.rules.runbookBase is where the pages are", url == "https://runbooks.example/TodochatChatDown.md", url)
    report("monitoring.rules.disabled leaves alerts out", "TodochatChatSlow" not in made)
    budget = records["todochat:answers_error_budget:ratio"]
    report("monitoring.rules.answersObjective is the objective", budget == "vector(0.001)", budget)
    age = records["todochat:backup_age_limit:seconds"], made["TodochatBackupNeverTaken"]["for"]
    report("monitoring.rules.backupMaxAgeHours is the age", age == ("vector(612000)", "170h"), str(age))
    wrong = {"answersObjective": 100, "backupMaxAgeHours": 0, "disabled": ["all"], "alertLabels.severity": "none", "surprise": 1}
    for name, value in wrong.items():
        try:
            rendered(**ON, **{f"monitoring.rules.{name}": value})
            refused = "it was taken"
        except ValueError as error:
            refused = str(error)
        report(f"monitoring.rules.{name}={value} is refused, and named", name.split(".")[0] in refused, refused)
