"""The rules for alerts are understood by Prometheus, and fire when they should (alerts_test.yml). Exit code 77 where
promtool (Debian's package prometheus) is not installed.

usage: check_alerts.py <root>
"""
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77


def main(root):
    promtool = shutil.which("promtool")
    if promtool is None:
        print("skipped: promtool is not installed (Debian's package prometheus has it)")
        return SKIPPED
    runs = (["check", "rules", root / "docs" / "alerts.yml"], ["test", "rules", root / "tests" / "house" / "alerts_test.yml"])
    return max(subprocess.run([promtool, *words], timeout=60).returncode for words in runs)


sys.exit(main(pathlib.Path(sys.argv[1])))
