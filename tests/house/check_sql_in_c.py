"""SQL stands in .sql files and scripts for Redis in .lua files; C outside the tests holds neither in strings.

usage: check_sql_in_c.py <root>
"""
import pathlib
import re
import sys

import sources

# Comments and character constants are matched too, so that a quote inside them begins no string.
TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])+'|\"(?:\\.|[^\"\\\n])*\"", re.S)
STATEMENT = re.compile(r"\b(SELECT\s|INSERT\s+INTO\b|UPDATE\s+[\w.]+|DELETE\s+FROM\b)|\bredis\.call\b")


def findings(root):
    for path in sources.c_files(root, [room for room in sources.ROOMS if room != "tests"]):
        text = path.read_text(encoding="utf-8")
        for token in TOKEN.finditer(text):
            if token.group().startswith('"') and STATEMENT.search(token.group()):
                line = text.count("\n", 0, token.start()) + 1
                yield "%s:%d: %s" % (path.relative_to(root), line, token.group())


sys.exit(sources.report(list(findings(pathlib.Path(sys.argv[1])))))
