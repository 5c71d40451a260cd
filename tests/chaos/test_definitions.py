"""Definitions change all the time while an operation runs: every job runs by the version that its operation began with.

The version shows in the outcome: all jobs fail, after as many tries as their version allows.
"""
import signal
import subprocess
import unittest

from reprise_testing import programs
from scenario import Scenario, eventually

JOBS = 5000  # in each of two phases
RESYNCS = 100
SLEEP_MS = 3  # so that the operation outlasts them

_VERSION = """id: pinned
name: Version %(version)d
args:
  count: {type: integer, minimum: 1, maximum: 1000000, default: 1}
  fail_every: {type: integer, minimum: 0, default: 1}
  sleep_ms: {type: integer, minimum: 0, default: 0}
  tag: {type: string, description: Makes a request differ from others.}
phases:
  - {id: one, job: noop, over: numbers}
  - {id: two, job: noop, over: numbers}
retry: {attempts: %(attempts)d, backoff: fixed, base: 1ms, max: 1ms, jitter: 0}
window: 4
chunk: 50
"""


def attempts_of(version):
    """Never 3, but for the first."""
    return 3 if version == 0 else 1 + version % 2


class PinnedVersions(Scenario):
    def write(self, version):
        (self.definitions / "pinned.yaml").write_text(
            _VERSION % {"version": version, "attempts": attempts_of(version)})

    def resync(self):
        env = programs.environment(self.stores, definitions=self.definitions)
        done = subprocess.run([programs.program("producer"), "resync-definitions", "--json"], env=env, timeout=60,
                              capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)

    def tries(self, operation):
        """The tries after which its jobs failed, and how many of them there are, by phase."""
        return self.psql.rows("SELECT phase, attempt + 1, count(*), count(DISTINCT key) FROM job_outcome"
                              " WHERE operation_id = '%s' AND outcome = 'failed' GROUP BY 1, 2 ORDER BY 1, 2" % operation)

    def test_every_job_runs_by_the_version_it_began_with(self):
        self.addCleanup(lambda: (self.definitions / "pinned.yaml").unlink())
        self.write(0)
        workers = [self.start_worker(processes=2), self.start_worker(processes=2)]
        operation = self.ask("pinned", count=JOBS, sleep_ms=SLEEP_MS, tag="the one")
        self.await_settled(operation, 1)
        later = {}
        for version in range(1, RESYNCS + 1):
            self.write(version)
            if version % 3 == 0:  # by signal, else by command
                before = self.digest()
                workers[0].signal_process(workers[0].pid, signal.SIGHUP)
                eventually(lambda before=before: self.digest() != before, "the signal is heard")
            else:
                self.resync()
            if version == RESYNCS // 2:
                workers[1].end_at_once()
                self.workers.remove(workers[1])
                self.start_worker(processes=2)
            if version % 10 == 0:
                later[version] = self.ask("pinned", count=40, tag=str(version))
        self.assertEqual("running", self.state(operation), "the operation was over before the re-syncs were")
        for one in [operation, *later.values()]:
            self.await_state(one, "completed", 300)
        wanted = [("0", "3", str(JOBS), str(JOBS)), ("1", "3", str(JOBS), str(JOBS))]
        self.assertEqual(wanted, self.tries(operation))
        for version, one in later.items():
            tries = str(attempts_of(version))
            self.assertEqual([("0", tries, "40", "40"), ("1", tries, "40", "40")], self.tries(one), "version %d" % version)
        self.assertEqual(RESYNCS + 1, self.psql.number(
            "SELECT count(*) FROM definition_history JOIN workflow_definitions d ON d.id = definition_id"
            " WHERE d.handle = 'pinned'"))
        self.checker.check_at_rest()

    def digest(self):
        return self.psql.value("SELECT current_version FROM workflow_definitions WHERE handle = 'pinned'")


if __name__ == "__main__":
    unittest.main(verbosity=2)
