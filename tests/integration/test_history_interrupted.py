"""A stream without a result line is read to its beginning. A person who wants the worker back need not wait for that."""
import os
import unittest

from harness import DONE, eventually, main
from history_runs import HistoryTest

ENDLESS_BYTES = 1000 << 30  # a hole: minutes of reading, no room. A worker that lets go sooner has not read it all
UNLIMITED = {"REPRISE_HISTORY_MAX_RUN_BYTES": "1024GiB"}  # the most that can be set: the reading is what is tried here


class Interrupted(HistoryTest):
    def setUp(self):
        super().setUp()
        self.write_run("endless", None)
        self.stream = self.agents / "endless" / "builder" / "raw_output.jsonl"
        try:
            os.truncate(self.stream, ENDLESS_BYTES)
        except OSError as error:
            raise unittest.SkipTest("no file here can be so large: %s" % error)
        self.worker = self.start_worker(**UNLIMITED)

    def is_read(self):
        for pid in self.worker.processes():
            for number in os.listdir("/proc/%d/fd" % pid):
                try:
                    if os.readlink("/proc/%d/fd/%s" % (pid, number)) == str(self.stream):
                        return True
                except FileNotFoundError:
                    pass
        return False

    def begin(self, *words):
        operation = self.ask(*words, "--no-wait")["operation_id"]
        eventually(self.is_read, "the stream is read")
        return operation

    def assert_let_go(self):
        eventually(lambda: not self.is_read(), "the stream is let go")

    def assert_works(self):
        """The executor that had read is there for others."""
        self.stream.unlink()
        self.write_run("endless", 1.0)
        self.assertEqual(1, self.sync()["enriched"])

    def test_cancel_ends_the_reading(self):
        for words in (("sync-history",), ("sync-history", "--dry-run")):
            with self.subTest(words=words):
                operation = self.begin(*words)
                self.expect(DONE, "cancel", operation)
                self.assert_let_go()
        self.assert_works()

    def test_cancel_ends_a_cost_resync(self):
        self.sql("INSERT INTO reprise.workflow_history (adw_id, status) VALUES ('endless', 'completed')")
        operation = self.begin("resync-cost", "endless")
        self.expect(DONE, "cancel", operation)
        self.assert_let_go()

    def test_a_pause_ends_the_reading_and_a_resume_begins_it_again(self):
        operation = self.begin("sync-history")
        self.expect(DONE, "pause", operation)
        self.assert_let_go()
        self.stream.unlink()
        self.write_run("endless", 1.0)
        self.expect(DONE, "resume", operation)
        self.expect(DONE, "progress", operation, "--watch")
        self.assertEqual("1", self.cost("endless"))

    def test_a_drain_ends_the_reading_and_another_worker_begins_it_again(self):
        operation = self.begin("sync-history")
        self.assertEqual(0, self.worker.drain())
        self.stream.unlink()
        self.write_run("endless", 1.0)
        self.start_worker(**UNLIMITED)
        self.expect(DONE, "progress", operation, "--watch")
        self.assertEqual("1", self.cost("endless"))


if __name__ == "__main__":
    main()
