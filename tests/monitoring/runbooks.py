"""A page for each alert, an alert for each page, and each page has what one looks for at night."""

import pathlib

import alerts
import chart
import yaml

PAGES = chart.ROOT / "docs" / "runbooks"
PARTS = ["## What it means", "## What people notice", "## How to look", "## How to mend"]


def run(report):
    known = set(alerts.alerts(yaml.safe_load(chart.RULES.read_text())))
    pages = {page.stem: page.read_text() for page in PAGES.glob("Todochat*.md")}
    for name in sorted(known | pages.keys()):
        report(f"{name}: there is a page for the alert and an alert for the page", name in known and name in pages)
    for name, text in sorted(pages.items()):
        missing = [part for part in PARTS if f"\n{part}\n" not in text]
        report(f"{name}: the page says it all", text.startswith(f"# {name}\n") and not missing, f"missing: {', '.join(missing)}")
    listed = (PAGES / "README.md").read_text()
    unlisted = [name for name in sorted(known) if f"]({name}.md)" not in listed]
    report("every page is in the list", not unlisted, ", ".join(unlisted))
