#!/usr/bin/env python3
"""Writes the commented file of settings from what the producer says of them: settings_file.py PRODUCER FILE."""
import pathlib
import re
import subprocess
import sys

HEAD = """\
# Settings of Reprise, for all its programs: worker, dashboard and producer. Each line that begins with #name: shows a setting with
# its default; take the # away and change the value. Last wins: this file, the environment (REPRISE_POSTGRES_URL is postgres.url),
# a flag. A running worker or dashboard reads this file again at SIGHUP, and its log says which change waits for a restart.
#
# Once there is a secret in it: chown root:reprise, chmod 640.
"""
PLAIN = re.compile(r"true|false|[0-9]+[A-Za-z]*")


def settings(text):
    """(name, help, default) of each line of `help settings`."""
    for line in text.splitlines():
        found = re.fullmatch(r"  ([a-z][a-z_.]+\.[a-z_]+) +(.+?)(?:; default (.*))?", line)
        if found:
            yield found.group(1), found.group(2), found.group(3) or ""


def lines(text):
    group = ""
    for name, summary, default in settings(text):
        if name.split(".")[0] != group:
            yield ""
        group = name.split(".")[0]
        yield "# " + summary
        yield "#%s: %s" % (name, default if PLAIN.fullmatch(default) else '"%s"' % default)


def main(producer, file):
    said = subprocess.run([producer, "help", "settings"], check=True, capture_output=True, encoding="utf-8").stdout
    path = pathlib.Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "\n".join(lines(said)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
