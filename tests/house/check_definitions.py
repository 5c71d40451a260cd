"""docs/definitions.md names every key that the reader of definitions accepts, every job and every selection, and names no
others.

usage: check_definitions.py <root>
"""
import pathlib
import re
import sys

import sources

MANUAL = "docs/definitions.md"
KEY = re.compile(r'\{"(\w+)", DEFINITION_(?:REQUIRED|OPTIONAL),')
JOB = re.compile(r'\{\s*\.name = "([\w-]+)"')
SELECTION = re.compile(r'\{[\s\\]*"([\w-]+)", &sql_kinds_')
TICKED = re.compile(r"`([^`\n]+)`")


def rows(text, column):
    """The names in the first column of each table whose head is `column`."""
    names, within = set(), False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if not line.startswith("|"):
            within = False
        elif cells[1] == column:
            within = True
        elif within:
            names.update(TICKED.findall(cells[1]))
    return names


def real(root, room, pattern):
    return {name for path in sources.c_files(root, [room]) for name in pattern.findall(path.read_text(encoding="utf-8"))}


def findings(root):
    text = (root / MANUAL).read_text(encoding="utf-8")
    kinds = {"key": real(root, "common", KEY), "job": real(root, "common/kinds", JOB),
             "selection": real(root, "common/kinds", SELECTION)}
    for kind, names in kinds.items():
        if not names:
            yield "the programs have no %s: this check looks in the wrong place" % kind
        said = rows(text, kind)
        for name in sorted(names - said):
            yield "%s: no table names the %s %s" % (MANUAL, kind, name)
        for name in sorted(said - names):
            yield "%s: there is no %s %s" % (MANUAL, kind, name)


sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1])))))
