"""Ctrl-C on a real terminal, and readers that leave early: everything ends in order, says what goes on, and leaves the
terminal as it was.
"""
import os
import pathlib
import re
import subprocess

from delivering import DeliveryTest
from harness import DONE, FAILED, INTERRUPTED, PREFIX, ProducerTest, eventually, main, programs
from reprise_testing.terminal import CTRL_C, Terminal

OPERATION = r"op_[0-9A-Z]{26}"


def processes_of_session(leader):
    """Those that a terminal's program and its children are, ended ones that no process has waited for included."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader:
            found.append(int(place.parent.name))
    return found


class TerminalTest(ProducerTest):
    def start(self, *command, **settings):
        terminal = Terminal(command, {**self.env, **settings}, self.place)
        self.addCleanup(terminal.close)
        return terminal

    def start_producer(self, *words):
        return self.start(*self.command(*words))

    def assert_ends(self, terminal, code):
        self.assertEqual(code, terminal.code(), terminal)
        self.assertTrue(terminal.is_in_order())
        self.assertEqual([], processes_of_session(terminal.program.pid))

    def state(self, operation):
        return self.ask("progress", operation)["state"]

    def await_active_chunk(self):
        eventually(lambda: any(queue["active_chunks"] for queue in self.ask("queues")["queues"]), "a chunk is in hand")


class WatchingARequest(DeliveryTest, TerminalTest):
    """The receiver does not answer, so there is time for a Ctrl-C."""

    def setUp(self):
        super().setUp()
        self.app_id, self.repository_id, self.repository = self.new_world({"a": b"a\n"})
        self.receiver.behave({"mode": "hang"})
        self.addCleanup(self.receiver.behave)

    def assert_goes_on(self, terminal):
        """What was accepted is not ended by Ctrl-C; the words say so, and how to end it."""
        self.assert_ends(terminal, INTERRUPTED)
        self.assertRegex(terminal.rest, r"operation (%s) (is accepted and )?goes on; to cancel it: producer cancel \1" % OPERATION)
        operation = re.search(OPERATION, terminal.rest).group()
        self.assertEqual("running", self.state(operation))
        self.expect(DONE, "cancel", operation)
        return operation

    def test_a_watched_bulk_request(self):
        terminal = self.start_producer("resync-app", self.app_id, "--yes", "--watch")
        terminal.until("0 %")
        terminal.type(CTRL_C)
        self.assert_goes_on(terminal)

    def test_a_single_request_that_is_waited_for(self):
        terminal = self.start_producer("resync", self.app_id, self.repository_id, "--yes")
        self.await_active_chunk()
        terminal.type(CTRL_C)
        self.assert_goes_on(terminal)

    def test_progress_of_an_operation(self):
        operation = self.ask("resync", self.app_id, self.repository_id, "--no-wait")["operation_id"]
        terminal = self.start_producer("progress", operation, "--watch")
        terminal.until("0 %")
        terminal.type(CTRL_C)
        self.assertEqual(operation, self.assert_goes_on(terminal))

    def test_a_worker_ends_at_once_at_the_second(self):
        """It waits for a request that is under way, unless it is told again."""
        self.worker.end_at_once()
        self.addCleanup(self.start_worker)
        worker = self.start(programs.program("worker"))
        operation = self.ask("resync", self.app_id, self.repository_id, "--no-wait")["operation_id"]
        eventually(lambda: self.stores.psql.value("SELECT count(*) FROM reprise.delivery_intents WHERE app_id = '%s'"
                                                  % self.app_id) != "0", "a request is under way")
        worker.type(CTRL_C)
        worker.until("draining")
        self.assertIsNone(worker.program.poll())
        worker.type(CTRL_C)
        self.assert_ends(worker, DONE)
        self.assertIn("ending at once", worker.rest)
        self.assertEqual("running", self.state(operation))

    def test_at_the_question_nothing_is_asked_for(self):
        def asked_for():
            return [operation["operation_id"] for operation in self.ask("operations")["operations"]]

        before = asked_for()
        terminal = self.start_producer("resync-app", self.app_id)
        terminal.until("[y/N]")
        terminal.type(CTRL_C)
        self.assert_ends(terminal, INTERRUPTED)
        self.assertEqual(before, asked_for())


class Programs(TerminalTest):
    def test_a_worker_drains_at_the_first(self):
        """The terminal tells each process of its group; the worker's processes hear of it once, from their supervisor. A job
        that waits stops waiting and goes back to its queue, no try used."""
        self.ask("migrate")
        worker = self.start(programs.program("worker"), REPRISE_WORKER_PROCESSES="2")
        operation = self.ask("run", "noop", "count=1", "sleep_ms=60000")["operation_id"]
        self.await_active_chunk()
        worker.type(CTRL_C)
        self.assert_ends(worker, DONE)
        self.assertEqual(2, worker.rest.count("draining"))
        for words in ("ending at once", "grace time", "was ended by"):
            self.assertNotIn(words, worker.rest)
        self.assertEqual([0] * 2, [queue["active_chunks"] for queue in self.ask("queues")["queues"]])
        self.assertEqual([("0", "0")], self.stores.psql.rows(
            "SELECT failures, crashes FROM reprise.job WHERE operation_id = '%s'" % operation))

    def test_a_dashboard(self):
        dashboard = self.start(programs.program("dashboard"), "--dashboard-listen", "127.0.0.1:0")
        dashboard.until("listening on")
        dashboard.type(CTRL_C)
        self.assert_ends(dashboard, DONE)

    def test_the_question_for_a_password(self):
        """What is typed is shown again."""
        dashboard = self.start(programs.program("dashboard"), "hash-password")
        dashboard.until("Password: ")
        self.assertFalse(dashboard.shows_what_is_typed())
        dashboard.type(CTRL_C)
        self.assert_ends(dashboard, INTERRUPTED)
        again = self.start(programs.program("dashboard"), "hash-password")
        again.until("Password: ")
        again.type("correct horse battery\n")
        self.assert_ends(again, DONE)
        self.assertRegex(again.rest, r"^\r\nscrypt:[0-9a-f:]+\r\n$")


class ReadersThatLeave(ProducerTest):
    """As `producer … | head -1`: no words about it."""

    def leave(self, *words):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            return subprocess.run(self.command(*words), env=self.env, cwd=self.place, stdin=subprocess.DEVNULL, stdout=writer,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
        finally:
            os.close(writer)

    def test_each_way_to_print(self):
        self.ask("migrate")
        self.app()
        for words in (("--help",), ("help", "settings"), ("--print-config",), ("apps",), ("apps", "--json"), ("definitions",)):
            with self.subTest(words=words):
                answer = self.leave(*words)
                self.assertEqual((FAILED, ""), (answer.returncode, answer.stderr))


if __name__ == "__main__":
    main()
