"""Every C file is as clang-format leaves it. Exit 77 (skipped) without clang-format 14.

usage: check_format.py <root>

Versions differ in details, so one of them decides: Debian 12's.
"""
import pathlib
import shutil
import subprocess
import sys

import sources

VERSION = 14


def formatter():
    for name in ("clang-format-%d" % VERSION, "clang-format"):
        path = shutil.which(name)
        if path and " %d." % VERSION in subprocess.run([path, "--version"], capture_output=True, text=True).stdout:
            return path
    return None


root = pathlib.Path(sys.argv[1])
program = formatter()
if program is None:
    print("skipped: no clang-format %d here" % VERSION)
    sys.exit(77)
files = sources.c_files(root)
command = [program, "--dry-run", "-Werror", "--style=file:%s" % (root / ".clang-format"), *map(str, files)]
sys.exit(subprocess.run(command).returncode if files else 0)
