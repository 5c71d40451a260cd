"""A client that fails, in every way that one can: it is tried again, then the link has failed and says why, and once
the client is well again a retry brings it up to date.
"""
import datetime
import time

from delivering import DeliveryTest, verbs_and_paths
from harness import NOT_FOUND, eventually, main

FILES = {"a.txt": b"a\n", "b.txt": b"b\n"}
ATTEMPTS = 5  # of the house's definitions


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class FailingClient(DeliveryTest):
    settings = {"REPRISE_DELIVER_TIMEOUT": "400ms", "REPRISE_DELIVER_PARALLEL": "1"}

    def fail_and_recover(self, *rules):
        """With these rules a re-sync fails for good; without them a retry succeeds. The error."""
        app, repository, source = self.new_world(FILES)
        self.receiver.behave(*rules)
        outcome = self.assert_fails(app, repository)
        self.assertEqual(ATTEMPTS, self.link_row(app, repository)["retry_count"])
        self.receiver.behave()
        self.deliver("retry", app, repository)
        self.assert_synced(app, repository, source)
        return outcome["error"]

    def test_5xx(self):
        error = self.fail_and_recover({"mode": "fail", "status": 503})
        self.assertRegex(error, r"^create a\.txt: HTTP 503")
        self.assertNotIn("refuses", error)

    def test_404(self):
        error = self.fail_and_recover({"mode": "fail", "status": 404})
        self.assertRegex(error, r"^create a\.txt: HTTP 404 .*the receiver refuses this request")

    def test_redirects_are_not_followed(self):
        self.assertRegex(self.fail_and_recover({"mode": "fail", "status": 302}), r"^create a\.txt: HTTP 302")

    def test_no_answer(self):
        self.assertRegex(self.fail_and_recover({"mode": "hang"}), r"^create a\.txt: .*(400 ms|timed out|no answer)")

    def test_a_success_whose_body_drips_is_a_success_and_holds_nothing_up(self):
        """The status is the answer; the body of it is read for an error text alone."""
        app, repository, source = self.new_world(FILES)
        self.receiver.behave({"mode": "drip", "apply": True})
        begun = time.monotonic()
        self.deliver("resync", app, repository)
        self.assertLess(time.monotonic() - begun, 30, "the receiver drips for a minute")
        self.assert_synced(app, repository, source)

    def test_a_connection_that_is_closed_early(self):
        self.assertRegex(self.fail_and_recover({"mode": "close"}), r"^create a\.txt: .*(closed|ended|empty)")

    def test_a_passing_failure_is_tried_again_from_where_it_was(self):
        app, repository, source = self.new_world({"f%02d" % i: b"%d\n" % i for i in range(20)})
        self.receiver.behave({"mode": "fail", "status": 500, "every": 8, "times": 2})
        self.deliver("resync", app, repository)
        self.assert_synced(app, repository, source)
        self.assertEqual(len(source.files) + 2, len(self.receiver.requests(app)))
        accepted = [line["path"] for line in self.receiver.requests(app) if line["status"] == 200]
        self.assertEqual(sorted(source.files), sorted(accepted))

    def test_retry_after_is_honoured(self):
        app, repository, source = self.new_world(FILES)
        for rule in ({"mode": "fail", "status": 503}, {"mode": "429"}):
            self.receiver.behave({**rule, "retry_after": 2, "times": 1})
            before = len(self.receiver.requests(app))
            self.deliver("resync", app, repository)
            first, second = self.receiver.requests(app)[before:before + 2]
            self.assertEqual((first["path"], 200), (second["path"], second["status"]))
            self.assertGreaterEqual(seconds(second["time"]) - seconds(first["time"]), 1.9)
            self.assert_synced(app, repository, source)

    def test_between_attempts_the_link_says_what_went_wrong(self):
        app, repository, source = self.new_world(FILES)
        self.receiver.behave({"mode": "fail", "status": 503, "retry_after": 30, "times": 1})
        operation = self.ask("resync", app, repository, "--no-wait")["operation_id"]
        row = eventually(lambda: [row for row in self.ask("repositories", app)["repositories"] if row["retry_count"] == 1],
                         "the first attempt has failed")[0]
        self.assertEqual("pending_snapshot", row["status"])
        self.assertIn("HTTP 503", row["last_error"])
        self.ask("cancel", operation)
        row = eventually(lambda: [row for row in self.ask("repositories", app)["repositories"] if row["status"] == "failed"],
                         "the link has failed")[0]
        self.assertIn("cancelled after 0 of 2 files", row["last_error"])
        self.receiver.behave()
        self.deliver("retry", app, repository)
        self.assert_synced(app, repository, source)

    def test_retry_app_takes_the_failed_ones_only(self):
        app = self.new_app()
        links = {}
        for name in ("one", "two", "three"):
            source = self.new_repository({name: b"%s\n" % name.encode()}, name)
            links[self.new_link(app, source.url)] = source
        self.receiver.behave({"mode": "fail", "path_contains": "t"})
        self.run_producer("resync-app", app, "--yes", "--watch")
        states = [row["status"] for row in self.ask("repositories", app)["repositories"]]
        self.assertEqual(["failed", "failed", "synced"], sorted(states))
        self.receiver.behave()
        before = len(self.receiver.requests(app))
        self.assertEqual(2, self.ask("retry-app", app, "--yes", "--watch")["total"])
        self.assertEqual({("create", "two"), ("create", "three")}, set(verbs_and_paths(self.receiver.requests(app)[before:])))
        for repository, source in links.items():
            self.assertEqual(source.head(), self.receiver.files(app, repository))
        self.refused(NOT_FOUND, "retry-app", app, "--yes")


if __name__ == "__main__":
    main()
