"""What a header declares is used outside the file that defines it: else it is dead, or should be static.

usage: check_exports.py <root> [<list>]

What stands in the list (exports_known.txt beside this file) is known: each line is a name and, behind it, why it stays. A
name in the list that is used by now, or gone, is a finding too, so that the list can only grow shorter by itself.
"""
import pathlib
import re
import sys

import sources

ROOMS = ("common", "worker", "producer", "dashboard")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DECLARED = re.compile(r"^(?!typedef|static|struct \w+ \{|enum \w+ \{|#|\}|\s)\w[\w\s\*]*?\b(\w+)\([^;{]*\)[^;{]*;", re.M)
DEFINED = re.compile(r"^\w[\w\s\*]*?\b(\w+)\([^;{}]*\)\s*\n\{", re.M)
NAME = re.compile(r"\b[A-Za-z_]\w*\b")


class File:
    def __init__(self, path):
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        self.path = path
        self.names = set(NAME.findall(text))
        self.defined = set(DEFINED.findall(text))
        self.declared = DECLARED.findall(text) if path.suffix == ".h" else []
        # A macro of the header may stand for the function wherever it is used.
        self.in_macros = set(NAME.findall("\n".join(re.findall(r"^#\s*define .*(?:\\\n.*)*", text, re.M))))


def unused(root):
    """{name: what is wrong with it}"""
    files = [File(path) for path in sources.c_files(root, ROOMS)]
    tests = set().union(*(File(path).names for path in sources.c_files(root, ("tests", "bench"))), set())
    users = {}
    for file in files:
        for name in file.names:
            users.setdefault(name, []).append(file)
    for header in files:
        for name in header.declared:
            outside = [user for user in users[name] if user is not header and name not in user.defined]
            if outside or name in header.in_macros:
                continue
            who = "tests only" if name in tests else "its own file only, or not at all"
            yield name, "%s: %s is used by %s" % (header.path.relative_to(root), name, who)


def known_names(path):
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def findings(root, known):
    found = dict(unused(root))
    yield from (text for name, text in sorted(found.items()) if name not in known)
    yield from ("%s is in the list, and it is used or gone: take it out" % name for name in sorted(known - found.keys()))


if __name__ == "__main__":
    listed = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).with_name("exports_known.txt")
    sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1]), known_names(listed)))))
