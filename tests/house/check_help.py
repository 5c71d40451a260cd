"""Whatever a person can start answers --help and -h: exit code 0, the usage on stdout, nothing on stderr; and it does
nothing else, whatever its settings are.

usage: check_help.py <root> [PROGRAM…]
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import sources

LIMIT_S = 30


def finding(command, word):
    """What is wrong with the answer, or nothing."""
    with tempfile.TemporaryDirectory(prefix="reprise-help-") as place:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": place, "TMPDIR": place,
                       "PYTHONDONTWRITEBYTECODE": "1", "REPRISE_LOG_LEVEL": "nonsense"}
        try:
            answer = subprocess.run([str(command), word], cwd=place, env=environment, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            return "no answer within %d s" % LIMIT_S
        if answer.returncode != 0:
            return "exit code %d: %s" % (answer.returncode, answer.stderr.strip())
        if "usage:" not in answer.stdout:
            return "no usage on stdout"
        if answer.stderr:
            return "on stderr: %s" % answer.stderr.strip()
        left = os.listdir(place)
        return "it left behind: %s" % " ".join(left) if left else None


# What a worker starts, and speaks with by lines.
STARTED_BY_WORKERS = "examples/jobs/commands"

root = pathlib.Path(sys.argv[1]).resolve()
commands = [path for path in sources.executables(root) if path.parent != root / STARTED_BY_WORKERS]
commands += [pathlib.Path(word) for word in sys.argv[2:]]
found = [(command, word, finding(command, word)) for command in commands for word in ("--help", "-h")]
print("%d commands" % len(commands))
sys.exit(sources.report(["%s %s: %s" % one for one in found if one[2]]))
