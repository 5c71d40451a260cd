"""The producer beside a running worker: waiting, watching, results."""
import os
import pty
import re
import select
import subprocess

from harness import DONE, FAILED, ProducerTest, eventually, main
from reprise_testing import programs


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

    def test_on_a_terminal_a_bar_is_drawn_and_a_question_asked(self):
        self.link(self.app(), self.gone)
        screen, end = pty.openpty()
        running = subprocess.Popen(self.command("resync-app", "Demo app", "--watch"), env=self.env, cwd=self.place,
                                   stdin=end, stdout=end, stderr=end)
        os.close(end)
        self.addCleanup(running.kill)
        seen = self.read_until(screen, "[y/N]")
        self.assertIn("This will re-send ALL files of 1 repositories to Demo app.", seen)
        os.write(screen, b"y\n")
        seen = self.read_until(screen)
        self.assertRegex(seen, r"\[[#-]{10,40}\] +\d+ %")
        self.assertEqual(FAILED, running.wait(60))
        os.close(screen)

    def test_no_is_respected(self):
        self.link(self.app())
        screen, end = pty.openpty()
        running = subprocess.Popen(self.command("resync-app", "Demo app"), env=self.env, cwd=self.place,
                                   stdin=end, stdout=end, stderr=end)
        os.close(end)
        self.addCleanup(running.kill)
        self.read_until(screen, "[y/N]")
        os.write(screen, b"\n")
        self.assertNotEqual(DONE, running.wait(60))
        os.close(screen)
        self.assertEqual([], [operation for operation in self.ask("operations")["operations"]
                              if operation["definition"] == "resync-app"])

    def read_until(self, screen, text=None, patience_s=60):
        """What the terminal shows up to that text; without one, up to the program's end."""
        seen = ""
        while text is None or text not in seen:
            ready, _, _ = select.select([screen], [], [], patience_s)
            self.assertTrue(ready, seen)
            try:
                seen += os.read(screen, 65536).decode()
            except OSError:  # the other side is closed
                self.assertIsNone(text, seen)
                break
        return seen


if __name__ == "__main__":
    main()
