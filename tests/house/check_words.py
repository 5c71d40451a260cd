"""Words that were retired from the house stay retired: in code, comments, statements and messages.

usage: check_words.py <root>

Names use the field's words, and prose is plain declarative English (docs/style.md). Each word here had a better one, and
came back in patches that were written beside it.
"""
import pathlib
import re
import sys

import sources

RETIRED = {
    "aftermath": "crash_recovery", "census": "redis_snapshot", "errand": "task", "muster": "worker_watch",
    "outflow": "byte_queue", "parcel": "file_task", "ruling": "job_result", "strangers": "orphans, or other people",
    "voucher": "redis_identity", "anew": "again", "for ever": "how long it is",
    "whoever": "the process that, each caller", "nobody": "no thread, no worker, no process",
    "somebody": "another program, a person", "someone": "a person", "anybody": "any program, any user",
    "anyone": "any program, any user", "everybody": "all others", "everyone": "all others",
}
# Of the user of the system who is called so, and of names that a test makes up: --reuid=nobody, "nobody", the user nobody.
NAMES = r"(?<![=\"/])(?<!user )(?<!chown )(?<!-u )"
SUFFIXES = {".c", ".h", ".sql", ".lua", ".js", ".mjs", ".html", ".css", ".json", ".py", ".sh", ".md", ".yaml", ".yml"}
ROOMS = ("common", "worker", "producer", "dashboard", "sql", "definitions", "docs", "bench", "examples", "packaging",
         "prices", "scripts", "tests")
SKIPPED = {"node_modules", "migrations"}  # fetched; and what is applied is never edited
OWN = {"check_words.py", "checks_can_fail.py", "style.md"}


def files(root):
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in SUFFIXES and path.name not in OWN and not SKIPPED & set(path.parts):
                yield path
    yield from (path for path in sorted(root.iterdir()) if path.is_file() and path.suffix in SUFFIXES)


def findings(root):
    retired = re.compile(r"(?<![A-Za-z])%s(%s)s?(?![A-Za-z])" % (NAMES, "|".join(map(re.escape, RETIRED))),
                         re.IGNORECASE)
    for path in files(root):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            for word in retired.findall(line):
                yield "%s:%d: \"%s\" was retired: %s" % (path.relative_to(root), number, word, RETIRED[word.lower()])


sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1])))))
