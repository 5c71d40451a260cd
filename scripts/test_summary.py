#!/usr/bin/env python3
"""Passes on what CTest prints, and says before its summary why each skipped test was skipped, and what passed only when it
ran again.

usage: ctest … | test_summary.py BUILD_DIRECTORY

CTest's summary says "(Skipped)" only; the reason is what the test printed, in the log of the run. Of a test that failed and
then passed (ctest --repeat until-pass) it says nothing: such a test, or what it tests, has a fault that shows now and then.
"""
import pathlib
import re
import sys

RESULT = re.compile(r"^ *(?:\d+/\d+ )?Test +#\d+: (\S+) \.*\s*(\*\*\*|Passed)")
SUMMARY = re.compile(r"\d+% tests passed")
HEAD = re.compile(r"^\d+/\d+ Testing: (\S+)$", re.MULTILINE)
# What scripts of ours print, Python's unittest, and cmocka.
REASON = re.compile(r"""^skipped: (.+)$|^.* \.\.\. skipped (?:"(.+)"|'(.+)')$|^\[  SKIPPED \] \d* ?(\w+)""", re.MULTILINE)


def reasons(log):
    """(test, reason) of whatever a test left out, once each: whole tests and single cases."""
    parts = HEAD.split(log)
    for name, text in zip(parts[1::2], parts[2::2]):
        for reason in dict.fromkeys(next(filter(None, found)) for found in REASON.findall(text)):
            yield name, reason


def main():
    if sys.argv[1:2] in (["--help"], ["-h"]):
        print(__doc__, end="")
        return
    held = []
    failed, unsteady = set(), []
    for line in sys.stdin:
        result = RESULT.match(line)
        if result and result[2] == "***":
            failed.add(result[1])
        elif result and result[1] in failed:
            unsteady.append(result[1])
        if held or SUMMARY.match(line):
            held.append(line)
        else:
            print(line, end="", flush=True)
    log = pathlib.Path(sys.argv[1]) / "Testing" / "Temporary" / "LastTest.log"
    try:
        skipped = list(reasons(log.read_text(errors="replace")))
    except OSError as error:
        skipped = [("?", "the log of the run cannot be read: %s" % error)]
    for name, reason in skipped if held else ():
        print("skipped: %s: %s" % (name, reason))
    for name in unsteady:
        print("unsteady: %s failed, and passed when it ran again: its output stands above" % name)
    print("".join(held), end="")


if __name__ == "__main__":
    main()
