"""Whatever a rule or a panel reads is there: each metric, each label, each value that a matcher names; and each panel shows something."""

import json
import math
import re
import time

import chart
import promql
import yaml
from stage import Stage, get

# What a matcher may name although no object in this short run says so; it has to stand in the table of reasons.
REASONS = chart.ROOT / "docs" / "operator.md"


def run(report, work):
    board = json.loads(chart.DASHBOARD.read_text())
    shape(report, board)
    with Stage(work) as stage:
        stage.cluster()
        taken(report, stage)
        stage.operators()
        stage.prometheus()
        stage.objects()
        stage.servers()
        end = time.monotonic() + 30
        while (waited := not_counted(stage)) and time.monotonic() < end:
            time.sleep(0.2)
        report("the operator has met with all that it counts", not waited, ", ".join(waited))
        time.sleep(5)  # rates need some points
        rules(report, stage)
        panels(report, stage, board)
        listed(report, stage)


def taken(report, stage):
    """A real API server takes what the chart makes, and stores all of it."""
    for made in (made for kind in chart.rendered(**chart.ON) for made in kind):
        made["metadata"]["namespace"] = "default"
        try:
            kept = json.loads(stage.kubectl("create", "--validate=strict", "-o", "json", "-f", "-", stdin=json.dumps(made)))
            said = "" if all(kept.get(part) == made.get(part) for part in ("spec", "data")) else "it has dropped a part"
        except ValueError as error:
            said = str(error)
        report(f"the API server takes the {made['kind']}", not said, said)


def not_counted(stage):
    """What Prometheus has not seen yet of what takes its time to happen."""
    slow = ["reconcile_errors_total", "drift_corrections_total", "rbac_missing", "watch_restarts_total"]
    slow += ["backup_last_success_timestamp", "backup_last_verified_timestamp", "schema_version", "migration_duration_seconds"]
    slow += ["credential_age_seconds", 'credential_rotation_total{result="done"} > 0', "tool_server_up", "tool_server_handshake_seconds"]
    return [name for name in slow if not stage.query(f"todochat_operator_{name}")]


def rules(report, stage):
    checked = set()
    for group in yaml.safe_load(chart.RULES.read_text())["groups"]:
        for rule in group["rules"]:
            name = rule.get("alert") or rule["record"]
            problems = list(missing(stage, rule["expr"], checked))
            report(f"{name}: reads what is there", not problems, "\n".join(problems))
    groups = json.loads(get(f"{stage.address}/api/v1/rules"))["data"]["groups"]
    ill = [f"{rule['name']}: {rule.get('lastError')}" for group in groups for rule in group["rules"] if rule["health"] != "ok"]
    report("Prometheus evaluates all rules", groups and not ill, "\n".join(ill))


def panels(report, stage, board):
    checked = set()
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            found = stage.query(f"count by ({asked[2]}) ({filled(asked[1])})")
            report(f"the variable {variable['name']} has values", any(labels.get(asked[2]) for labels, _ in found))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            expression = filled(target["expr"])
            problems = list(missing(stage, expression, checked))
            if all(math.isnan(value) for _, value in stage.query(expression)):
                problems.append("it shows nothing")
            spoken = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            spoken -= {label for labels, _ in stage.query(expression) for label in labels}
            problems += [f"the legend names {label}, which no line has" for label in spoken]
            name = f"the panel {panel['title']} ({panel['id']}{target['refId']}) has data"
            report(name, not problems, "\n".join([*problems, expression] if problems else []))


def listed(report, stage):
    """The two pages list what is exposed, and nothing else."""
    every = json.loads(get(f"{stage.address}/api/v1/label/__name__/values"))["data"]
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in every if name.startswith("todochat_")}
    operator = {name.removeprefix("todochat_operator_") for name in ours if name.startswith("todochat_operator_")}
    servers = {re.sub("^todochat_(chat|mcp)_", "", name) for name in ours} - {f"todochat_operator_{name}" for name in operator}
    for page, exposed in (("operator.md", operator), ("logging.md", servers)):
        text = (chart.ROOT / "docs" / page).read_text().split("\n## Metrics\n")[1].split("\n## ")[0]
        table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
        told = {name for name in re.findall(r"`([a-z_]+)`", table)}
        report(f"docs/{page} lists all metrics, and no others", told == exposed, f"differ in: {', '.join(sorted(told ^ exposed))}")


def filled(text):
    return text.replace("$namespace", ".+").replace("$object", ".+").replace("$__rate_interval", "1m")


def missing(stage, expression, checked):
    """What of an expression is not there. What was found once need not be asked again."""
    selectors, lists, made = promql.read(expression)

    def there(query):
        if query not in checked and stage.query(query):
            checked.add(query)
        return query in checked

    for selector in selectors:
        if not there(selector.metric):
            yield f"the metric {selector.metric} is not exposed"
            continue
        for label, how, value in selector.matchers:
            if not there(f'{selector.metric}{{{label}!=""}}'):
                yield f"{selector.metric} has no label {label}"
            elif how == "=" and not there(f"{selector.metric}{{{label}={value}}}") and not may_come(label, value.strip("\"'")):
                yield f"{label} of {selector.metric} is never {value}"
    for label in lists - made - {"le"}:
        if not any(there(f'{selector.metric}{{{label}!=""}}') for selector in selectors):
            yield f"nothing in it has a label {label}"


def may_come(label, value):
    """Whether it can be, though it was not seen: a status of HTTP, a reason of a condition."""
    return (label == "status" and value.isdigit()) or (label == "reason" and f"`{value}`" in REASONS.read_text())


def shape(report, board):
    """What Grafana needs, and what people need."""
    report("the dashboard is of Grafana 11's schema or newer", board["schemaVersion"] >= 39)
    every = board["panels"]
    report("each panel has a number of its own", len({panel["id"] for panel in every}) == len(every))
    cells = [(x, y) for p in every for x in columns(p) for y in rows(p)]
    report("no panel lies on another", len(set(cells)) == len(cells))
    shown = [panel for panel in every if panel["type"] != "row"]
    for panel in shown:
        has_all = panel["title"] and panel["description"] and panel["fieldConfig"]["defaults"].get("unit")
        sources = [panel["datasource"]["uid"], *(target["datasource"]["uid"] for target in panel["targets"])]
        report(f"the panel {panel['title']} ({panel['id']}) has title, unit, description and the chosen source", has_all and set(sources) == {"${datasource}"})


def columns(panel):
    return range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])


def rows(panel):
    return range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
