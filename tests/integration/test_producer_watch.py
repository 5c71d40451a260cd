"""The producer beside a running worker: waiting, watching, results."""
import re

from harness import DONE, FAILED, PREFIX, ProducerTest, eventually, main
from reprise_testing import programs
from reprise_testing.terminal import Terminal


class Watching(ProducerTest):
    def setUp(self):
        super().setUp()
        self.env["REPRISE_GIT_FILE_ROOTS"] = str(self.place)
        self.gone = "file://%s/gone" % self.place
        self.ask("migrate")
        self.worker = programs.Worker(self.env, self.place / "worker.log")
        self.addCleanup(self.worker.end_at_once)
        eventually(lambda: any(worker["alive"] for worker in self.ask("workers")["workers"]), "a worker is alive")

    def test_watch_ends_with_the_operation_and_tells_its_counts(self):
        made = self.ask("run", "noop", "count=20000", "--watch")
        self.assertEqual(("completed", 20000, 20000, 0), (made["state"], made["total"], made["succeeded"], made["open"]))
        self.assertIsNotNone(made["finished_at"])
        self.assertEqual("completed", self.ask("progress", made["operation_id"], "--watch")["state"])

    def test_a_failed_job_makes_watching_fail_and_is_told(self):
        answer = self.expect(FAILED, "run", "noop", "count=10", "fail_every=10", "--watch")
        self.assertIn("1 failed", answer.out)
        op = re.search(r"op_[0-9A-Z]{26}", answer.out).group()
        failed, = self.ask("outcomes", op, "--failed")["outcomes"]
        self.assertEqual(("10", "failed"), (failed["key"], failed["outcome"]))
        self.assertTrue(failed["error"])

    def test_a_single_item_waits_and_its_error_is_the_result(self):
        app = self.app()
        repository = self.link(app, self.gone)
        answer = self.expect(FAILED, "resync", app, repository, "--json")
        self.assertEqual(("completed", "failed"), (answer.json["state"], answer.json["outcome"]["outcome"]))
        self.assertTrue(answer.json["outcome"]["error"])
        self.assertIn("failed: ", self.expect(FAILED, "retry", app, repository).out)

    def on_a_terminal(self, *words):
        terminal = Terminal(self.command(*words), self.env, self.place)
        self.addCleanup(terminal.close)
        return terminal

    def test_on_a_terminal_a_bar_is_drawn_and_a_question_asked(self):
        self.link(self.app(), self.gone)
        terminal = self.on_a_terminal("resync-app", "Demo app", "--watch")
        self.assertIn("This will re-send ALL files of 1 repositories to Demo app.", terminal.until("[y/N]"))
        terminal.type("y\n")
        self.assertEqual(FAILED, terminal.code())
        self.assertRegex(terminal.rest, r"\[[#-]{10,40}\] +\d+ %")

    def test_watching_begins_with_the_operations_id(self):
        answer = self.expect(DONE, "run", "noop", "count=5", "--watch")
        self.assertRegex(answer.err, r"^Operation op_[0-9A-Z]{26}; to cancel it: producer cancel op_")

    def test_a_single_item_that_takes_its_time_shows_files_and_what_it_waits_for(self):
        """Another operation holds the lease, and what the job remembers stands in its row."""
        app = self.app()
        repository = self.link(app, self.gone)
        other = "op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D"
        self.stores.psql.execute("INSERT INTO reprise.exclusive (key, operation_id, seq, attempt, worker) VALUES"
                                 " ('%s/%s', '%s', 1, 1, 'w_another');" % (app, repository, other))
        terminal = self.on_a_terminal("resync", app, repository, "--yes")
        self.assertIn("to cancel it: producer cancel op_", terminal.until("0 of 1"))
        terminal.until("operation %s works on %s/%s" % (other, app, repository))
        self.stores.psql.execute("UPDATE reprise.job SET checkpoint = '{\"done\": 10, \"total\": 40}';")
        terminal.until("10 of 40 files")
        self.stores.psql.execute("UPDATE reprise.job SET checkpoint = NULL; DELETE FROM reprise.exclusive WHERE worker = 'w_another';")
        self.assertEqual(FAILED, terminal.code())

    def test_a_single_item_that_is_quick_says_nothing_but_its_result(self):
        app = self.app()
        answer = self.expect(FAILED, "resync", app, self.link(app, self.gone))
        self.assertNotIn("to cancel it", answer.err)

    def states(self):
        return sorted(worker["alive"] for worker in self.ask("workers")["workers"])

    def another_worker(self, name):
        worker = programs.Worker(self.env, self.place / (name + ".log"))
        self.addCleanup(worker.end_at_once)
        eventually(lambda: self.states().count(True) == 2, "it is alive")
        return worker

    def test_a_worker_that_ended_by_itself_does_not_look_like_one_that_crashed(self):
        self.assertEqual(0, self.another_worker("ends").drain())
        eventually(lambda: self.states() == [True], "it is not listed")
        self.another_worker("dies").end_at_once()
        eventually(lambda: self.states() == [False, True], "it is silent")
        eventually(lambda: len(self.stores.redis("ZRANGE", PREFIX + ":workers", "0", "-1")) == 2, "the one that ended is forgotten")

    def test_no_is_respected(self):
        self.link(self.app())
        terminal = self.on_a_terminal("resync-app", "Demo app")
        terminal.until("[y/N]")
        terminal.type("\n")
        self.assertNotEqual(DONE, terminal.code())
        self.assertEqual([], [operation for operation in self.ask("operations")["operations"]
                              if operation["definition"] == "resync-app"])


if __name__ == "__main__":
    main()
