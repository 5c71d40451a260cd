"""For tests of deliveries: a world of stores, a worker and a receiver that lives as long as the class, and in it an app
of its own for each test. The house's definitions are used, but for their back-off, which would take 15 s.
"""
import itertools
import pathlib
import shutil
import tempfile

from harness import DONE, FAILED, PREFIX, ProducerTest, eventually, programs
from reprise_testing import deliveries

_names = itertools.count(1)


class Planter(deliveries.Repository):
    """Commits what no working tree can hold: paths of any bytes and length, submodules, links to anywhere."""

    def commit(self, entries):
        """`entries`: path (bytes) to (mode, content); of a submodule the content is the id of its commit."""
        index = b""
        for path, (mode, content) in entries.items():
            held = content if mode == "160000" else self.git("hash-object", "-w", "--stdin", given=content).strip()
            index += b"%s %s\t%s\0" % (mode.encode(), held, path)
        self.git("update-index", "-z", "--index-info", given=index)
        self.git("commit", "-q", "-m", "planted")


class DeliveryTest(ProducerTest):
    settings = {}  # more for worker and producer

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="reprise-it-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.env = programs.environment(cls.stores, definitions=deliveries.quick_definitions(cls.folder / "definitions"),
                                       **{**deliveries.settings(cls.folder), **cls.settings})
        cls.receiver = deliveries.Receiver(cls.folder, log=cls.folder / "receiver.log")
        cls.addClassCleanup(cls.receiver.stop)
        cls.worker = cls.start_worker()

    @classmethod
    def start_worker(cls, **settings):
        """A worker for the rest of the class, and the one to look at; returns when it is alive."""
        cls.worker = programs.Worker({**cls.env, **settings}, cls.folder / ("worker-%d.log" % next(_names)))
        cls.addClassCleanup(cls.worker.end_at_once)
        cls.await_worker()
        return cls.worker

    @classmethod
    def await_worker(cls):
        eventually(lambda: cls.stores.redis("KEYS", PREFIX + ":worker:*"), "the worker beats")

    def setUp(self):
        self.name = "App %d" % next(_names)
        self.place = self.folder / self.name.replace(" ", "-")
        self.place.mkdir()
        self.receiver.behave()

    # ---- the world --------------------------------------------------------------------------------------------------

    def new_app(self, url=None, name=None):
        return self.ask("add-app", name or self.name, url or self.receiver.url, "--key-stdin",
                        stdin=self.receiver.key)["app_id"]

    def new_repository(self, files, name="source"):
        repository = deliveries.Repository(self.place / name)
        repository.commit(files)
        return repository

    def new_link(self, app_id, url, *more):
        return self.ask("add-repository", app_id, url, *more)["repository_id"]

    def new_world(self, files):
        """An app, a repository and the link between them: the ids of app and repository, and the repository."""
        repository, app_id = self.new_repository(files), self.new_app()
        return app_id, self.new_link(app_id, repository.url), repository

    def link_row(self, app_id, repository_id):
        """The link as people see it."""
        rows = self.ask("repositories", app_id)["repositories"]
        return next(row for row in rows if row["repository_id"] == repository_id)

    # ---- requests ---------------------------------------------------------------------------------------------------

    def deliver(self, verb, app_id, repository_id, code=DONE):
        """resync or retry, waited for: the only outcome of it."""
        self.expect(code, verb, app_id, repository_id)
        operation = self.ask("operations", "--limit", "1")["operations"][0]["operation_id"]
        return self.outcomes(operation)[0]

    def outcomes(self, operation):
        return self.ask("outcomes", operation)["outcomes"]

    def assert_fails(self, app_id, repository_id, verb="resync"):
        """A request that must fail: its outcome, once the link says the same to people."""
        outcome = self.deliver(verb, app_id, repository_id, code=FAILED)
        row = self.link_row(app_id, repository_id)
        self.assertEqual(("failed", "failed", outcome["error"]), (outcome["outcome"], row["status"], row["last_error"]))
        return outcome

    def look_again(self, app_id, repository_id):
        """What the schedule does with a link that is due: a snapshot. Its outcome."""
        self.stores.psql.execute("UPDATE reprise.app_repositories SET last_scanned_at = now() - interval '3 days'"
                                 " WHERE app_id = '%s' AND repository_id = '%s'" % (app_id, repository_id))
        self.expect(DONE, "rescan", "--watch")
        operation = self.ask("operations", "--limit", "1")["operations"][0]["operation_id"]
        mine = [outcome for outcome in self.outcomes(operation) if outcome["key"] == "%s/%s" % (app_id, repository_id)]
        self.assertEqual(1, len(mine))
        return mine[0]

    # ---- what must hold ---------------------------------------------------------------------------------------------

    def assert_holds(self, app_id, repository_id, head):
        """The client, what we know of it, and HEAD are the same; nothing that it was sent was wrong."""
        self.assertEqual(head, self.receiver.files(app_id, repository_id))
        recorded = self.stores.psql.rows(
            "SELECT file_path, file_sha FROM reprise.deliveries WHERE app_id = '%s' AND repository_id = '%s'"
            % (app_id, repository_id))
        self.assertEqual(head, dict(recorded))
        self.assertEqual("0", self.stores.psql.value(
            "SELECT count(*) FROM reprise.delivery_intents WHERE app_id = '%s'" % app_id))
        self.assertEqual({}, self.receiver.faults())

    def assert_synced(self, app_id, repository_id, repository):
        row = self.link_row(app_id, repository_id)
        self.assertEqual(("synced", None, 0, len(repository.files), sum(map(len, repository.files.values()))),
                         tuple(row[key] for key in ("status", "last_error", "retry_count", "files", "bytes")))
        self.assert_holds(app_id, repository_id, repository.head())


def verbs_and_paths(requests):
    """Of the receiver's log, what was asked, in order; the pieces of a file are one."""
    return [(line["verb"], line["path"]) for line in requests if line.get("chunk", {"index": 0})["index"] == 0]
