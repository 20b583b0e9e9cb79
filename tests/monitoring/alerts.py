"""Every alert fires when it should, and else is quiet: cases.yaml, told to `promtool test rules` one by one."""

import json
import pathlib
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import promtool
import yaml

CASES = pathlib.Path(__file__).parent / "cases.yaml"


def alerts(rules):
    """The alerts of a file of rules, by name."""
    return {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule}


def records(rules):
    return [rule for group in rules["groups"] for rule in group["rules"] if "record" in rule]


def run(report, rules_file, work):
    rules = yaml.safe_load(rules_file.read_text())
    checked = call("check", "rules", rules_file)
    report("promtool reads the rules", checked.returncode == 0, checked.stdout + checked.stderr)
    cases = yaml.safe_load(CASES.read_text())
    known = alerts(rules)
    for name in sorted(known.keys() | cases.keys()):
        both = name in known and all(cases.get(name, {}).get(kind) for kind in ("fires", "quiet"))
        report(f"{name}: there is a case that fires it and one that does not", both)
    for name, rule in known.items():
        report(f"{name}: says what people need", *has_all(rule))
    planned = [
        (name, fires, case)
        for name, kinds in cases.items()
        for fires, case in [(True, case) for case in kinds["fires"]] + [(False, case) for case in kinds["quiet"]]
    ]
    with ThreadPoolExecutor(4) as pool:
        tried = pool.map(lambda numbered: attempt(rules, work, *numbered), enumerate(planned))
        for (name, fires, case), (well, said) in zip(planned, tried):
            report(f"{name}: {'fires' if fires else 'is quiet'}: {case['why']}", well, said)


def has_all(rule):
    texts = rule.get("annotations", {})
    missing = [text for text in ("summary", "description") if not texts.get(text)]
    if rule["labels"].get("severity") not in ("critical", "warning"):
        missing.append("severity")
    return not missing, f"missing: {', '.join(missing)}"


def needed(rules, name):
    """The groups with nothing but one alert and what is recorded for it: most of the time goes into the others."""
    wanted, kept = alerts(rules)[name]["expr"], None
    while kept != wanted:
        kept = wanted
        wanted = " ".join([alerts(rules)[name]["expr"], *(one["expr"] for one in records(rules) if one["record"] in kept)])
    of_it = lambda one: one.get("alert") == name or one.get("record", "nothing") in wanted
    groups = [group | {"rules": [one for one in group["rules"] if of_it(one)]} for group in rules["groups"]]
    return {"groups": [group for group in groups if group["rules"]]}


def attempt(rules, work, number, planned):
    """Whether promtool agrees, and what it says."""
    name, fires, case = planned
    labels = {"alertname": name, "alertstate": "firing"} | (case["with"] if fires else {})
    active = "ALERTS{" + ",".join(f"{label}={json.dumps(value)}" for label, value in labels.items()) + "}"
    if fires:
        expected = {"expr": f"count({active})", "exp_samples": [{"labels": "{}", "value": 1}]}
    else:
        expected = {"expr": active, "exp_samples": []}
    every = case.get("every", "1m")
    series = [{"series": series, "values": values} for series, values in case["series"].items()]
    test = {"interval": every, "input_series": series, "promql_expr_test": [expected | {"eval_time": case["at"]}]}
    file, own = work / f"case-{number}.yaml", needed(rules, name)
    (work / f"rules-{number}.yaml").write_text(yaml.safe_dump(own))
    file.write_text(yaml.safe_dump({
        "rule_files": [f"rules-{number}.yaml"],
        "evaluation_interval": every,
        "group_eval_order": [group["name"] for group in own["groups"]],
        "tests": [test],
    }))
    ended = call("test", "rules", file)
    unnamed = labels_not_named(name, rules, case) if fires else []
    well = ended.returncode == 0 and not unnamed
    return well, ended.stdout + ended.stderr + "".join(f"{label} is in no label of the alert" for label in unnamed)


def labels_not_named(name, rules, case):
    """What an annotation speaks of has to be there: the labels of the series, or those that the rule makes."""
    rule = alerts(rules)[name]
    spoken = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    kept = set(re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", rule["expr"]))))
    there = kept | set(case["with"]) | {label for series in case["series"] for label in re.findall(r"(\w+)=", series)}
    if kept:
        there = kept | set(case["with"])
    return sorted(spoken - there)


def call(*arguments):
    return subprocess.run([promtool.find("promtool"), *map(str, arguments)], capture_output=True, text=True)
