"""PostgreSQL on a disk that is full. Mounting a small one wants root; skipped where that cannot be."""
import errno
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import api
from harness import DONE, PREFIX, UNREACHABLE, eventually, main, programs
from reprise_testing import stores as private_stores


class FullDisk(unittest.TestCase):
    """PostgreSQL's data on a small file system of their own. Mounting one wants root."""

    def setUp(self):
        self.mounted = pathlib.Path(tempfile.mkdtemp(prefix="reprise-full-"))
        self.addCleanup(shutil.rmtree, self.mounted, True)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m,mode=755", "tmpfs", self.mounted],
                                               capture_output=True).returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.mounted)])
        tempfile.tempdir, before = str(self.mounted), tempfile.tempdir
        try:
            self.stores = private_stores.Stores(durable=False)
        finally:
            tempfile.tempdir = before
        self.addCleanup(self.stores.stop)

    def producer(self, *words):
        return subprocess.run([programs.program("producer"), *words], env=self.env, capture_output=True, text=True, timeout=120)

    def fill(self, file):
        with self.assertRaises(OSError) as full, file.open("wb", buffering=0) as out:
            while True:
                out.write(b"\0" * 65536)
        self.assertEqual(errno.ENOSPC, full.exception.errno)

    def test_the_worker_waits_and_nothing_is_lost(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="reprise-it-"))
        self.addCleanup(shutil.rmtree, folder, True)
        self.env = programs.environment(self.stores)
        worker = programs.Worker(self.env, folder / "worker.log")
        self.addCleanup(worker.end_at_once)
        eventually(lambda: self.stores.redis("KEYS", PREFIX + ":worker:*"), "the worker beats")
        asked = self.producer("run", "noop", "count=20000", "sleep_ms=1")
        self.assertEqual(DONE, asked.returncode, asked.stderr)
        operation = asked.stdout.strip()
        dashboard = api.Dashboard(self.env, folder)
        self.addCleanup(dashboard.stop)
        ballast = self.mounted / "ballast"
        self.fill(ballast)
        eventually(lambda: "No space left" in worker.text(), "the worker says what is wrong")
        accepted = self.assert_all_say_so(dashboard)
        ballast.unlink()
        self.stores.start_again()  # a PostgreSQL that could not write its log has ended
        ended = self.producer("progress", operation, "--watch")
        self.assertEqual(DONE, ended.returncode, ended.stdout + ended.stderr)
        self.assertEqual([("20000", "20000", "0")], self.stores.psql.rows(
            "SELECT total, succeeded, failed FROM reprise.tally WHERE operation_id = '%s'" % operation))
        for other in accepted:
            self.assertEqual(DONE, self.producer("progress", other, "--watch").returncode)
        self.assertNotIn("was ended by", worker.text())
        eventually(lambda: "waits until" not in self.producer("doctor").stdout, "the worker waits no more")
        self.assertEqual(DONE, self.producer("doctor", "--deep").returncode)
        eventually(lambda: self.ready(dashboard)[0] == 200, "the dashboard is ready again")
        self.assertEqual(0, dashboard.stop())

    def ready(self, dashboard):
        """Whether the dashboard says that it can answer: the status, and the text."""
        connection = http.client.HTTPConnection("127.0.0.1", dashboard.port, timeout=30)
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def is_said_by_the_doctor(self):
        """What the worker waits for; or that PostgreSQL is away, which it is where its log found no room."""
        answer = self.producer("doctor")
        if answer.returncode == UNREACHABLE:
            return "PostgreSQL" in answer.stderr
        self.assertEqual(DONE, answer.returncode, answer.stdout + answer.stderr)
        return re.search(r"w_\S+ \(.*\): waits until this is mended: .*(No space left|PostgreSQL)", answer.stdout)

    def assert_all_say_so(self, dashboard):
        eventually(self.is_said_by_the_doctor, "the doctor says what is wrong")
        asked = self.producer("run", "noop", "count=50")  # accepted where there was room for it, else refused in words
        if asked.returncode != DONE:
            self.assertRegex(asked.stderr, "No space left|PostgreSQL")
        status, text = self.ready(dashboard)  # it can read, at best
        self.assertIn(status, (200, 503))
        self.assertTrue(status == 200 or "postgres" in text.lower(), text)
        return [asked.stdout.strip()] if asked.returncode == DONE else []


if __name__ == "__main__":
    main()
