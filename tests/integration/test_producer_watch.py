"""The producer beside a running worker: waiting, watching, results."""
import re

from harness import DONE, FAILED, ProducerTest, eventually, main
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
