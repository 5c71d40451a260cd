#!/usr/bin/env python3
"""Fetches the packages that a lock file names: npm.py <source> <work>, or fetch(source, work).

npm works in <work>, never in the source tree, and gives what <source>/package-lock.json names, checked against its
checksums; scripts of packages are not run. What it has kept from before (its cache) it does not ask the network for,
and what is there already is not fetched again. The lock file says nowhere where packages come from: that is the
setting of the machine.

Exit code 77 where npm is not installed, 1 where it could not fetch.
"""
import filecmp
import json
import pathlib
import shutil
import subprocess
import sys

NOT_INSTALLED = 77
_FILES = ("package.json", "package-lock.json", ".npmrc")
_TIMEOUT_S = 300


class Unfetched(Exception):
    """The text says what is missing, and what can be done."""

    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def fetch(source, work):
    """The directory of the packages."""
    modules, done = work / "node_modules", work / "fetched.json"
    work.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(source / name, work / name)
    if done.exists() and modules.is_dir() and filecmp.cmp(source / "package-lock.json", done, shallow=False):
        return modules
    _run_npm(source, work)
    shutil.copyfile(source / "package-lock.json", done)
    return modules


def _run_npm(source, work):
    npm = shutil.which("npm")
    if npm is None:
        raise Unfetched("npm is not installed (scripts/setup.sh installs it)", NOT_INSTALLED)
    words = [npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-progress"]
    try:
        answer = subprocess.run(words, cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Unfetched("npm did not end within %d s: %s" % (_TIMEOUT_S, _what_is_missing(source))) from None
    if answer.returncode != 0:
        said = "\n".join("    " + line for line in answer.stdout.strip().splitlines()[-8:])
        raise Unfetched("%s\nWhat npm said:\n%s" % (_what_is_missing(source), said))


def _what_is_missing(source):
    wanted = json.loads((source / "package.json").read_text(encoding="utf-8"))["dependencies"]
    names = ", ".join("%s %s" % one for one in sorted(wanted.items()))
    return "npm could not fetch %s. It needs the network once, or a cache that holds them." % names


def main():
    source, work = (pathlib.Path(word) for word in sys.argv[1:])
    try:
        fetch(source, work)
    except Unfetched as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(trouble.code)


if __name__ == "__main__":
    main()
