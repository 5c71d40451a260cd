#!/usr/bin/env python3
"""Installs files that a person may edit afterwards: install_kept.py TARGET_DIR FILE…

A file that was edited since it was installed is never overwritten: a newer one is put beside it as NAME.new, and said. One that
was removed stays away. What was installed stands in TARGET_DIR/.installed, a SHA-256 and a name on each line; without that
record a file that differs counts as edited. Prints each path that it wrote.
"""
import hashlib
import os
import pathlib
import sys

RECORD = ".installed"
HEAD = "# What cmake --install put here; it tells files that were edited since from those that were not.\n"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def read_record(place):
    path = place / RECORD
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {line.split(None, 1)[1]: line.split(None, 1)[0] for line in lines if line and not line.startswith("#")}


def write(path, content):
    """Readers see the old file or the new one."""
    fresh = path.with_name(path.name + ".installing")
    fresh.write_bytes(content)
    fresh.chmod(0o644)
    os.replace(fresh, path)
    print(path)


def say(text):
    print("install: " + text, file=sys.stderr)


def install(source, place, record):
    target, content = place / source.name, source.read_bytes()
    fresh, before = digest(content), record.get(source.name)
    if not target.exists() and before is not None:
        say("%s was removed here and stays away; to have it again remove its line from %s" % (target, place / RECORD))
    elif not target.exists() or digest(target.read_bytes()) in (before, fresh):
        write(target, content)
        record[source.name] = fresh
    elif fresh != before:
        write(target.with_name(target.name + ".new"), content)
        say("%s was edited and stays as it is; the new one is %s.new" % (target, target.name))


def main(place, *files):
    place = pathlib.Path(place)
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    record = read_record(place)
    for file in files:
        install(pathlib.Path(file), place, record)
    lines = ["%s  %s\n" % (record[name], name) for name in sorted(record)]
    write(place / RECORD, (HEAD + "".join(lines)).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
