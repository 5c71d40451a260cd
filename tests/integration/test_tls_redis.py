"""Redis behind TLS (rediss://): an operation through it, and what is said where it is not as it should be. A build without
TLS refuses such an address, and this is skipped.
"""
import itertools
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import tls
from api import Dashboard
from harness import DONE, PREFIX, UNREACHABLE, USAGE, ProducerTest, eventually, main, programs


class Redis(ProducerTest):
    """PostgreSQL is the private one; the Redis of the private stores is not used."""

    numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        asked = subprocess.run([programs.program("producer"), "workers", "--redis-url", "rediss://localhost"], text=True,
                               capture_output=True, timeout=60)
        if asked.returncode == USAGE and "which this build lacks" in asked.stderr:
            raise unittest.SkipTest("this build's hiredis has no TLS")
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="reprise-tls-"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.authority = tls.Authority(cls.folder, "authority")
        cls.stranger = tls.Authority(cls.folder, "stranger")
        cls.redis = tls.TlsRedis(cls.folder / "redis", cls.authority)
        cls.addClassCleanup(cls.redis.stop)

    def setUp(self):
        super().setUp()
        self.redis.asks("FLUSHALL")
        self.trust(self.authority)
        self.env["REPRISE_REDIS_URL"] = self.redis.url()
        self.ask("migrate")

    def trust(self, authority):
        self.env["SSL_CERT_FILE"] = str(authority.file)

    def start_worker(self):
        worker = programs.Worker(self.env, self.place / ("worker-%d.log" % next(self.numbers)))
        self.addCleanup(worker.end_at_once)
        return worker

    def test_an_operation_through_it(self):
        worker = self.start_worker()
        eventually(lambda: self.redis.asks("KEYS", PREFIX + ":worker:*"), "the worker beats")
        made = self.ask("run", "noop", "count=50000", "--watch")
        self.assertEqual(("completed", 50000), (made["state"], made["succeeded"]))
        progress = self.redis.asks("HGET", PREFIX + ":op:" + made["operation_id"], "state")
        self.assertEqual("completed", progress)
        self.ask("doctor")
        dashboard = Dashboard(self.env, self.place)
        self.addCleanup(dashboard.stop)
        eventually(lambda: tls.is_ready(dashboard.port), "the dashboard is ready: it has both stores and a worker")
        self.assertEqual(DONE, worker.drain())

    def test_connections_that_were_cut_are_made_again(self):
        worker = self.start_worker()
        eventually(lambda: self.redis.asks("KEYS", PREFIX + ":worker:*"), "the worker beats")
        self.redis.asks("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        made = self.ask("run", "noop", "count=5000", "--watch")
        self.assertEqual(("completed", 5000), (made["state"], made["succeeded"]))
        self.assertEqual(DONE, worker.drain())

    def test_what_is_not_as_it_should_be_is_told(self):
        for words, authority, url in (
                ("its certificate is refused: self-signed certificate", self.stranger, self.redis.url()),
                ("its certificate is refused: IP address mismatch", self.authority, self.redis.url(tls.ELSEWHERE)),
                ("is it a port for TLS?", self.authority, self.redis.url(port=self.redis.plain_port))):
            with self.subTest(words=words):
                self.trust(authority)
                self.env["REPRISE_REDIS_URL"] = url
                self.assertIn(words, self.refused(UNREACHABLE, "workers"))
                worker = self.start_worker()
                eventually(lambda: words in worker.text(), "the worker says it, and goes on trying")
                worker.end_at_once()
        self.assertEqual([], self.redis.asks("KEYS", "*"))


if __name__ == "__main__":
    main()
