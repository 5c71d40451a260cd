"""PostgreSQL behind TLS, whose certificate and name are checked: an operation through it, and what is said where they are
not what they should be.
"""
import itertools
import pathlib
import shutil
import tempfile

import tls
from api import Dashboard
from harness import DONE, PREFIX, UNREACHABLE, ProducerTest, eventually, main, programs


def binaries():
    places = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    return places[-1]  # the private stores, which were started before, need one too


class Postgres(ProducerTest):
    """Redis is the private one; the PostgreSQL of the private stores is not used."""

    numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="reprise-tls-"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.authority = tls.Authority(cls.folder, "authority")
        cls.stranger = tls.Authority(cls.folder, "stranger")
        cls.postgres = tls.TlsPostgres(cls.folder / "postgres", cls.authority, binaries())
        cls.addClassCleanup(cls.postgres.stop)

    def setUp(self):
        super().setUp()
        self.env["REPRISE_POSTGRES_URL"] = self.postgres.url(root=self.authority.file)

    def start_worker(self):
        worker = programs.Worker(self.env, self.place / ("worker-%d.log" % next(self.numbers)))
        self.addCleanup(worker.end_at_once)
        return worker

    def test_an_operation_through_it(self):
        self.ask("migrate")
        worker = self.start_worker()
        eventually(lambda: self.stores.redis("KEYS", PREFIX + ":worker:*"), "the worker beats")
        made = self.ask("run", "noop", "count=5000", "--watch")
        self.assertEqual(("completed", 5000), (made["state"], made["succeeded"]))
        dashboard = Dashboard(self.env, self.place)
        self.addCleanup(dashboard.stop)
        eventually(lambda: tls.is_ready(dashboard.port), "the dashboard is ready: it has both stores and a worker")
        self.assertEqual(DONE, worker.drain())

    def test_what_is_not_as_it_should_be_is_told(self):
        for words, url in (
                ("certificate verify failed", self.postgres.url(root=self.stranger.file)),
                ('does not match host name "%s"' % tls.ELSEWHERE, self.postgres.url(tls.ELSEWHERE, root=self.authority.file)),
                ("no encryption", self.postgres.url(mode="disable")),
                ("does not exist", self.postgres.url(root=self.folder / "nowhere.pem"))):
            with self.subTest(words=words):
                self.env["REPRISE_POSTGRES_URL"] = url
                self.assertIn(words, self.refused(UNREACHABLE, "operations"))
                worker = self.start_worker()
                eventually(lambda: words in worker.text(), "the worker says it, and goes on trying")
                worker.end_at_once()


if __name__ == "__main__":
    main()
