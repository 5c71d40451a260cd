#!/usr/bin/env python3
"""Writes a program's manual page from what it says to --help: man.py PROGRAM PAGE.

A program of commands (its help names "help COMMAND") has a section for each of them, and for the settings.
"""
import argparse
import os
import pathlib
import re
import subprocess


def ask(program, *words):
    told = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run([program, *words], check=True, capture_output=True, encoding="utf-8", env=told).stdout.strip("\n")


def escaped(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line[:1] in ".'" else line


def as_it_stands(lines):
    return [".nf", *map(escaped, lines), ".fi"]


def summary(text):
    """The first sentence of its description, as it stands in a list of pages."""
    sentence = " ".join(text.split("\n\n")[1].split()).split(". ")[0].rstrip(".")
    return sentence[0].lower() + sentence[1:]


def commands(text):
    """Of a program's help: the words that begin the lines of its lists, down to what is said of help itself."""
    return re.findall(r"^  ([a-z][a-z-]*) +\S", text.split("\nHelp\n")[0], re.M) if "  help COMMAND" in text else []


def page_of(program):
    name, text = pathlib.Path(program).name, ask(program, "--help")
    usage, rest = text.split("\n\n", 1)
    page = ['.TH %s 1 "" "%s" "Reprise"' % (name.upper(), ask(program, "--version")), ".SH NAME",
            "%s \\- %s" % (name, escaped(summary(text))), ".SH SYNOPSIS",
            *as_it_stands(usage.replace("usage:", "      ", 1).splitlines()), ".SH DESCRIPTION", *as_it_stands(rest.splitlines())]
    for command in commands(text):
        page += [".SH %s" % escaped(command.upper()), *as_it_stands(ask(program, "help", command).splitlines())]
    if commands(text):
        page += [".SH SETTINGS", *as_it_stands(ask(program, "help", "settings").splitlines())]
    return "\n".join(page) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("page", type=pathlib.Path)
    given = parser.parse_args()
    given.page.parent.mkdir(parents=True, exist_ok=True)
    given.page.write_text(page_of(given.program), encoding="utf-8")


if __name__ == "__main__":
    main()
