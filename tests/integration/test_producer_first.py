"""A person's single request begins while bulk work keeps every executor of its queue busy, however it was asked for."""
import json

from delivering import DeliveryTest
from harness import DONE, PREFIX, eventually, main

BUSY = 2


class First(DeliveryTest):
    settings = {"REPRISE_WORKER_EXECUTORS": "delivery=%d" % BUSY, "REPRISE_DELIVER_TIMEOUT": "30s"}

    def keep_all_busy(self):
        """An app whose links hang, more of them than there are executors; the operation that re-syncs them."""
        app = self.new_app(name="Busy for %s" % self.name)
        for number in range(BUSY + 2):
            self.new_link(app, self.new_repository({"a": b"a\n"}, "busy-%d" % number).url)
        self.receiver.behave({"mode": "hang", "app": app})
        operation = self.ask("resync-app", app, "--yes")["operation_id"]
        eventually(lambda: len(self.attempts_of(operation)) == BUSY, "all executors are busy")
        return operation, self.attempts_of(operation)

    def attempts_of(self, operation):
        return self.stores.psql.rows("SELECT key, attempt, seq FROM reprise.exclusive WHERE operation_id = '%s' ORDER BY 1"
                                     % operation)

    def assert_still_busy(self, operation, attempts):
        """With the same: no executor has become free meanwhile."""
        self.assertEqual(attempts, self.attempts_of(operation))
        self.ask("cancel", operation)
        self.receiver.behave()
        eventually(lambda: not self.attempts_of(operation), "what was cancelled has stopped")

    def test_a_single_request_by_producer(self):
        app, repository, source = self.new_world({"x": b"x\n"})
        bulk = self.keep_all_busy()
        self.expect(DONE, "resync", app, repository)
        self.assert_synced(app, repository, source)
        self.assert_still_busy(*bulk)

    def test_a_single_request_by_the_inbox(self):
        app, repository, source = self.new_world({"x": b"x\n"})
        bulk = self.keep_all_busy()
        request = {"definition": "resync-link", "args": {"app_id": app, "repository_id": repository}}
        self.stores.redis("RPUSH", PREFIX + ":inbox", json.dumps(request))
        eventually(lambda: self.link_row(app, repository)["status"] == "synced", "it is synced")
        self.assert_synced(app, repository, source)
        self.assert_still_busy(*bulk)


if __name__ == "__main__":
    main()
