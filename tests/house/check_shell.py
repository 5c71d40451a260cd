"""Shell scripts pass shellcheck; where that is missing, bash at least parses them.

usage: check_shell.py <root>
"""
import pathlib
import shutil
import subprocess
import sys

import sources

files = sources.shell_files(pathlib.Path(sys.argv[1]))
if shutil.which("shellcheck"):
    command = ["shellcheck", "--external-sources", "--severity=warning"]
else:
    print("no shellcheck here: syntax only")
    command = ["bash", "-n"]
failed = [path for path in files if subprocess.run([*command, str(path)]).returncode != 0]
sys.exit(sources.report(["%s: see above" % path for path in failed]))
