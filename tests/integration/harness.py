"""What the integration tests stand on: private stores, emptied before each test, and the producer as a person runs it.

CTest sets PYTHONPATH to tests/testing/python and REPRISE_BUILD_DIR to where the programs were built.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testing" / "python"))

from reprise_testing import programs, stores  # noqa: E402
from reprise_testing.waiting import eventually  # noqa: E402, F401

SKIPPED = 77
PREFIX = "{reprise}"
DONE, FAILED, USAGE, NOT_FOUND, CONFLICT, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
URL = "https://client.example/hooks"


class Answer:
    """What a run of the producer said."""

    def __init__(self, finished):
        self.code, self.out, self.err = finished.returncode, finished.stdout, finished.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The last line of stderr, where --json puts an error."""
        return json.loads(self.err.strip().splitlines()[-1])["error"]

    def __repr__(self):
        return "exit code %d\nstdout: %s\nstderr: %s" % (self.code, self.out, self.err)


class ProducerTest(unittest.TestCase):
    """The stores live as long as the class; each test finds an empty database and an empty Redis."""

    @classmethod
    def setUpClass(cls):
        cls.stores = stores.Stores(durable=False)

    @classmethod
    def tearDownClass(cls):
        cls.stores.stop()

    def setUp(self):
        self.stores.empty()
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="reprise-it-"))
        self.addCleanup(shutil.rmtree, self.place, True)
        self.env = programs.environment(self.stores)

    def command(self, *words):
        return [programs.program("producer"), *map(str, words)]

    def run_producer(self, *words, stdin="", env=None):
        finished = subprocess.run(self.command(*words), input=stdin, capture_output=True, text=True, timeout=120,
                                  env={**self.env, **(env or {})}, cwd=self.place)
        return Answer(finished)

    def expect(self, code, *words, **more):
        answer = self.run_producer(*words, **more)
        self.assertEqual(code, answer.code, answer)
        return answer

    def ask(self, *words, **more):
        """A run that succeeds; its JSON."""
        return self.expect(DONE, *words, "--json", **more).json

    def refused(self, code, *words, **more):
        """A run that fails; the text of its error. Nothing is on stdout then."""
        answer = self.expect(code, *words, "--json", **more)
        self.assertEqual("", answer.out)
        return answer.error["text"]

    def app(self, name="Demo app"):
        return self.ask("add-app", name, URL)["app_id"]

    def link(self, app_id, url="https://github.com/octocat/hello-world", **more):
        return self.ask("add-repository", app_id, url, **more)["repository_id"]


class Passes(unittest.TextTestResult):
    """Counts the tests that passed."""
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    """unittest's main, with the exit code that CTest takes for skipped where nothing was tested, for want of the servers or
    of what the tests need: such a test belongs into a file of its own."""
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Passes)
    result = unittest.main(testRunner=runner, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(DONE if result.passed or not result.skipped else SKIPPED)
