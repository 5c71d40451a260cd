"""What the manual, the alerts and the dashboard for Grafana name is a metric that /metrics really has; and the manual names
them all.

usage: check_metrics.py <root>
"""
import json
import pathlib
import re
import sys

import sources

NAME = re.compile(r"\breprise_[a-z0-9_]+")
PARTS = ("_bucket", "_sum", "_count")
WRITERS = ("metrics.c", "run_installation.c")  # of dashboard/
COOKIES = ("session.c",)  # their names look alike, and are no metrics
USERS = ("docs/alerts.yml", "docs/grafana.json", "docs/operating.md")
MANUAL = "docs/operating.md"


def names_in(root, files):
    """Names in the texts of these files, without what a histogram adds."""
    names = set()
    for path in (path for path in sources.c_files(root, ["dashboard"]) if path.name in files):
        for line in path.read_text(encoding="utf-8").splitlines():
            for quoted in re.findall(r'"((?:\\.|[^"\\])*)"', line):
                names.update(NAME.findall(quoted))
    return {base(name) for name in names}


def base(name):
    for part in PARTS:
        if name.endswith(part):
            return name[:-len(part)]
    return name


def used(root, file):
    """(line, name) of each use."""
    text = (root / file).read_text(encoding="utf-8")
    if file.endswith(".json"):
        json.loads(text)
    for number, line in enumerate(text.splitlines(), 1):
        for name in NAME.findall(line):
            yield number, name


def findings(root):
    real, cookies = names_in(root, WRITERS), names_in(root, COOKIES)
    if not real:
        yield "no metric is written by dashboard/"
    for file in USERS:
        for number, name in used(root, file):
            if base(name) not in real | cookies:
                yield "%s:%d: there is no metric %s" % (file, number, name)
    said = {base(name) for _, name in used(root, MANUAL)}
    for name in sorted(real - said):
        yield "%s: it does not name %s" % (MANUAL, name)


sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1])))))
