"""A client that is away while it is scanned, and comes back: it is up to date again soon, by itself. The schedule runs each
second here; what is proved is which links are due, and when, by the settings.
"""
import re

from delivering import DeliveryTest
from harness import eventually, main

FILES = {"a.txt": b"a\n", "b.txt": b"b\n"}
GONE = {"mode": "close"}


class Returns(DeliveryTest):
    @classmethod
    def start_worker(cls, **settings):
        for file in (cls.folder / "definitions").glob("rescan*.yaml"):
            file.write_text(re.sub(r"every: \d+s", "every: 1s", file.read_text()))
        return super().start_worker(REPRISE_SCHEDULE_ENABLED="true", **settings)

    def state(self, app_id, column):
        return self.stores.psql.value("SELECT string_agg(coalesce(%s::text, '-'), ',' ORDER BY repository_id) FROM reprise.app_repositories"
                                      " WHERE app_id = '%s'" % (column, app_id))

    def await_state(self, app_id, column, value, what):
        eventually(lambda: self.state(app_id, column) == value, what)

    def synced_world(self):
        app_id, repository_id, source = self.new_world(FILES)
        self.await_state(app_id, "result", "synced", "the schedule takes what was never sent")
        return app_id, repository_id, source


class AwayForAScan(Returns):
    """By the age alone: nothing else is due within an hour."""
    settings = {"REPRISE_RESCAN_AGE": "2s", "REPRISE_RESCAN_AWAY_WAIT": "1h"}

    def test_a_client_that_was_away_during_a_scan_is_up_to_date_after_one_age(self):
        app_id, repository_id, source = self.synced_world()
        self.receiver.behave(GONE)
        source.commit({"a.txt": b"changed\n"})
        self.await_state(app_id, "result", "failed", "a scan fails")
        self.receiver.behave()
        self.await_state(app_id, "result", "synced", "the client is up to date again by itself")
        self.assert_synced(app_id, repository_id, source)
        self.assertEqual("0", self.state(app_id, "failed_scans"))
        self.assertEqual("-", self.state(app_id, "away_since"))

    def test_scans_are_counted_and_not_tries(self):
        app_id, _, source = self.synced_world()
        self.receiver.behave(GONE)
        source.commit({"a.txt": b"changed\n"})
        self.await_state(app_id, "failed_scans", "2", "a second scan fails")
        self.assertGreater(int(self.state(app_id, "retry_count")), 2)


class AwayForADay(Returns):
    """By the return alone: no age passes within the test."""
    settings = {"REPRISE_RESCAN_AGE": "2h", "REPRISE_RESCAN_MAX_WAIT": "2h", "REPRISE_RESCAN_AWAY_WAIT": "1s"}

    def away_world(self):
        """An app with three repositories that have failed, and were tried in vain for a day."""
        app_id, sources = self.new_app(), {}
        for name in ("one", "two", "three"):
            sources[name] = self.new_repository(FILES, name)
            self.new_link(app_id, sources[name].url)
        self.await_state(app_id, "result", "synced,synced,synced", "the schedule takes what was never sent")
        self.receiver.behave(GONE)
        for source in sources.values():
            source.commit({"a.txt": b"changed\n"})
        self.stores.psql.execute("UPDATE reprise.app_repositories SET last_scanned_at = now() - interval '1 day'"
                                 " WHERE app_id = '%s'" % app_id)
        self.await_state(app_id, "result", "failed,failed,failed", "all fail")
        self.stores.psql.execute("UPDATE reprise.app_repositories SET failed_scans = 25, away_since = now() - interval '1 day',"
                                 " last_scanned_at = now() WHERE app_id = '%s'" % app_id)
        return app_id

    def test_a_client_that_was_away_for_a_day_is_noticed_and_all_of_it_brought_up_to_date(self):
        app_id = self.away_world()
        self.receiver.behave()
        self.await_state(app_id, "result", "synced,synced,synced", "all repositories are up to date again")
        self.assertEqual("0,0,0", self.state(app_id, "failed_scans"))
        self.assertEqual({}, self.receiver.faults())

    def test_while_it_is_away_one_repository_at_a_time_is_tried(self):
        app_id = self.away_world()
        self.stores.psql.execute("UPDATE reprise.app_repositories SET away_since = now() WHERE app_id = '%s'" % app_id)
        before = int(self.stores.psql.value("SELECT sum(failed_scans) FROM reprise.app_repositories"))
        eventually(lambda: int(self.stores.psql.value("SELECT sum(failed_scans) FROM reprise.app_repositories")) >= before + 4,
                   "it is tried again")
        counts = [int(count) for count in self.state(app_id, "failed_scans").split(",")]
        self.assertLessEqual(max(counts) - min(counts), 1)  # in turn

    def test_a_client_that_refuses_is_not_away(self):
        app_id, _, source = self.synced_world()
        self.receiver.behave({"mode": "fail", "status": 404})
        source.commit({"a.txt": b"changed\n"})
        self.stores.psql.execute("UPDATE reprise.app_repositories SET last_scanned_at = now() - interval '1 day'"
                                 " WHERE app_id = '%s'" % app_id)
        self.await_state(app_id, "result", "failed", "a scan fails")
        self.assertEqual(("-", "1"), (self.state(app_id, "away_since"), self.state(app_id, "failed_scans")))


if __name__ == "__main__":
    main()
