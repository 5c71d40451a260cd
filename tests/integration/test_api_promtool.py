"""/metrics beside real work, as Prometheus' own checker reads it. Skipped where promtool is not installed."""
import shutil
import subprocess
import sys

from api import DashboardTest, main
from harness import SKIPPED, eventually


class Checked(DashboardTest):
    def test_promtool_has_nothing_against_the_answer(self):
        self.worker()
        self.call("POST", "/admin/api/operations", {"definition": "noop", "args": {"count": 3000}})

        def scrape():
            return self.call("GET", "/metrics", token="").body

        eventually(lambda: b'reprise_job_outcomes_total{' in scrape() and b'kind="noop",outcome="succeeded"} 3000' in scrape(),
                   "work is counted")
        done = subprocess.run([shutil.which("promtool"), "check", "metrics"], input=scrape(), capture_output=True, timeout=60)
        self.assertEqual((0, b"", b""), (done.returncode, done.stdout, done.stderr))


del DashboardTest

if __name__ == "__main__":
    if shutil.which("promtool") is None:
        print("skipped: promtool is not installed (Debian's package prometheus has it)")
        sys.exit(SKIPPED)
    main()
