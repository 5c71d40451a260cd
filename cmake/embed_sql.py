#!/usr/bin/env python3
"""Embeds the statements of sql/ as C constants: embed_sql.py <sql-dir> <out-dir>.

A file holds the statements of one topic, each under a head:

    -- name: settle_fence
    -- What it is for, and what its parameters are.
    DELETE FROM job WHERE …

sql/queue/settle.sql with that head gives `const struct sql sql_queue_settle_fence`, declared in embedded/sql_queue.h:
each room embeds the statements of its own folder, and a folder is a room. `sql_queue_all` lists them by name.

    -- include: queue/_plan_step            is replaced by that fragment: one whose name begins with _ is no statement
    -- include: query/_link WITH=word       the same, with {WITH} of the fragment, and of what it includes, being the word

A head may stand for several statements: a line `-- each:` below it fills in words, one row a line, and rows that name the
same words are alternatives; those of different words are combined.

    -- name: runs_by_{KEY}_{order}
    -- each: KEY=cost TYPE=numeric
    -- each: KEY=started TYPE=timestamptz
    -- each: order=asc ORDER=ASC
    -- each: order=desc ORDER=DESC

Comments stay out of the programs: what the server sees is what it needs. sql/migrations/ is kept to the byte, a file a
statement, for the checksums.
"""
import itertools
import pathlib
import re
import sys

HEAD = re.compile(r"^-- name: (\S+)$", re.M)
EACH = re.compile(r"^-- each: (.*)$", re.M)
INCLUDE = re.compile(r"^-- include: (\S+)((?: \w+=\S+)*)$", re.M)
WORD = re.compile(r"\{([A-Za-z]\w*)\}")
EXACT = "migrations"


def words_of(text):
    return dict(pair.split("=", 1) for pair in text.split())


def filled(text, words):
    return WORD.sub(lambda match: words.get(match.group(1), match.group(0)), text)


def combinations(block):
    """The words of each statement that a head stands for: one without words where there is no `each`."""
    dimensions = {}
    for row in map(words_of, EACH.findall(block)):
        dimensions.setdefault(tuple(sorted(row)), []).append(row)
    return [{name: word for row in rows for name, word in row.items()} for rows in itertools.product(*dimensions.values())]


def blocks_of(path):
    """(name, text) of each head of a file; what stands before the first one is the file's own comment."""
    parts = HEAD.split(path.read_text(encoding="utf-8"))
    if len(parts) < 3:
        sys.exit("%s: no line '-- name: …'" % path)
    return zip(parts[1::2], parts[2::2])


def read(root):
    """Everything below `root` as {room/name: (text, words)}: heads with `each` as often as they stand for a statement."""
    blocks = {}
    for path in sorted(root.rglob("*.sql")):
        room = path.parent.relative_to(root).as_posix()
        if room == EXACT:
            blocks["%s/%s" % (room, path.stem)] = path.read_text(encoding="utf-8"), {}
            continue
        for name, text in blocks_of(path):
            for words in combinations(text):
                key = "%s/%s" % (room, filled(name, words))
                if key in blocks:
                    sys.exit("%s: a second %s" % (path, key))
                blocks[key] = EACH.sub("", text), words
    return blocks


def expanded(blocks, name, words):
    def included(match):
        other = filled(match.group(1), words)
        if other not in blocks:
            sys.exit("%s includes %s, which is not there" % (name, other))
        return expanded(blocks, other, {**words, **words_of(filled(match.group(2), words))})

    return INCLUDE.sub(included, filled(blocks[name][0], words))


def without_comments(text):
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("--")) + "\n"


def statement(root, name):
    """The text of one statement, "queue/settle_fence": for tests and benchmarks that run it by themselves."""
    return without_comments(expanded(read(root), name, {}))


def literal(text):
    return "\n".join('    "%s"' % line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
                     for line in text.splitlines(keepends=True)) or '    ""'


def identifier(name):
    return "sql_" + re.sub(r"[^A-Za-z0-9]", "_", name)


def write_if_changed(path, lines):
    """What is as it was keeps its time, so that a change of one room compiles that room only."""
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main():
    root, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    blocks, texts = read(root), {}
    for name, (text, words) in blocks.items():
        if name.startswith(EXACT + "/"):
            texts[name] = text
        elif not name.split("/")[1].startswith("_"):
            texts[name] = without_comments(expanded(blocks, name, words))
            if WORD.search(texts[name]):
                sys.exit("%s: %s is not filled in" % (name, WORD.search(texts[name]).group(0)))
    names = sorted(texts)
    out.mkdir(parents=True, exist_ok=True)
    for room in sorted({name.split("/")[0] for name in names}):
        own = [name for name in names if name.split("/")[0] == room]
        table, count = "sql_%s_all" % room, "SQL_%s_COUNT" % room.upper()
        write_if_changed(out / ("sql_%s.h" % room), [
            "/* Generated from sql/%s/ by cmake/embed_sql.py. */" % room, "#pragma once", '#include "common/store/text.h"', "",
            *("extern const struct sql %s;" % identifier(name) for name in own), "",
            "#define %s %d" % (count, len(own)), "extern const struct sql *const %s[%s];" % (table, count)])
        write_if_changed(out / ("sql_%s.c" % room), [
            '#include "embedded/sql_%s.h"' % room, "",
            *('const struct sql %s = {"%s", %d,\n%s};\n' % (identifier(name), name, names.index(name), literal(texts[name]))
              for name in own),
            "const struct sql *const %s[%s] = {%s};" % (table, count, ", ".join("&" + identifier(name) for name in own))])
    write_if_changed(out / "sql_count.h", [
        "/* Generated by cmake/embed_sql.py: numbers of statements from here on are free, for tests. */", "#pragma once",
        "#define SQL_COUNT %d" % len(names)])


if __name__ == "__main__":
    main()
