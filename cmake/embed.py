#!/usr/bin/env python3
"""Embeds text files as C constants: embed.py <symbol> <extension> <root> <out-dir>.

common/queue/lua/take.lua becomes `const struct lua lua_take`; `<symbol>_all` lists them. A line `-- include: path/of/other.sql` (relative to the root)
is replaced by that file's text, so that a frame that many statements share is written once; with `-- include: PATH
NAME=word` on the same line, each {NAME} of that file, and of those that it includes, is the word. Comments are kept out of the programs: what the server sees is what it needs. sql/migrations/*.sql are kept to the byte, for their checksum.
"""
import pathlib
import re
import sys

symbol, extension, root, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
comment = "--"


def text_of(path, words={}):
    text = path.read_text(encoding="utf-8")
    for name, word in words.items():
        text = text.replace("{%s}" % name, word)

    def included(match):
        own = dict(pair.split("=", 1) for pair in match.group(2).split())
        return text_of(root / match.group(1), {**words, **own})

    text = re.sub(r"^-- include: (\S+)((?: [A-Z]+=\S+)*)$", included, text, flags=re.M)
    if path.parts[-2] == "migrations":
        return text
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(comment)]
    return "\n".join(lines).strip() + "\n"


def literal(text):
    return "\n".join('    "%s"' % line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
                     for line in text.splitlines(keepends=True)) or '    ""'


files = [p for p in sorted(root.rglob("*." + extension)) if not p.name.startswith("_")]
names = [str(p.relative_to(root).with_suffix("")) for p in files]
ids = [symbol + "_" + re.sub(r"[^A-Za-z0-9]", "_", n) for n in names]

out.mkdir(parents=True, exist_ok=True)
header = ["/* Generated from %s files by cmake/embed.py. */" % extension, "#pragma once", "#include \"common/store/text.h\"", ""]
header += ["extern const struct %s %s;" % (symbol, i) for i in ids]
header += ["", "#define %s_COUNT %d" % (symbol.upper(), len(ids)), "extern const struct %s *const %s_all[%s_COUNT];" % (symbol, symbol, symbol.upper())]
(out / (symbol + ".h")).write_text("\n".join(header) + "\n")
body = ["#include \"embedded/%s.h\"" % symbol, ""]
for number, (path, name, ident) in enumerate(zip(files, names, ids)):
    body.append("const struct %s %s = {\"%s\", %d,\n%s};\n" % (symbol, ident, name, number, literal(text_of(path))))
body.append("const struct %s *const %s_all[%s_COUNT] = {%s};" % (symbol, symbol, symbol.upper(), ", ".join("&" + i for i in ids)))
(out / (symbol + ".c")).write_text("\n".join(body) + "\n")
