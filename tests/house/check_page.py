"""The dashboard's page: its modules fit together, and nothing in it could weaken what the policy of the page promises.

usage: check_page.py <root>

- what a module imports, the other exports, and both use it (core knows nothing of parts, parts nothing of views);
- no markup from texts, no code from texts, no addresses of other servers, no inline style in markup;
- no file over 400 lines, no line over 160 characters.
"""
import pathlib
import re
import sys

import sources

IMPORT = re.compile(r"^import(?: \{([^}]*)\}| (\w+)) from '([^']+)'", re.M)
EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class) (\w+)", re.M)
EXPORT_LIST = re.compile(r"^export \{([^}]*)\}", re.M)
FORBIDDEN = {
    "innerHTML": re.compile(r"\b(?:inner|outer)HTML\b|insertAdjacentHTML|dangerouslySetInnerHTML"),
    "code from a text": re.compile(r"\beval\(|new Function\(|document\.write\("),
    "an address of another server": re.compile(r"https?://(?!(?:client\.example|github\.com/owner|www\.w3\.org/2000/svg)\b)"),
    "an inline style": re.compile(r"\bstyle=\""),
}
BOXES = {"core": {"core", "format", "lib"}, "format": {"format"}, "actions": {"actions", "core", "format"},
         "parts": {"parts", "actions", "core", "format", "lib"}}
LINES_MAX, COLUMNS_MAX = 400, 160


def names_of(text):
    """The names in braces, without their new ones."""
    return [name.strip().split(" as ")[0] for name in text.split(",") if name.strip()]


def exports_of(text):
    return set(EXPORT.findall(text)) | {name for some in EXPORT_LIST.findall(text) for name in names_of(some)}


def import_findings(modules, path, text):
    """Also notes what is used of whom, as (path, name)."""
    used, body = set(), IMPORT.sub("", text)
    for braces, alone, target in IMPORT.findall(text):
        other = (path.parent / target).resolve()
        if other.parent.name == "lib":
            continue
        if other not in modules:
            yield "imports %s, which is not there" % target, used
            continue
        for name in names_of(braces) + ([alone] if alone else []):
            used.add((other, name))
            if name not in exports_of(modules[other]):
                yield "%s has no %s" % (target, name), used
            if not re.search(r"\b%s\b" % re.escape(name), body):
                yield "imports %s for nothing" % name, used
    yield None, used


def box_findings(web, path, text):
    box = path.relative_to(web).parts[0]
    for _, _, target in IMPORT.findall(text):
        other = (path.parent / target).resolve().relative_to(web).parts[0]
        if box in BOXES and other not in BOXES[box]:
            yield "%s must not know of %s" % (box, target)


def text_findings(text):
    lines = text.splitlines()
    if len(lines) > LINES_MAX:
        yield "%d lines" % len(lines)
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield "line %d has %d characters" % (number, len(line))
        for what, pattern in FORBIDDEN.items():
            if pattern.search(line):
                yield "line %d: %s" % (number, what)


def findings(root):
    web = (root / "dashboard" / "web").resolve()
    modules = {path: path.read_text(encoding="utf-8") for path in sorted(web.rglob("*.js")) if "node_modules" not in path.parts}
    all_used = set()
    for path, text in modules.items():
        name = path.relative_to(root.resolve())
        for finding, used in import_findings(modules, path, text):
            all_used |= used
            if finding:
                yield "%s: %s" % (name, finding)
        for finding in [*box_findings(web, path, text), *text_findings(text)]:
            yield "%s: %s" % (name, finding)
    for path, text in modules.items():
        for name in sorted(set(EXPORT.findall(text))):
            if (path, name) not in all_used:
                yield "%s: exports %s, which no module imports" % (path.relative_to(root.resolve()), name)


sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1])))))
