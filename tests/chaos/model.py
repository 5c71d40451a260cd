"""The model of the protocol (docs/model/): every interleaving within its bounds, and each broken variant is caught. It takes
minutes, so only the long form explores it (REPRISE_CHAOS=long); the quick one is skipped. Exit code 77: skipped.
"""
import os
import pathlib
import subprocess
import sys

SKIPPED = 77
SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "model" / "check.sh"

if os.environ.get("REPRISE_CHAOS") != "long":
    print("skipped: the model is explored in the long form only (scripts/test.sh --chaos)")
    sys.exit(SKIPPED)
sys.exit(subprocess.run([SCRIPT]).returncode)
